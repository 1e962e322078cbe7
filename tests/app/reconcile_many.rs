//! Reconciling with many at once: workers, orders, and buyers who pay while an order is closed.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use chathub_core::app::ReconcileOutcome as Outcome;

use crate::{
    reconcile::{ORDER, OVER},
    support::{
        at_once,
        market::{ALIPAY, BOTH, Market, Trade, WECHAT},
        seed::Tenant,
        site::PERIOD,
    },
};

#[test]
fn of_eight_workers_one_asks() {
    for provider in BOTH {
        let (market, tenant) = Market::with_order();
        let before = market.site.expire_at(tenant);
        market.begin(provider, true);
        for paid in [false, true] {
            if paid {
                market.pay(provider, ORDER).unwrap();
            }
            market.until_due();
            market.forget_asked();
            let outcomes = at_once(8, |_| market.turn());
            let others = outcomes.iter().filter(|outcome| **outcome == Outcome::NotDue).count();
            let expected = if paid { Outcome::Credited } else { Outcome::Waiting };
            assert_eq!((others, outcomes.contains(&expected)), (7, true), "{outcomes:?}");
            assert_eq!(market.asked(), [(provider, "query")]);
        }
        assert_eq!(market.site.expire_at(tenant), before + PERIOD);
    }
}

/// A worker that was stopped in the middle (a swap storm, a debugger) comes back after its lease.
#[test]
fn a_worker_that_comes_back_late_changes_nothing() {
    for provider in BOTH {
        for paid in [false, true] {
            let (market, tenant) = Market::with_order();
            let before = market.site.expire_at(tenant);
            market.begin(provider, true);
            market.later(OVER);
            let (reached, go_on) = market.hold_next("close");
            thread::scope(|scope| {
                let slow = scope.spawn(|| market.turn());
                reached.recv().unwrap();
                assert_eq!(market.turn(), Outcome::NotDue, "the lease is still valid");
                if paid {
                    let trade_no = market.pay(provider, ORDER).unwrap();
                    assert_eq!(market.notify(provider, ORDER, &trade_no), "credited");
                } else {
                    market.until_due();
                    assert_eq!(market.turn(), Outcome::Closed);
                }
                let rows = || (market.site.rows("SELECT * FROM #order"), market.site.count("#log"));
                let settled = rows();
                go_on.send(()).unwrap();
                slow.join().unwrap();
                assert_eq!(rows(), settled);
            });
            let added = market.site.expire_at(tenant) - before;
            assert_eq!(added, if paid { PERIOD } else { 0 });
            assert!(market.is_at_rest());
        }
    }
}

/// What a buyer begins while a question is under way is not put off, and not ended, by its answer.
#[test]
fn a_buyer_who_begins_again_during_a_question() {
    for closed in [false, true] {
        let (market, _) = Market::with_order();
        market.begin(ALIPAY, true);
        market.site.exec("UPDATE #order SET queries = 9");
        market.until_due();
        let (reached, go_on) = market.hold_next("query");
        thread::scope(|scope| {
            let asking = scope.spawn(|| market.turn());
            reached.recv().unwrap();
            market.begin(WECHAT, true);
            if closed {
                market.set(ALIPAY, ORDER, Trade::Closed);
            }
            go_on.send(()).unwrap();
            asking.join().unwrap();
        });
        assert_eq!(market.status(), "pending");
        assert_eq!(market.site.row("SELECT queries FROM #order"), "0");
        let wait = market.until_due();
        assert!(wait <= 30, "{wait}");
        market.pay(WECHAT, ORDER).unwrap();
        assert_eq!(market.turn(), Outcome::Credited);
    }
}

/// As an old site has it: many open orders of one tenant. Half of them were paid, nobody was told.
#[test]
fn a_hundred_open_orders_of_one_tenant() {
    const ORDERS: i64 = 100;
    let market = Market::new();
    let tenant = market.site.tenant(&Tenant::default());
    let before = market.site.expire_at(tenant);
    for number in 0..ORDERS {
        let order_no = format!("CH2026{number:04}");
        market.site.order(tenant, &order_no, "pending");
        let provider = BOTH[usize::try_from(number % 2).unwrap()];
        market.open(provider, &order_no);
        let begun = if provider == ALIPAY { "alipay_begun = 1" } else { "charged_fen = 5000" };
        market.site.exec(&format!("UPDATE #order SET {begun} WHERE order_no = '{order_no}'"));
        if number % 4 < 2 {
            market.pay(provider, &order_no).unwrap();
        }
    }
    market
        .site
        .exec("UPDATE #order SET query_at = UNIX_TIMESTAMP(), createtime = createtime - 9000");
    let started = Instant::now();
    let found = Mutex::new(BTreeMap::<&str, usize>::new());
    at_once(8, |_| {
        let app = market.app();
        loop {
            let due = app.due_orders(10).unwrap();
            if due.is_empty() {
                return;
            }
            for order_no in due {
                let outcome = app.reconcile_order(&order_no).unwrap().outcome;
                *found.lock().unwrap().entry(outcome.code()).or_default() += 1;
            }
        }
    });
    println!(
        "{ORDERS} orders by 8 workers in {:?}: {:?}",
        started.elapsed(),
        found.lock().unwrap()
    );
    assert_eq!(market.site.expire_at(tenant), before + ORDERS / 2 * PERIOD);
    assert_eq!(market.site.count("#payment WHERE outcome = 'credited'"), ORDERS / 2);
    assert_eq!(market.site.count("#order WHERE status = 'failed'"), ORDERS / 2);
    assert_eq!(market.asked().iter().filter(|(_, what)| *what == "query").count(), 100);
    assert!(market.is_at_rest());
}

/// The worker closes while the buyer pays. The provider decides who was first, and what it decided
/// is what is here: money there, and credited here, exactly once.
#[test]
fn close_against_pay() {
    const RACES: usize = 1_200;
    let market = Market::new();
    let tenant = market.site.tenant(&Tenant::default());
    let before = market.site.expire_at(tenant);
    let name = |race: usize| format!("CH2026{race:06}");
    for race in 0..RACES {
        market.site.order(tenant, &name(race), "pending");
        market.open(provider_of(race), &name(race));
    }
    market.site.exec("UPDATE #order SET alipay_begun = 1 WHERE id % 2 = 1");
    market.site.exec("UPDATE #order SET charged_fen = 5000 WHERE id % 2 = 0");
    market
        .site
        .exec("UPDATE #order SET query_at = UNIX_TIMESTAMP(), createtime = createtime - 9000");
    let started = Instant::now();
    let turns = AtomicUsize::new(0);
    let results: Vec<Vec<&str>> = at_once(2, |side| {
        (0..RACES)
            .map(|race| match side {
                0 => {
                    let outcome = market.app().reconcile_order(&name(race)).unwrap().outcome;
                    turns.store(race + 1, Ordering::Release);
                    outcome.code()
                }
                _ => buyer(&market, race, &name(race), &turns),
            })
            .collect()
    });
    println!("{RACES} races of close against pay in {:?}", started.elapsed());
    let mut tally = BTreeMap::<(&str, &str), usize>::new();
    let (mut paid, mut between) = (0, 0);
    for (race, (worker, buyer)) in results[0].iter().zip(&results[1]).enumerate() {
        *tally.entry((worker, buyer)).or_default() += 1;
        let order_no = name(race);
        let status = market.site.row(&format!(
            "SELECT CONCAT(status, ' ', query_at IS NULL) FROM #order WHERE order_no = '{order_no}'"
        ));
        let ledger = market
            .site
            .rows(&format!("SELECT trade_no, outcome FROM #payment WHERE order_no = '{order_no}'"));
        match market.trade(provider_of(race), &order_no).unwrap() {
            Trade::Paid { trade_no, .. } => {
                paid += 1;
                // Question, a close that was refused, and the question after it.
                between += i64::from(market.asked_about(&order_no) == 3);
                assert_eq!(status, "paid 1", "race {race}: {worker}, {buyer}");
                assert_eq!(ledger, [format!("{trade_no}|credited")], "race {race}");
            }
            Trade::Closed => {
                assert_eq!(status, "failed 1", "race {race}: {worker}, {buyer}");
                assert!(ledger.is_empty(), "race {race}: {ledger:?}");
            }
            Trade::Waiting => panic!("race {race}: neither paid nor closed"),
        }
    }
    for ((worker, buyer), races) in &tally {
        println!("  worker {worker}, buyer {buyer}: {races}");
    }
    let closed = i64::try_from(RACES).unwrap() - paid;
    println!("  paid {paid}, of them {between} between question and close; closed {closed}");
    assert!(between > 0 && closed > 0, "the two never met");
    assert_eq!(market.site.expire_at(tenant), before + paid * PERIOD);
    assert!(market.is_at_rest());
}

fn provider_of(race: usize) -> &'static str {
    // The ids begin with 1.
    if race.is_multiple_of(2) { ALIPAY } else { WECHAT }
}

/// Pays when the worker has got so far, and lets the notification come: at once, or when the worker's
/// turn is over, or never.
fn buyer(market: &Market, race: usize, order_no: &str, turns: &AtomicUsize) -> &'static str {
    let over = || turns.load(Ordering::Acquire) > race;
    let begun = || over() || turns.load(Ordering::Acquire) == race;
    while !begun() {
        thread::yield_now();
    }
    // Before the question, after it, after the close, or whenever it happens to be.
    let questions = race / 2 % 4;
    while questions < 3 && market.asked_about(order_no) < questions && !over() {
        thread::yield_now();
    }
    let Some(trade_no) = market.pay(provider_of(race), order_no) else {
        wait(&over);
        return "too late";
    };
    match race / 8 % 3 {
        0 => {}
        1 => wait(&over),
        _ => {
            wait(&over);
            return "not told";
        }
    }
    let outcome = market.notify(provider_of(race), order_no, &trade_no);
    wait(&over);
    outcome
}

fn wait(over: &impl Fn() -> bool) {
    while !over() {
        thread::yield_now();
    }
}
