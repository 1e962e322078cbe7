"""The life of a tenant, reckoned a second time: by Python's own calendar and zones, from the specification.

Reads one case a line: ZONE GRACE_DAYS EVENT…, where the first event registers; R, P (a payment) and S (a look at
the clock) carry Unix seconds. Writes one line a case: after each event the end of service, the last notice and the
status.
"""

import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

PERIOD = timedelta(days=30)


def life(zone: str, grace: int, events: list[str]) -> str:
    told = []  # (end of service, days before it, when), oldest first
    end, status, trace = None, "active", []
    for event in events:
        now = datetime.fromtimestamp(int(event[1:]), ZoneInfo(zone)).replace(tzinfo=None, fold=0)
        if event[0] in "RP":
            end = (now if end is None or end < now else end) + PERIOD
            status = "active"
        elif status == "active":
            passed = [days for days in (7, 3, 1, 0) if now >= end - timedelta(days=days)]
            so_far = [days for about, days, _ in told if about == end]
            if passed and now < end + timedelta(days=30) and (not so_far or min(passed) < min(so_far)):
                told.append((end, min(passed), now))
            for about, days, when in told:
                if about == end and days == 0 and now >= max(end, when) + timedelta(days=grace):
                    status = "suspended"
        last = f"{told[-1][0]:%Y-%m-%d %H:%M:%S}/{told[-1][1]}" if told else "-"
        trace.append(f"{end:%Y-%m-%d %H:%M:%S} {last} {status}")
    return "; ".join(trace)


for line in sys.stdin:
    zone, grace, *events = line.split()
    print(life(zone, int(grace), events))
