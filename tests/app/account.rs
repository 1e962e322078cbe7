//! Signing in, and changing the password.

use chathub_core::Kind;

use crate::support::{
    at_once,
    service::Service,
    site::{Site, input},
};

const IP: &str = "203.0.113.7";
/// What PHP 8.2 gives for `password_hash('secret-1', PASSWORD_BCRYPT)`.
const BCRYPT: &str = "$2y$10$xJdisUqJMXBe14CWCrmhu.y3YhEQ/9TfvXw1i.1Tsq8ybVMd9uCJi";
/// And for `md5(md5('secret-1') . 'Ab12Cd')`.
const MD5: &str = "a4003a46995adccbd749c5ff0fd6e568";

fn site() -> Site {
    let site = Site::new(&Service::absent());
    site.exec(&format!(
        "INSERT INTO #user (id, email, password, salt, status) VALUES \
         (1, 'new@acme.cn', '{BCRYPT}', '', 'normal'), (2, 'old@acme.cn', '{MD5}', 'Ab12Cd', 'normal'), \
         (3, 'locked@acme.cn', '{BCRYPT}', '', 'hidden'), (4, 'empty@acme.cn', '', '', 'normal')"
    ));
    site
}

fn login(site: &Site, email: &str, password: &str) -> Result<u32, &'static str> {
    site.app().login(email, password, IP).map(|account| account.id).map_err(|e| e.key())
}

#[test]
fn both_password_forms_log_in() {
    let site = site();
    assert_eq!(login(&site, "new@acme.cn", "secret-1"), Ok(1));
    assert_eq!(login(&site, "old@acme.cn", "secret-1"), Ok(2));
    for email in ["new@acme.cn", "old@acme.cn", "empty@acme.cn", "nobody@acme.cn"] {
        for password in ["secret-2", "", " ", "secret-1 ", MD5, BCRYPT, "\0", "' OR 1=1 --"] {
            assert_eq!(
                login(&site, email, password),
                Err("wrong_password"),
                "{email} {password:?}"
            );
        }
        site.exec("DELETE FROM #throttle");
    }
    // Only who knows the password learns that the account is locked.
    assert_eq!(login(&site, "locked@acme.cn", "secret-2"), Err("wrong_password"));
    assert_eq!(login(&site, "locked@acme.cn", "secret-1"), Err("account_disabled"));
}

#[test]
fn ten_wrong_passwords_close_an_account_for_a_while() {
    let site = site();
    for _ in 0..10 {
        assert_eq!(login(&site, "new@acme.cn", "wrong"), Err("wrong_password"));
    }
    let error = site.app().login("new@acme.cn", "secret-1", "203.0.113.8").err().unwrap();
    assert_eq!((error.kind(), error.key()), (Kind::Forbidden, "too_many_attempts"));
    assert_eq!(login(&site, "NEW@acme.cn", "secret-1"), Err("too_many_attempts"));
    assert_eq!(login(&site, "old@acme.cn", "secret-1"), Ok(2), "others are not shut out");
    site.exec("UPDATE #throttle SET resets_at = 1");
    assert_eq!(login(&site, "new@acme.cn", "secret-1"), Ok(1));
}

#[test]
fn guessing_at_once_is_counted_too() {
    let site = site().configured(&[("limit_login_per_account", "4")]);
    let answers = at_once(16, |_| login(&site, "old@acme.cn", "wrong"));
    let tried = answers.iter().filter(|answer| **answer == Err("wrong_password")).count();
    let refused = answers.iter().filter(|answer| **answer == Err("too_many_attempts")).count();
    assert_eq!((tried, refused), (4, 12));
}

#[test]
fn an_address_that_tries_many_accounts_is_stopped() {
    let site = site().configured(&[("limit_login_per_address", "3")]);
    for number in 0..3 {
        let email = format!("guess{number}@acme.cn");
        assert_eq!(login(&site, &email, "wrong"), Err("wrong_password"));
    }
    assert_eq!(login(&site, "new@acme.cn", "secret-1"), Err("too_many_attempts"));
    assert!(site.app().login("new@acme.cn", "secret-1", "203.0.113.99").is_ok());
}

#[test]
fn honest_logins_do_not_count() {
    let site =
        site().configured(&[("limit_login_per_account", "2"), ("limit_login_per_address", "2")]);
    for _ in 0..5 {
        assert_eq!(login(&site, "old@acme.cn", "secret-1"), Ok(2));
    }
}

#[test]
fn the_counters_hold_no_addresses() {
    let site = site();
    let _ = login(&site, "new@acme.cn", "wrong");
    let counters = site.rows("SELECT bucket FROM #throttle");
    assert_eq!(counters.len(), 2);
    assert!(counters.iter().all(|b| b.len() == 64 && b.bytes().all(|c| c.is_ascii_hexdigit())));
}

#[test]
fn a_new_password_is_stored_as_bcrypt_only() {
    let site = site();
    let change = |user, old: &str, new: &str| {
        let form =
            input(&[("old_password", old), ("new_password", new), ("confirm_password", new)]);
        site.app().change_password(user, &form, IP).map_err(|e| e.key())
    };
    for user in [1, 2] {
        assert_eq!(change(user, "secret-2", "geheim-新"), Err("wrong_old_password"));
        assert_eq!(change(user, "secret-1", "geheim-新"), Ok(()));
        let stored = site.row(&format!("SELECT password, salt FROM #user WHERE id = {user}"));
        assert!(stored.starts_with("$2y$10$") && stored.ends_with('|'), "{stored}");
        assert_eq!(change(user, "secret-1", "another-1"), Err("wrong_old_password"));
    }
    assert!(!site.dump().contains("geheim"));
    assert_eq!(login(&site, "old@acme.cn", "geheim-新"), Ok(2));
    assert_eq!(login(&site, "old@acme.cn", "secret-1"), Err("wrong_password"));
    for nobody in [0, 3, 99] {
        assert_eq!(change(nobody, "secret-1", "another-1"), Err("account"));
    }
}

#[test]
fn of_two_changes_at_once_one_counts() {
    let site = site();
    let results = at_once(6, |number| {
        let new = format!("password-{number}");
        let form = input(&[
            ("old_password", "secret-1"),
            ("new_password", new.as_str()),
            ("confirm_password", new.as_str()),
        ]);
        site.app().change_password(2, &form, IP).is_ok().then_some(new)
    });
    let done: Vec<_> = results.into_iter().flatten().collect();
    assert_eq!(done.len(), 1, "{done:?}");
    assert_eq!(login(&site, "old@acme.cn", &done[0]), Ok(2));
}

/// The column's comparison forgives accents, the counter does not.
#[test]
fn an_accent_is_another_address() {
    let site = site();
    assert_eq!(login(&site, "néw@acme.cn", "secret-1"), Err("wrong_password"));
    assert_eq!(login(&site, "New@Acme.cn", "secret-1"), Ok(1));
}

#[test]
fn a_changed_password_changes_the_mark_of_its_sessions() {
    let site = site();
    let mark = || {
        let account = site.app().account(1).unwrap().unwrap();
        chathub_core::app::App::session_mark(&account)
    };
    let before = mark();
    assert_eq!(before, mark());
    let change = input(&[
        ("old_password", "secret-1"),
        ("new_password", "secret-2"),
        ("confirm_password", "secret-2"),
    ]);
    site.app().change_password(1, &change, IP).unwrap();
    assert_ne!(before, mark());
}
