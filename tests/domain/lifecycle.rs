//! Registration, notices, renewal early and late, suspension: whole lives in many zones, each reckoned
//! again by Python's calendar.

use std::{
    collections::BTreeMap,
    io::Write,
    process::{Command, Stdio},
};

use chathub_core::domain::{
    SuspendReason, Tenant, TenantEvent, TenantStatus,
    lifecycle::{Notice, Stage, due_notice, grace_is_over},
    tenant::extended,
};
use jiff::{Timestamp, civil::DateTime, civil::date, tz::TimeZone};

use crate::random::Random;

const CASES: usize = 12_000;
const DAY: i64 = 86_400;

/// With and without daylight saving, by half hours, by a day skipped, south and north.
const ZONES: [&str; 16] = [
    "Asia/Shanghai",
    "UTC",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Apia",
    "Pacific/Chatham",
];

#[derive(Clone, Copy)]
enum Event {
    Registered(i64),
    Paid(i64),
    Looked(i64),
}

impl Event {
    fn written(self) -> String {
        match self {
            Self::Registered(at) => format!("R{at}"),
            Self::Paid(at) => format!("P{at}"),
            Self::Looked(at) => format!("S{at}"),
        }
    }
}

struct Case {
    zone: &'static str,
    grace_days: u32,
    events: Vec<Event>,
}

/// A moment that calendars stumble over: the ends of months, leap days, changes of the clocks.
fn awkward(random: &mut Random) -> i64 {
    let year = 2011 + i16::try_from(random.below(30)).unwrap();
    let month = 1 + i8::try_from(random.below(12)).unwrap();
    let day = match random.below(5) {
        0 => date(year, month, 1).days_in_month(),
        1 => 1,
        // The clocks change on a Sunday, mostly in March, April, October or November.
        2 => 1 + i8::try_from(random.below(28)).unwrap(),
        3 if date(year, month, 1).days_in_month() >= 29 => 29,
        _ => 28,
    };
    let (month, day) = match random.below(4) {
        0 => (1, 31),
        1 if date(year, 1, 1).in_leap_year() => (2, 29),
        _ => (month, day),
    };
    let midnight = date(year, month, day).to_zoned(TimeZone::UTC).unwrap().timestamp();
    midnight.as_second() + i64::try_from(random.below(86_400)).unwrap()
}

fn case(random: &mut Random) -> Case {
    let zone = *random.pick(&ZONES);
    let grace_days = *random.pick(&[0, 1, 3, 7, 30]);
    let mut now = awkward(random);
    let mut events = vec![Event::Registered(now)];
    for _ in 0..6 + random.below(14) {
        now += match random.below(6) {
            0 => i64::try_from(random.below(3600)).unwrap(),
            // To the second of a stage's beginning, and around it.
            1 => DAY * i64::try_from(1 + random.below(24)).unwrap(),
            2 => DAY * i64::try_from(1 + random.below(7)).unwrap() - 1,
            3 => 1,
            _ => i64::try_from(random.below(10 * 86_400)).unwrap(),
        };
        // Sometimes somebody puts the server's clock back.
        if random.chance(1, 25) {
            now -= i64::try_from(random.below(7200)).unwrap();
        }
        events.push(match random.below(6) {
            0 => Event::Paid(now),
            _ => Event::Looked(now),
        });
    }
    Case { zone, grace_days, events }
}

fn local(zone: &TimeZone, at: i64) -> DateTime {
    zone.to_datetime(Timestamp::from_second(at).unwrap())
}

/// The same life by the rules under test.
fn lived(case: &Case, counts: &mut BTreeMap<String, u32>) -> String {
    let zone = TimeZone::get(case.zone).unwrap();
    let mut tenant = Tenant {
        status: TenantStatus::Active,
        suspend_reason: None,
        provisioned: true,
        expire_at: None,
    };
    let mut notice: Option<Notice> = None;
    let mut trace = Vec::new();
    for event in &case.events {
        match *event {
            Event::Registered(at) => tenant.expire_at = Some(extended(None, local(&zone, at))),
            Event::Paid(at) => {
                let now = local(&zone, at);
                let late = tenant.expire_at.unwrap() < now;
                *counts.entry(format!("renewals, late: {late}")).or_default() += 1;
                tenant = tenant.apply(TenantEvent::Paid { now }).unwrap().0;
            }
            Event::Looked(at) if tenant.status == TenantStatus::Active => {
                let now = local(&zone, at);
                let expire_at = tenant.expire_at.unwrap();
                if let Some(stage) = due_notice(expire_at, notice, now) {
                    notice = Some(Notice { about: expire_at, stage, given_at: now });
                    *counts.entry(format!("notices {} days before", stage.days())).or_default() +=
                        1;
                }
                if grace_is_over(expire_at, notice, case.grace_days, now) {
                    tenant = tenant.apply(TenantEvent::Expired).unwrap().0;
                    assert_eq!(tenant.suspend_reason, Some(SuspendReason::Expired));
                    *counts.entry("suspensions".into()).or_default() += 1;
                }
            }
            Event::Looked(_) => {}
        }
        let written = |at: DateTime| at.strftime("%Y-%m-%d %H:%M:%S").to_string();
        let last =
            notice.map_or("-".into(), |n| format!("{}/{}", written(n.about), n.stage.days()));
        let end = written(tenant.expire_at.unwrap());
        trace.push(format!("{end} {last} {}", tenant.status.code()));
    }
    trace.join("; ")
}

/// The second opinion on all cases.
fn reckoned(cases: &[Case]) -> Vec<String> {
    let lines: String = cases
        .iter()
        .map(|case| {
            let events: Vec<String> = case.events.iter().map(|e| e.written()).collect();
            format!("{} {} {}\n", case.zone, case.grace_days, events.join(" "))
        })
        .collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/domain/lifecycle_oracle.py");
    let mut python = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed for the second opinion");
    let mut input = python.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "the second opinion failed");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn whole_lives_in_many_zones() {
    let mut random = Random::new(31);
    let cases: Vec<Case> = (0..CASES).map(|_| case(&mut random)).collect();
    let expected = reckoned(&cases);
    assert_eq!(expected.len(), cases.len());
    let mut counts = BTreeMap::new();
    for (case, expected) in cases.iter().zip(&expected) {
        assert_eq!(&lived(case, &mut counts), expected, "{} grace {}", case.zone, case.grace_days);
    }
    println!("{CASES} lives in {} zones: {counts:?}", ZONES.len());
    // Each sort of step occurs often enough to mean something.
    assert_eq!(counts.len(), 7, "{counts:?}");
    assert!(counts.values().all(|&count| count > 500), "{counts:?}");
}

#[test]
fn the_stages_begin_to_the_second() {
    let end = date(2026, 3, 1).at(8, 0, 0, 0);
    let at = |day: i8, month: i8, second: i8, minute: i8, hour: i8| {
        due_notice(end, None, date(2026, month, day).at(hour, minute, second, 0))
    };
    assert_eq!(at(22, 2, 59, 59, 7), None);
    assert_eq!(at(22, 2, 0, 0, 8), Some(Stage::SevenDays));
    assert_eq!(at(26, 2, 59, 59, 7), Some(Stage::SevenDays));
    assert_eq!(at(26, 2, 0, 0, 8), Some(Stage::ThreeDays));
    assert_eq!(at(28, 2, 0, 0, 8), Some(Stage::OneDay));
    assert_eq!(at(1, 3, 59, 59, 7), Some(Stage::OneDay));
    assert_eq!(at(1, 3, 0, 0, 8), Some(Stage::Ended));
}

#[test]
fn a_notice_is_given_once_and_never_an_earlier_one_after_it() {
    let end = date(2028, 3, 1).at(0, 0, 0, 0);
    for given in Stage::ALL {
        for now in [date(2028, 2, 23), date(2028, 2, 27), date(2028, 2, 29), date(2028, 3, 1)] {
            let now = now.at(0, 0, 0, 0);
            let last = Notice { about: end, stage: given, given_at: now };
            if let Some(next) = due_notice(end, Some(last), now) {
                assert!(next.days() < given.days());
            }
            let renewed = Notice { about: date(2028, 1, 31).at(0, 0, 0, 0), ..last };
            assert!(due_notice(end, Some(renewed), now).is_some(), "that was about another end");
        }
    }
}

#[test]
fn nobody_is_suspended_without_having_been_told_of_the_end() {
    let (end, now) = (date(2025, 12, 20).at(0, 0, 0, 0), date(2026, 1, 1).at(0, 0, 0, 0));
    assert!(!grace_is_over(end, None, 0, now));
    for stage in [Stage::SevenDays, Stage::ThreeDays, Stage::OneDay] {
        assert!(!grace_is_over(end, Some(Notice { about: end, stage, given_at: end }), 0, now));
    }
    // A site that never suspended anybody is upgraded: the grace begins with the notice.
    let told = Notice { about: end, stage: Stage::Ended, given_at: now };
    assert!(!grace_is_over(end, Some(told), 3, now));
    assert!(!grace_is_over(end, Some(told), 3, date(2026, 1, 3).at(23, 59, 59, 0)));
    assert!(grace_is_over(end, Some(told), 3, date(2026, 1, 4).at(0, 0, 0, 0)));
}

#[test]
fn who_was_over_long_before_anybody_was_told_is_left_alone() {
    let end = date(2026, 1, 1).at(8, 0, 0, 0);
    assert_eq!(due_notice(end, None, date(2026, 1, 31).at(7, 59, 59, 0)), Some(Stage::Ended));
    assert_eq!(due_notice(end, None, date(2026, 1, 31).at(8, 0, 0, 0)), None);
    // Who was told is suspended, however late the worker comes.
    let told = Notice { about: end, stage: Stage::Ended, given_at: end };
    assert!(grace_is_over(end, Some(told), 3, date(2027, 1, 1).at(0, 0, 0, 0)));
}
