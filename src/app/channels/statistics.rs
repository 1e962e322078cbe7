//! How the gateway fares: calls, success, median latency over 24 hours and 7 days, to the second. Whole
//! hours are counted once and kept; the two hours at the old edges and what came since the last whole
//! one are counted when the page is looked at.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use super::App;
use crate::{
    Result,
    domain::{channel::Channel, latency::Latencies},
    store::gateway::{self, First, Group, HourRow, Span},
};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
/// An hour counts as over then: the gateway writes its lines at the end of a call.
const LATE_SECONDS: i64 = 300;
/// Calls of one channel that a page view reads for what is not counted yet, and for each of the hours
/// that it counts itself.
const PER_VISIT: u32 = 20_000;
const PER_HOUR: u32 = 200_000;
/// Calls of one channel that the worker reads at once; tenants that it looks at; and how long it does so
/// before anything else has its turn.
const PER_ROUND: u32 = 200_000;
const TENANTS: u32 = 50;
const A_MOMENT: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Period {
    pub calls: u64,
    /// The share of calls that were answered; `None` without calls.
    pub success: Option<f64>,
    /// Of the calls whose latency is known; see `domain::latency` for how exact.
    pub median_ms: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    pub day: Period,
    pub week: Period,
    /// There are more calls than could be counted yet.
    pub counting: bool,
}

#[derive(Default)]
struct Sum {
    calls: u64,
    good: u64,
    latencies: Latencies,
}

impl Sum {
    fn add(&mut self, group: &Group) {
        self.calls += group.calls;
        self.good += group.good;
        if let Some(bucket) = group.bucket {
            self.latencies.add(bucket, group.calls);
        }
    }

    fn add_hour(&mut self, hour: &HourRow) {
        self.calls += hour.calls;
        self.good += hour.good;
        self.latencies.merge(&Latencies::parse(&hour.latencies));
    }

    fn period(&self) -> Period {
        Period {
            calls: self.calls,
            success: (self.calls > 0).then(|| self.good as f64 / self.calls as f64),
            median_ms: self.latencies.median(),
        }
    }
}

fn floor(at: i64) -> i64 {
    at.div_euclid(HOUR) * HOUR
}

fn ceil(at: i64) -> i64 {
    floor(at + HOUR - 1)
}

/// The hours that are to be counted.
fn whole(now: i64) -> Span {
    Span { from: ceil(now - WEEK), until: floor(now - LATE_SECONDS) }
}

impl App {
    /// By channel; those without calls may be missing.
    pub(super) fn statistics(&self, tenant_id: u32) -> Result<HashMap<Channel, Statistics>> {
        if tenant_id == 0 {
            return Ok(HashMap::new());
        }
        let now = self.database.read(|db| db.now())?;
        let mut spans = self.count_hours(tenant_id, now, PER_VISIT)?;
        let (day, week) = (now - DAY, now - WEEK);
        let hours = self.database.read(|db| gateway::hours(db, tenant_id, ceil(week)))?;
        let mut found = HashMap::new();
        for channel in Channel::ALL {
            let Some(span) = spans.remove(&channel) else { continue };
            let (mut in_day, mut in_week) = (Sum::default(), Sum::default());
            for hour in hours.iter().filter(|hour| hour.channel == channel) {
                if hour.hour_at >= span.until {
                    continue;
                }
                in_week.add_hour(hour);
                if hour.hour_at >= ceil(day) {
                    in_day.add_hour(hour);
                }
            }
            let live = |from: i64, until: i64| {
                self.database.read(|db| {
                    let first = First::Newest(PER_HOUR);
                    gateway::count(db, tenant_id, channel, from, until, first)
                })
            };
            let newest = live(span.until.max(ceil(week)), now + HOUR)?;
            newest.iter().for_each(|group| in_week.add(group));
            newest.iter().for_each(|group| in_day.add(group));
            live(day, ceil(day))?.iter().for_each(|group| in_day.add(group));
            live(week, ceil(week))?.iter().for_each(|group| in_week.add(group));
            let whole = whole(now);
            let counting = span.from > whole.from || span.until < whole.until;
            let statistics = Statistics { day: in_day.period(), week: in_week.period(), counting };
            found.insert(channel, statistics);
        }
        Ok(found)
    }

    /// Counts what is not counted yet, the newest first; gives how far each channel is.
    fn count_hours(&self, tenant_id: u32, now: i64, most: u32) -> Result<HashMap<Channel, Span>> {
        let target = whole(now);
        let known: HashMap<Channel, Span> =
            self.database.read(|db| gateway::spans(db, tenant_id))?.into_iter().collect();
        let mut spans = HashMap::new();
        for channel in Channel::ALL {
            let stored = known.get(&channel).copied();
            // Nothing of what is counted is within the week any more.
            let span = match stored.filter(|span| span.until >= target.from) {
                Some(span) => span,
                None => Span { from: target.until, until: target.until },
            };
            let after = self.count_further(tenant_id, channel, span, target, most)?;
            if stored != Some(after) {
                self.database
                    .transaction(|db| gateway::keep_span(db, tenant_id, channel, stored, after))?;
            }
            spans.insert(channel, after);
        }
        Ok(spans)
    }

    /// From what is counted on to the present, and then back through the week; one step each way.
    fn count_further(
        &self,
        tenant_id: u32,
        channel: Channel,
        span: Span,
        target: Span,
        most: u32,
    ) -> Result<Span> {
        let mut span = span;
        if span.until < target.until {
            let step = (span.until, target.until);
            let reached = self.count_step(tenant_id, channel, step, First::Oldest(most))?;
            span.until = reached.1;
        }
        if span.until >= target.until && span.from > target.from {
            let step = (target.from, span.from);
            let reached = self.count_step(tenant_id, channel, step, First::Newest(most))?;
            span.from = reached.0;
        }
        Ok(span)
    }

    /// Counts as many whole hours of `(from, until)` as the limit lets; gives those that are done.
    fn count_step(
        &self,
        tenant_id: u32,
        channel: Channel,
        (from, until): (i64, i64),
        first: First,
    ) -> Result<(i64, i64)> {
        let count = |from, until, first| {
            self.database.read(|db| gateway::count(db, tenant_id, channel, from, until, first))
        };
        let mut groups = count(from, until, first)?;
        let (limit, newest) = match first {
            First::Oldest(limit) => (limit, false),
            First::Newest(limit) => (limit, true),
        };
        let read: u64 = groups.iter().map(|group| group.calls).sum();
        let (mut from, mut until) = (from, until);
        if read >= u64::from(limit) {
            // The hour at which it was cut off is not whole.
            let hours = groups.iter().map(|group| group.hour * HOUR);
            let cut = if newest { hours.min() } else { hours.max() }.unwrap_or(from);
            let one = (cut, cut + HOUR);
            let whole = if newest { one.1 < until } else { from < one.0 };
            if whole {
                groups.retain(|group| group.hour * HOUR != cut);
            } else {
                // It is the first already: that one as it is, however many there are.
                groups = count(one.0.max(from), one.1.min(until), First::Oldest(u32::MAX))?;
            }
            match (newest, whole) {
                (true, true) => from = one.1,
                (true, false) => from = one.0.max(from),
                (false, true) => until = one.0,
                (false, false) => until = one.1.min(until),
            }
        }
        self.keep_hours(tenant_id, channel, &groups)?;
        Ok((from, until))
    }

    fn keep_hours(&self, tenant_id: u32, channel: Channel, groups: &[Group]) -> Result<()> {
        let mut hours: BTreeMap<i64, Sum> = BTreeMap::new();
        groups.iter().for_each(|group| hours.entry(group.hour).or_default().add(group));
        self.database.transaction(|db| {
            hours.iter().try_for_each(|(hour, sum)| {
                let row = HourRow {
                    channel,
                    hour_at: hour * HOUR,
                    calls: sum.calls,
                    good: sum.good,
                    latencies: sum.latencies.json(),
                };
                gateway::keep_hour(db, tenant_id, &row)
            })
        })
    }

    /// For the worker: counts for a moment what is not counted yet; `true` when there is more.
    pub fn count_gateway_calls(&self) -> Result<bool> {
        let began = Instant::now();
        let now = self.database.read(|db| db.now())?;
        let behind = self.database.read(|db| gateway::behind(db, whole(now), TENANTS))?;
        for tenant_id in &behind {
            if began.elapsed() >= A_MOMENT {
                return Ok(true);
            }
            self.count_hours(*tenant_id, now, PER_ROUND)?;
        }
        // Those that were begun may not be done.
        Ok(!behind.is_empty())
    }
}
