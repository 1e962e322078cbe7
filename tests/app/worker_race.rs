//! What the worker does, against members, providers and other workers: whoever comes first, each thing
//! is done once, and the service ends in the state that the tenant has.

use std::{
    collections::HashMap,
    ops::Range,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use crate::support::{
    alipay::Notice,
    at_once, eventually,
    proof::{figure, meet, rounds},
    seed::Tenant,
    service::{Reply, Service, made, switched},
    site::Site,
};

/// Tenants like the given one, each with an inbox of its own if it has any.
fn tenants(site: &Site, count: usize, like: &Tenant<'_>) -> Vec<u32> {
    let ids: Vec<u32> = (0..count).map(|_| site.tenant(like)).collect();
    site.exec("UPDATE #tenant SET inbox_id = 1000 + id WHERE inbox_id IS NOT NULL");
    ids
}

/// The member was told of the end, and the grace is over.
const GRACE_OVER: &str = "notice_for = expire_at, notice_stage = 0, notice_at = expire_at";

/// What the service has made of each inbox; those that it was not asked about are in service.
fn switched_off(service: &Service) -> HashMap<i64, bool> {
    let inbox = |body: &serde_json::Value| body["inbox_id"].as_i64().unwrap();
    let effects = service.effects();
    effects.iter().map(|asked| (inbox(&asked.body), asked.path == "/suspend")).collect()
}

/// Works everything off; nothing is in flight any more.
fn drain(site: &Site) {
    for _ in 0..50 {
        site.leases_run_out();
        site.time_passes();
        let due = site.app().due_tenants(10_000).unwrap();
        if due.is_empty() {
            return;
        }
        for id in due {
            site.app().work_tenant(id).unwrap();
        }
    }
    panic!("the outbox never came to an end: {:?}", site.rows("SELECT * FROM #job"));
}

fn assert_service_agrees(site: &Site, service: &Service) {
    let off = switched_off(service);
    for row in site.rows("SELECT id, inbox_id, status FROM #tenant") {
        let [id, inbox, status] = row.split('|').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let is_off = off.get(&inbox.parse().unwrap()).copied().unwrap_or(false);
        let jobs = format!("SELECT * FROM #job WHERE tenant_id = {id} ORDER BY id");
        assert_eq!(is_off, status == "suspended", "tenant {row}: {:?}", site.rows(&jobs));
    }
}

#[test]
fn suspension_against_payment() {
    let count = rounds(1000, 60);
    let service = Service::start(|_, _| switched());
    let site = Site::new(&service.url);
    let ids = tenants(&site, count, &Tenant { expires_in: Some(-5), ..Tenant::default() });
    site.exec(&format!("UPDATE #tenant SET {GRACE_OVER}"));
    ids.iter().for_each(|id| site.order(*id, &format!("CH{id}"), "pending"));
    let suspended = AtomicUsize::new(0);
    let [calendar, payment, worker] =
        [site.app(), site.app(), site.app()].map(std::sync::Mutex::new);
    meet(
        count,
        &[
            &|round| {
                let passed = calendar.lock().unwrap().tend_tenant(ids[round]).unwrap();
                suspended.fetch_add(usize::from(passed.suspended), Ordering::Relaxed);
            },
            &|round| {
                let id = ids[round];
                let body = Notice::paid(&format!("CH{id}"), &format!("T{id}"), "50.00").body();
                let answer = payment.lock().unwrap().pay_notify("alipay", &body, &[]);
                assert_eq!(answer.outcome, "credited");
            },
            &|round| {
                worker.lock().unwrap().work_tenant(ids[round]).unwrap();
            },
        ],
    );
    let suspended = suspended.into_inner();
    drain(&site);

    let times = i64::try_from(count).unwrap();
    let twice = i64::try_from(suspended).unwrap();
    let paid = "#tenant WHERE status = 'active' AND suspend_reason IS NULL \
        AND expire_at > UTC_TIMESTAMP() + INTERVAL 29 DAY";
    assert_eq!(site.count(paid), times, "who has paid is served");
    assert_eq!(site.count("#log WHERE action = 'suspend' AND detail LIKE '%expired%'"), twice);
    assert_eq!(site.count("#mail WHERE kind = 'suspended'"), twice);
    assert_eq!(site.count("#mail WHERE kind = 'receipt'"), times);
    // One pair for each that was suspended before its payment, nothing for the others.
    for kind in ["suspend", "activate"] {
        assert_eq!(site.count(&format!("#job WHERE kind = '{kind}'")), twice, "{kind}");
    }
    assert_eq!(site.count("#job WHERE state <> 'done'"), 0);
    assert_service_agrees(&site, &service);
    let activated = service.effects().iter().filter(|asked| asked.path == "/activate").count();
    assert_eq!(activated, suspended);
    figure("suspension against payment", "races", count);
    figure("suspension against payment", "suspended first, back in service at once", suspended);
}

/// Tenants go in and out of service while workers come and go, stand still and lose their leases,
/// and the service is slow, refuses, or breaks off.
#[test]
fn the_service_ends_in_the_state_that_the_tenant_has() {
    const TENANTS: usize = 6;
    const TURNS: usize = 20;
    let plays = rounds(60, 4);
    let service = Service::start(|number, _| match number % 7 {
        0 => Reply::refused(),
        1 => Reply::Nothing.late(Duration::from_millis(9)),
        2 => switched().late(Duration::from_millis(30)),
        3 => switched().late(Duration::from_millis(3)),
        _ => switched(),
    });
    let site = Site::new(&service.url);
    let ids = tenants(&site, TENANTS, &Tenant::default());
    for play in 0..plays {
        let turns = play * TURNS..(play + 1) * TURNS;
        in_and_out(&site, &service, &ids, turns);
        drain(&site);
        assert_service_agrees(&site, &service);
    }
    assert!(service.most_in_flight().0 > 1, "no lease was ever lost: this proves nothing");
    figure("lost leases", "turns in and out of service", plays * TURNS);
    figure("lost leases", "calls made", service.asked().len());
}

fn in_and_out(site: &Site, service: &Service, ids: &[u32], turns: Range<usize>) {
    let (turn, over) = (AtomicUsize::new(turns.start), AtomicBool::new(false));
    let asked_before = service.asked().len();
    at_once(8, |side| match side {
        // The calendar, and the money that ends what it did.
        0 | 1 => {
            loop {
                let number = turn.fetch_add(1, Ordering::Relaxed);
                if number >= turns.end {
                    break;
                }
                let id = ids[number % ids.len()];
                site.exec(&format!(
                    "UPDATE #tenant SET expire_at = UTC_TIMESTAMP() - INTERVAL 5 DAY, \
                     {GRACE_OVER} WHERE id = {id}"
                ));
                site.app().tend_tenant(id).unwrap();
                if number % 5 > 0 {
                    let order = format!("CH{number}");
                    site.order(id, &order, "pending");
                    site.notify(&Notice::paid(&order, &order, "50.00"));
                }
                // The calls keep up with the turns, more or less.
                eventually("the calls go on", || {
                    let made = service.asked().len() - asked_before;
                    (made >= (number - turns.start) / 2).then_some(())
                });
            }
            over.store(true, Ordering::Relaxed);
        }
        // Time, which passes faster for some than they think.
        2 => {
            while !over.load(Ordering::Relaxed) {
                site.leases_run_out();
                site.time_passes();
                site.exec("UPDATE #job SET attempts = 1 WHERE state = 'open' AND attempts > 20");
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        _ => {
            while !over.load(Ordering::Relaxed) {
                for id in ids {
                    site.app().work_tenant(*id).unwrap();
                }
            }
        }
    });
}

#[test]
fn two_workers_on_one_job() {
    let count = rounds(1000, 60);
    let service = Service::start(|number, _| made(i32::try_from(number).unwrap()));
    let site = Site::new(&service.url);
    let waiting = Tenant { status: "pending", provisioned: false, ..Tenant::default() };
    let ids = tenants(&site, count, &waiting);
    ids.iter().for_each(|id| site.job(*id, "provision"));
    let [one, other] = [site.app(), site.app()].map(std::sync::Mutex::new);
    meet(
        count,
        &[&|round| assert!(one.lock().unwrap().work_tenant(ids[round]).is_ok()), &|round| {
            assert!(other.lock().unwrap().work_tenant(ids[round]).is_ok())
        }],
    );
    let times = i64::try_from(count).unwrap();
    assert_eq!(service.asked().len(), count);
    assert_eq!(service.most_in_flight().0, 1);
    assert_eq!(site.count("#tenant WHERE status = 'active'"), times);
    assert_eq!(site.count("#job WHERE state = 'done' AND attempts = 1"), times);
    assert_eq!(site.count("#mail WHERE kind = 'tenant_ready'"), times);
    figure("two workers on one job", "races", count);
    figure("two workers on one job", "requests", service.asked().len());
}

#[test]
fn two_workers_give_one_notice() {
    let count = rounds(1000, 60);
    let site = Site::new(&Service::absent()).configured(&[("grace_days", "0")]);
    let soon = tenants(&site, count / 2, &Tenant { expires_in: Some(2), ..Tenant::default() });
    let ended = tenants(&site, count / 2, &Tenant { expires_in: Some(-1), ..Tenant::default() });
    let ids: Vec<u32> = soon.iter().chain(&ended).copied().collect();
    let (given, suspended) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let tend = |app: &std::sync::Mutex<chathub_core::app::App>, round: usize| {
        let passed = app.lock().unwrap().tend_tenant(ids[round]).unwrap();
        given.fetch_add(usize::from(passed.notice.is_some()), Ordering::Relaxed);
        suspended.fetch_add(usize::from(passed.suspended), Ordering::Relaxed);
    };
    let [one, other] = [site.app(), site.app()].map(std::sync::Mutex::new);
    meet(ids.len(), &[&|round| tend(&one, round), &|round| tend(&other, round)]);
    let (all, half) = (i64::try_from(ids.len()).unwrap(), i64::try_from(ended.len()).unwrap());
    assert_eq!((given.into_inner(), suspended.into_inner()), (ids.len(), ended.len()));
    assert_eq!(site.count("#log WHERE action = 'notice'"), all);
    assert_eq!(site.number("SELECT COUNT(DISTINCT tenant_id) FROM #mail"), all);
    assert_eq!(site.count("#mail WHERE kind = 'expiry'"), all - half);
    // Who is switched off at once reads it in one letter, not in two.
    assert_eq!(site.count("#mail WHERE kind = 'suspended'"), half);
    assert_eq!(site.count("#tenant WHERE status = 'suspended'"), half);
    assert_eq!(site.count("#job WHERE kind = 'suspend' AND open_slot = 1"), half);
    figure("two workers on one notice", "races", ids.len());
}

#[test]
fn healing_against_a_payment_and_a_member_who_asks() {
    let count = rounds(1000, 60);
    let service = Service::start(|number, _| made(i32::try_from(number).unwrap()));
    let site = Site::new(&service.url).configured(&[("limit_reprovision_per_tenant", "0")]);
    let left = Tenant { status: "provisioning", provisioned: false, ..Tenant::default() };
    let ids = tenants(&site, count, &left);
    for id in &ids {
        site.order(*id, &format!("OLD{id}"), "paid");
        site.order(*id, &format!("CH{id}"), "pending");
    }
    let [healer, member, payer] = [site.app(), site.app(), site.app()].map(std::sync::Mutex::new);
    meet(
        count,
        &[
            &|round| assert!(healer.lock().unwrap().heal_tenant(ids[round]).is_ok()),
            &|round| {
                // Who comes after the others is told that it is there already.
                let asked = member.lock().unwrap().reprovision(1, ids[round]);
                if let Err(error) = asked {
                    assert_eq!(error.key(), "already_provisioned");
                }
            },
            &|round| {
                let id = ids[round];
                let body = Notice::paid(&format!("CH{id}"), &format!("T{id}"), "50.00").body();
                assert_eq!(
                    payer.lock().unwrap().pay_notify("alipay", &body, &[]).outcome,
                    "credited"
                );
            },
        ],
    );
    drain(&site);
    let times = i64::try_from(count).unwrap();
    assert_eq!(service.effects().len(), count, "each once");
    assert_eq!(site.count("#tenant WHERE status = 'active' AND embed_code <> ''"), times);
    let twice = "(SELECT tenant_id FROM #job GROUP BY tenant_id HAVING COUNT(*) > 1) AS twice";
    assert_eq!(site.count(twice), 0, "one job for all who asked");
    figure("healing, payment and member", "races", count);
}
