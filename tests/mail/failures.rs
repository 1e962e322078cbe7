//! A mail server that refuses, hangs, breaks and talks nonsense.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::{
    server::{Office, SUPPORT},
    support::seed::Tenant,
};
use chathub_core::app::Delivered;

fn letter(office: &Office) -> u32 {
    let tenant = office.site.tenant(&Tenant::default());
    office.letter("tenant_ready", 1, tenant, &json!({}))
}

#[test]
fn what_is_tried_again_and_what_is_not() {
    let office = Office::new().patient_for(Duration::from_secs(3));
    let dead = [
        json!({"mode": "reply", "step": "rcpt", "code": 550, "text": "no such user"}),
        json!({"mode": "reply", "step": "data", "code": 554, "text": "spam"}),
    ];
    let retried = [
        json!({"mode": "reply", "step": "connect", "code": 421}),
        json!({"mode": "reply", "step": "connect", "code": 554}),
        json!({"mode": "reply", "step": "auth", "code": 454}),
        json!({"mode": "reply", "step": "auth", "code": 535}),
        json!({"mode": "reply", "step": "mail", "code": 450}),
        json!({"mode": "reply", "step": "mail", "code": 550}),
        json!({"mode": "reply", "step": "rcpt", "code": 421}),
        json!({"mode": "reply", "step": "rcpt", "code": 450, "text": "greylisted"}),
        json!({"mode": "reply", "step": "rcpt", "code": 554, "text": "5.7.1 relay denied"}),
        json!({"mode": "reply", "step": "data", "code": 452}),
        json!({"mode": "drop", "step": "connect"}),
        json!({"mode": "drop", "step": "auth"}),
        json!({"mode": "drop", "step": "rcpt"}),
        json!({"mode": "drop", "step": "data"}),
        json!({"mode": "hang", "step": "connect"}),
        json!({"mode": "hang", "step": "mail"}),
        json!({"mode": "hang", "step": "data"}),
        json!({"mode": "garbage", "step": "connect"}),
        json!({"mode": "garbage", "step": "rcpt"}),
        json!({"mode": "endless", "step": "connect"}),
        json!({"mode": "endless", "step": "data"}),
    ];
    for (fault, ends) in dead.iter().map(|f| (f, true)).chain(retried.iter().map(|f| (f, false))) {
        let id = letter(&office);
        office.server.misbehave(fault.clone());
        let delivered = office.deliver(id);
        let row = office.row(id);
        match (&delivered, ends) {
            (Delivered::Dead(why), true) => {
                assert_eq!(row, format!("dead|1|alice@acme.example|{why}"), "{fault}");
            }
            (Delivered::Retry(why), false) => {
                assert_eq!(row, format!("open|1|alice@acme.example|{why}"), "{fault}");
                assert!(why.len() < 300, "{why}");
            }
            _ => panic!("{fault}: {delivered:?}"),
        }
        office.server.behave();
        office.server.clear();
        office.time_passes();
        let expected = if ends { Delivered::NotOurs } else { Delivered::Sent };
        assert_eq!(office.deliver(id), expected, "{fault}");
        assert_eq!(office.server.mails().len(), usize::from(!ends), "{fault}");
    }
}

#[test]
fn every_attempt_carries_the_same_message_id() {
    let office = Office::new();
    let (one, other) = (letter(&office), letter(&office));
    // Taken, and the connection breaks before the server says so.
    let fault = json!({"mode": "drop", "step": "data", "effect": true, "times": 2});
    office.server.misbehave(fault);
    for _ in 0..2 {
        let delivered = office.deliver(one);
        assert!(
            matches!(&delivered, Delivered::Retry(why) if why.contains("receipt")),
            "{delivered:?}"
        );
        let wait = office
            .site
            .number("SELECT MAX(next_at) - UNIX_TIMESTAMP() FROM #mail WHERE attempts > 0");
        assert!(wait > 200, "{wait} s");
        office.time_passes();
    }
    assert_eq!(office.deliver(one), Delivered::Sent);
    let ids: Vec<Json> = office.server.mails().iter().map(|m| m["message_id"].clone()).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let id = ids[0].as_str().unwrap();
    assert!(
        id.starts_with(&format!("<chathub-{one}-")) && id.ends_with("@sandbox.example>"),
        "{id}"
    );
    office.server.clear();
    assert_eq!(office.deliver(other), Delivered::Sent);
    assert_ne!(office.server.mail()["message_id"], ids[0]);
}

#[test]
fn letters_that_may_have_arrived_are_few() {
    let office = Office::new();
    let id = letter(&office);
    office.server.misbehave(json!({"mode": "drop", "step": "data", "effect": true}));
    let attempts = (1..).take_while(|_| {
        office.time_passes();
        matches!(office.deliver(id), Delivered::Retry(_))
    });
    assert_eq!(attempts.count(), 4);
    assert!(office.row(id).starts_with("dead|5|"), "{}", office.row(id));
    assert_eq!(office.server.mails().len(), 5);
}

#[test]
fn a_dead_letter_is_told_to_the_support_once() {
    let office = Office::new();
    let id = letter(&office);
    let fault =
        json!({"mode": "reply", "step": "rcpt", "code": 550, "text": "no such user <here>"});
    office.server.misbehave(fault);
    assert!(matches!(office.deliver(id), Delivered::Dead(_)));
    let notice = "SELECT id FROM #mail WHERE kind = 'mail_failed'";
    let notices = office.site.rows(notice);
    assert_eq!(notices.len(), 1);
    // The notice dies of the same illness, and nobody is told.
    let notice_id: u32 = notices[0].parse().unwrap();
    assert!(matches!(office.deliver(notice_id), Delivered::Dead(_)));
    assert_eq!(office.site.rows(notice).len(), 1);
    assert_eq!(office.site.count("#mail"), 2);
    office.server.behave();
    office.site.exec(&format!("UPDATE #mail SET state = 'open' WHERE id = {notice_id}"));
    assert_eq!(office.deliver(notice_id), Delivered::Sent);
    let mail = office.server.mail();
    assert_eq!(mail["to"], json!([SUPPORT]));
    let text = mail["text"].as_str().unwrap();
    assert!(
        text.contains("alice@acme.example") && text.contains("550 no such user <here>"),
        "{text}"
    );
    // Whoever asks for a password again and again causes one notice.
    office.server.misbehave(json!({"mode": "reply", "step": "rcpt", "code": 550}));
    for _ in 0..3 {
        let id = office.letter("password_reset", 0, 0, &json!({"email": "alice@acme.example"}));
        assert!(matches!(office.deliver(id), Delivered::Dead(_)));
    }
    assert_eq!(office.site.rows(notice).len(), 2);
}

#[test]
fn a_server_that_is_away_is_asked_until_the_letter_is_of_no_use() {
    let office = Office::with("tls", &[("mail_smtp_port", "1")]);
    let id = letter(&office);
    office.site.exec("UPDATE #mail SET expires_at = UNIX_TIMESTAMP() + 60");
    assert!(matches!(office.deliver(id), Delivered::Retry(_)));
    office.time_passes();
    assert!(matches!(office.deliver(id), Delivered::Retry(_)));
    office.time_passes();
    // The next attempt would come too late.
    assert!(matches!(office.deliver(id), Delivered::Dead(_)), "{}", office.row(id));
}

#[test]
fn where_no_letter_would_be_accepted_the_others_wait() {
    let office = Office::new();
    let (one, other) = (letter(&office), letter(&office));
    office.server.misbehave(json!({"mode": "reply", "step": "auth", "code": 535}));
    assert!(matches!(office.deliver(one), Delivered::Retry(_)));
    assert!(office.app().due_mails(10).unwrap().is_empty());
    assert_eq!(office.deliver(other), Delivered::NotOurs);
    assert_eq!(office.row(other), "open|0|-|-");
    // A mailbox that is full is nobody else's affair.
    office.time_passes();
    office.server.misbehave(json!({"mode": "reply", "step": "rcpt", "code": 452}));
    assert!(matches!(office.deliver(one), Delivered::Retry(_)));
    assert_eq!(office.app().due_mails(10).unwrap(), [other]);
}

#[test]
fn whoever_dies_each_time_is_not_followed_for_ever() {
    let office = Office::new();
    let id = letter(&office);
    office.site.exec("UPDATE #mail SET attempts = 30");
    assert!(matches!(office.deliver(id), Delivered::Dead(_)));
    assert_eq!(office.server.attempts("connect"), 0);
}

#[test]
fn names_cannot_become_headers() {
    let evil = "Evil\r\nBcc: victim@acme.example\r\n\r\n<script>\u{2028}\0";
    let office = Office::with("tls", &[("site_name", evil)]);
    let id = letter(&office);
    office.site.exec(
        "UPDATE #tenant SET tenant_name = 'A\\r\\nBcc: victim@acme.example\\r\\n\\r\\n.\\r\\nQUIT', \
         domain = 'x\\r\\n.\\r\\n'",
    );
    assert_eq!(office.deliver(id), Delivered::Sent);
    let mail = office.server.mail();
    assert_eq!(mail["to"], json!(["alice@acme.example"]));
    let names: Vec<&str> =
        mail["headers"].as_array().unwrap().iter().map(|line| line[0].as_str().unwrap()).collect();
    assert!(!names.contains(&"bcc"), "{names:?}");
    assert!(
        mail["subject"].as_str().unwrap().contains("A Bcc: victim@acme.example . QUIT"),
        "{mail}"
    );
    assert!(!mail["html"].as_str().unwrap().contains("<script>"));
    assert!(mail["text"].as_str().unwrap().contains("QUIT"), "nothing is cut off");
}
