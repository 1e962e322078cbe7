//! Orders and providers, when notifications get lost, come late, come twice, or lie.

use chathub_core::app::ReconcileOutcome as Outcome;

use crate::support::{
    market::{ALIPAY, BOTH, Market, Trade, WECHAT},
    seed::Tenant,
    site::PERIOD,
};

pub const ORDER: &str = "CH20260101000001";
/// From an order's making until no provider takes money for it, with jitter to spare.
pub const OVER: i64 = 7200 + 90;

impl Market {
    /// A tenant with an order of a minute ago.
    pub fn with_order() -> (Self, u32) {
        let market = Self::new();
        let tenant = market.site.tenant(&Tenant::default());
        market.site.order(tenant, ORDER, "pending");
        (market, tenant)
    }

    /// The buyer is sent to the provider; `arrives`: and gets there.
    pub fn begin(&self, provider: &'static str, arrives: bool) {
        match provider {
            ALIPAY => drop(self.app().pay_alipay(1, ORDER, "Mozilla/5.0").unwrap()),
            _ => drop(self.app().pay_wechat(1, ORDER).unwrap()),
        }
        if arrives {
            self.open(provider, ORDER);
        }
    }

    /// So many seconds pass.
    pub fn later(&self, seconds: i64) {
        self.site.exec(&format!(
            "UPDATE #order SET createtime = createtime - {seconds}, query_at = query_at - {seconds}"
        ));
    }

    /// The next question's time comes; gives how long that took.
    pub fn until_due(&self) -> i64 {
        let wait = self
            .site
            .number("SELECT CAST(MAX(query_at) AS SIGNED) - UNIX_TIMESTAMP() FROM #order")
            .max(0);
        self.later(wait);
        wait
    }

    pub fn turn(&self) -> Outcome {
        self.app().reconcile_order(ORDER).unwrap().outcome
    }

    pub fn status(&self) -> String {
        self.site.row(&format!("SELECT status FROM #order WHERE order_no = '{ORDER}'"))
    }

    /// Nobody will be asked about any order any more.
    pub fn is_at_rest(&self) -> bool {
        self.site.count("#order WHERE query_at IS NOT NULL") == 0
            && self.app().due_orders(100).unwrap().is_empty()
    }
}

#[test]
fn a_lost_notification_is_found() {
    for provider in BOTH {
        let (market, tenant) = Market::with_order();
        let before = market.site.expire_at(tenant);
        market.begin(provider, true);
        assert_eq!(market.turn(), Outcome::NotDue);
        assert!(market.app().due_orders(10).unwrap().is_empty());
        let wait = market.until_due();
        assert!((15..=30).contains(&wait), "the first question after {wait} s");
        assert_eq!(market.app().due_orders(10).unwrap(), [ORDER]);
        assert_eq!(market.turn(), Outcome::Waiting);
        let trade_no = market.pay(provider, ORDER).unwrap();
        market.until_due();
        assert_eq!(market.turn(), Outcome::Credited);
        assert_eq!(market.site.expire_at(tenant), before + PERIOD);
        assert_eq!(market.site.row("SELECT outcome, source FROM #payment"), "credited|query");
        assert_eq!(market.turn(), Outcome::NotDue);
        assert!(market.is_at_rest());
        assert_eq!(market.notify(provider, ORDER, &trade_no), "already_credited");
        assert_eq!(market.site.expire_at(tenant), before + PERIOD);
    }
}

#[test]
fn work_that_came_of_it_is_named() {
    let market = Market::new();
    let tenant =
        market.site.tenant(&Tenant { status: "pending", provisioned: false, ..Tenant::default() });
    market.site.order(tenant, ORDER, "pending");
    market.begin(ALIPAY, true);
    market.pay(ALIPAY, ORDER).unwrap();
    market.until_due();
    assert_eq!(market.app().reconcile_order(ORDER).unwrap().tenant_id, Some(tenant));
}

/// Asked ever more rarely over its two hours, closed there, failed here; and no log row for any of it.
#[test]
fn an_unpaid_order_is_closed_there_and_fails_here() {
    for provider in BOTH {
        let (market, _) = Market::with_order();
        market.begin(provider, true);
        let mut outcomes = Vec::new();
        let mut age = 0;
        while market.status() == "pending" {
            age += market.until_due();
            outcomes.push(market.turn());
        }
        let (last, before) = outcomes.split_last().unwrap();
        println!("{provider}: {} questions in {age} s, the last after the end", outcomes.len());
        assert_eq!(*last, Outcome::Closed);
        assert!(before.iter().all(|outcome| *outcome == Outcome::Waiting), "{outcomes:?}");
        assert!(outcomes.len() <= 25);
        assert!((7250..7300).contains(&age), "{age}");
        assert_eq!(market.trade(provider, ORDER), Some(Trade::Closed));
        assert_eq!(market.asked().iter().filter(|(_, what)| *what == "close").count(), 1);
        assert_eq!(market.site.count("#log"), 0);
        assert_eq!(market.status(), "failed");
        assert!(market.is_at_rest());
    }
}

#[test]
fn an_order_that_nobody_began_fails_without_asking_anybody() {
    let market = Market::new();
    let tenant = market.site.tenant(&Tenant::default());
    let order_no = market.app().renew(1, tenant).unwrap().order.row.order_no;
    market.later(7200 - 10);
    assert!(market.app().due_orders(10).unwrap().is_empty());
    market.until_due();
    assert!(market.app().due_orders(10).unwrap().is_empty());
    assert_eq!(market.site.row("SELECT status FROM #order"), "failed");
    assert!(market.asked().is_empty());
    assert!(market.is_at_rest());
    // Money that comes all the same still counts.
    assert_eq!(market.notify(ALIPAY, &order_no, "A1"), "credited_late");
}

#[test]
fn beginning_brings_the_question_forward_and_never_puts_it_off() {
    let market = Market::new();
    let tenant = market.site.tenant(&Tenant::default());
    let order_no = market.app().renew(1, tenant).unwrap().order.row.order_no;
    let wait = || market.site.number("SELECT query_at - UNIX_TIMESTAMP() FROM #order");
    assert!((7255..=7280).contains(&wait()), "{}", wait());
    market.app().pay_alipay(1, &order_no, "").unwrap();
    assert!((15..=30).contains(&wait()), "{}", wait());
    market
        .site
        .exec("UPDATE #order SET query_at = UNIX_TIMESTAMP() + 5, queries = 9, alipay_begun = 0");
    market.app().pay_wechat(1, &order_no).unwrap();
    assert!(wait() <= 5);
    let begun = "SELECT alipay_begun, charged_fen, pay_method, queries FROM #order";
    assert_eq!(market.site.row(begun), "1|5000|wechat|0");
}

#[test]
fn what_the_provider_closed_is_over_unless_the_other_one_may_be_paid() {
    let (market, _) = Market::with_order();
    market.begin(ALIPAY, true);
    market.set(ALIPAY, ORDER, Trade::Closed);
    market.until_due();
    assert_eq!(market.turn(), Outcome::Closed);
    assert_eq!(market.status(), "failed");

    let (market, tenant) = Market::with_order();
    let before = market.site.expire_at(tenant);
    market.begin(ALIPAY, true);
    market.begin(WECHAT, true);
    market.set(ALIPAY, ORDER, Trade::Closed);
    market.until_due();
    assert_eq!(market.turn(), Outcome::Waiting);
    // Nor does Alipay's own word end it.
    let notice = crate::support::alipay::Notice::closed(ORDER, "A1", "50.00");
    assert_eq!(market.site.notify(&notice).outcome, "closed");
    assert_eq!(market.status(), "pending");
    market.pay(WECHAT, ORDER).unwrap();
    market.until_due();
    assert_eq!(market.turn(), Outcome::Credited);
    assert_eq!(market.site.expire_at(tenant), before + PERIOD);
}

/// One code was paid: the other one's trade must not be, and if it was, that is on record.
#[test]
fn the_other_provider_of_a_paid_order_is_asked_and_closed() {
    for (paid_by, other) in [(ALIPAY, WECHAT), (WECHAT, ALIPAY)] {
        for paid_twice in [false, true] {
            let (market, tenant) = Market::with_order();
            let before = market.site.expire_at(tenant);
            market.begin(ALIPAY, true);
            market.begin(WECHAT, true);
            let trade_no = market.pay(paid_by, ORDER).unwrap();
            assert_eq!(market.notify(paid_by, ORDER, &trade_no), "credited");
            if paid_twice {
                market.pay(other, ORDER).unwrap();
            }
            let wait = market.until_due();
            assert!(wait <= 10, "{wait}");
            let outcome = market.turn();
            let asked = market.asked();
            assert!(asked.iter().all(|(provider, _)| *provider == other), "{asked:?}");
            if paid_twice {
                assert_eq!(outcome, Outcome::Duplicate);
                let sql = "SELECT outcome, source FROM #payment WHERE provider =";
                assert_eq!(market.site.row(&format!("{sql} '{other}'")), "duplicate|query");
                assert_eq!(market.site.count("#mail WHERE kind = 'payment_to_review'"), 1);
            } else {
                assert_eq!(outcome, Outcome::Finished);
                assert_eq!(market.trade(other, ORDER), Some(Trade::Closed));
                assert_eq!(market.pay(other, ORDER), None);
            }
            assert!(market.is_at_rest());
            assert_eq!(market.site.expire_at(tenant), before + PERIOD);
            assert_eq!(market.status(), "paid");
        }
    }
}

#[test]
fn paid_twice_and_neither_was_told() {
    let (market, tenant) = Market::with_order();
    let before = market.site.expire_at(tenant);
    for provider in BOTH {
        market.begin(provider, true);
        market.pay(provider, ORDER).unwrap();
    }
    market.until_due();
    assert_eq!(market.turn(), Outcome::Credited);
    market.until_due();
    assert_eq!(market.turn(), Outcome::Duplicate);
    assert!(market.is_at_rest());
    assert_eq!(market.site.expire_at(tenant), before + PERIOD);
    let outcomes = market.site.rows("SELECT outcome FROM #payment ORDER BY id");
    assert_eq!(outcomes, ["credited", "duplicate"]);
}

/// Alipay makes the trade when the buyer arrives: until the end the link can still be used.
#[test]
fn a_link_that_was_not_used_yet_is_looked_after_until_it_is_dead() {
    for uses_it in [false, true] {
        let (market, _) = Market::with_order();
        market.begin(ALIPAY, false);
        market.begin(WECHAT, true);
        let trade_no = market.pay(WECHAT, ORDER).unwrap();
        market.notify(WECHAT, ORDER, &trade_no);
        market.until_due();
        assert_eq!(market.turn(), Outcome::Waiting);
        if uses_it {
            market.open(ALIPAY, ORDER);
            market.pay(ALIPAY, ORDER).unwrap();
        }
        let wait = market.until_due();
        assert!((7200..=OVER).contains(&wait), "{wait}");
        let expected = if uses_it { Outcome::Duplicate } else { Outcome::Finished };
        assert_eq!(market.turn(), expected);
        assert!(market.is_at_rest());
    }
}

#[test]
fn a_buyer_who_pays_between_question_and_close_is_credited() {
    for provider in BOTH {
        let (market, tenant) = Market::with_order();
        let before = market.site.expire_at(tenant);
        market.begin(provider, true);
        market.later(OVER);
        market.buyer_pays_before_close(true);
        assert_eq!(market.turn(), Outcome::Credited);
        assert_eq!(market.site.row("SELECT status, late FROM #order"), "paid|0");
        assert_eq!(market.site.expire_at(tenant), before + PERIOD);
        assert!(market.is_at_rest());
    }
}

#[test]
fn late_money_after_failing_counts() {
    for provider in BOTH {
        let (market, tenant) = Market::with_order();
        let before = market.site.expire_at(tenant);
        market.begin(provider, true);
        market.later(OVER);
        assert_eq!(market.turn(), Outcome::Closed);
        // A payment that was under way when the provider closed the trade.
        assert_eq!(market.notify(provider, ORDER, "T1"), "credited_late");
        assert_eq!(market.site.row("SELECT status, late FROM #order"), "paid|1");
        assert_eq!(market.site.expire_at(tenant), before + PERIOD);
        assert!(market.is_at_rest());
    }
}
