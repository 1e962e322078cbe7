//! Registration: an account, a tenant with a trial, its resources.

use std::thread;

use chathub_core::{Kind, app::Registered, domain::TenantStatus};
use mysql::prelude::Queryable;

use crate::support::{
    at_once, eventually,
    service::{Reply, Service, made},
    site::{PERIOD, Site, form, input},
};

const IP: &str = "203.0.113.7";

fn password(made: &Registered) -> &str {
    made.initial_password.as_ref().expect("a new account's password").reveal()
}

#[test]
fn a_trial_with_resources() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    let earliest = site.wall_clock() + PERIOD;
    let made = site.app().register(&form("a@acme.cn"), IP, None).unwrap();
    let latest = site.wall_clock() + PERIOD;
    assert_eq!(made.status, TenantStatus::Active);
    assert_eq!(made.embed_code.as_deref(), Some("<script src=\"/sdk.js?100\"></script>"));
    assert!((earliest..=latest).contains(&site.expire_at(made.tenant_id)));
    assert_eq!(
        site.row("SELECT user_id, tenant_name, domain, email, max_agents, channel_type, status FROM #tenant"),
        format!("{}|Acme & Söhne 公司|acme.cn|a@acme.cn|1|web_widget|active", made.user_id)
    );
    assert_eq!(service.asked()[0].body["name"], "Acme & Söhne 公司", "as it was typed");
    assert_eq!(
        site.row("SELECT email, username, nickname, salt, joinip, status FROM #user"),
        format!("a@acme.cn|a@acme.cn|Acme & Söhne 公司||{IP}|normal")
    );
    let app = site.app();
    assert_eq!(app.login("a@acme.cn", password(&made), IP).unwrap().id, made.user_id);
    assert_eq!(app.login("A@ACME.CN ", password(&made), IP).unwrap().id, made.user_id);
}

#[test]
fn the_initial_password_is_nowhere() {
    let service = Service::start(|_, _| Reply::refused());
    let site = Site::new(&service.url);
    let made = site.app().register(&form("a@acme.cn"), IP, None).unwrap();
    let secret = password(&made).to_owned();
    assert!(secret.len() >= 12);
    let everywhere = site.dump();
    assert!(everywhere.contains("a@acme.cn"), "the dump is one");
    assert!(!everywhere.contains(&secret));
    let hash = site.row("SELECT password FROM #user");
    assert!(hash.starts_with("$2y$10$") && hash.len() == 60, "{hash}");
    assert!(service.asked().iter().all(|asked| !asked.body.to_string().contains(&secret)));
    assert!(!format!("{:?}", made.initial_password).contains(&secret));
}

#[test]
fn many_at_once_with_one_address_make_one_account() {
    const MANY: usize = 12;
    let service = Service::willing();
    let site = Site::new(&service.url);
    for (round, other) in ["b@acme.cn", "B@Acme.CN"].into_iter().enumerate() {
        // Hashing takes its time; behind this lock all of them meet.
        let mut gate = site.session();
        gate.query_drop("LOCK TABLES fa_user WRITE").unwrap();
        let results = thread::scope(|scope| {
            let registered = scope.spawn(|| {
                at_once(MANY, |number| {
                    let email = if number % 2 == 0 { "b@acme.cn" } else { other };
                    // From many places, so that no place is stopped for trying too often.
                    let (email, ip) = (format!("{round}{email}"), format!("203.0.113.{number}"));
                    site.app()
                        .register(&form(&email), &ip, None)
                        .map_err(|e| (e.kind(), e.key(), e.field()))
                })
            });
            eventually("all of them at the gate", || {
                let waiting = site.connections().into_iter().filter(|(_, sql)| !sql.is_empty());
                (waiting.count() == MANY).then_some(())
            });
            gate.query_drop("UNLOCK TABLES").unwrap();
            registered.join().unwrap()
        });
        let taken = Some((Kind::InvalidInput, "email_taken", Some("email")));
        let refused = results.iter().filter(|r| r.as_ref().err().copied() == taken).count();
        let made: Vec<_> = results.iter().flatten().collect();
        assert_eq!((made.len(), refused), (1, MANY - 1), "{round}");
        let rounds = i64::try_from(round).unwrap() + 1;
        assert_eq!((site.count("#user"), site.count("#tenant")), (rounds, rounds));
        assert!(made[0].initial_password.is_some());
    }
    assert_eq!(service.asked().len(), 2);
}

#[test]
fn somebody_elses_address_gets_no_tenant() {
    let site = Site::new(&Service::absent());
    site.exec("INSERT INTO #user (id, email, password, salt, status) VALUES \
        (7, 'a@acme.cn', 'x', '', 'normal'), (8, 'c@acme.cn', 'x', '', 'normal'), (9, 'h@acme.cn', 'x', '', 'hidden')");
    let refused = |email, user| {
        let error = site.app().register(&form(email), IP, user).err().unwrap();
        (error.key(), error.field())
    };
    assert_eq!(refused("a@acme.cn", None), ("email_taken", Some("email")));
    assert_eq!(refused("h@acme.cn", None), ("email_taken", Some("email")));
    // Signed in, but as somebody else, or as nobody known.
    assert_eq!(refused("a@acme.cn", Some(8)), ("other_account", Some("email")));
    assert_eq!(refused("a@acme.cn", Some(0)), ("other_account", Some("email")));
    assert_eq!(refused("new@acme.cn", Some(8)), ("other_account", Some("email")));
    assert_eq!(refused("h@acme.cn", Some(9)), ("other_account", Some("email")));
    assert_eq!((site.count("#tenant"), site.count("#job"), site.count("#user")), (0, 0, 3));
}

#[test]
fn a_signed_in_member_adds_a_tenant_but_not_the_same_twice() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    let first = site.app().register(&form("a@acme.cn"), IP, None).unwrap();
    let hash = site.row("SELECT password FROM #user");
    let again = site.app().register(&form("a@acme.cn"), IP, Some(first.user_id));
    assert_eq!(again.err().unwrap().key(), "tenant_exists");
    let other = input(&[("company_name", "Second"), ("email", "a@acme.cn"), ("domain", "b.cn")]);
    let second = site.app().register(&other, IP, Some(first.user_id)).unwrap();
    assert_eq!(second.user_id, first.user_id);
    assert!(second.initial_password.is_none());
    assert_eq!(site.row("SELECT password FROM #user"), hash);
    // A double click of the signed-in member.
    let third = input(&[("company_name", "Third"), ("email", "a@acme.cn"), ("domain", "c.cn")]);
    let clicks = at_once(8, |_| site.app().register(&third, IP, Some(first.user_id)).is_ok());
    assert_eq!(clicks.iter().filter(|made| **made).count(), 1);
    assert_eq!((site.count("#tenant"), site.count("#user")), (3, 1));
}

#[test]
fn it_stands_whatever_the_service_does() {
    for (reply, status) in [
        (Reply::refused(), TenantStatus::Pending),
        (Reply::Nothing, TenantStatus::Provisioning),
        (Reply::Text(200, "<html>".into()), TenantStatus::Provisioning),
    ] {
        let service = Service::start(move |_, _| reply.clone());
        let site = Site::new(&service.url);
        let made = site.app().register(&form("a@acme.cn"), IP, None).unwrap();
        assert_eq!((made.status, made.embed_code.as_deref()), (status, None));
        assert!(made.initial_password.is_some());
        assert_eq!(site.row("SELECT kind, state FROM #job"), "provision|open");
    }
    let site = Site::new(&Service::absent());
    site.app().register(&form("a@acme.cn"), IP, None).unwrap();
    assert_eq!(site.count("#job WHERE state = 'open'"), 1);
    // A configuration that cannot be used does not lose the registration either.
    let site = Site::new("not-a-url");
    let made = site.app().register(&form("a@acme.cn"), IP, None).unwrap();
    assert!(made.initial_password.is_some());
    assert_eq!(site.count("#job WHERE state = 'open'"), 1);
}

#[test]
fn a_hanging_service_does_not_hold_the_page() {
    let service = Service::start(|_, _| made(7).held());
    let site = Site::new(&service.url).configured(&[("provision_wait", "0")]);
    let app = site.app();
    let made = app.register(&form("a@acme.cn"), IP, None).unwrap();
    assert_eq!((made.status, made.embed_code), (TenantStatus::Provisioning, None));
    assert!(app.status(made.user_id).unwrap().pending_work);
    service.wait_for_held(1);
    service.let_go();
    app.finish().unwrap();
    let status = app.status(made.user_id).unwrap();
    assert!(!status.pending_work);
    assert_eq!(status.tenants[0].state.status, TenantStatus::Active);
}

#[test]
fn so_many_per_address_and_hour() {
    let site = Site::new(&Service::absent()).configured(&[("limit_register_per_address", "2")]);
    let go =
        |email: &str, ip: &str| site.app().register(&form(email), ip, None).map_err(|e| e.key());
    assert!(go("a@acme.cn", IP).is_ok());
    assert!(go("b@acme.cn", IP).is_ok());
    assert_eq!(go("c@acme.cn", IP).err(), Some("too_many_attempts"));
    assert!(go("c@acme.cn", "203.0.113.8").is_ok());
    // A form that was filled in wrongly costs nothing.
    for _ in 0..5 {
        assert_eq!(go("nonsense", "203.0.113.9").err(), Some("invalid_email"));
    }
    assert!(go("d@acme.cn", "203.0.113.9").is_ok());
    site.exec("UPDATE #throttle SET resets_at = 1");
    assert!(go("e@acme.cn", IP).is_ok());
}
