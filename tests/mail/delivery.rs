//! Many at once, and who may be at it.

use std::collections::HashSet;

use serde_json::json;

use crate::{
    server::{Office, subjects},
    support::{at_once, eventually, seed::Tenant, service::Service, site::form},
};
use chathub_core::app::{Delivered, Sender};

#[test]
fn eight_at_once_deliver_each_letter_once() {
    const LETTERS: usize = 60;
    let office = Office::new();
    for number in 0..LETTERS {
        let tenant = office.site.tenant(&Tenant::default());
        office.site.exec(&format!(
            "UPDATE #tenant SET tenant_name = 'Company {number}.' WHERE id = {tenant}"
        ));
        office.letter("tenant_ready", 1, tenant, &json!({}));
    }
    let sent = at_once(8, |_| {
        let app = office.app();
        let due = app.due_mails(1000).unwrap();
        let sent = |id: &u32| app.deliver(*id, Sender::Worker).unwrap() == Delivered::Sent;
        due.iter().filter(|id| sent(id)).count()
    });
    assert_eq!(sent.iter().sum::<usize>(), LETTERS);
    let mails = office.server.mails();
    assert_eq!(mails.len(), LETTERS);
    let ids: HashSet<&str> = mails.iter().map(|m| m["message_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), LETTERS);
    assert_eq!(subjects(&mails).into_iter().collect::<HashSet<_>>().len(), LETTERS);
    assert_eq!(office.site.count("#mail WHERE state = 'sent' AND attempts = 1"), LETTERS as i64);
    assert!(office.app().due_mails(10).unwrap().is_empty());
}

#[test]
fn what_the_use_cases_write_arrives() {
    let service = Service::willing();
    let office = Office::with("tls", &[("provision_server_url", &service.url)]);
    office.app().register(&form("new@acme.example"), "203.0.113.7", None).unwrap();
    office.app().deliver_some().unwrap();
    let mails = office.server.mails();
    let to: Vec<(String, &str)> = mails
        .iter()
        .map(|mail| (mail["to"][0].to_string(), mail["subject"].as_str().unwrap()))
        .collect();
    assert_eq!(to.len(), 3, "{to:?}");
    let expected = [
        ("\"new@acme.example\"", "欢迎，您的账号已开通"),
        ("\"help@sandbox.example\"", "新注册"),
        ("\"new@acme.example\"", "的客服坐席已开通"),
    ];
    for ((address, subject), (expected_address, expected_subject)) in to.iter().zip(expected) {
        assert_eq!(address, expected_address);
        assert!(subject.contains(expected_subject), "{subject}");
    }
    let passwords = office.site.rows("SELECT password FROM #user");
    assert!(
        mails
            .iter()
            .all(|mail| passwords.iter().all(|p| p.is_empty() || !mail.to_string().contains(p)))
    );
}

#[test]
fn web_requests_stand_back_for_a_worker() {
    let office = Office::new();
    let tenant = office.site.tenant(&Tenant::default());
    office.letter("tenant_ready", 1, tenant, &json!({}));
    office.site.exec(
        "INSERT INTO #worker (name, version, concurrency, started_at, beat_at) \
         VALUES ('w', '2', 8, UNIX_TIMESTAMP(), UNIX_TIMESTAMP())",
    );
    office.app().deliver_some().unwrap();
    assert_eq!(office.server.attempts("connect"), 0);
    office.site.exec("UPDATE #worker SET beat_at = UNIX_TIMESTAMP() - 61");
    office.app().deliver_some().unwrap();
    assert_eq!(office.server.mails().len(), 1);
}

#[test]
fn a_web_request_sends_what_is_due_and_no_more_than_two_are_at_it() {
    let office = Office::new();
    let letters = |count| {
        for _ in 0..count {
            let tenant = office.site.tenant(&Tenant::default());
            office.letter("tenant_ready", 1, tenant, &json!({}));
        }
    };
    // More than it takes up at a time.
    letters(5);
    office.app().deliver_some().unwrap();
    assert_eq!(office.server.mails().len(), 5);
    letters(7);
    // Two wait for a server that never answers: the others go at once.
    office.server.misbehave(json!({"mode": "hang", "step": "connect"}));
    let at_it = || office.server.attempts("connect") == 7;
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| office.app().deliver_some().unwrap());
        }
        eventually("two at it", || at_it().then_some(()));
        for _ in 0..4 {
            office.app().deliver_some().unwrap();
        }
        assert!(at_it());
        let leased = "#mail WHERE lease_until > UNIX_TIMESTAMP() AND lease_owner LIKE 'web-%'";
        assert_eq!(office.site.count(leased), 2);
        // A worker is not held up by them.
        let due = office.app().due_mails(1).unwrap();
        office.server.misbehave(json!({"mode": "ok"}));
        assert_eq!(office.app().deliver(due[0], Sender::Worker).unwrap(), Delivered::Sent);
        assert_eq!(office.site.count(leased), 2);
        office.server.behave();
    });
    assert_eq!(office.site.count("#mail WHERE state = 'open' AND attempts = 1"), 2);
    assert_eq!(office.site.count("#mail WHERE attempts > 0"), 8);
}

#[test]
fn whoever_lost_the_lease_writes_nothing() {
    let office = Office::new();
    let tenant = office.site.tenant(&Tenant::default());
    let id = office.letter("tenant_ready", 1, tenant, &json!({}));
    office.server.misbehave(json!({"mode": "slow", "step": "rcpt", "delay_ms": 1500, "times": 1}));
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| office.deliver(id));
        eventually("at it", || (office.server.attempts("rcpt") == 1).then_some(()));
        office.site.exec("UPDATE #mail SET lease_until = 0");
        assert_eq!(office.deliver(id), Delivered::Sent);
        let first = office.row(id);
        assert_eq!(slow.join().unwrap(), Delivered::NotOurs);
        assert_eq!(office.row(id), first);
    });
    // Both got through: the receiver tells by the Message-ID that it is one letter.
    let mails = office.server.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0]["message_id"], mails[1]["message_id"]);
}

#[test]
fn password_letters_do_not_pile_up() {
    let office = Office::new();
    for number in 0..150 {
        office.letter("password_reset", 0, 0, &json!({"email": format!("nobody{number}@x.cn")}));
    }
    let tenant = office.site.tenant(&Tenant::default());
    let kept = office.letter("tenant_ready", 1, tenant, &json!({}));
    let app = office.app();
    for id in app.due_mails(1000).unwrap() {
        app.deliver(id, Sender::Worker).unwrap();
    }
    assert_eq!(office.site.count("#mail WHERE state = 'skipped' AND kind = 'password_reset'"), 150);
    assert_eq!(app.sweep_mail().unwrap(), 0, "they are young");
    office.site.exec("UPDATE #mail SET next_at = UNIX_TIMESTAMP() - 8 * 86400");
    assert_eq!((app.sweep_mail().unwrap(), app.sweep_mail().unwrap()), (100, 50));
    assert_eq!(office.site.rows("SELECT id FROM #mail"), [kept.to_string()]);
}
