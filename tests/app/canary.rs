//! Secrets that are configured wrongly show up in no message, log line or Debug output.

use std::collections::HashMap;

use chathub_core::{
    Error, Secret,
    app::{Config, Ini},
    pay::alipay::{Alipay, AlipayConfig},
    provision::Service as ServiceConfig,
    store::Settings,
};

use crate::support::{
    alipay::{Notice, keys},
    seed::Tenant,
    service::{Reply, Service},
    site::{Site, form},
};

/// Looks like part of a key, and like nothing else.
const CANARY: &str = "Q0FOQVJZc2VjcmV0a2V5";

fn silent(what: &str, error: &Error) {
    for text in [error.to_string(), format!("{error:?}"), error.public().to_owned()] {
        assert!(!text.contains(CANARY), "{what}: {text}");
        assert!(!leaks_key_material(&text), "{what}: {text}");
    }
}

/// Any run of a real key's characters that is too long to be a word.
fn leaks_key_material(text: &str) -> bool {
    let keys = [&keys().merchant_private_key, &keys().public_key, &keys().merchant_public_key];
    let bytes = text.as_bytes();
    bytes
        .windows(16)
        .any(|part| keys.iter().any(|key| key.as_bytes().windows(16).any(|piece| piece == part)))
}

#[test]
fn keys_that_cannot_be_used() {
    assert!(leaks_key_material(&keys().public_key[40..80]), "the check works");
    let private = &keys().merchant_private_key;
    let public = &keys().public_key;
    let broken = [
        String::new(),
        CANARY.to_owned(),
        CANARY.repeat(40),
        format!("-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----"),
        format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n", CANARY.repeat(50)),
        format!(
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\n{CANARY}\n-----END ENCRYPTED PRIVATE KEY-----"
        ),
        format!("file:/nonexistent/{}", "key.pem"),
        format!("{}{CANARY}!", &private[..200]),
        private[..private.len() / 2].to_owned(),
        format!("{private}{CANARY}"),
        private.replace('A', "*"),
        public.clone(),
        public.replace('A', "é"),
    ];
    let mut errors = 0;
    for text in &broken {
        for config in [
            AlipayConfig {
                private_key: text,
                public_key: public,
                app_id: "1",
                ..Default::default()
            },
            AlipayConfig {
                private_key: private,
                public_key: text,
                app_id: "1",
                ..Default::default()
            },
            AlipayConfig { private_key: text, public_key: text, app_id: "1", ..Default::default() },
        ] {
            if let Err(error) = Alipay::new(&config) {
                silent(&format!("{text:.30}"), &error);
                errors += 1;
            }
        }
    }
    assert!(errors >= 2 * broken.len(), "{errors} errors");
    // Each in the other's place, and the merchant's own public key.
    for (private_key, public_key) in
        [(public, private), (private, private), (private, &keys().merchant_public_key)]
    {
        let config = AlipayConfig { private_key, public_key, app_id: "1", ..Default::default() };
        silent("exchanged", &Alipay::new(&config).err().unwrap());
    }
    let right = AlipayConfig {
        private_key: private,
        public_key: public,
        app_id: "1",
        ..Default::default()
    };
    let shown = format!("{:?}", Alipay::new(&right).unwrap());
    assert!(!leaks_key_material(&shown), "{shown}");
}

#[test]
fn a_wrong_key_in_the_configuration_reaches_no_page_and_no_log() {
    for (field, value) in [
        ("alipay_merchant_private_key", CANARY.repeat(30)),
        ("alipay_public_key", CANARY.repeat(30)),
        ("alipay_app_id", CANARY.to_owned()),
        ("alipay_seller_id", CANARY.to_owned()),
        ("alipay_app_cert_path", format!("-----BEGIN CERTIFICATE-----\n{CANARY}\n")),
    ] {
        let site = Site::new(&Service::absent()).configured(&[(field, value.as_str())]);
        let id = site.tenant(&Tenant::default());
        site.order(id, "CH1", "pending");
        let app = site.app();
        silent(field, &app.pay_alipay(1, "CH1", "Mozilla").unwrap_err());
        let answer = site.notify(&Notice::paid("CH1", "T1", "50.00"));
        assert_eq!((answer.status, answer.body), (500, "fail"), "{field}");
        assert!(!site.dump().contains(CANARY), "{field}");
        assert_eq!(site.count("#log WHERE status = 'failed'"), 1, "the log explains");
    }
}

#[test]
fn unverified_bodies_are_not_logged() {
    let site = Site::new(&Service::absent());
    for body in [
        format!("{CANARY}={CANARY}"),
        format!("sign={CANARY}&trade_no={CANARY}&sign_type=RSA2"),
        format!("sign={CANARY}&sign={CANARY}"),
        format!("a=%ff{CANARY}&sign=x"),
        format!("sign_type={CANARY}&sign={}", "A".repeat(344)),
    ] {
        assert_eq!(site.app().pay_notify("alipay", body.as_bytes(), &[]).body, "fail");
    }
    assert!(site.count("#log") > 0);
    assert!(!site.dump().contains(CANARY));
}

#[test]
fn the_services_key_and_address() {
    let service =
        Service::start(|_, asked| Reply::json(401, &serde_json::json!({"message": asked.api_key})));
    let key_only = |url: &str, key: &str| {
        let settings = [("provision_server_url", url), ("provision_api_key", key)];
        let site = Site::new(&service.url).configured(&settings);
        let app = site.app();
        if let Ok(made) = app.register(&form("a@acme.cn"), "203.0.113.7", None) {
            if let Err(error) = app.reprovision(made.user_id, made.tenant_id) {
                silent(url, &error);
            }
            site.time_passes();
            if let Err(error) = app.work_tenant(made.tenant_id) {
                silent(url, &error);
            }
        }
        assert!(!site.dump().contains(CANARY), "{url} {key:?}");
    };
    key_only(&service.url, CANARY);
    assert_eq!(service.asked()[0].api_key, CANARY, "it was sent");
    // A key that no header can carry.
    key_only(&service.url, &format!("{CANARY}\n{CANARY}"));
    key_only(&service.url, &format!("{CANARY}\u{7f}中"));
    for url in [
        format!("http://user:{CANARY}@127.0.0.1:1"),
        format!("http://127.0.0.1:1/{CANARY}"),
        format!("ftp://{CANARY}"),
        format!("http://[{CANARY}"),
        format!("http://{CANARY}.invalid"),
    ] {
        key_only(&url, "key");
    }
    let config = ServiceConfig {
        url: "http://x".into(),
        api_key: Secret::new(CANARY),
        timeout: std::time::Duration::from_secs(1),
    };
    assert!(!format!("{config:?}").contains(CANARY));
}

#[test]
fn the_databases_password() {
    let site = Site::new(&Service::absent());
    let wrong: [fn(&mut Settings); 4] = [
        |_| {},
        |s| s.port = 1,
        |s| s.socket = Some("/nonexistent/mysqld.sock".into()),
        |s| s.hostname = "localhost".into(),
    ];
    for change in wrong {
        let mut settings = Settings { password: CANARY.into(), ..site.settings() };
        change(&mut settings);
        silent("database", &site.app_on(settings).status(1).err().unwrap());
    }
    let settings = Settings { prefix: "`".into(), password: CANARY.into(), ..site.settings() };
    silent("prefix", &chathub_core::store::Database::new(settings).err().unwrap());
}

#[test]
fn other_configuration() {
    let wrong = |name: &str, value: &str| {
        let values = HashMap::from([
            (name.to_owned(), value.to_owned()),
            ("alipay_merchant_private_key".to_owned(), CANARY.to_owned()),
        ]);
        Config::new(values, Ini::default()).err()
    };
    silent("timezone", &wrong("timezone", "Mars/Olympus").unwrap());
    let passwords = Site::new(&Service::absent());
    let error = passwords.app().login("a@acme.cn", CANARY, "203.0.113.7").err().unwrap();
    silent("login", &error);
    assert!(!passwords.dump().contains(CANARY));
}

#[test]
fn the_vaults_keys() {
    for (field, value) in [
        ("gateway_aes_key", CANARY.to_owned()),
        ("gateway_aes_key", format!("{}=", CANARY.repeat(3))),
        ("gateway_aes_key_old", CANARY.to_owned()),
        ("env_gateway_aes_key", format!("\"{CANARY}\"")),
    ] {
        let key = if field == "gateway_aes_key_old" { crate::support::gateway::KEY } else { "" };
        let site =
            Site::new(&Service::absent()).configured(&[("gateway_aes_key", key), (field, &value)]);
        let id = site.tenant(&Tenant::default());
        let plain = format!("{{\"app_secret\":\"{}\"}}", "p".repeat(20));
        let account = site.account(id, "jd", plain.as_bytes(), ", refresh_at = 1");
        let app = site.app();
        silent(
            field,
            &app.save_channel(1, id, "jd", &crate::support::site::input(&[])).unwrap_err(),
        );
        silent(field, &app.rekey(0).unwrap_err());
        let done = app.tend_channel(account).unwrap().unwrap();
        assert!(!done.ok && !done.outcome.contains(CANARY), "{done:?}");
        app.channels(1, id).unwrap();
        app.channel_form(1, id, "jd", None).unwrap();
        assert!(!site.dump().contains(CANARY), "{field}");
    }
}
