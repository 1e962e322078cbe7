//! Published vectors; each file names its source.

use chathub_core::pay::keys::PublicKey;
use chathub_core::pay::wechat::{ApiKey, Resource, verify};
use chathub_core::{Error, Kind};
use jiff::Timestamp;
use serde_json::Value;

fn load(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn check(vector: &Value, body: &str, key: &str, age: i64) -> Result<(), Error> {
    let header = |name: &str| vector["headers"][name].as_str();
    let serial = header("Wechatpay-Serial").unwrap();
    let sent: i64 = header("Wechatpay-Timestamp").unwrap().parse().unwrap();
    let now = Timestamp::from_second(sent + age).unwrap();
    verify(header, body.as_bytes(), now, |named| {
        assert_eq!(named, serial);
        PublicKey::load(key).map(Some)
    })
}

fn holds_only_for_its_body(vector: &Value, key: &str) {
    let body = vector["body"].as_str().unwrap();
    for age in [-300, 0, 300] {
        check(vector, body, key, age).unwrap();
    }
    for age in [-301, 301, 86_400] {
        let error = check(vector, body, key, age).unwrap_err();
        assert_eq!((error.kind(), error.key()), (Kind::Signature, "wechat_time"));
    }
    for changed in [format!("{body}\n"), body.replace(':', ": "), String::new()] {
        let error = check(vector, &changed, key, 0).unwrap_err();
        assert_eq!((error.kind(), error.key()), (Kind::Signature, "sign_wrong"));
    }
}

#[test]
fn notification_signed_with_a_platform_certificate() {
    let vector = load(include_str!("../vectors/wechat_notify_official_go_sdk.json"));
    holds_only_for_its_body(&vector, vector["platform_cert_pem"].as_str().unwrap());
    // Its APIv3 key has 16 bytes, which no merchant's has.
    let error = ApiKey::load(vector["api_v3_key"].as_str().unwrap()).unwrap_err();
    assert_eq!((error.kind(), error.key()), (Kind::Config, "api_v3_key_length"));
    assert!(error.to_string().contains("16 bytes"), "{error}");
}

#[test]
fn answer_signed_with_the_public_key() {
    let vector = load(include_str!("../vectors/wechat_response_verify_pubkey_docs.json"));
    assert!(vector["headers"]["Wechatpay-Serial"].as_str().unwrap().starts_with("PUB_KEY_ID_"));
    holds_only_for_its_body(&vector, vector["wechatpay_public_key_pem"].as_str().unwrap());
}

#[test]
fn platform_certificate() {
    let vector = load(include_str!("../vectors/wechat_certificates_download_official_java.json"));
    let list = load(vector["response_body"].as_str().unwrap());
    let encrypted = &list["data"][0]["encrypt_certificate"];
    let resource: Resource = serde_json::from_value(encrypted.clone()).unwrap();
    let key = ApiKey::load(vector["api_v3_key"].as_str().unwrap()).unwrap();
    let text = String::from_utf8(key.decrypt(&resource).unwrap()).unwrap();
    assert_eq!(text.trim(), vector["decrypted"][0]["pem"].as_str().unwrap().trim());
    PublicKey::load(&text).unwrap();
    let other = Resource { associated_data: Some("transaction".into()), ..resource };
    assert_eq!(key.decrypt(&other).unwrap_err().key(), "decrypt_failed");
}
