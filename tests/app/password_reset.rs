//! A forgotten password: asking for a link, and using it.

use chathub_core::{Kind, app::App, store::token};
use mysql::prelude::Queryable;

use crate::support::{
    at_once,
    service::Service,
    site::{MAIL, Site, input},
};

const IP: &str = "203.0.113.7";
/// What PHP 8.2 gives for `password_hash('secret-1', PASSWORD_BCRYPT)`.
const BCRYPT: &str = "$2y$10$xJdisUqJMXBe14CWCrmhu.y3YhEQ/9TfvXw1i.1Tsq8ybVMd9uCJi";
/// And for `md5(md5('secret-1') . 'Ab12Cd')`.
const MD5: &str = "a4003a46995adccbd749c5ff0fd6e568";
const LETTERS: &str = "#mail WHERE kind = 'password_reset'";

fn site() -> Site {
    let site = Site::new(&Service::absent()).configured(&MAIL);
    site.exec(&format!(
        "INSERT INTO #user (id, email, password, salt, status) VALUES \
         (1, 'new@acme.cn', '{BCRYPT}', '', 'normal'), (2, 'old@acme.cn', '{MD5}', 'Ab12Cd', 'normal'), \
         (3, 'locked@acme.cn', '{BCRYPT}', '', 'hidden')"
    ));
    site
}

fn forgot(site: &Site, email: &str, ip: &str) -> Result<(), &'static str> {
    site.app().forgot_password(email, ip).map_err(|e| e.key())
}

fn reset(site: &Site, token: &str, password: &str) -> Result<u32, &'static str> {
    let form = input(&[("new_password", password), ("confirm_password", password)]);
    site.app().reset_password(token, &form, IP).map(|a| a.id).map_err(|e| e.key())
}

fn login(site: &Site, email: &str, password: &str) -> Result<u32, &'static str> {
    site.app().login(email, password, IP).map(|account| account.id).map_err(|e| e.key())
}

fn is_good(site: &Site, token: &str) -> bool {
    site.app().reset_token_is_good(token).unwrap()
}

#[test]
fn everybody_gets_the_same_answer_and_the_outbox_one_letter_each() {
    let site = site();
    for email in ["new@acme.cn", "nobody@acme.cn", "locked@acme.cn", "x' OR '1'='1@acme.cn"] {
        assert_eq!(forgot(&site, &format!("  {email} "), IP), Ok(()), "{email}");
    }
    let asked = site.rows("SELECT data FROM #mail ORDER BY id");
    let data = |email: &str| serde_json::json!({"email": email}).to_string();
    assert_eq!(asked[..2], [data("new@acme.cn"), data("nobody@acme.cn")]);
    assert_eq!((site.count(LETTERS), site.count("#token"), site.count("#log")), (4, 0, 0));
    assert_eq!(site.row("SELECT DISTINCT user_id, tenant_id, state FROM #mail"), "0|0|open");
    let useful =
        "#mail WHERE expires_at BETWEEN UNIX_TIMESTAMP() + 1700 AND UNIX_TIMESTAMP() + 1800";
    assert_eq!(site.count(useful), 4);
}

#[test]
fn what_is_no_address_is_told_so() {
    let site = site();
    for (typed, key) in [
        ("", "required"),
        ("nobody", "invalid_email"),
        ("a@b\0", "invalid_email"),
        ("a@b.cn\r\nBcc: c@d.cn", "invalid_email"),
        (&"a@".repeat(500_000), "too_long"),
    ] {
        let error = site.app().forgot_password(typed, IP).unwrap_err();
        assert_eq!((error.field(), error.key()), (Some("email"), key));
    }
    assert_eq!((site.count("#mail"), site.count("#throttle")), (0, 0));
}

#[test]
fn without_mail_it_says_so_and_keeps_nothing() {
    for (name, value) in [("mail_smtp_host", ""), ("mail_from", "10000@qq.com"), ("mail_type", "0")]
    {
        let site = site().configured(&[(name, value)]);
        let error = site.app().forgot_password("new@acme.cn", IP).unwrap_err();
        assert_eq!((error.kind(), error.key()), (Kind::Config, "mail_off"), "{name}");
        assert!(!site.app().can_mail());
        assert_eq!((site.count("#mail"), site.count("#throttle")), (0, 0));
    }
    assert!(site().app().can_mail());
}

#[test]
fn three_letters_an_hour_for_one_address_and_nobody_can_tell() {
    let site = site();
    let answers = at_once(12, |n| forgot(&site, "New@acme.cn", &format!("203.0.113.{n}")));
    assert_eq!(answers, vec![Ok(()); 12]);
    assert_eq!(site.count(LETTERS), 3);
    assert_eq!(forgot(&site, "old@acme.cn", IP), Ok(()));
    assert_eq!(site.count(LETTERS), 4, "others get theirs");
    site.exec("UPDATE #throttle SET resets_at = 1");
    assert_eq!(forgot(&site, "new@acme.cn", IP), Ok(()));
    assert_eq!(site.count(LETTERS), 5);
}

#[test]
fn so_many_requests_from_one_network() {
    let site = site().configured(&[("limit_forgot_per_address", "4")]);
    let ask = |n: usize, ip: &str| forgot(&site, &format!("a{n}@acme.cn"), ip);
    let answers = at_once(10, |n| ask(n, &format!("2001:db8:1:2::{n}")));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 4);
    assert_eq!(site.count(LETTERS), 4);
    assert_eq!(ask(1, "2001:db8:1:2:9::1"), Err("too_many_attempts"));
    assert_eq!(ask(1, "2001:db8:1:3::1"), Ok(()));
}

#[test]
fn a_link_sets_the_password_once() {
    let site = site();
    for (user_id, email) in [(1, "new@acme.cn"), (2, "old@acme.cn")] {
        let token = site.link(&format!("A{user_id}"), "password_reset", user_id, email, 60);
        let mark = |site: &Site| App::session_mark(&site.app().account(user_id).unwrap().unwrap());
        let before = mark(&site);
        // Looking does not use it up, and neither does a form with mistakes.
        assert!(is_good(&site, &token) && is_good(&site, &token));
        assert_eq!(reset(&site, &token, "kurz"), Err("password_too_short"));
        assert_eq!(reset(&site, &token, &"x".repeat(73)), Err("password_too_long"));
        let differ = input(&[("new_password", "geheim-1"), ("confirm_password", "geheim-2")]);
        let error = site.app().reset_password(&token, &differ, IP).err().unwrap();
        assert_eq!((error.field(), error.key()), (Some("confirm_password"), "password_mismatch"));

        let form = input(&[("new_password", "geheim-新"), ("confirm_password", "geheim-新")]);
        let account = site.app().reset_password(&token, &form, IP).unwrap();
        assert_eq!((account.id, account.email.as_str()), (user_id, email));
        assert_eq!(
            App::session_mark(&account),
            mark(&site),
            "signed in with it, other sessions end"
        );
        assert_ne!(before, mark(&site));
        let stored = site.row(&format!("SELECT password, salt FROM #user WHERE id = {user_id}"));
        assert!(stored.starts_with("$2y$10$") && stored.ends_with('|'), "{stored}");
        assert_eq!(login(&site, email, "geheim-新"), Ok(user_id));
        assert_eq!(login(&site, email, "secret-1"), Err("wrong_password"));

        assert!(!is_good(&site, &token));
        assert_eq!(reset(&site, &token, "another-1"), Err("link_over"));
        assert_eq!(login(&site, email, "geheim-新"), Ok(user_id));
        let confirmed = "SELECT confirmed_email, confirmed_at IS NULL FROM #member WHERE user_id =";
        assert_eq!(site.row(&format!("{confirmed} {user_id}")), format!("{email}|0"));
        let log = format!("#log WHERE action = 'password_reset' AND operator = 'member:{user_id}'");
        assert_eq!(site.count(&log), 1);
    }
    let everywhere = site.dump();
    assert!(!everywhere.contains("geheim") && !everywhere.contains("A1XXXX"));
}

#[test]
fn a_link_is_spent_by_one_of_many() {
    let site = site();
    let token = site.link("A", "password_reset", 2, "old@acme.cn", 60);
    let results = at_once(16, |n| {
        let password = format!("password-{n}");
        reset(&site, &token, &password).map(|_| password)
    });
    let done: Vec<_> = results.iter().flatten().collect();
    assert_eq!(done.len(), 1, "{results:?}");
    assert!(results.iter().flatten().count() + count(&results, "link_over") == 16, "{results:?}");
    assert_eq!(login(&site, "old@acme.cn", done[0]), Ok(2));
    assert_eq!(site.count("#log WHERE action = 'password_reset'"), 1);
}

fn count<T>(results: &[Result<T, &'static str>], key: &str) -> usize {
    results.iter().filter(|r| r.as_ref().err().is_some_and(|k| *k == key)).count()
}

#[test]
fn of_two_links_the_first_that_is_used_ends_the_other() {
    let site = site();
    let links: Vec<_> = ["A", "B", "C"]
        .map(|name| site.link(name, "password_reset", 1, "new@acme.cn", 60))
        .into_iter()
        .collect();
    let others = site.link("D", "password_reset", 2, "old@acme.cn", 60);
    let confirm = site.link("E", "confirm_email", 1, "new@acme.cn", 60);
    let results = at_once(3, |n| reset(&site, &links[n], &format!("password-{n}")));
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1, "{results:?}");
    assert!(links.iter().all(|token| !is_good(&site, token)));
    assert!(is_good(&site, &others), "another member's stays");
    assert!(site.app().confirm_token_is_good(&confirm).unwrap(), "so does one of another kind");
}

#[test]
fn links_that_are_no_good() {
    let site = site();
    let expired = site.link("A", "password_reset", 1, "new@acme.cn", 0);
    let other_kind = site.link("B", "confirm_email", 1, "new@acme.cn", 60);
    let hidden = site.link("C", "password_reset", 3, "locked@acme.cn", 60);
    let gone = site.link("D", "password_reset", 99, "gone@acme.cn", 60);
    let moved = site.link("E", "password_reset", 1, "before@acme.cn", 60);
    let accent = site.link("F", "password_reset", 1, "néw@acme.cn", 60);
    let unknown = format!("{:X<52}", "G");
    let odd = [
        String::new(),
        "' OR 1=1 -- ".into(),
        format!("{:X<52}", "' OR '1'='1"),
        "%".repeat(52),
        "\0".repeat(52),
        "错".repeat(52),
        "x".repeat(1_000_000),
        // What the table holds is worth nothing.
        site.rows("SELECT hash FROM #token LIMIT 1").remove(0),
        other_kind.to_lowercase(),
    ];
    let bad = [expired, other_kind, hidden, gone, moved, accent, unknown].into_iter().chain(odd);
    for token in bad {
        let shown = token.chars().take(60).collect::<String>();
        site.exec("DELETE FROM #throttle");
        assert!(!is_good(&site, &token), "{shown}");
        assert_eq!(reset(&site, &token, "geheim-1"), Err("link_over"), "{shown}");
    }
    assert_eq!(site.count("#token WHERE used_at IS NOT NULL"), 0, "a refusal spends nothing");
    assert_eq!(site.count("#log"), 0);
    assert_eq!(login(&site, "new@acme.cn", "secret-1"), Ok(1));
}

#[test]
fn links_that_have_long_been_over_are_dropped() {
    let site = site();
    let good = site.link("A", "password_reset", 1, "new@acme.cn", 60);
    let lately = site.link("B", "password_reset", 1, "new@acme.cn", -3600);
    site.link("C", "password_reset", 1, "new@acme.cn", -30 * 86_400);
    site.database().transaction(token::sweep).unwrap();
    assert_eq!(site.count("#token"), 2);
    assert_eq!((is_good(&site, &good), is_good(&site, &lately)), (true, false));
}

#[test]
fn whoever_guesses_links_is_stopped_and_a_right_one_does_not_count() {
    let site = site().configured(&[("limit_forgot_per_address", "2")]);
    for n in 0..4 {
        let token = site.link(&format!("A{n}"), "password_reset", 1, "new@acme.cn", 60);
        assert_eq!(reset(&site, &token, "geheim-1"), Ok(1));
    }
    let guess = || reset(&site, &"X".repeat(52), "geheim-1");
    assert_eq!(
        [guess(), guess(), guess()],
        [Err("link_over"), Err("link_over"), Err("too_many_attempts")]
    );
    let token = site.link("B", "password_reset", 1, "new@acme.cn", 60);
    assert_eq!(reset(&site, &token, "geheim-2"), Err("too_many_attempts"));
    assert!(is_good(&site, &token));
}

#[test]
fn an_account_that_was_closed_for_guessing_opens_again() {
    let site = site().configured(&[("limit_login_per_account", "2")]);
    for _ in 0..3 {
        let _ = login(&site, "new@acme.cn", "wrong");
    }
    assert_eq!(login(&site, "new@acme.cn", "secret-1"), Err("too_many_attempts"));
    let token = site.link("A", "password_reset", 1, "new@acme.cn", 60);
    assert_eq!(reset(&site, &token, "geheim-1"), Ok(1));
    assert_eq!(login(&site, "new@acme.cn", "geheim-1"), Ok(1));
}

#[test]
fn a_change_of_the_password_at_the_same_time_is_not_mixed_up_with_it() {
    let site = site();
    let token = site.link("A", "password_reset", 2, "old@acme.cn", 60);
    // The member changes the password on the site's own pages while the link is being used.
    let mut other = site.session();
    other.query_drop("START TRANSACTION").unwrap();
    other.query_drop("UPDATE fa_user SET password = 'x', salt = 'y' WHERE id = 2").unwrap();
    std::thread::scope(|scope| {
        let used = scope.spawn(|| reset(&site, &token, "geheim-1"));
        crate::support::eventually("the reset waits for the row", || {
            let waits = |sql: &str| sql.contains("FOR UPDATE");
            site.connections().iter().any(|(_, sql)| waits(sql)).then_some(())
        });
        other.query_drop("COMMIT").unwrap();
        assert_eq!(used.join().unwrap(), Ok(2));
    });
    assert_eq!(login(&site, "old@acme.cn", "geheim-1"), Ok(2));
}
