//! Time passes on a real database: notices, suspension, and the way back.

use crate::{
    settle::word,
    support::{alipay::Notice, at_once, seed::Tenant, service::Service, site::Site},
};

/// The end of service, so many seconds from now on the site's wall clock.
fn ends_in(site: &Site, id: u32, seconds: i64) {
    site.exec(&format!(
        "UPDATE #tenant SET expire_at = UTC_TIMESTAMP() + INTERVAL 8 HOUR + INTERVAL {seconds} SECOND \
         WHERE id = {id}"
    ));
}

/// Days pass for the tenant: its end comes nearer, and what was told lies further back.
fn days_pass(site: &Site, id: u32, days: u32) {
    site.exec(&format!(
        "UPDATE #tenant SET expire_at = expire_at - INTERVAL {days} DAY, \
         notice_for = notice_for - INTERVAL {days} DAY, notice_at = notice_at - INTERVAL {days} DAY \
         WHERE id = {id}"
    ));
}

const DAY: i64 = 86_400;

/// Does all that time asks for; the stages of the notices given so far.
fn tend(site: &Site) -> Vec<String> {
    let app = site.app();
    for id in app.due_by_time(100).unwrap() {
        app.tend_tenant(id).unwrap();
    }
    assert_eq!(app.due_by_time(100).unwrap(), [0u32; 0], "nothing is left");
    site.rows("SELECT JSON_EXTRACT(data, '$.days') FROM #mail WHERE kind = 'expiry' ORDER BY id")
}

#[test]
fn four_notices_then_the_suspension_then_back_by_a_payment() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    let id = site.tenant(&Tenant::default());
    ends_in(&site, id, 8 * DAY);
    assert_eq!(tend(&site), [""; 0]);
    for (days, told) in
        [(1, vec!["7"]), (1, vec!["7"]), (3, vec!["7", "3"]), (2, vec!["7", "3", "1"])]
    {
        days_pass(&site, id, days);
        assert_eq!(tend(&site), told);
        assert_eq!(tend(&site), told, "and only once");
    }
    days_pass(&site, id, 2);
    assert_eq!(tend(&site), ["7", "3", "1", "0"]);
    assert_eq!(site.row("SELECT status FROM #tenant"), "active", "the grace begins");
    days_pass(&site, id, 2);
    tend(&site);
    assert_eq!(site.row("SELECT status FROM #tenant"), "active", "two of three days");
    days_pass(&site, id, 1);
    assert_eq!(tend(&site).len(), 4);
    assert_eq!(site.row("SELECT status, suspend_reason FROM #tenant"), "suspended|expired");
    assert_eq!(site.rows("SELECT kind FROM #mail ORDER BY id").last().unwrap(), "suspended");
    let log = site.rows("SELECT action, operator FROM #log ORDER BY id");
    assert_eq!(log.iter().filter(|row| *row == "notice|system").count(), 4);
    assert_eq!(log.last().unwrap(), "suspend|system");

    site.app().work_tenant(id).unwrap();
    site.order(id, "CH1", "pending");
    let answer = site.notify(&Notice::paid("CH1", "T1", "50.00"));
    assert_eq!(word(&answer), (200, "success", "credited"));
    site.app().work_tenant(id).unwrap();
    let asked: Vec<_> = service.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(asked, ["/suspend", "/activate"]);
    assert_eq!(site.row("SELECT status, suspend_reason FROM #tenant"), "active|-");
    // A new end: everything from the beginning.
    assert_eq!(tend(&site).len(), 4);
    days_pass(&site, id, 24);
    assert_eq!(tend(&site), ["7", "3", "1", "0", "7"]);
}

#[test]
fn of_several_missed_notices_only_the_last_is_given() {
    let site = Site::new(&Service::absent());
    for (seconds, told) in [(6 * DAY, "7"), (2 * DAY, "3"), (3600, "1"), (-3600, "0")] {
        let id = site.tenant(&Tenant::default());
        ends_in(&site, id, seconds);
        assert_eq!(tend(&site).last().unwrap(), told);
        assert_eq!(site.count(&format!("#mail WHERE tenant_id = {id}")), 1);
    }
}

#[test]
fn an_old_site_that_never_suspended_anybody_has_its_grace_first() {
    let site = Site::new(&Service::absent());
    let id = site.tenant(&Tenant { expires_in: Some(-20), ..Tenant::default() });
    assert_eq!(tend(&site), ["0"]);
    assert_eq!(site.row("SELECT status FROM #tenant"), "active");
    site.exec("UPDATE #tenant SET notice_at = notice_at - INTERVAL 3 DAY");
    tend(&site);
    assert_eq!(site.row("SELECT status FROM #tenant"), "suspended");
    assert_eq!(site.row(&format!("SELECT kind FROM #job WHERE tenant_id = {id}")), "suspend");
}

#[test]
fn trials_of_years_ago_are_neither_told_nor_switched_off() {
    let site = Site::new(&Service::absent()).configured(&[("grace_days", "0")]);
    for days in [31, 400, 4000] {
        site.tenant(&Tenant { expires_in: Some(-days), ..Tenant::default() });
    }
    assert_eq!(tend(&site), [""; 0]);
    for id in 1..=3 {
        let passed = site.app().tend_tenant(id).unwrap();
        assert_eq!(passed, chathub_core::app::Passed::default());
    }
    assert_eq!((site.count("#mail"), site.count("#tenant WHERE status = 'active'")), (0, 3));
}

#[test]
fn where_suspension_is_switched_off_the_notices_go_on() {
    let site =
        Site::new(&Service::absent()).configured(&[("grace_days", "0"), ("suspend_expired", "0")]);
    let id = site.tenant(&Tenant { expires_in: Some(-1), ..Tenant::default() });
    assert_eq!(tend(&site), ["0"]);
    days_pass(&site, id, 10);
    tend(&site);
    assert_eq!(site.row("SELECT status FROM #tenant"), "active");
}

#[test]
fn the_grace_is_the_administrators_to_set() {
    for (grace, status) in [("0", "suspended"), ("1", "active"), ("", "active"), ("x", "active")] {
        let site = Site::new(&Service::absent()).configured(&[("grace_days", grace)]);
        site.tenant(&Tenant { expires_in: Some(-1), ..Tenant::default() });
        tend(&site);
        assert_eq!(site.row("SELECT status FROM #tenant"), status, "grace {grace:?}");
        // With no grace the suspension is the one thing to tell.
        let kind = if status == "suspended" { "suspended" } else { "expiry" };
        assert_eq!(site.rows("SELECT kind FROM #mail"), [kind]);
    }
}

#[test]
fn who_is_not_active_or_has_no_end_is_left_alone() {
    let site = Site::new(&Service::absent());
    for (status, reason) in [
        ("pending", None),
        ("provisioning", None),
        ("suspended", Some("admin")),
        ("suspended", Some("expired")),
        ("suspended", None),
        ("disabled", None),
    ] {
        let provisioned = !status.starts_with('p');
        let expires_in = Some(-30);
        site.tenant(&Tenant { status, reason, provisioned, expires_in, ..Tenant::default() });
    }
    site.tenant(&Tenant { expires_in: None, ..Tenant::default() });
    site.exec("SET SESSION sql_mode = ''");
    for odd in ["0000-00-00 00:00:00", "2020-00-00 00:00:00", "2020-02-00 00:00:00"] {
        let id = site.tenant(&Tenant::default());
        site.exec(&format!("UPDATE #tenant SET expire_at = '{odd}' WHERE id = {id}"));
    }
    let before = site.rows("SELECT * FROM #tenant");
    assert_eq!(site.app().due_by_time(100).unwrap(), [0u32; 0]);
    for id in 1..=site.count("#tenant") {
        let passed = site.app().tend_tenant(u32::try_from(id).unwrap()).unwrap();
        assert_eq!(passed, chathub_core::app::Passed::default());
    }
    assert_eq!(site.rows("SELECT * FROM #tenant"), before);
    assert_eq!((site.count("#mail"), site.count("#job"), site.count("#log")), (0, 0, 0));
}

#[test]
fn a_tenant_without_resources_expires_without_a_call() {
    let site = Site::new(&Service::absent()).configured(&[("grace_days", "0")]);
    site.tenant(&Tenant { provisioned: false, expires_in: Some(-1), ..Tenant::default() });
    tend(&site);
    assert_eq!(site.row("SELECT status FROM #tenant"), "suspended");
    assert_eq!(site.count("#job"), 0);
}

#[test]
fn sixteen_at_once_take_each_step_once() {
    let site = Site::new(&Service::absent()).configured(&[("grace_days", "1")]);
    for round in 0..20 {
        let id = site.tenant(&Tenant { expires_in: Some(6), ..Tenant::default() });
        for (days, kinds) in [(0, 1), (4, 2), (1, 3), (1, 4), (1, 5)] {
            days_pass(&site, id, days);
            let passed = at_once(16, |_| site.app().tend_tenant(id).unwrap());
            let did = passed.iter().filter(|p| **p != chathub_core::app::Passed::default());
            assert_eq!(did.count(), 1, "round {round}");
            assert_eq!(site.count(&format!("#mail WHERE tenant_id = {id}")), kinds);
        }
        assert_eq!(site.count(&format!("#log WHERE tenant_id = {id}")), 5);
        assert_eq!(site.count(&format!("#job WHERE tenant_id = {id}")), 1);
    }
}

#[test]
fn a_great_many_are_found_in_turn() {
    let site = Site::new(&Service::absent());
    site.tenant(&Tenant { expires_in: Some(2), ..Tenant::default() });
    for _ in 0..9 {
        site.exec(
            "INSERT INTO #tenant (tenant_name, domain, email, status, embed_code, expire_at) \
             SELECT tenant_name, domain, email, status, embed_code, expire_at FROM #tenant",
        );
    }
    let app = site.app();
    let mut rounds = 0;
    loop {
        let due = app.due_by_time(100).unwrap();
        if due.is_empty() {
            break;
        }
        rounds += 1;
        for id in due {
            app.tend_tenant(id).unwrap();
        }
    }
    assert_eq!((rounds, site.count("#mail")), (6, 512));
}
