//! FastAdmin's settings, as a site has them.

use std::{sync::Arc, time::Duration};

use serde_json::json;

use crate::{
    server::{MailServer, Office},
    support::seed::Tenant,
};
use chathub_core::app::Delivered;

fn deliver(office: &Office) -> (u32, Delivered) {
    let tenant = office.site.tenant(&Tenant::default());
    let id = office.letter("tenant_ready", 1, tenant, &json!({}));
    (id, office.deliver(id))
}

#[test]
fn all_three_ways_to_connect() {
    let server = Arc::new(MailServer::start());
    for (kind, secure) in [("plain", false), ("starttls", true), ("tls", true)] {
        for method in ["PLAIN", "LOGIN"] {
            let office = Office::at(&server, kind, &[]);
            server.clear();
            server.misbehave(json!({"auth_methods": [method]}));
            assert_eq!(deliver(&office).1, Delivered::Sent, "{kind} {method}");
            let mail = office.server.mail();
            assert_eq!((&mail["kind"], &mail["secure"]), (&json!(kind), &json!(secure)));
            assert_eq!(
                (&mail["method"], &mail["user"]),
                (&json!(method), &json!("shop@sandbox.example"))
            );
        }
    }
}

#[test]
fn a_site_without_mail_settings() {
    let shipped = [
        ("mail_smtp_host", "smtp.qq.com"),
        ("mail_smtp_port", "465"),
        ("mail_smtp_user", "10000"),
        ("mail_smtp_pass", "password"),
        ("mail_from", "10000@qq.com"),
    ];
    let none: [&[(&str, &str)]; 5] = [
        &[("mail_type", "0")],
        &[("mail_type", "")],
        &[("mail_smtp_host", " ")],
        &[("mail_from", "")],
        &shipped,
    ];
    let server = Arc::new(MailServer::start());
    for settings in none {
        let office = Office::at(&server, "tls", settings);
        let (id, delivered) = deliver(&office);
        assert!(
            matches!(&delivered, Delivered::Skipped(why) if why.contains("no mail settings")),
            "{delivered:?}"
        );
        assert!(office.row(id).starts_with("skipped|1|-|"), "{}", office.row(id));
        office.app().deliver_some().unwrap();
        assert_eq!(office.server.attempts("connect"), 0);
    }
}

#[test]
fn settings_that_cannot_work_are_said_and_tried_again() {
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[("mail_from", "nobody")], "mail_from"),
        (&[("mail_smtp_port", "abc")], "mail_smtp_port"),
        (&[("mail_smtp_port", "1")], "connecting"),
        (&[("mail_smtp_host", "mail.invalid")], "does not resolve"),
        (&[("mail_smtp_host", "a b")], "does not resolve"),
        // A certificate for another name, TLS where there is none, and the reverse.
        (&[("mail_smtp_host", "127.0.0.2")], "connecting"),
        (&[("mail_verify_type", "1")], ""),
        (&[("mail_verify_type", "0")], ""),
    ];
    let server = Arc::new(MailServer::start());
    for (settings, why) in cases {
        let office = Office::at(&server, "tls", settings).patient_for(Duration::from_secs(3));
        let (id, delivered) = deliver(&office);
        let Delivered::Retry(said) = &delivered else { panic!("{settings:?}: {delivered:?}") };
        assert!(said.contains(why), "{settings:?}: {said}");
        assert!(office.row(id).starts_with("open|1|"), "{}", office.row(id));
        assert!(office.app().due_mails(10).unwrap().is_empty(), "not at once");
        assert!(office.server.mails().is_empty());
    }
    let office = Office::at(&server, "plain", &[("mail_verify_type", "1")]);
    assert!(matches!(deliver(&office).1, Delivered::Retry(why) if why.contains("STARTTLS")));
}

#[test]
fn an_unknown_authority_is_not_trusted() {
    for kind in ["starttls", "tls"] {
        let office = Office::with(kind, &[]);
        let tenant = office.site.tenant(&Tenant::default());
        let id = office.letter("tenant_ready", 1, tenant, &json!({}));
        let delivered = office.site.app().deliver(id, chathub_core::app::Sender::Worker).unwrap();
        let Delivered::Retry(why) = &delivered else { panic!("{delivered:?}") };
        assert!(why.contains("TLS") && why.contains("UnknownIssuer"), "{why}");
        assert_eq!(office.server.attempts("auth"), 0, "the password stayed here");
    }
}

#[test]
fn the_full_user_name_is_tried_as_well() {
    let office = Office::with("tls", &[("mail_smtp_user", "apikey")]);
    office.server.misbehave(json!({"users": ["apikey"]}));
    assert_eq!(deliver(&office).1, Delivered::Sent);
    assert_eq!(office.server.mail()["user"], "apikey");
}

#[test]
fn a_wrong_password_is_not_repeated() {
    for user in ["Sandbox Shop", ""] {
        let office =
            Office::with("tls", &[("mail_smtp_pass", "hunter2-wrong"), ("mail_smtp_user", user)]);
        let (id, delivered) = deliver(&office);
        let Delivered::Retry(why) = &delivered else { panic!("{delivered:?}") };
        assert!(why.contains("535") && !why.contains("hunter2"), "{why}");
        assert!(!office.row(id).contains("hunter2"), "{}", office.row(id));
        assert!(!office.site.dump().contains("hunter2"));
        // Corrected, the letter goes out.
        let right = office.server.password().to_owned();
        let office = office.configured(&[("mail_smtp_pass", &right)]);
        office.time_passes();
        assert_eq!(office.deliver(id), Delivered::Sent);
    }
}
