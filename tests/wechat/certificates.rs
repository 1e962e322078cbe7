//! Fetching the platform certificates.

use chathub_core::http::Agent;
use chathub_core::pay::keys::PublicKey;
use chathub_core::pay::wechat::{PlatformCertificate, Wechat};
use chathub_core::{Error, Kind};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::provider::{
    Answer, Message, Signatory, certificate_list, next_platform, platform, public_key, serve,
    stranger,
};
use crate::support::{certificates_only, client};

type Certificates = Result<Vec<PlatformCertificate>, Error>;

fn fetch_by(
    make: impl Fn(&str) -> Wechat,
    answer: impl Fn() -> Answer + Send + Sync + 'static,
) -> Certificates {
    let base = serve(move |received| {
        assert!(received.is_authorized());
        assert_eq!((received.method.as_str(), received.path.as_str()), ("GET", "/v3/certificates"));
        answer()
    });
    make(&base).certificates(&Agent::new(), Timestamp::now())
}

fn fetch(by: &'static Signatory, body: String) -> Certificates {
    fetch_by(certificates_only, move || (200, Message::signed(by, body.clone())))
}

fn changed(change: impl Fn(&mut Value)) -> String {
    let mut list: Value =
        serde_json::from_str(&certificate_list(&[platform(), next_platform()])).unwrap();
    change(&mut list["data"][1]);
    list.to_string()
}

#[test]
fn a_list_signed_by_a_certificate_inside_it() {
    let list = certificate_list(&[platform(), next_platform()]);
    for by in [platform(), next_platform()] {
        let found = fetch(by, list.clone()).unwrap();
        let serials: Vec<_> = found.iter().map(|one| one.serial.as_str()).collect();
        assert_eq!(serials, [&platform().serial, &next_platform().serial]);
        for (one, original) in found.iter().zip([platform(), next_platform()]) {
            assert_eq!(one.pem, original.certificate);
            PublicKey::load(&one.pem).unwrap();
            // The list says 2023 to 2099, the certificate five years from now: the narrower counts.
            let years = |at: i64| (at - Timestamp::now().as_second()) / (365 * 86_400);
            assert_eq!(years(one.effective_at), 0);
            assert!((4..=5).contains(&years(one.expires_at)));
        }
    }
}

#[test]
fn a_list_signed_by_the_public_key() {
    let body = certificate_list(&[platform()]);
    let answer = move || (200, Message::signed(public_key(), body.clone()));
    assert_eq!(fetch_by(client, answer.clone()).unwrap().len(), 1);
    assert_eq!(fetch_by(certificates_only, answer).unwrap_err().kind(), Kind::Signature);
}

#[test]
fn lists_that_cannot_be_believed() {
    let list = certificate_list(&[platform()]);
    // Signed by nobody that is in it.
    for by in [next_platform(), stranger()] {
        assert_eq!(fetch(by, list.clone()).unwrap_err().kind(), Kind::Signature);
    }
    let bare = list.clone();
    let answer = move || (200, Message { headers: vec![], body: bare.clone() });
    assert_eq!(fetch_by(certificates_only, answer).unwrap_err().key(), "sign_missing");
    let stale = move || {
        let time = Timestamp::now().as_second() - 301;
        (200, Message::signed_at(platform(), list.clone(), time))
    };
    assert_eq!(fetch_by(certificates_only, stale).unwrap_err().key(), "wechat_time");
}

#[test]
fn certificates_that_cannot_be_used() {
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 4] = [
        (|one| one["serial_no"] = json!("0A7FF00D"), "wechat_certificate_serial"),
        (
            |one| one["serial_no"] = json!(next_platform().serial.to_lowercase()),
            "wechat_certificate_serial",
        ),
        (|one| one["expire_time"] = json!("soon"), "wechat_bad_answer"),
        (|one| one["encrypt_certificate"]["nonce"] = json!("abcdefghijkl"), "decrypt_failed"),
    ];
    for (change, key) in changes {
        assert_eq!(fetch(platform(), changed(change)).unwrap_err().key(), key);
    }
    for text in ["", "not a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n"] {
        let body = changed(|one| {
            one["encrypt_certificate"] = crate::provider::resource("certificate", text.as_bytes());
        });
        assert_eq!(fetch(platform(), body).unwrap_err().key(), "wechat_bad_answer");
    }
}

#[test]
fn an_entry_of_a_new_kind_does_not_take_the_others_with_it() {
    let body = changed(|one| one["encrypt_certificate"]["algorithm"] = json!("AEAD_SM4_GCM"));
    let found = fetch(platform(), body.clone()).unwrap();
    assert_eq!(
        found.iter().map(|c| c.serial.as_str()).collect::<Vec<_>>(),
        [platform().serial.as_str()]
    );
    // But what cannot be read vouches for nothing.
    assert_eq!(fetch(next_platform(), body).unwrap_err().kind(), Kind::Signature);
    let mut alone: Value = serde_json::from_str(&certificate_list(&[platform()])).unwrap();
    alone["data"][0]["encrypt_certificate"]["algorithm"] = json!("AEAD_SM4_GCM");
    assert_eq!(fetch(platform(), alone.to_string()).unwrap_err().key(), "decrypt_algorithm");
}

#[test]
fn expired_certificates_are_left_out() {
    let body = changed(|one| one["expire_time"] = json!("2024-01-01T00:00:00+08:00"));
    let found = fetch(platform(), body).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].serial, platform().serial);
    // Nor can one of them vouch for the list.
    let body = changed(|one| one["expire_time"] = json!("2024-01-01T00:00:00+08:00"));
    assert_eq!(fetch(next_platform(), body).unwrap_err().kind(), Kind::Signature);
}

#[test]
fn a_merchant_without_platform_certificates() {
    let body = json!({"code": "RESOURCE_NOT_EXISTS", "message": "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥"});
    let answer = move || (404, Message { headers: vec![], body: body.to_string() });
    let error = fetch_by(certificates_only, answer).unwrap_err();
    assert_eq!((error.kind(), error.key()), (Kind::Config, "wechat_no_platform_certificates"));
    assert!(error.to_string().contains("wechat_public_key_id"), "{error}");
}
