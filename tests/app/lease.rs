//! Leases: never two requests of one tenant, whoever works.

use std::sync::{
    atomic::{AtomicUsize, Ordering},
    mpsc,
};

use crate::support::{
    at_once, eventually,
    seed::Tenant,
    service::{Reply, Service, made, switched},
    site::Site,
};

fn waiting(site: &Site) -> u32 {
    let id = site.tenant(&Tenant { status: "pending", provisioned: false, ..Tenant::default() });
    site.job(id, "provision");
    id
}

#[test]
fn of_sixteen_workers_one_gets_the_tenant() {
    let service = Service::start(|_, _| made(7).held());
    let site = Site::new(&service.url);
    let id = waiting(&site);
    let (came_back, others) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            let (came_back, site) = (came_back.clone(), &site);
            scope.spawn(move || {
                site.app().work_tenant(id).unwrap();
                came_back.send(()).unwrap();
            });
        }
        // Fifteen find nothing to do while the sixteenth's request is held back.
        for _ in 0..15 {
            others.recv().unwrap();
        }
        service.wait_for_held(1);
        assert_eq!(service.asked().len(), 1);
        service.let_go();
        others.recv().unwrap();
    });
    assert_eq!(service.asked().len(), 1);
    assert_eq!(site.row("SELECT status, inbox_id FROM #tenant"), "active|7");
}

#[test]
fn workers_that_never_rest_never_meet_in_one_tenant() {
    const TENANTS: usize = 4;
    // Refusals and broken connections in turn, and success in the end.
    let service = Service::start(|number, asked| match (asked.path.as_str(), number % 3) {
        ("/provision", _) if number >= 120 => made(i32::try_from(number).unwrap()),
        ("/provision", 0) => Reply::Nothing,
        ("/provision", _) => Reply::refused(),
        _ => switched(),
    });
    let site = Site::new(&service.url);
    let tenants: Vec<u32> = (0..TENANTS).map(|_| waiting(&site)).collect();
    let done = AtomicUsize::new(0);
    at_once(16, |worker| {
        let app = site.app();
        while done.load(Ordering::Relaxed) < TENANTS {
            app.work_tenant(tenants[worker % TENANTS]).unwrap();
            site.time_passes();
            // A job must not die of its many attempts here.
            site.exec("UPDATE #job SET attempts = 1 WHERE state = 'open' AND attempts > 20");
            let active = site.count("#tenant WHERE status = 'active'");
            done.store(usize::try_from(active).unwrap(), Ordering::Relaxed);
        }
    });
    assert_eq!(service.most_in_flight().0, 1, "two requests of one tenant at once");
    assert_eq!(site.count("#job WHERE state = 'done'"), 4);
    assert_eq!(site.number("SELECT COUNT(DISTINCT inbox_id) FROM #tenant"), 4);
}

#[test]
fn a_lease_that_ran_out_is_taken_over_with_the_same_key_and_the_late_result_dropped() {
    let service = Service::start(|number, _| match number {
        0 => made(1).held(),
        _ => made(2),
    });
    let site = Site::new(&service.url);
    let id = waiting(&site);
    std::thread::scope(|scope| {
        // This worker is stopped in the middle of its request, as by a debugger or a swap storm.
        let slow = scope.spawn(|| site.app().work_tenant(id));
        service.wait_for_held(1);
        site.app().work_tenant(id).unwrap();
        assert_eq!(service.asked().len(), 1, "the lease is still valid");
        site.leases_run_out();
        site.app().work_tenant(id).unwrap();
        let asked = service.asked();
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[0].idempotency_key, asked[1].idempotency_key);
        assert_eq!(site.row("SELECT status, inbox_id FROM #tenant"), "active|2");
        let state = || {
            (
                site.rows("SELECT * FROM #job"),
                site.rows("SELECT * FROM #tenant"),
                site.count("#log"),
            )
        };
        let before = state();
        service.let_go();
        slow.join().unwrap().unwrap();
        assert_eq!(state(), before, "a result without a lease changes nothing");
    });
}

#[test]
fn a_late_failure_does_not_take_the_new_lease_away() {
    let service = Service::start(|number, _| match number {
        0 => Reply::refused().held(),
        _ => made(2).held(),
    });
    let site = Site::new(&service.url);
    let id = waiting(&site);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| site.app().work_tenant(id));
        service.wait_for_held(1);
        site.leases_run_out();
        let second = scope.spawn(|| site.app().work_tenant(id));
        service.wait_for_held(2);
        let owner = site.row("SELECT lease_owner, idempotency_key, attempts FROM #job");
        assert!(owner.ends_with("|first-key|2"), "{owner}");
        service.let_go();
        first.join().unwrap().unwrap();
        second.join().unwrap().unwrap();
    });
    assert_eq!(site.row("SELECT status, inbox_id FROM #tenant"), "active|2");
    assert_eq!(site.row("SELECT state, attempts FROM #job"), "done|2");
}

#[test]
fn a_process_that_died_leaves_nothing_that_time_does_not_heal() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    let id = waiting(&site);
    // As after SIGKILL between the claim and the answer.
    site.exec("UPDATE #tenant SET status = 'provisioning'");
    site.exec(
        "UPDATE #job SET attempts = 1, lease_owner = '1-DEAD', lease_until = UNIX_TIMESTAMP() + 100",
    );
    site.app().work_tenant(id).unwrap();
    assert_eq!(service.asked().len(), 0);
    site.leases_run_out();
    site.app().work_tenant(id).unwrap();
    assert_eq!(service.asked()[0].idempotency_key, "first-key");
    assert_eq!(site.row("SELECT status FROM #tenant"), "active");
}

#[test]
fn web_requests_have_only_so_many_calls_in_flight() {
    const LIMIT: usize = 3;
    let service = Service::start(|number, _| made(i32::try_from(number).unwrap()).held());
    let site = Site::new(&service.url).configured(&[("provision_inline_limit", "3")]);
    let tenants: Vec<u32> = (0..16).map(|_| waiting(&site)).collect();
    let (came_back, others) = mpsc::channel();
    std::thread::scope(|scope| {
        for id in &tenants {
            let (came_back, site) = (came_back.clone(), &site);
            scope.spawn(move || {
                site.app().work_tenant(*id).unwrap();
                came_back.send(()).unwrap();
            });
        }
        for _ in 0..tenants.len() - LIMIT {
            others.recv_timeout(std::time::Duration::from_secs(60)).expect("more than the limit");
        }
        service.wait_for_held(LIMIT);
        assert_eq!(service.asked().len(), LIMIT);
        service.let_go();
    });
    assert_eq!(service.most_in_flight().1, LIMIT);
    assert_eq!(site.count("#tenant WHERE status = 'active'"), 3);
    // The others are owed theirs, untouched.
    assert_eq!(
        site.count("#job WHERE state = 'open' AND attempts = 0 AND lease_owner IS NULL"),
        13
    );
}

#[test]
fn what_a_page_did_not_wait_for_is_finished_after_the_answer() {
    let service = Service::start(|_, _| made(7).held());
    let site = Site::new(&service.url).configured(&[("provision_wait", "0")]);
    let id = waiting(&site);
    let app = site.app();
    assert!(!app.reprovision(1, id).unwrap(), "under way");
    service.wait_for_held(1);
    assert_eq!(site.row("SELECT status FROM #tenant"), "provisioning");
    assert!(!app.reprovision(1, id).unwrap(), "still under way");
    assert_eq!(service.asked().len(), 1);
    service.let_go();
    app.finish().unwrap();
    assert_eq!(site.row("SELECT status, inbox_id FROM #tenant"), "active|7");
    assert_eq!(site.row("SELECT state FROM #job"), "done");
}

#[test]
fn a_second_kind_waits_for_the_first() {
    let service = Service::start(|_, asked| match asked.path.as_str() {
        "/suspend" => switched().held(),
        _ => switched(),
    });
    let site = Site::new(&service.url);
    let id =
        site.tenant(&Tenant { status: "suspended", reason: Some("expired"), ..Tenant::default() });
    site.job(id, "suspend");
    site.order(id, "CH1", "pending");
    std::thread::scope(|scope| {
        scope.spawn(|| site.app().work_tenant(id).unwrap());
        service.wait_for_held(1);
        let paid = site.notify(&crate::support::alipay::Notice::paid("CH1", "T1", "50.00"));
        assert_eq!(paid.tenant_id, Some(id));
        site.app().work_tenant(id).unwrap();
        assert_eq!(service.asked().len(), 1, "the suspension is still on its way");
        service.let_go();
    });
    // Whoever made the first call goes on with the second, or the next visitor does.
    eventually("the activation", || {
        site.app().work_tenant(id).unwrap();
        (service.asked().len() == 2).then_some(())
    });
    assert_eq!(service.asked()[1].path, "/activate");
    assert_eq!(service.most_in_flight().0, 1);
}
