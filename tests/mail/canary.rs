//! Neither the SMTP password nor a link's token is stored or told anywhere.

use serde_json::json;

use crate::{server::Office, support::seed::Tenant};
use chathub_core::app::Sender;

#[test]
fn tokens_and_the_password_stay_secret() {
    let office = Office::new();
    let tenant = office.site.tenant(&Tenant::default());
    let mut told = String::new();
    let faults = [
        json!({"reset": true}),
        json!({"mode": "reply", "step": "auth", "code": 535}),
        json!({"mode": "reply", "step": "data", "code": 554, "text": "spam"}),
        json!({"mode": "reply", "step": "data", "code": 450, "text": "later"}),
        json!({"mode": "drop", "step": "data", "effect": true}),
    ];
    for fault in faults {
        office.server.misbehave(fault);
        for (kind, user, data) in [
            ("password_reset", 0, json!({"email": "alice@acme.example"})),
            ("confirm_email", 1, json!({})),
        ] {
            // A refused sign-in keeps all letters waiting for a while.
            office.time_passes();
            let id = office.letter(kind, user, tenant, &data);
            told += &format!("{:?}\n", office.app().deliver(id, Sender::Worker));
        }
    }
    // A server that repeats what the mail says, as those do that look for bad links.
    let mails = office.server.mails();
    let tokens: Vec<String> = mails
        .iter()
        .filter_map(|mail| mail["text"].as_str()?.split("token=").nth(1)?.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    assert_eq!(tokens.len(), mails.len(), "each mail has a token");
    assert!(tokens.len() >= 4 && tokens.iter().all(|token| token.len() == 52), "{tokens:?}");
    let echo = format!("blocked link {} for {}", tokens[0], office.server.password());
    office.server.misbehave(json!({"mode": "reply", "step": "data", "code": 554, "text": echo}));
    office.time_passes();
    let id = office.letter("confirm_email", 1, tenant, &json!({}));
    told += &format!("{:?}\n", office.app().deliver(id, Sender::Worker));
    assert!(told.contains("blocked link"), "{told}");

    let wrong = Office::with("tls", &[("mail_smtp_pass", "Q0FOQVJZ-canary")]);
    let tenant = wrong.site.tenant(&Tenant::default());
    let id = wrong.letter("tenant_ready", 1, tenant, &json!({}));
    told += &format!("{:?}\n", wrong.app().deliver(id, Sender::Worker));

    let stored = office.site.dump() + &wrong.site.dump();
    assert!(stored.contains("alice@acme.example"), "the dump holds what is stored");
    for secret in tokens.iter().map(String::as_str).chain([office.server.password(), "Q0FOQVJZ"]) {
        assert!(!stored.contains(secret), "stored");
        assert!(!told.contains(secret), "told: {told}");
    }
}
