//! Reconciling with providers that are away, busy or lie, and with what old sites left behind.

use chathub_core::app::ReconcileOutcome as Outcome;

use crate::{
    reconcile::{ORDER, OVER},
    support::{
        market::{ALIPAY, BOTH, Fault, Market, Trade, WECHAT},
        seed::Tenant,
        site::PERIOD,
    },
};

const DAY: i64 = 86_400;

fn silent(market: &Market, provider: &'static str) -> (i64, usize) {
    let (mut age, mut questions) = (60, 0);
    loop {
        age += market.until_due();
        questions += 1;
        match market.turn() {
            Outcome::PutOff => assert_eq!(market.status(), "pending", "after {age} s"),
            Outcome::GivenUp => return (age, questions),
            other => panic!("{other:?} after {age} s of {provider}"),
        }
        assert!(questions < 200);
    }
}

#[test]
fn a_provider_that_never_answers_is_given_up_after_days_and_visibly() {
    for provider in BOTH {
        let (market, tenant) = Market::with_order();
        market.begin(provider, true);
        market.misbehave(provider, Some(Fault::Down));
        let (age, questions) = silent(&market, provider);
        println!("{provider}: given up after {questions} questions in {} hours", age / 3600);
        assert!((7200 + 2 * DAY..7200 + 3 * DAY).contains(&age), "{age}");
        assert_eq!(market.status(), "failed");
        let log = "SELECT tenant_id, status, detail LIKE '%given_up%' FROM #log \
            WHERE action = 'reconcile'";
        assert_eq!(market.site.row(log), format!("{tenant}|failed|1"));
        let letters = market.site.rows("SELECT kind, state, tenant_id FROM #mail");
        assert_eq!(letters, [format!("order_unclear|open|{tenant}")]);
        // What goes wrong each time is not written each time.
        assert!(market.site.count("#log WHERE action LIKE 'pay_query_%'") <= 60);
        assert!(market.is_at_rest());
        // And the money counts all the same.
        assert_eq!(market.notify(provider, ORDER, "T1"), "credited_late");
    }
}

/// A second payment may be hidden there: the order stays paid, and somebody is told.
#[test]
fn the_other_provider_of_a_paid_order_is_given_up_visibly_too() {
    for (paid_by, other) in [(ALIPAY, WECHAT), (WECHAT, ALIPAY)] {
        let (market, _) = Market::with_order();
        market.begin(other, true);
        market.begin(paid_by, true);
        let trade_no = market.pay(paid_by, ORDER).unwrap();
        market.notify(paid_by, ORDER, &trade_no);
        market.misbehave(other, Some(Fault::TooOften));
        let mut turns = 0;
        loop {
            market.until_due();
            turns += 1;
            match market.turn() {
                Outcome::PutOff => assert!(turns < 200),
                Outcome::GivenUp => break,
                unexpected => panic!("{unexpected:?}"),
            }
        }
        assert_eq!(market.status(), "paid");
        let log = "SELECT detail LIKE CONCAT('%', '";
        let log = format!("{log}{other}', '%') FROM #log WHERE action = 'reconcile'");
        assert_eq!(market.site.row(&log), "1");
        assert_eq!(market.site.count("#mail WHERE kind = 'order_unclear'"), 1);
        assert!(market.is_at_rest());
    }
}

#[test]
fn one_letter_a_day_however_many_orders_are_given_up() {
    let market = Market::new().configured(&[("alipay_app_id", "")]);
    let tenant = market.site.tenant(&Tenant::default());
    for number in 0..20 {
        market.site.order(tenant, &format!("CH2026{number:04}"), "pending");
    }
    market.site.exec(
        "UPDATE #order SET alipay_begun = 1, queries = 60, query_at = 1, \
         createtime = createtime - 400000",
    );
    let app = market.app();
    for order_no in app.due_orders(100).unwrap() {
        assert_eq!(app.reconcile_order(&order_no).unwrap().outcome, Outcome::GivenUp);
    }
    assert_eq!(market.site.count("#log WHERE action = 'reconcile'"), 20);
    // Two, when the day changes meanwhile.
    assert!((1..=2).contains(&market.site.count("#mail WHERE kind = 'order_unclear'")));
}

#[test]
fn nothing_spins() {
    for (provider, keys) in [(ALIPAY, "alipay_public_key"), (WECHAT, "wechat_mch_id")] {
        for fault in [Some(Fault::Down), Some(Fault::TooOften), Some(Fault::Unsigned), None] {
            let (mut market, _) = Market::with_order();
            market.begin(provider, true);
            market.misbehave(provider, fault);
            if fault.is_none() {
                market = market.configured(&[(keys, "")]);
            }
            for over in [0, OVER] {
                market.later(over);
                market.until_due();
                assert_eq!(market.turn(), Outcome::PutOff, "{fault:?}");
                assert_eq!(market.turn(), Outcome::NotDue);
                assert!(market.app().due_orders(10).unwrap().is_empty());
                let wait = market.site.number("SELECT query_at - UNIX_TIMESTAMP() FROM #order");
                assert!((55..=3600).contains(&wait), "{fault:?}: {wait}");
                assert_eq!(market.status(), "pending");
            }
            // As soon as it answers again all is well.
            market.misbehave(provider, None);
            if fault.is_some() {
                market.pay(provider, ORDER).unwrap();
                market.until_due();
                assert_eq!(market.turn(), Outcome::Credited);
            }
        }
    }
}

#[test]
fn switched_off_after_it_was_begun_it_is_still_asked() {
    for (provider, switch) in [(ALIPAY, "alipay_enabled"), (WECHAT, "wechat_enabled")] {
        let (mut market, _) = Market::with_order();
        market.begin(provider, true);
        market = market.configured(&[(switch, "0")]);
        market.pay(provider, ORDER).unwrap();
        market.until_due();
        assert_eq!(market.turn(), Outcome::Credited);
    }
}

#[test]
fn lies_credit_nobody() {
    for provider in BOTH {
        let (market, tenant) = Market::with_order();
        let before = market.site.expire_at(tenant);
        market.begin(provider, true);
        market.pay(provider, ORDER).unwrap();
        for fault in [Fault::OtherOrder, Fault::Unsigned] {
            market.misbehave(provider, Some(fault));
            market.until_due();
            assert_eq!(market.turn(), Outcome::PutOff, "{fault:?}");
            assert_eq!((market.status().as_str(), market.site.count("#payment")), ("pending", 0));
        }
        market.misbehave(provider, None);
        market.set(provider, ORDER, Trade::Paid { trade_no: "T1".into(), fen: 1 });
        for wait in [3600, 7300] {
            let waited = market.until_due();
            assert!(waited <= wait, "{waited}");
            assert_eq!(market.turn(), Outcome::Review);
        }
        assert_eq!(market.site.row("SELECT outcome, amount_fen FROM #payment"), "mismatch|1");
        assert_eq!(market.site.count("#log WHERE detail LIKE '%mismatch%'"), 1, "said once");
        assert_eq!(market.status(), "failed");
        assert_eq!(market.site.expire_at(tenant), before);
        assert!(market.is_at_rest());
    }
}

#[test]
fn a_close_that_is_refused_or_whose_answer_is_lost_comes_again() {
    for provider in BOTH {
        for fault in [Fault::Paying, Fault::Mute] {
            let (market, _) = Market::with_order();
            market.begin(provider, true);
            market.later(OVER);
            market.misbehave_at_close(provider, Some(fault));
            assert_eq!(market.turn(), Outcome::PutOff, "{fault:?}");
            assert_eq!(market.status(), "pending");
            let closed = market.trade(provider, ORDER) == Some(Trade::Closed);
            assert_eq!(closed, fault == Fault::Mute);
            market.misbehave_at_close(provider, None);
            let wait = market.until_due();
            assert!((55..=120).contains(&wait), "{wait}");
            assert_eq!(market.turn(), Outcome::Closed);
            assert!(market.is_at_rest());
        }
    }
}

/// Somebody is killed after taking the turn: the order is asked about when the lease is over.
#[test]
fn a_turn_that_died_is_taken_again() {
    let (market, tenant) = Market::with_order();
    let before = market.site.expire_at(tenant);
    market.begin(ALIPAY, true);
    market.pay(ALIPAY, ORDER).unwrap();
    // As after SIGKILL between the claim and the question.
    market.site.exec("UPDATE #order SET query_at = UNIX_TIMESTAMP() + 180, queries = queries + 1");
    assert_eq!(market.turn(), Outcome::NotDue);
    market.until_due();
    assert_eq!(market.turn(), Outcome::Credited);
    assert_eq!(market.site.expire_at(tenant), before + PERIOD);
}

/// Orders as versions before this one left them: without `query_at`, some without a status.
#[test]
fn old_orders_are_healed() {
    let market = Market::new();
    let tenant = market.site.tenant(&Tenant::default());
    let mut made = 0;
    for status in ["pending", "", "NULL"] {
        for method in ["NULL", "''", "'paypal'", "'alipay'", "'wechat'"] {
            for createtime in ["NULL", "1700000000"] {
                let order_no = format!("CH2023{made:06}");
                market.site.order(tenant, &order_no, "pending");
                market.site.exec("SET SESSION sql_mode = ''");
                let status = if status == "NULL" { "NULL".into() } else { format!("'{status}'") };
                market.site.exec(&format!(
                    "UPDATE #order SET status = {status}, pay_method = {method}, \
                     createtime = {createtime} WHERE order_no = '{order_no}'"
                ));
                made += 1;
            }
        }
    }
    // Paid at the time; its notification was not understood. And one that WeChat Pay cannot have.
    market.set(ALIPAY, "CH2023000006", Trade::Paid { trade_no: "A1".into(), fen: 5000 });
    market.site.order(tenant, "old 1", "pending");
    market.site.exec(
        "UPDATE #order SET createtime = 1700000000, pay_method = 'wechat' WHERE order_no = 'old 1'",
    );
    // Not an amount at all: left to a person, and in nobody's way.
    market.site.order(tenant, "CH-strange", "pending");
    market.site.exec("UPDATE #order SET createtime = 1, amount = -1 WHERE order_no = 'CH-strange'");
    // Of today, and settled ones: not touched.
    market.site.order(tenant, "CH-today", "pending");
    market.site.order(tenant, "CH-paid", "paid");
    let app = market.app();
    let mut turns = 0;
    loop {
        let due = app.due_orders(7).unwrap();
        if due.is_empty() {
            break;
        }
        for order_no in due {
            let outcome = app.reconcile_order(&order_no).unwrap().outcome;
            assert!([Outcome::Closed, Outcome::Credited].contains(&outcome), "{outcome:?}");
            turns += 1;
        }
    }
    assert_eq!(turns, 13, "only those that were begun are asked about");
    let states = market.site.rows(
        "SELECT status, COUNT(*) FROM #order WHERE order_no LIKE 'CH2023%' OR order_no = 'old 1' \
         GROUP BY status ORDER BY status",
    );
    assert_eq!(states, ["paid|1", "failed|30"]);
    let others = "SELECT status, query_at FROM #order WHERE order_no LIKE 'CH-%' ORDER BY order_no";
    assert_eq!(market.site.rows(others), ["paid|-", "pending|-", "pending|-"]);
}

#[test]
fn a_pile_of_old_orders_goes_in_small_batches() {
    const PILE: i64 = 4_000;
    let market = Market::new();
    let tenant = market.site.tenant(&Tenant::default());
    let digits = "(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION \
        SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)";
    market.site.exec(&format!(
        "INSERT INTO #order (order_no, tenant_id, user_id, plan, amount, status, createtime) \
         SELECT CONCAT('OLD', a.d, b.d, c.d, e.d), {tenant}, 1, 'basic', 50, 'pending', 1600000000 \
         FROM {digits} a, {digits} b, {digits} c, {digits} e WHERE a.d < 4"
    ));
    // A tenth was begun.
    market.site.exec("UPDATE #order SET pay_method = 'alipay' WHERE order_no LIKE '%7'");
    let app = market.app();
    let started = std::time::Instant::now();
    let (mut rounds, mut asked) = (0, 0);
    while market.site.count("#order WHERE status = 'pending'") > 0 {
        let due = app.due_orders(20).unwrap();
        rounds += 1;
        asked += due.len();
        assert!(market.site.count("#order WHERE query_at IS NOT NULL") <= 200);
        for order_no in due {
            assert_eq!(app.reconcile_order(&order_no).unwrap().outcome, Outcome::Closed);
        }
    }
    println!(
        "{PILE} old orders healed in {rounds} rounds, {asked} asked about: {:?}",
        started.elapsed()
    );
    assert_eq!(market.site.count("#order WHERE status = 'failed'"), PILE);
    assert_eq!(asked, 400);
    assert_eq!(market.asked().len(), 400);
    assert!(market.is_at_rest());
}
