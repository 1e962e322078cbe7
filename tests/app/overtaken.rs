//! Switches that come to the service after the tenant's state has moved on.

use crate::support::{
    alipay::Notice,
    seed::Tenant,
    service::{Reply, Service, switched},
    site::Site,
};

fn suspended(service: &Service) -> (Site, u32) {
    let site = Site::new(&service.url);
    let id =
        site.tenant(&Tenant { status: "suspended", reason: Some("expired"), ..Tenant::default() });
    site.job(id, "suspend");
    site.order(id, "CH1", "pending");
    (site, id)
}

fn pay(site: &Site) {
    assert_eq!(site.notify(&Notice::paid("CH1", "T1", "50.00")).outcome, "credited");
}

fn paths(service: &Service) -> Vec<String> {
    service.effects().into_iter().map(|asked| asked.path).collect()
}

/// Works until nothing is due.
fn drain(site: &Site, id: u32) {
    for _ in 0..10 {
        site.time_passes();
        if !site.app().work_tenant(id).unwrap() {
            return;
        }
    }
    panic!("the outbox never came to an end: {:?}", site.rows("SELECT * FROM #job"));
}

#[test]
fn a_suspension_sent_by_a_process_that_stood_still_does_not_outlive_the_payment() {
    let service = Service::start(|number, _| match number {
        0 => switched().held(),
        _ => switched(),
    });
    let (site, id) = suspended(&service);
    std::thread::scope(|scope| {
        let stood_still = scope.spawn(|| site.app().work_tenant(id).unwrap());
        service.wait_for_held(1);
        site.leases_run_out();
        pay(&site);
        site.app().work_tenant(id).unwrap();
        assert_eq!(paths(&service), ["/activate"]);
        service.let_go();
        stood_still.join().unwrap();
    });
    drain(&site, id);
    assert_eq!(paths(&service), ["/activate", "/suspend", "/activate"]);
    assert_eq!(site.row("SELECT status FROM #tenant"), "active");
    assert_eq!(site.count("#job WHERE state <> 'done'"), 0);
}

#[test]
fn nor_while_an_older_activation_is_in_flight() {
    let service = Service::start(|number, _| match number {
        0 | 1 => switched().held(),
        _ => switched(),
    });
    let (site, id) = suspended(&service);
    // From an earlier suspension; it failed, and waits.
    site.exec("DELETE FROM #job");
    site.job(id, "activate");
    site.exec("UPDATE #job SET attempts = 3, next_at = UNIX_TIMESTAMP() + 1000");
    site.job(id, "suspend");
    std::thread::scope(|scope| {
        let stood_still = scope.spawn(|| site.app().work_tenant(id).unwrap());
        service.wait_for_held(1);
        site.leases_run_out();
        pay(&site);
        let other = scope.spawn(|| site.app().work_tenant(id).unwrap());
        service.wait_for_held(2);
        service.let_go();
        stood_still.join().unwrap();
        other.join().unwrap();
    });
    drain(&site, id);
    let paths = paths(&service);
    assert_eq!((paths.len(), paths[2].as_str()), (3, "/activate"), "{paths:?}");
    assert_eq!(site.count("#job WHERE state <> 'done'"), 0);
}

#[test]
fn one_of_unknown_outcome_holds_the_activation_back_until_the_service_has_settled() {
    let service = Service::start(|number, _| match number {
        0 => Reply::Nothing.held(),
        _ => switched(),
    });
    let (site, id) = suspended(&service);
    std::thread::scope(|scope| {
        let stood_still = scope.spawn(|| site.app().work_tenant(id).unwrap());
        service.wait_for_held(1);
        site.leases_run_out();
        pay(&site);
        // Nobody came by yet; the job is closed as out of date by the next who does.
        site.exec("UPDATE #job SET state = 'done', open_slot = NULL WHERE kind = 'suspend'");
        service.let_go();
        stood_still.join().unwrap();
    });
    let settling = "#job WHERE kind = 'suspend' AND state = 'open' AND lease_owner IS NULL \
        AND lease_until >= UNIX_TIMESTAMP() + 30";
    assert_eq!(site.count(settling), 1);
    site.app().work_tenant(id).unwrap();
    assert_eq!(paths(&service), ["/suspend"]);
    drain(&site, id);
    let paths = paths(&service);
    assert_eq!(paths[1..].iter().find(|path| *path != "/activate"), None);
    assert_eq!(site.count("#job WHERE state <> 'done'"), 0);
}

#[test]
fn what_still_fits_is_not_made_again() {
    let service = Service::start(|number, _| match number {
        0 => switched().held(),
        _ => switched(),
    });
    let (site, id) = suspended(&service);
    std::thread::scope(|scope| {
        let stood_still = scope.spawn(|| site.app().work_tenant(id).unwrap());
        service.wait_for_held(1);
        site.leases_run_out();
        site.app().work_tenant(id).unwrap();
        service.let_go();
        stood_still.join().unwrap();
    });
    drain(&site, id);
    assert_eq!(paths(&service), ["/suspend", "/suspend"]);
    assert_eq!(site.rows("SELECT state FROM #job"), ["done"]);
}

#[test]
fn a_call_given_up_with_an_unknown_outcome_still_settles_first() {
    let service = Service::start(|number, _| match number {
        0 => Reply::Nothing,
        _ => switched(),
    });
    let (site, id) = suspended(&service);
    site.exec("UPDATE #job SET attempts = 31");
    site.app().work_tenant(id).unwrap();
    assert_eq!(site.row("SELECT state, attempts FROM #job"), "dead|32");
    pay(&site);
    assert!(!site.app().due_tenants(9).unwrap().contains(&id));
    site.app().work_tenant(id).unwrap();
    assert_eq!(paths(&service), ["/suspend"], "it may be at it still");
    drain(&site, id);
    assert_eq!(paths(&service), ["/suspend", "/activate"]);
}

#[test]
fn what_was_given_up_just_now_is_not_healed_at_once() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    let id =
        site.tenant(&Tenant { status: "provisioning", provisioned: false, ..Tenant::default() });
    site.order(id, "CH1", "paid");
    site.job(id, "provision");
    site.exec("UPDATE #job SET state = 'dead', open_slot = NULL");
    site.app().heal_tenant(id).unwrap();
    assert_eq!(site.count("#job WHERE open_slot = 1"), 0);
    assert_eq!(site.row("SELECT status FROM #tenant"), "pending", "the member may ask again");
    site.exec("UPDATE #job SET updatetime = updatetime - 86500");
    assert_eq!(site.app().due_for_healing(9).unwrap(), [id]);
    site.app().heal_tenant(id).unwrap();
    assert_eq!(site.count("#job WHERE open_slot = 1"), 1);
}
