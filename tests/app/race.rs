//! Many at once: one effect.

use std::sync::Barrier;

use crate::support::{
    alipay::Notice,
    at_once,
    seed::Tenant,
    service::Service,
    site::{PERIOD, Site},
};

#[test]
fn sixty_four_identical_notifications_extend_once() {
    let site = Site::new(&Service::absent());
    for (round, status) in ["pending", "suspended", "active"].into_iter().enumerate() {
        let tenant = site.tenant(&Tenant {
            status,
            reason: (status == "suspended").then_some("expired"),
            provisioned: status != "pending",
            ..Tenant::default()
        });
        let order = format!("CH{round}");
        site.order(tenant, &order, "pending");
        let before = site.expire_at(tenant);
        let body = Notice::paid(&order, &format!("T{round}"), "50.00").body();
        let answers = at_once(64, |_| {
            let answer = site.app().pay_notify("alipay", &body, &[]);
            (answer.status, answer.body, answer.outcome, answer.tenant_id)
        });
        assert!(answers.iter().all(|a| (a.0, a.1) == (200, "success")), "{answers:?}");
        let first = answers.iter().filter(|a| a.2 == "credited").count();
        let others = answers.iter().filter(|a| a.2 == "already_credited").count();
        assert_eq!((first, others), (1, 63));
        let owed = i64::from(status != "active");
        let told = answers.iter().filter(|a| a.3 == Some(tenant)).count();
        assert_eq!(i64::try_from(told).unwrap(), owed, "one of them works the outbox");
        assert_eq!(site.expire_at(tenant), before + PERIOD);
        assert_eq!(site.count(&format!("#payment WHERE tenant_id = {tenant}")), 1);
        assert_eq!(site.count(&format!("#job WHERE tenant_id = {tenant}")), owed);
        let log = format!("SELECT action, status FROM #log WHERE tenant_id = {tenant}");
        assert_eq!(site.row(&log), "pay_notify_alipay|success");
    }
}

#[test]
fn two_payments_of_one_order_at_once_credit_one() {
    const ROUNDS: usize = 200;
    let site = Site::new(&Service::absent());
    let tenant = site.tenant(&Tenant::default());
    for round in 0..ROUNDS {
        site.order(tenant, &format!("CH{round}"), "pending");
    }
    let before = site.expire_at(tenant);
    let gate = Barrier::new(2);
    let outcomes = at_once(2, |side| {
        let app = site.app();
        let round = |round| {
            let body =
                Notice::paid(&format!("CH{round}"), &format!("T{round}-{side}"), "50.00").body();
            gate.wait();
            let answer = app.pay_notify("alipay", &body, &[]);
            (answer.status, answer.body, answer.outcome)
        };
        (0..ROUNDS).map(round).collect::<Vec<_>>()
    });
    for (round, (one, other)) in outcomes[0].iter().zip(&outcomes[1]).enumerate() {
        let mut both = [*one, *other];
        both.sort_unstable();
        let expected = [(200, "success", "credited"), (200, "success", "duplicate")];
        assert_eq!(both, expected, "round {round}");
    }
    let rounds = i64::try_from(ROUNDS).unwrap();
    assert_eq!(site.expire_at(tenant), before + rounds * PERIOD);
    assert_eq!(site.count("#payment WHERE outcome = 'credited'"), rounds);
    assert_eq!(site.count("#payment WHERE outcome = 'duplicate'"), rounds);
    assert_eq!(site.count("#order WHERE status = 'paid'"), rounds);
    let matching = "#order o JOIN #payment p ON p.order_no = o.order_no AND p.outcome = 'credited' \
        AND p.trade_no = o.pay_trade_no";
    assert_eq!(site.count(matching), rounds, "order and ledger name the same payment");
}

#[test]
fn orders_of_one_tenant_paid_at_once_each_add_their_time() {
    let site = Site::new(&Service::absent());
    let tenant = site.tenant(&Tenant::default());
    for order in 0..16 {
        site.order(tenant, &format!("CH{order}"), "pending");
    }
    let before = site.expire_at(tenant);
    let outcomes = at_once(16, |order| {
        site.notify(&Notice::paid(&format!("CH{order}"), &format!("T{order}"), "50.00")).outcome
    });
    assert!(outcomes.iter().all(|outcome| *outcome == "credited"), "{outcomes:?}");
    assert_eq!(site.expire_at(tenant), before + 16 * PERIOD);
    // Each order remembers an end of its own.
    assert_eq!(site.number("SELECT COUNT(DISTINCT expire_at) FROM #order"), 16);
}

#[test]
fn payment_refund_and_closing_at_once_end_in_a_state_that_fits_the_ledger() {
    let site = Site::new(&Service::absent());
    let tenant = site.tenant(&Tenant::default());
    for round in 0..60 {
        let order = format!("CH{round}");
        site.order(tenant, &order, "pending");
        let before = site.expire_at(tenant);
        let notices = [
            Notice::paid(&order, &order, "50.00"),
            Notice::refunded(&order, &order, "50.00", "50.00"),
            Notice::closed(&order, &order, "50.00"),
        ];
        let answers = at_once(3, |number| site.notify(&notices[number]).body);
        assert_eq!(answers, ["success"; 3]);
        let status = site.row(&format!("SELECT status FROM #order WHERE order_no = '{order}'"));
        let added = site.expire_at(tenant) - before;
        // Either the money was credited and went back, or it went back before it was.
        assert!(
            [("refunded", PERIOD), ("failed", 0)].contains(&(status.as_str(), added)),
            "{status} {added}"
        );
        let ledger = format!("SELECT outcome FROM #payment WHERE order_no = '{order}'");
        assert_eq!(site.row(&ledger), "refunded");
    }
}

#[test]
fn an_unknown_order_told_by_many_is_one_record() {
    let site = Site::new(&Service::absent());
    let body = Notice::paid("CH-NOBODYS", "T1", "50.00").body();
    let answers = at_once(32, |_| site.app().pay_notify("alipay", &body, &[]).outcome);
    assert!(answers.iter().all(|outcome| *outcome == "unknown_order"), "{answers:?}");
    assert_eq!((site.count("#payment"), site.count("#log")), (1, 1));
}
