//! The order page: one open order per tenant, whoever looks how often.

use std::collections::HashSet;

use crate::support::{at_once, seed::Tenant, service::Service, site::Site};

fn site() -> (Site, u32) {
    let site = Site::new(&Service::absent());
    let id = site.tenant(&Tenant::default());
    (site, id)
}

fn order_no(site: &Site, id: u32) -> String {
    site.app().renew(1, id).unwrap().order.row.order_no
}

#[test]
fn thirty_two_visits_at_once_make_one_order() {
    let (site, _) = site();
    for _ in 0..5 {
        let id = site.tenant(&Tenant::default());
        let orders: HashSet<String> = at_once(32, |_| order_no(&site, id)).into_iter().collect();
        assert_eq!(orders.len(), 1);
        assert_eq!(site.count(&format!("#order WHERE tenant_id = {id}")), 1);
        assert_eq!(site.count(&format!("#log WHERE tenant_id = {id} AND action = 'renew'")), 1);
    }
}

#[test]
fn an_order_says_what_is_to_be_paid() {
    let site = Site::new(&Service::absent());
    for (plan, seats, amount) in [
        ("basic", 1, "50.00"),
        ("pro", 2, "60.00"),
        ("enterprise", 3, "70.00"),
        ("enterprise", 103, "1070.00"),
        // Old rows have seats that their plan does not sell, or more than anybody sells.
        ("basic", 3, "50.00"),
        ("enterprise", 100_000, "1070.00"),
        ("gold", 3, "50.00"),
    ] {
        let id = site.tenant(&Tenant { plan, seats, ..Tenant::default() });
        let view = site.app().renew(1, id).unwrap();
        let order = view.order.row;
        assert_eq!(order.amount.to_string(), amount, "{plan} {seats}");
        assert_eq!((order.state.amount, order.state.wechat_charge), (order.amount, None));
        assert_eq!((order.tenant_id, order.user_id, view.order.payable), (id, 1, true));
        assert!((7000..=7200).contains(&view.seconds_left), "{}", view.seconds_left);
    }
}

#[test]
fn what_can_no_longer_be_paid_is_not_offered_again() {
    let (site, id) = site();
    let first = order_no(&site, id);
    assert_eq!(order_no(&site, id), first);
    // Too little of its two hours is left.
    site.exec("UPDATE #order SET createtime = createtime - 7100");
    let second = order_no(&site, id);
    assert_ne!(second, first);
    for status in ["paid", "failed", "refunded"] {
        let open = order_no(&site, id);
        site.exec(&format!("UPDATE #order SET status = '{status}' WHERE order_no = '{open}'"));
        assert_ne!(order_no(&site, id), open, "{status}");
    }
    // Another tenant's order is not this one's.
    let other = site.tenant(&Tenant::default());
    assert_ne!(order_no(&site, other), order_no(&site, id));
}

#[test]
fn a_changed_price_or_plan_makes_a_new_order() {
    let site = Site::new(&Service::absent());
    let id = site.tenant(&Tenant { plan: "enterprise", seats: 3, ..Tenant::default() });
    let first = order_no(&site, id);
    site.exec("UPDATE #tenant SET max_agents = 4");
    let more_seats = order_no(&site, id);
    assert_ne!(first, more_seats);
    assert_eq!(site.app().order(1, &more_seats).unwrap().row.amount.get(), 8000);
    site.exec(r#"UPDATE #tenant SET config = '{"plan":"pro"}'"#);
    let other_plan = order_no(&site, id);
    assert_ne!(more_seats, other_plan);
    assert_eq!(site.app().order(1, &other_plan).unwrap().row.amount.get(), 6000);
    // Back at the old price, the old order serves again.
    site.exec(r#"UPDATE #tenant SET config = '{"plan":"enterprise"}', max_agents = 3"#);
    assert_eq!(order_no(&site, id), first);
}

#[test]
fn order_numbers_differ_and_suit_both_providers() {
    const ORDERS: usize = 400;
    let (site, _) = site();
    let tenants: Vec<u32> = (0..8).map(|_| site.tenant(&Tenant::default())).collect();
    let numbers: Vec<String> = at_once(8, |worker| {
        let app = site.app();
        let next = |_| {
            let order = app.renew(1, tenants[worker]).unwrap().order.row.order_no;
            site.exec(&format!("UPDATE #order SET status = 'failed' WHERE order_no = '{order}'"));
            order
        };
        (0..ORDERS / 8).map(next).collect::<Vec<_>>()
    })
    .concat();
    let distinct: HashSet<&String> = numbers.iter().collect();
    assert_eq!(distinct.len(), ORDERS);
    assert_eq!(site.number("SELECT COUNT(DISTINCT order_no) FROM #order"), 400);
    for number in &numbers {
        let plain = number.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        assert!(plain && number.starts_with("CH") && (6..=32).contains(&number.len()), "{number}");
    }
}

#[test]
fn a_disabled_tenant_is_not_sold_anything() {
    let site = Site::new(&Service::absent());
    let id = site.tenant(&Tenant { status: "disabled", ..Tenant::default() });
    let error = site.app().renew(1, id).err().unwrap();
    assert_eq!(error.key(), "tenant_disabled");
    assert_eq!(site.count("#order"), 0);
    // One that merely expired may of course pay.
    let id =
        site.tenant(&Tenant { status: "suspended", reason: Some("expired"), ..Tenant::default() });
    assert!(site.app().renew(1, id).unwrap().order.payable);
}
