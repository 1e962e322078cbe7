//! Addresses that have to be confirmed before anything is made, and the language of mail.

use chathub_core::{Kind, app::Registered, domain::TenantStatus};
use mysql::prelude::Queryable;

use crate::support::{
    alipay::Notice,
    at_once, eventually,
    service::{Reply, Service},
    site::{MAIL, Site, form, input},
};

const IP: &str = "203.0.113.7";
const CONFIRM: [(&str, &str); 1] = [("confirm_email", "1")];
const JOBS: &str = "SELECT tenant_id, kind, state FROM #job ORDER BY id";

fn site(service: &Service) -> Site {
    Site::new(&service.url).configured(&MAIL).configured(&CONFIRM)
}

fn register(site: &Site) -> Registered {
    site.app().register(&form("a@acme.cn"), IP, None).unwrap()
}

fn second(site: &Site, user_id: u32) -> Registered {
    let other = input(&[("company_name", "Second"), ("email", "a@acme.cn"), ("domain", "b.cn")]);
    site.app().register(&other, IP, Some(user_id)).unwrap()
}

fn link(site: &Site, made: &Registered) -> String {
    site.link("A", "confirm_email", made.user_id, "a@acme.cn", 60)
}

fn letters(site: &Site) -> Vec<String> {
    site.rows("SELECT kind FROM #mail ORDER BY id")
}

fn waiting(site: &Site, user_id: u32) -> Vec<bool> {
    site.app().my(user_id).unwrap().tenants.iter().map(|t| t.awaits_confirmation).collect()
}

#[test]
fn nothing_is_made_before_the_link_was_used() {
    let service = Service::willing();
    let site = site(&service);
    let made = register(&site);
    assert!(made.awaits_confirmation && made.initial_password.is_some());
    assert_eq!((made.status, made.embed_code.as_deref()), (TenantStatus::Pending, None));
    assert_eq!(site.row("SELECT status FROM #tenant"), "pending");
    assert_eq!(letters(&site), ["confirm_email", "registered"]);
    assert_eq!(
        site.row("SELECT user_id, tenant_id FROM #mail WHERE kind = 'confirm_email'"),
        format!("{}|{}", made.user_id, made.tenant_id)
    );
    let my = site.app().my(made.user_id).unwrap();
    assert!(my.tenants[0].awaits_confirmation && !my.tenants[0].can_reprovision);
    assert!(my.tenants[0].can_renew && my.can_mail);
    assert!(!site.app().status(made.user_id).unwrap().pending_work);
    let error = site.app().reprovision(made.user_id, made.tenant_id).unwrap_err();
    assert_eq!((error.kind(), error.key()), (Kind::Forbidden, "confirm_first"));
    site.app().nudge().unwrap();
    assert_eq!((site.count("#job"), service.asked().len()), (0, 0));

    let token = link(&site, &made);
    assert!(site.app().confirm_token_is_good(&token).unwrap());
    assert_eq!(site.count("#job"), 0, "looking is not using");
    let done = site.app().confirm_email(&token).unwrap();
    assert_eq!((done.user_id, done.email.as_str()), (made.user_id, "a@acme.cn"));
    assert_eq!(done.tenants, [made.tenant_id]);
    assert_eq!(site.rows(JOBS), [format!("{}|provision|open", made.tenant_id)]);
    assert_eq!(
        site.row("SELECT confirmed_email, confirmed_at IS NULL FROM #member"),
        "a@acme.cn|0"
    );
    assert_eq!(letters(&site), ["confirm_email", "registered", "account_created"]);
    site.app().work_tenant(made.tenant_id).unwrap();
    assert_eq!(site.row("SELECT status FROM #tenant"), "active");

    assert!(!site.app().confirm_token_is_good(&token).unwrap());
    assert_eq!(site.app().confirm_email(&token).err().unwrap().key(), "link_over");
    assert_eq!(site.count("#log WHERE action = 'confirm_email'"), 1);
    // The next company needs no letter.
    let next = second(&site, made.user_id);
    assert!(!next.awaits_confirmation);
    assert_eq!(next.status, TenantStatus::Active);
}

#[test]
fn a_site_that_does_not_ask_or_cannot_write_makes_it_at_once() {
    for settings in [
        vec![("confirm_email", "")],
        vec![("confirm_email", "0")],
        vec![("mail_smtp_host", "")],
        vec![("mail_from", "10000@qq.com")],
        vec![("public_base_url", "")],
    ] {
        let service = Service::willing();
        let site = site(&service).configured(&settings);
        let made = register(&site);
        assert!(!made.awaits_confirmation, "{settings:?}");
        assert_eq!(made.status, TenantStatus::Active);
        assert_eq!(letters(&site)[..2], ["account_created", "registered"]);
        assert_eq!(site.count("#mail WHERE kind = 'confirm_email'"), 0);
        assert_eq!(waiting(&site, made.user_id), [false]);
    }
}

#[test]
fn a_payment_is_served_without_it() {
    let service = Service::willing();
    let site = site(&service);
    let made = register(&site);
    let other = second(&site, made.user_id);
    assert!(other.awaits_confirmation);
    assert_eq!(waiting(&site, made.user_id), [true, true]);
    let renew = site.app().renew(made.user_id, made.tenant_id).unwrap();
    let answer = site.notify(&Notice::paid(&renew.order.row.order_no, "T1", "50.00"));
    assert_eq!(answer.tenant_id, Some(made.tenant_id));
    // Newest first: the other one still waits.
    assert_eq!(waiting(&site, made.user_id), [true, false]);
    // What was paid for may be asked for again when it fails.
    service.rule(|_, _| Reply::refused());
    site.app().work_tenant(made.tenant_id).unwrap();
    site.exec("UPDATE #job SET state = 'dead', open_slot = NULL");
    assert_eq!(waiting(&site, made.user_id), [true, false]);
    let refused = |id| site.app().reprovision(made.user_id, id).unwrap_err().key();
    assert_eq!(refused(made.tenant_id), "provision_refused");
    assert_eq!(refused(other.tenant_id), "confirm_first");
}

#[test]
fn once_something_serves_nothing_waits() {
    let service = Service::willing();
    let site = site(&service);
    let made = register(&site);
    let renew = site.app().renew(made.user_id, made.tenant_id).unwrap();
    site.notify(&Notice::paid(&renew.order.row.order_no, "T1", "50.00"));
    site.app().work_tenant(made.tenant_id).unwrap();
    assert_eq!(site.row("SELECT status FROM #tenant"), "active");
    assert!(!second(&site, made.user_id).awaits_confirmation);
}

#[test]
fn one_link_is_enough_for_all_that_waits_and_for_nothing_else() {
    let service = Service::willing();
    let site = site(&service);
    let first = register(&site);
    let other = second(&site, first.user_id);
    for (status, reason) in [("suspended", "'admin'"), ("disabled", "NULL")] {
        site.exec(&format!(
            "INSERT INTO #tenant (user_id, tenant_name, domain, email, status, suspend_reason) \
             VALUES ({}, 'X', 'x.cn', 'a@acme.cn', '{status}', {reason})",
            first.user_id
        ));
    }
    assert_eq!(waiting(&site, first.user_id), [false, false, true, true]);
    let done = site.app().confirm_email(&link(&site, &first)).unwrap();
    assert_eq!(done.tenants, [first.tenant_id, other.tenant_id]);
    let open = |id| format!("{id}|provision|open");
    assert_eq!(site.rows(JOBS), [open(first.tenant_id), open(other.tenant_id)]);
}

#[test]
fn one_link_used_by_many_at_once_counts_once() {
    let service = Service::willing();
    let site = site(&service);
    let made = register(&site);
    let token = link(&site, &made);
    let results = at_once(16, |_| site.app().confirm_email(&token).map_err(|e| e.key()));
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1);
    assert!(results.iter().all(|r| r.as_ref().err().is_none_or(|key| *key == "link_over")));
    assert_eq!((site.count("#job"), site.count("#log WHERE action = 'confirm_email'")), (1, 1));
    assert_eq!(site.count("#mail WHERE kind = 'account_created'"), 1);
}

/// Whichever comes first: no tenant is left that nobody asks for and nobody waits for.
#[test]
fn a_registration_at_the_moment_of_the_confirmation_is_not_lost() {
    for round in 0..8 {
        let service = Service::start(|_, _| Reply::refused());
        let site = site(&service);
        let made = register(&site);
        let token = link(&site, &made);
        let mut gate = site.session();
        gate.query_drop("START TRANSACTION").unwrap();
        // Both have to pass here.
        gate.query_drop("SELECT * FROM fa_chathub_member FOR UPDATE").unwrap();
        std::thread::scope(|scope| {
            let both = scope.spawn(|| {
                at_once(2, |n| match (n + round) % 2 {
                    0 => drop(second(&site, made.user_id)),
                    _ => drop(site.app().confirm_email(&token).unwrap()),
                })
            });
            eventually("both wait", || {
                let waits = |sql: &str| sql.contains("chathub_member");
                let waiting = site.connections().into_iter().filter(|(_, sql)| waits(sql));
                (waiting.count() == 2).then_some(())
            });
            gate.query_drop("COMMIT").unwrap();
            both.join().unwrap();
        });
        let asked = "SELECT COUNT(DISTINCT tenant_id) FROM #job WHERE kind = 'provision'";
        assert_eq!((site.count("#tenant"), site.number(asked)), (2, 2), "round {round}");
    }
}

#[test]
fn a_changed_address_is_another_one() {
    let service = Service::willing();
    let site = site(&service);
    let made = register(&site);
    let token = link(&site, &made);
    site.exec("UPDATE #user SET email = 'b@acme.cn'");
    assert!(!site.app().confirm_token_is_good(&token).unwrap());
    assert_eq!(site.app().confirm_email(&token).err().unwrap().key(), "link_over");
    assert_eq!(waiting(&site, made.user_id), [true]);
    // A confirmation of the old one says nothing about the new one.
    site.exec("UPDATE #member SET confirmed_email = 'a@acme.cn'");
    assert_eq!(waiting(&site, made.user_id), [true]);
    site.exec("UPDATE #member SET confirmed_email = 'B@Acme.cn'");
    assert_eq!(waiting(&site, made.user_id), [false]);
    assert_eq!(site.count("#job"), 0);
}

#[test]
fn links_that_are_no_good_confirm_nothing() {
    let service = Service::willing();
    let site = site(&service);
    let made = register(&site);
    let expired = site.link("B", "confirm_email", made.user_id, "a@acme.cn", 0);
    let reset = site.link("C", "password_reset", made.user_id, "a@acme.cn", 60);
    let gone = site.link("D", "confirm_email", 99, "a@acme.cn", 60);
    let odd = [String::new(), "X".repeat(52), format!("{:X<52}", "' OR '1'='1"), "\0".repeat(52)];
    for token in [expired, reset, gone].into_iter().chain(odd) {
        assert!(!site.app().confirm_token_is_good(&token).unwrap(), "{token}");
        assert_eq!(site.app().confirm_email(&token).err().unwrap().key(), "link_over", "{token}");
    }
    site.exec("UPDATE #user SET status = 'hidden'");
    assert!(!site.app().confirm_token_is_good(&link(&site, &made)).unwrap());
    assert_eq!((site.count("#job"), site.count("#token WHERE used_at IS NOT NULL")), (0, 0));
}

#[test]
fn a_reset_password_confirms_the_address_too() {
    let service = Service::willing();
    let site = site(&service);
    let made = register(&site);
    let token = site.link("A", "password_reset", made.user_id, "a@acme.cn", 60);
    let new = input(&[("new_password", "geheim-1"), ("confirm_password", "geheim-1")]);
    site.app().reset_password(&token, &new, IP).unwrap();
    assert_eq!(waiting(&site, made.user_id), [false]);
    assert_eq!(site.rows(JOBS), [format!("{}|provision|open", made.tenant_id)]);
}

#[test]
fn a_reset_password_asks_for_nothing_where_nothing_waited() {
    let site = Site::new(&Service::absent()).configured(&MAIL);
    site.exec("INSERT INTO #user (id, email, status) VALUES (1, 'a@acme.cn', 'normal')");
    let old = crate::support::seed::Tenant {
        status: "pending",
        provisioned: false,
        ..Default::default()
    };
    site.tenant(&old);
    let token = site.link("A", "password_reset", 1, "a@acme.cn", 60);
    let new = input(&[("new_password", "geheim-1"), ("confirm_password", "geheim-1")]);
    site.app().reset_password(&token, &new, IP).unwrap();
    assert_eq!(site.count("#job"), 0);
}

#[test]
fn another_letter_but_not_too_many() {
    let service = Service::willing();
    let site = site(&service).configured(&[("limit_forgot_per_address", "0")]);
    let made = register(&site);
    let resend = || site.app().resend_confirmation(made.user_id, IP).map_err(|e| e.key());
    let sent = || site.count("#mail WHERE kind = 'confirm_email'");
    let answers = at_once(10, |_| resend());
    assert_eq!((answers.iter().filter(|r| r.is_ok()).count(), sent()), (4, 5));
    assert!(answers.contains(&Err("too_many_attempts")));
    // Another company neither, but it is registered.
    assert!(second(&site, made.user_id).awaits_confirmation);
    assert_eq!(sent(), 5);
    site.exec("UPDATE #throttle SET resets_at = 1");
    assert_eq!(resend(), Ok(()));
    site.app().confirm_email(&link(&site, &made)).unwrap();
    assert_eq!(resend(), Err("nothing_to_confirm"));
    assert_eq!(site.app().resend_confirmation(99, IP).unwrap_err().key(), "nothing_to_confirm");
}

#[test]
fn letters_from_one_network_are_counted() {
    let service = Service::willing();
    let site = site(&service).configured(&[("limit_forgot_per_address", "2")]);
    let made = register(&site);
    let resend = |ip| site.app().resend_confirmation(made.user_id, ip).map_err(|e| e.key());
    assert_eq!([resend(IP), resend(IP), resend(IP)], [Ok(()), Ok(()), Err("too_many_attempts")]);
    assert_eq!(resend("203.0.113.8"), Ok(()));
}

#[test]
fn the_language_is_the_members_choice() {
    let service = Service::willing();
    let site = Site::new(&service.url).configured(&[("request_language", "en")]);
    let made = register(&site);
    let language = || site.app().my(made.user_id).unwrap().language;
    assert_eq!(language(), "en", "that of the registration");
    let set = |user_id, language: &str| {
        site.app().set_language(user_id, language).map_err(|e| (e.kind(), e.key()))
    };
    assert_eq!(set(made.user_id, "zh-cn"), Ok(()));
    assert_eq!(language(), "zh-cn");
    for odd in ["", "fr", "EN", "en ", "zh-cn\0", "' OR 1=1 -- "] {
        assert_eq!(set(made.user_id, odd), Err((Kind::InvalidInput, "unknown_language")), "{odd}");
    }
    for nobody in [0, 99] {
        assert_eq!(set(nobody, "en"), Err((Kind::NotFound, "account")));
    }
    assert_eq!((language().as_str(), site.count("#member")), ("zh-cn", 1));
    // An account of the site's own has no row yet.
    site.exec("DELETE FROM #member");
    assert_eq!(language(), "zh-cn");
    assert_eq!(set(made.user_id, "en"), Ok(()));
    assert_eq!(
        (language().as_str(), site.row("SELECT confirmed_email FROM #member").as_str()),
        ("en", "-")
    );
}

#[test]
fn a_choice_of_language_keeps_what_was_confirmed() {
    let service = Service::willing();
    let site = site(&service);
    let made = register(&site);
    site.app().confirm_email(&link(&site, &made)).unwrap();
    site.app().set_language(made.user_id, "en").unwrap();
    assert_eq!(site.row("SELECT language, confirmed_email FROM #member"), "en|a@acme.cn");
}
