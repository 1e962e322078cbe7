//! What a notification of Alipay's does to order, tenant, ledger, outbox and log.

use chathub_core::app::Acknowledgement;

use crate::support::{
    alipay::Notice,
    seed::Tenant,
    service::Service,
    site::{PERIOD, Site},
};

pub fn word(answer: &Acknowledgement) -> (u16, &'static str, &'static str) {
    (answer.status, answer.body, answer.outcome)
}

fn site() -> (Site, u32) {
    let site = Site::new(&Service::absent());
    let tenant = site.tenant(&Tenant::default());
    site.order(tenant, "CH1", "pending");
    (site, tenant)
}

#[test]
fn money_buys_thirty_days_once() {
    let (site, tenant) = site();
    let before = site.expire_at(tenant);
    let notice = Notice::paid("CH1", "T1", "50.00");
    assert_eq!(word(&site.notify(&notice)), (200, "success", "credited"));
    assert_eq!(site.expire_at(tenant), before + PERIOD);
    // The same again, and its later status.
    for status in ["TRADE_SUCCESS", "TRADE_FINISHED"] {
        let again = site.notify(&notice.clone().with("trade_status", status));
        assert_eq!(word(&again), (200, "success", "already_credited"));
    }
    assert_eq!(site.expire_at(tenant), before + PERIOD);
    assert_eq!(
        site.row("SELECT status, late, pay_method, pay_trade_no, paid_at IS NULL FROM #order"),
        "paid|0|alipay|T1|0"
    );
    assert_eq!(
        site.row(
            "SELECT o.expire_at = t.expire_at FROM #order o JOIN #tenant t ON t.id = o.tenant_id"
        ),
        "1"
    );
    assert_eq!(
        site.row("SELECT provider, trade_no, order_no, tenant_id, amount_fen, outcome, source FROM #payment"),
        format!("alipay|T1|CH1|{tenant}|5000|credited|notify")
    );
    assert_eq!(site.row("SELECT action, status FROM #log"), "pay_notify_alipay|success");
    // An active tenant needs nothing from the service.
    assert_eq!(site.count("#job"), 0);
}

#[test]
fn time_that_is_over_is_not_made_up_for() {
    let site = Site::new(&Service::absent());
    for expires_in in [Some(-100), Some(0), None] {
        let tenant = site.tenant(&Tenant { expires_in, ..Tenant::default() });
        let order = format!("CH{tenant}");
        site.order(tenant, &order, "pending");
        let earliest = site.wall_clock() + PERIOD;
        assert_eq!(site.notify(&Notice::paid(&order, &order, "50.00")).outcome, "credited");
        let latest = site.wall_clock() + PERIOD;
        assert!((earliest..=latest).contains(&site.expire_at(tenant)), "{expires_in:?}");
    }
}

#[test]
fn a_zero_date_counts_as_none() {
    let (site, tenant) = site();
    site.exec("SET SESSION sql_mode = ''");
    site.exec("UPDATE #tenant SET expire_at = '0000-00-00 00:00:00'");
    let earliest = site.wall_clock() + PERIOD;
    assert_eq!(site.notify(&Notice::paid("CH1", "T1", "50.00")).outcome, "credited");
    assert!(site.expire_at(tenant) >= earliest);
}

#[test]
fn one_fen_more_or_less_is_not_credited() {
    let (site, tenant) = site();
    let before = site.expire_at(tenant);
    for (trade, yuan, fen) in [
        ("T1", "49.99", 4999),
        ("T2", "50.01", 5001),
        ("T3", "0.50", 50),
        ("T4", "5000.00", 500_000),
    ] {
        let notice = Notice::paid("CH1", trade, yuan);
        for _ in 0..2 {
            assert_eq!(site.notify(&notice).outcome, "mismatch", "{yuan}");
        }
        let sql = "SELECT amount_fen, outcome FROM #payment WHERE trade_no =";
        assert_eq!(site.row(&format!("{sql} '{trade}'")), format!("{fen}|mismatch"));
    }
    assert_eq!(site.row("SELECT status FROM #order"), "pending");
    assert_eq!(site.expire_at(tenant), before);
    assert_eq!(site.count("#log WHERE status = 'failed'"), 4);
    assert_eq!(site.count("#log WHERE status = 'success'"), 0);
    // The right sum still pays it.
    assert_eq!(site.notify(&Notice::paid("CH1", "T5", "50.00")).outcome, "credited");
    // And the order that is paid is not looked for in the wrong sum any more.
    assert_eq!(site.notify(&Notice::paid("CH1", "T1", "49.99")).outcome, "mismatch");
    assert_eq!(site.expire_at(tenant), before + PERIOD);
}

/// WeChat Pay's test mode charges one fen; that is no price for anybody else.
#[test]
fn what_wechat_pay_was_asked_to_charge_is_not_alipays_price() {
    let (site, _) = site();
    site.exec("UPDATE #order SET charged_fen = 1");
    assert_eq!(site.notify(&Notice::paid("CH1", "T1", "0.01")).outcome, "mismatch");
    assert_eq!(site.notify(&Notice::paid("CH1", "T2", "50.00")).outcome, "credited");
}

#[test]
fn genuine_but_for_somebody_else() {
    let (site, tenant) = site();
    let before = site.expire_at(tenant);
    let notice = Notice::paid("CH1", "T1", "50.00");
    for (field, value, outcome) in [
        ("app_id", "2021000000000043", "foreign_app"),
        ("seller_id", "2088000000000043", "foreign_seller"),
        ("app_id", "", "missing_field"),
        ("seller_id", "", "missing_field"),
    ] {
        let answer = site.notify(&notice.clone().with(field, value));
        assert_eq!(word(&answer), (400, "fail", outcome));
    }
    assert_eq!((site.count("#payment"), site.expire_at(tenant)), (0, before));
    assert_eq!(site.row("SELECT status FROM #order"), "pending");
}

#[test]
fn forged_or_changed_on_the_way() {
    let (site, _) = site();
    let body = Notice::paid("CH1", "T1", "49.00").body();
    let text = String::from_utf8(body).unwrap();
    for forged in [
        text.replace("49.00", "50.00"),
        format!("{text}&total_amount=50.00"),
        text.split("&sign=").next().unwrap().to_owned(),
        String::new(),
    ] {
        let answer = site.app().pay_notify("alipay", forged.as_bytes(), &[]);
        assert_eq!((answer.status, answer.body), (400, "fail"), "{forged}");
    }
    assert_eq!(site.count("#payment"), 0);
    assert_eq!(site.row("SELECT status FROM #order"), "pending");
}

#[test]
fn an_unknown_order_is_on_record_but_not_acknowledged() {
    let (site, tenant) = site();
    let before = site.expire_at(tenant);
    let notice = Notice::paid("CH-NOBODYS", "T1", "50.00");
    for _ in 0..3 {
        assert_eq!(word(&site.notify(&notice)), (400, "fail", "unknown_order"));
    }
    assert_eq!(
        site.row("SELECT order_no, tenant_id, outcome FROM #payment"),
        "CH-NOBODYS|0|unknown_order"
    );
    assert_eq!(site.row("SELECT tenant_id, status FROM #log"), "0|failed");
    assert_eq!(site.expire_at(tenant), before);
    for notice in [
        Notice::closed("CH-NOBODYS", "T2", "50.00"),
        Notice::refunded("CH-NOBODYS", "T2", "50.00", "50.00"),
    ] {
        assert_eq!(word(&site.notify(&notice)), (400, "fail", "unknown_order"));
    }
}

#[test]
fn late_money_counts_and_is_marked() {
    let (site, tenant) = site();
    let before = site.expire_at(tenant);
    assert_eq!(
        word(&site.notify(&Notice::closed("CH1", "T1", "50.00"))),
        (200, "success", "closed")
    );
    assert_eq!(site.row("SELECT status, late FROM #order"), "failed|0");
    let late = site.notify(&Notice::paid("CH1", "T2", "50.00"));
    assert_eq!(word(&late), (200, "success", "credited_late"));
    assert_eq!(site.row("SELECT status, late, pay_trade_no FROM #order"), "paid|1|T2");
    assert_eq!(site.row("SELECT outcome FROM #payment"), "credited_late");
    assert_eq!(site.expire_at(tenant), before + PERIOD);
    // A paid order is not closed any more.
    assert_eq!(site.notify(&Notice::closed("CH1", "T2", "50.00")).status, 200);
    assert_eq!(site.row("SELECT status FROM #order"), "paid");
}

#[test]
fn a_waiting_trade_is_not_money() {
    let (site, _) = site();
    for status in ["WAIT_BUYER_PAY", "TRADE_PENDING"] {
        let notice = Notice::paid("CH1", "T1", "50.00").with("trade_status", status);
        assert_eq!(word(&site.notify(&notice)), (200, "success", "not_paid"));
    }
    assert_eq!(
        (site.count("#payment"), site.row("SELECT status FROM #order")),
        (0, "pending".into())
    );
}

#[test]
fn one_payment_does_not_pay_two_orders() {
    let (site, tenant) = site();
    site.order(tenant, "CH2", "pending");
    let before = site.expire_at(tenant);
    assert_eq!(site.notify(&Notice::paid("CH1", "T1", "50.00")).outcome, "credited");
    // No real trade has two order numbers; whoever sends this gets nothing for it.
    let second = site.notify(&Notice::paid("CH2", "T1", "50.00"));
    assert!(!second.outcome.starts_with("credited"), "{}", second.outcome);
    assert_eq!(site.expire_at(tenant), before + PERIOD);
    assert_eq!(site.row("SELECT status FROM #order WHERE order_no = 'CH2'"), "pending");
    assert_eq!(site.row("SELECT order_no, outcome FROM #payment"), "CH1|credited");
}

#[test]
fn money_for_a_tenant_that_is_gone_is_flagged() {
    let (site, _) = site();
    site.exec("DELETE FROM #tenant");
    let answer = site.notify(&Notice::paid("CH1", "T1", "50.00"));
    assert_eq!(word(&answer), (200, "success", "credited_flagged"));
    assert_eq!(site.row("SELECT status FROM #order"), "paid");
    assert_eq!(site.row("SELECT status FROM #log"), "failed");
}

#[test]
fn alipays_words_are_nobody_elses() {
    let (site, _) = site();
    let body = Notice::paid("CH1", "T1", "50.00").body();
    for provider in ["wechat", "", "ALIPAY", "alipay\0", "../alipay"] {
        let answer = site.app().pay_notify(provider, &body, &[]);
        assert_ne!((answer.status, answer.body), (200, "success"), "{provider:?}");
    }
    assert_eq!(site.count("#payment"), 0);
}
