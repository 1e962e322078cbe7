//! What earlier versions left half done.

use chathub_core::{app::Healed, domain::TenantStatus};

use crate::support::{at_once, seed::Tenant, service::Service, site::Site};

/// As a server without strict mode let it be.
fn force(site: &Site, sql: &str) {
    site.exec("SET SESSION sql_mode = ''");
    site.exec(sql);
}

fn long_ago(site: &Site) {
    site.exec("UPDATE #tenant SET updatetime = updatetime - 86400");
}

fn heal(site: &Site) -> Vec<Healed> {
    let app = site.app();
    // Looking through the active ones is rate-limited.
    site.exec("DELETE FROM #throttle");
    let due = app.due_for_healing(100).unwrap();
    due.into_iter().map(|id| app.heal_tenant(id).unwrap()).collect()
}

#[test]
fn a_tenant_that_was_left_behind_is_provisioned() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    let stuck = Tenant { status: "provisioning", provisioned: false, ..Tenant::default() };
    let id = site.tenant(&stuck);
    assert_eq!(heal(&site), [], "an earlier version's request may still be running");
    long_ago(&site);
    assert_eq!(heal(&site), [Healed::Enqueued]);
    assert_eq!(heal(&site), []);
    site.app().work_tenant(id).unwrap();
    assert_eq!(site.row("SELECT status, inbox_id FROM #tenant"), "active|100");
    long_ago(&site);
    assert_eq!(heal(&site), []);
    assert_eq!(site.rows("SELECT action FROM #log ORDER BY id"), ["heal", "provision"]);
}

#[test]
fn a_trial_that_is_over_is_not_begun_but_can_be_asked_for() {
    let site = Site::new(&Service::absent());
    let status = "provisioning";
    let id = site.tenant(&Tenant {
        status,
        provisioned: false,
        expires_in: Some(-1),
        ..Tenant::default()
    });
    long_ago(&site);
    assert_eq!(heal(&site), [Healed::Status(TenantStatus::Pending)]);
    assert_eq!(site.row("SELECT status FROM #tenant"), "pending");
    assert_eq!(site.count("#job"), 0);
    assert_eq!(heal(&site), []);
    assert_eq!(site.app().heal_tenant(id).unwrap(), Healed::Nothing);
}

#[test]
fn who_paid_is_served_whatever_the_row_says() {
    for (status, stored) in [
        ("pending", "'pending'"),
        ("pending", "NULL"),
        ("pending", "''"),
        ("provisioning", "'provisioning'"),
        ("active", "'active'"),
    ] {
        for expires_in in [Some(10), Some(-20), None] {
            let service = Service::willing();
            let site = Site::new(&service.url);
            let id = site.tenant(&Tenant {
                status,
                provisioned: false,
                expires_in,
                ..Tenant::default()
            });
            site.order(id, "CH1", "paid");
            force(&site, &format!("UPDATE #tenant SET status = {stored}"));
            long_ago(&site);
            assert_eq!(heal(&site), [Healed::Enqueued], "{stored}, {expires_in:?}");
            assert_eq!(heal(&site), []);
            site.app().work_tenant(id).unwrap();
            assert_eq!(site.row("SELECT status, inbox_id FROM #tenant"), "active|100");
        }
    }
}

#[test]
fn the_switched_off_and_the_served_are_left_alone() {
    let site = Site::new(&Service::absent());
    for tenant in [
        Tenant {
            status: "suspended",
            reason: Some("admin"),
            provisioned: false,
            ..Tenant::default()
        },
        Tenant { status: "disabled", provisioned: false, ..Tenant::default() },
        Tenant::default(),
        // Never paid, never stuck: the member may ask for it.
        Tenant { status: "pending", provisioned: false, ..Tenant::default() },
    ] {
        let id = site.tenant(&tenant);
        if tenant.status != "pending" {
            site.order(id, &format!("CH{id}"), "paid");
        }
    }
    // An inbox of another channel has nothing to embed.
    let id = site.tenant(&Tenant::default());
    site.exec(&format!(
        "UPDATE #tenant SET channel_type = 'api', embed_code = NULL WHERE id = {id}"
    ));
    site.order(id, "CH-api", "paid");
    long_ago(&site);
    let before = site.dump();
    assert_eq!(heal(&site), []);
    site.exec("DELETE FROM #throttle");
    assert_eq!(site.dump(), before);
    for id in 1..=5 {
        assert_eq!(site.app().heal_tenant(id).unwrap(), Healed::Nothing);
    }
    assert_eq!(site.dump(), before);
}

#[test]
fn a_status_that_says_nothing_becomes_what_the_tenant_has() {
    let site = Site::new(&Service::absent());
    for (stored, provisioned, status) in [
        ("NULL", true, "active"),
        ("''", true, "active"),
        ("'provisioning'", true, "active"),
        ("NULL", false, "pending"),
        ("''", false, "pending"),
    ] {
        let id = site.tenant(&Tenant { provisioned, ..Tenant::default() });
        force(&site, &format!("UPDATE #tenant SET status = {stored} WHERE id = {id}"));
        long_ago(&site);
        assert_eq!(heal(&site).len(), 1, "{stored}");
        assert_eq!(site.row(&format!("SELECT status FROM #tenant WHERE id = {id}")), status);
    }
    assert_eq!(heal(&site), []);
    assert_eq!(site.count("#job"), 0);
}

#[test]
fn a_call_that_was_given_up_is_taken_up_again_a_day_later_for_who_paid() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    let stuck = Tenant { status: "provisioning", provisioned: false, ..Tenant::default() };
    let (paid, trial) = (site.tenant(&stuck), site.tenant(&stuck));
    site.order(paid, "CH1", "paid");
    for id in [paid, trial] {
        site.job(id, "provision");
    }
    site.exec("UPDATE #job SET state = 'dead', open_slot = NULL");
    long_ago(&site);
    heal(&site);
    let open = "#job WHERE state = 'open'";
    // The one that paid was given up just now: its member waits for nobody meanwhile.
    site.exec("UPDATE #job SET updatetime = updatetime - 90000");
    heal(&site);
    assert_eq!(site.rows(&format!("SELECT tenant_id FROM {open}")), [paid.to_string()]);
    assert_eq!(site.row(&format!("SELECT status FROM #tenant WHERE id = {trial}")), "pending");
    site.app().work_tenant(paid).unwrap();
    assert_eq!(site.row(&format!("SELECT status FROM #tenant WHERE id = {paid}")), "active");
    assert_eq!(service.asked().len(), 1);
}

#[test]
fn sixteen_healers_make_one_job() {
    let site = Site::new(&Service::absent());
    let stuck = Tenant { status: "provisioning", provisioned: false, ..Tenant::default() };
    for _ in 0..20 {
        let id = site.tenant(&stuck);
        let healed = at_once(16, |_| site.app().heal_tenant(id).unwrap());
        assert_eq!(healed.iter().filter(|h| **h == Healed::Enqueued).count(), 1);
        assert_eq!(site.count(&format!("#job WHERE tenant_id = {id}")), 1);
        assert_eq!(site.count(&format!("#log WHERE tenant_id = {id}")), 1);
    }
}

#[test]
fn a_switch_that_was_given_up_is_tried_again_where_it_still_makes_sense() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    let suspended = Tenant { status: "suspended", reason: Some("expired"), ..Tenant::default() };
    for (tenant, kind) in [
        (&Tenant::default(), "activate"),
        (&suspended, "suspend"),
        // Overtaken by what came later.
        (&suspended, "activate"),
        (&Tenant::default(), "suspend"),
    ] {
        let id = site.tenant(tenant);
        site.job(id, kind);
    }
    site.exec("UPDATE #job SET state = 'dead', open_slot = NULL");
    assert_eq!(heal(&site), [], "a day has not passed");
    site.exec("UPDATE #job SET updatetime = updatetime - 90000");
    assert_eq!(heal(&site), [Healed::Enqueued; 2]);
    let open = site.rows("SELECT tenant_id, kind FROM #job WHERE state = 'open' ORDER BY id");
    assert_eq!(open, ["1|activate", "2|suspend"]);
    for id in 1..=2 {
        site.app().work_tenant(id).unwrap();
    }
    let asked: Vec<_> = service.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(asked, ["/activate", "/suspend"]);
    assert_eq!(heal(&site), []);
}

#[test]
fn whose_time_was_over_long_ago_is_left_to_a_person() {
    let site = Site::new(&Service::absent());
    for status in ["pending", "active"] {
        let expires_in = Some(-31);
        let id =
            site.tenant(&Tenant { status, provisioned: false, expires_in, ..Tenant::default() });
        site.order(id, &format!("CH{id}"), "paid");
        assert_eq!(site.app().heal_tenant(id).unwrap(), Healed::Nothing);
    }
    long_ago(&site);
    assert_eq!(heal(&site), []);
    assert_eq!(site.count("#job"), 0);
}

#[test]
fn a_great_many_that_were_called_active_are_found_in_one_go() {
    let site = Site::new(&Service::absent());
    for _ in 0..7 {
        let id = site.tenant(&Tenant { provisioned: false, ..Tenant::default() });
        site.order(id, &format!("CH{id}"), "paid");
    }
    let app = site.app();
    for left in [7, 5, 3, 1, 0] {
        let due = app.due_for_healing(2).unwrap();
        assert_eq!(due.len(), left.min(2));
        for id in due {
            app.heal_tenant(id).unwrap();
        }
    }
    assert_eq!(site.count("#job"), 7);
}
