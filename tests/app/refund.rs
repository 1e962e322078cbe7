//! Money that goes back, in whatever order the messages come.

use crate::{
    settle::word,
    support::{
        alipay::Notice,
        seed::Tenant,
        service::Service,
        site::{PERIOD, Site},
    },
};

fn site() -> (Site, u32) {
    let site = Site::new(&Service::absent());
    let tenant = site.tenant(&Tenant::default());
    site.order(tenant, "CH1", "pending");
    (site, tenant)
}

fn paid(trade: &str) -> Notice {
    Notice::paid("CH1", trade, "50.00")
}

fn back(trade: &str, yuan: &str) -> Notice {
    Notice::refunded("CH1", trade, "50.00", yuan)
}

#[test]
fn whole() {
    let (site, tenant) = site();
    site.notify(&paid("T1"));
    let end = site.expire_at(tenant);
    assert_eq!(word(&site.notify(&back("T1", "50.00"))), (200, "success", "order_refunded"));
    assert_eq!(site.row("SELECT status FROM #order"), "refunded");
    assert_eq!(site.row("SELECT outcome FROM #payment"), "refunded");
    // Told again, in any order: nothing moves, and the log does not grow.
    let logged = site.count("#log");
    assert_eq!(site.notify(&back("T1", "50.00")).outcome, "already_refunded");
    assert_eq!(site.notify(&paid("T1")).outcome, "already_refunded");
    assert_eq!(site.count("#log"), logged);
    assert_eq!(site.expire_at(tenant), end, "an end of service is never shortened");
}

#[test]
fn in_part() {
    let (site, tenant) = site();
    site.notify(&paid("T1"));
    let end = site.expire_at(tenant);
    for part in ["0.01", "49.99"] {
        assert_eq!(word(&site.notify(&back("T1", part))), (200, "success", "refunded_in_part"));
        assert_eq!(site.row("SELECT status FROM #order"), "paid");
    }
    assert_eq!(site.row("SELECT outcome FROM #payment"), "credited");
    assert_eq!(site.notify(&paid("T1")).outcome, "already_credited");
    assert_eq!(site.expire_at(tenant), end);
    assert_eq!(site.notify(&back("T1", "50.00")).outcome, "order_refunded");
}

#[test]
fn before_its_payment() {
    let (site, tenant) = site();
    let end = site.expire_at(tenant);
    assert_eq!(site.notify(&back("T1", "50.00")).status, 200);
    let payment = site.notify(&paid("T1"));
    assert_eq!(word(&payment), (200, "success", "already_refunded"));
    assert_eq!(site.expire_at(tenant), end);
    assert_ne!(site.row("SELECT status FROM #order"), "paid");
    assert_eq!(site.row("SELECT outcome FROM #payment"), "refunded");
    // Another payment of the same order is other money.
    assert!(site.notify(&paid("T2")).outcome.starts_with("credited"));
    assert_eq!(site.expire_at(tenant), end + PERIOD);
}

#[test]
fn a_refund_alone_never_credits() {
    let (site, tenant) = site();
    let end = site.expire_at(tenant);
    for part in ["0.01", "25.00", "50.00"] {
        site.notify(&back("T1", part));
        assert_ne!(site.row("SELECT status FROM #order"), "paid");
    }
    // A payment's message with a refund in it is a refund's.
    site.notify(&paid("T3").with("refund_fee", "1.00"));
    assert_ne!(site.row("SELECT status FROM #order"), "paid");
    assert_eq!(site.expire_at(tenant), end);
    assert_eq!(site.count("#payment WHERE outcome LIKE 'credited%'"), 0);
}

#[test]
fn of_the_duplicate_leaves_the_order_paid() {
    let (site, tenant) = site();
    site.notify(&paid("T1"));
    assert_eq!(word(&site.notify(&paid("T2"))), (200, "success", "duplicate"));
    let end = site.expire_at(tenant);
    assert_eq!(site.notify(&back("T2", "50.00")).outcome, "other_payment_refunded");
    assert_eq!(site.row("SELECT status, pay_trade_no FROM #order"), "paid|T1");
    assert_eq!(
        site.rows("SELECT trade_no, outcome FROM #payment ORDER BY trade_no"),
        ["T1|credited", "T2|refunded"]
    );
    assert_eq!(site.notify(&paid("T2")).outcome, "already_refunded");
    assert_eq!(site.expire_at(tenant), end);
}

#[test]
fn more_than_was_paid_is_refused() {
    let (site, _) = site();
    site.notify(&paid("T1"));
    assert_eq!(word(&site.notify(&back("T1", "50.01"))), (400, "fail", "bad_amount"));
    assert_eq!(site.row("SELECT status FROM #order"), "paid");
}

#[test]
fn part_of_a_payment_that_went_back_before_it_was_told_is_looked_at() {
    let site = Site::new(&Service::absent());
    let id = site.tenant(&Tenant::default());
    site.order(id, "CH-1", "pending");
    let before = site.expire_at(id);
    site.notify(&Notice::refunded("CH-1", "T1", "50.00", "25.00"));
    assert_eq!(site.row("SELECT outcome, amount_fen FROM #payment"), "refunded_in_part|5000");
    let answer = site.notify(&Notice::paid("CH-1", "T1", "50.00"));
    assert_eq!((answer.body, answer.outcome), ("success", "credited_flagged"));
    assert_eq!(site.row("SELECT status FROM #order"), "paid");
    assert_eq!(site.row("SELECT outcome FROM #payment"), "credited_flagged");
    assert!(site.expire_at(id) > before);
}

#[test]
fn a_refund_under_another_orders_trade_number_changes_nothing() {
    let site = Site::new(&Service::absent());
    let id = site.tenant(&Tenant::default());
    site.order(id, "CH-1", "pending");
    site.order(id, "CH-2", "pending");
    site.notify(&Notice::paid("CH-1", "T1", "50.00"));
    let answer = site.notify(&Notice::refunded("CH-2", "T1", "50.00", "50.00"));
    assert_eq!((answer.body, answer.outcome), ("fail", "other_order"));
    assert_eq!(site.rows("SELECT status FROM #order ORDER BY id"), ["paid", "pending"]);
    assert_eq!(site.row("SELECT outcome FROM #payment"), "credited");
}
