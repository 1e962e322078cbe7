//! Configuration: what works, and what an operator is told otherwise.

use std::path::PathBuf;

use chathub_core::pay::wechat::{ApiKey, Wechat, WechatConfig};
use chathub_core::{Error, Kind};

use crate::provider::{
    API_V3_KEY, MCH_ID, PUBLIC_KEY_ID, merchant, platform, public_key, stranger,
};
use crate::support::{Fixture, certificates_only, client};

fn refused(config: &WechatConfig) -> Error {
    let error = Wechat::new(config).unwrap_err();
    assert_eq!(error.kind(), Kind::Config);
    let text = error.to_string();
    for secret in [config.key_path, config.api_v3_key] {
        let body = secret.strip_prefix("-----BEGIN PRIVATE KEY-----\n").unwrap_or(secret);
        assert!(body.len() < 20 || body.starts_with('/') || !text.contains(&body[..20]), "{text}");
    }
    error
}

/// A file of this test's own.
fn file(name: &str, text: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("chathub-wechat-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn usable_ones() {
    let both = client("");
    assert_eq!((both.mch_id(), both.serial()), (MCH_ID, merchant().serial.as_str()));
    assert_eq!(both.public_key_id(), Some(PUBLIC_KEY_ID));
    assert_eq!(certificates_only("").public_key_id(), None);
    let debug = format!("{both:?}");
    assert!(!debug.contains(API_V3_KEY) && !debug.contains("PRIVATE"), "{debug}");
}

#[test]
fn files_by_path_and_by_file_url() {
    let fixture = Fixture::new();
    let certificate = file("apiclient_cert.pem", &merchant().certificate);
    let key = file("apiclient_key.pem", &fixture.key);
    let public = file("pub_key.pem", &fixture.public_key);
    let api_key = file("api_v3_key", &format!("{API_V3_KEY}\n"));
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let public = format!("file:{}", public.to_str().unwrap());
    let config = WechatConfig {
        cert_path: certificate,
        key_path: key,
        public_key_path: &public,
        api_v3_key: &format!("file:{}", api_key.to_str().unwrap()),
        ..fixture.config("")
    };
    assert_eq!(Wechat::new(&config).unwrap().serial(), merchant().serial);
    // The two files in each other's place.
    let swapped = WechatConfig { cert_path: key, key_path: certificate, ..config };
    let error = refused(&swapped);
    assert_eq!((error.key(), error.field()), ("key_is_certificate", Some("wechat_key_path")));
}

#[test]
fn fields_are_named() {
    let fixture = Fixture::new();
    let good = fixture.config("");
    let own = merchant().public_pem();
    let foreign = stranger().private_pem();
    type Config<'a> = WechatConfig<'a>;
    for (config, key, field) in [
        (Config { app_id: "", ..good }, "missing", "wechat_app_id"),
        (Config { app_id: "wx 1", ..good }, "not_a_number", "wechat_app_id"),
        (Config { mch_id: " ", ..good }, "missing", "wechat_mch_id"),
        (Config { mch_id: "wx123", ..good }, "not_a_number", "wechat_mch_id"),
        (Config { api_v3_key: "", ..good }, "api_v3_key_length", "wechat_api_v3_key"),
        (Config { api_v3_key: "short", ..good }, "api_v3_key_length", "wechat_api_v3_key"),
        (Config { cert_path: "", ..good }, "missing", "wechat_cert_path"),
        (Config { cert_path: "/no/such.pem", ..good }, "key_file", "wechat_cert_path"),
        (Config { cert_path: "cert/apiclient.pem", ..good }, "key_file", "wechat_cert_path"),
        (Config { cert_path: &own, ..good }, "not_a_certificate", "wechat_cert_path"),
        (Config { key_path: "", ..good }, "missing", "wechat_key_path"),
        (Config { key_path: "C:\\key.pem", ..good }, "key_file", "wechat_key_path"),
        (Config { key_path: &foreign, ..good }, "certificate_of_another_key", "wechat_cert_path"),
        (Config { public_key_id: "", ..good }, "missing", "wechat_public_key_id"),
        (Config { public_key_path: "", ..good }, "missing", "wechat_public_key_path"),
        (Config { public_key_id: "5DEA10", ..good }, "bad_public_key_id", "wechat_public_key_id"),
        (Config { public_key_path: &own, ..good }, "key_is_own", "wechat_public_key_path"),
        (
            Config { public_key_path: &fixture.key, ..good },
            "key_is_private",
            "wechat_public_key_path",
        ),
    ] {
        let error = refused(&config);
        assert_eq!((error.key(), error.field()), (key, Some(field)), "{error}");
        assert!(error.to_string().starts_with(field), "{error}");
    }
    let base = WechatConfig { base: "https://a.example/v3", ..good };
    assert_eq!(refused(&base).key(), "bad_base_url");
}

#[test]
fn a_missing_file_is_named() {
    let fixture = Fixture::new();
    let config = WechatConfig { key_path: "/no/such/apiclient_key.pem", ..fixture.config("") };
    let text = refused(&config).to_string();
    assert!(text.contains("/no/such/apiclient_key.pem cannot be read"), "{text}");
}

#[test]
fn the_api_key_has_32_bytes() {
    for wrong in ["x".repeat(31), "x".repeat(33), "密".repeat(32), format!("{API_V3_KEY}x")] {
        let error = ApiKey::load(&wrong).unwrap_err();
        assert_eq!((error.kind(), error.key()), (Kind::Config, "api_v3_key_length"));
        let text = error.to_string();
        assert!(text.contains(&format!("{} bytes", wrong.len())) && text.contains("32"), "{text}");
        assert!(!text.contains(&wrong), "{text}");
    }
    ApiKey::load(&format!(" {API_V3_KEY}\r\n")).unwrap();
    assert!(!format!("{:?}", ApiKey::load(API_V3_KEY).unwrap()).contains(API_V3_KEY));
}

/// What is configured as WeChat Pay's public key may also be one that the platform hands out in a
/// certificate.
#[test]
fn a_certificate_as_public_key() {
    let fixture = Fixture::new();
    let config = WechatConfig { public_key_path: &public_key().certificate, ..fixture.config("") };
    Wechat::new(&config).unwrap();
    assert_ne!(platform().serial, merchant().serial);
}
