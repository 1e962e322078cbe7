//! What belongs to somebody else looks as if it did not exist.

use chathub_core::{Kind, Result};

use crate::support::{seed::Tenant, service::Service, site::Site};

fn not_found<T>(what: Result<T>) {
    assert_eq!(what.err().map(|error| error.kind()), Some(Kind::NotFound));
}

#[test]
fn other_members_ids() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    let mine = site.tenant(&Tenant { status: "pending", provisioned: false, ..Tenant::default() });
    site.order(mine, "CH1", "pending");
    let before = site.dump();
    for stranger in [2, 0, u32::MAX] {
        let app = site.app();
        not_found(app.renew(stranger, mine));
        not_found(app.reprovision(stranger, mine));
        not_found(app.order(stranger, "CH1"));
        not_found(app.pay_alipay(stranger, "CH1", "Mozilla"));
        assert!(app.status(stranger).unwrap().tenants.is_empty());
    }
    for nothing in [0, mine + 1, u32::MAX] {
        not_found(site.app().renew(1, nothing));
        not_found(site.app().reprovision(1, nothing));
    }
    let long = "9".repeat(100_000);
    for nothing in ["", "CH2", "CH1'--", "CH1\0", "订单", "%", long.as_str()] {
        not_found(site.app().order(1, nothing));
        not_found(site.app().pay_alipay(1, nothing, "Mozilla"));
    }
    assert_eq!(site.dump(), before);
    assert_eq!(service.asked().len(), 0);
    assert_eq!(site.app().order(1, "CH1").unwrap().row.tenant_id, mine);
}

#[test]
fn rows_of_nobody_are_nobodys() {
    let site = Site::new(&Service::absent());
    for owner in ["NULL", "0"] {
        let id =
            site.tenant(&Tenant { status: "pending", provisioned: false, ..Tenant::default() });
        site.exec(&format!("UPDATE #tenant SET user_id = {owner} WHERE id = {id}"));
        not_found(site.app().renew(0, id));
        not_found(site.app().reprovision(0, id));
    }
    assert_eq!(site.count("#order"), 0);
}

#[test]
fn an_account_that_is_gone_or_locked_has_no_member_centre() {
    let site = Site::new(&Service::absent());
    not_found(site.app().my(1));
    site.exec("INSERT INTO #user (id, email, status) VALUES (1, 'a@b.cn', 'hidden')");
    not_found(site.app().my(1));
    assert!(site.app().account(1).unwrap().is_none());
    site.exec("UPDATE #user SET status = 'normal'");
    assert!(site.app().account(1).unwrap().is_some());
}
