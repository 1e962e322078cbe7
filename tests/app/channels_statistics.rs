//! The gateway's figures: as exact as they say, and quick however many calls there are.

use std::time::Instant;

use chathub_core::app::Statistics;

use crate::{channels::site, support::site::Site};

const HOUR: i64 = 3600;
const STATUSES: [&str; 7] =
    ["success", "cache_hit", "rate_limited", "breaker_open", "error", "timeout", "no_creds"];

/// A call as the gateway writes it: seconds ago, status, milliseconds.
type Call = (i64, usize, Option<u32>);

fn call(number: i64) -> Call {
    // Without a pattern, and the same each time.
    let mixed = number.wrapping_mul(6_364_136_223_846_793_005).rotate_left(17).unsigned_abs();
    let ago = i64::try_from(mixed % (8 * 86_400)).unwrap();
    let status = (mixed / 7 % 7) as usize;
    let latency = (!mixed.is_multiple_of(11)).then_some((mixed / 77 % 3000) as u32);
    (ago, status, latency)
}

fn insert(site: &Site, tenant: u32, channel: &str, now: i64, calls: &[Call]) {
    for part in calls.chunks(2000) {
        let values: Vec<String> = part
            .iter()
            .map(|(ago, status, latency)| {
                let latency = latency.map_or("NULL".into(), |ms| ms.to_string());
                format!(
                    "({tenant}, '{channel}', '{}', {latency}, {})",
                    STATUSES[*status],
                    now - ago
                )
            })
            .collect();
        site.exec(&format!(
            "INSERT INTO #gateway_log (tenant_id, channel, status, latency_ms, createtime) VALUES {}",
            values.join(", ")
        ));
    }
}

/// The same figures, counted one by one.
fn counted(calls: &[Call], seconds: i64) -> (u64, Option<f64>, Option<u32>) {
    let within: Vec<&Call> = calls.iter().filter(|(ago, ..)| *ago <= seconds).collect();
    let good = within.iter().filter(|(_, status, _)| *status < 2).count();
    let mut latencies: Vec<u32> = within.iter().filter_map(|(_, _, ms)| *ms).collect();
    latencies.sort_unstable();
    let success = (!within.is_empty()).then(|| good as f64 / within.len() as f64);
    (within.len() as u64, success, latencies.get(latencies.len() / 2).copied())
}

fn figures(site: &Site, tenant: u32, channel: &str) -> Statistics {
    let view = site.app().channels(1, tenant).unwrap();
    view.channels.iter().find(|c| c.channel.code() == channel).unwrap().statistics
}

/// `now` is that of the calls; the page's own is a little later, so calls at the edge may go either way.
fn check(site: &Site, tenant: u32, channel: &str, now: i64, calls: &[Call]) {
    let seen = figures(site, tenant, channel);
    let late = site.number("SELECT UNIX_TIMESTAMP()") - now;
    for (name, period, seconds) in [("day", seen.day, 86_400), ("week", seen.week, 7 * 86_400)] {
        let (most, success, median) = counted(calls, seconds);
        let (least, ..) = counted(calls, seconds - late - 1);
        assert!(
            (least..=most).contains(&period.calls),
            "{name}: {} of {least}–{most}",
            period.calls
        );
        assert!((period.success.unwrap() - success.unwrap()).abs() < 0.01, "{name} {period:?}");
        let (is, wanted) = (f64::from(period.median_ms.unwrap()), f64::from(median.unwrap()));
        // 2.5 % for the class, and as much for the calls at the edge.
        assert!((is - wanted).abs() <= wanted * 0.05 + 1.0, "{name}: {is} instead of {wanted}");
    }
}

#[test]
fn as_counted_one_by_one() {
    let (site, id) = site();
    let now = site.number("SELECT UNIX_TIMESTAMP()");
    let calls: Vec<Call> = (0..20_000).map(call).collect();
    insert(&site, id, "jd", now, &calls);
    let few: Vec<Call> = vec![(10, 0, Some(7)), (20, 4, Some(9)), (30, 1, None)];
    insert(&site, id, "pdd", now, &few);
    // Somebody else's.
    insert(&site, id + 1, "jd", now, &calls[..500]);
    check(&site, id, "jd", now, &calls);
    check(&site, id, "jd", now, &calls);
    check(&site, id, "pdd", now, &few);
    assert_eq!(figures(&site, id, "taobao"), Statistics::default());
    assert!(!figures(&site, id, "jd").counting);
    // What came since is there at once.
    let more: Vec<Call> = (0..50).map(|_| (0, 0, Some(1))).collect();
    insert(&site, id, "jd", now, &more);
    check(&site, id, "jd", now, &[calls, more].concat());
}

#[test]
fn more_than_a_page_may_count_is_counted_bit_by_bit() {
    let (site, id) = site();
    let now = site.number("SELECT UNIX_TIMESTAMP()");
    // One hour with more calls than a page reads, and others before and after it.
    let hour = (now / HOUR - 30) * HOUR;
    let mut calls: Vec<Call> = (0..70_000).map(|n| (now - hour - n % HOUR, 0, Some(40))).collect();
    calls.extend((0..40_000).map(|n| (n % (7 * 86_400), 4, Some(80))));
    insert(&site, id, "tiktok", now, &calls);
    let mut visits = 0;
    while figures(&site, id, "tiktok").counting {
        visits += 1;
        assert!(visits < 10, "it comes to no end");
    }
    assert!(visits > 0, "it was not done at once");
    check(&site, id, "tiktok", now, &calls);
    // The worker does it as well, and a look afterwards finds everything.
    site.exec("DELETE FROM #gateway_hour");
    site.exec("DELETE FROM #gateway_span");
    site.account(id, "tiktok", b"", "");
    while site.app().count_gateway_calls().unwrap() {}
    assert_eq!(site.count("#gateway_hour WHERE calls > 69000"), 1);
    check(&site, id, "tiktok", now, &calls);
}

#[test]
fn a_page_that_was_not_looked_at_for_long_goes_on_where_it_was() {
    let (site, id) = site();
    let now = site.number("SELECT UNIX_TIMESTAMP()");
    let calls: Vec<Call> = (0..5000).map(call).collect();
    insert(&site, id, "jd", now, &calls);
    check(&site, id, "jd", now, &calls);
    for (from, until) in [(-100, -3), (-300, -200), (-5, -3), (-168, -1)] {
        // As it was then: nothing after it is counted, and perhaps not all before it.
        site.exec(&format!(
            "DELETE FROM #gateway_hour WHERE hour_at >= UNIX_TIMESTAMP() + {until} * {HOUR} \
            OR hour_at < UNIX_TIMESTAMP() + {from} * {HOUR}"
        ));
        site.exec(&format!(
            "UPDATE #gateway_span SET from_at = (UNIX_TIMESTAMP() DIV {HOUR} + {from} + 1) * {HOUR}, \
             until_at = (UNIX_TIMESTAMP() DIV {HOUR} + {until}) * {HOUR}"
        ));
        check(&site, id, "jd", now, &calls);
    }
    crate::support::at_once(4, |_| site.app().channels(1, id).map(drop))
        .into_iter()
        .for_each(Result::unwrap);
    check(&site, id, "jd", now, &calls);
}

/// `cargo test --test app --release -- --ignored ten_million --nocapture`: minutes, and some gigabytes.
#[test]
#[ignore = "a measurement"]
fn ten_million() {
    let (site, id) = site();
    let now = site.number("SELECT UNIX_TIMESTAMP()");
    // As an old site has it.
    site.exec(
        "ALTER TABLE #gateway_log DROP INDEX idx_statistics, DROP INDEX idx_tenant_channel_time",
    );
    // A hundred tenants; one of them has three million calls within the week.
    site.exec(
        "INSERT INTO #gateway_log (tenant_id, channel, status, latency_ms, createtime) \
         SELECT IF(seq % 10 < 3, 1, 2 + seq % 99), ELT(1 + seq % 5, 'amazon', 'jd', 'taobao', 'pdd', 'tiktok'), \
         ELT(1 + (seq * 7) % 13 DIV 2, 'success', 'success', 'cache_hit', 'success', 'error', 'timeout', 'no_creds'), \
         IF(seq % 17 = 0, NULL, (seq * 7919) % 2000), UNIX_TIMESTAMP() - (seq * 104729) % (7 * 86400) \
         FROM seq_1_to_10000000",
    );
    let began = Instant::now();
    site.app().migrate().unwrap();
    println!(
        "{} calls; the migration's index took {:?}",
        site.count("#gateway_log"),
        began.elapsed()
    );
    let page = |what: &str| {
        let began = Instant::now();
        let view = site.app().channels(1, id).unwrap();
        let counting = view.channels.iter().filter(|c| c.statistics.counting).count();
        println!("{what}: {:?} ({counting} of 5 channels still counting)", began.elapsed());
        view
    };
    page("first look, nothing counted yet");
    page("second look");
    for tenant in 2..=100 {
        site.account(tenant, "jd", b"", "");
    }
    let began = Instant::now();
    while site.app().count_gateway_calls().unwrap() {}
    println!("the worker counts all of it: {:?}", began.elapsed());
    let view = page("the page, when it is counted");
    for _ in 0..3 {
        page("once more");
    }
    let week: u64 = view.channels.iter().map(|c| c.statistics.week.calls).sum();
    println!("{week} calls of this tenant within the week; now was {now}");
    site.exec("DROP TABLE #gateway_log");
}
