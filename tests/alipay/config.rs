//! Configuration: what works, and what an operator is told otherwise.

use chathub_core::pay::alipay::{Alipay, AlipayConfig, SANDBOX_GATEWAY};
use chathub_core::{Error, Kind};

use crate::keyring::{APP_ID, alipay, merchant, stranger};

struct Fixture {
    private: String,
    public: String,
}

impl Fixture {
    fn new() -> Self {
        Self { private: merchant().private_base64(), public: alipay().public_base64() }
    }

    fn config(&self) -> AlipayConfig<'_> {
        AlipayConfig {
            app_id: APP_ID,
            private_key: &self.private,
            public_key: &self.public,
            ..Default::default()
        }
    }
}

fn refused(config: &AlipayConfig) -> Error {
    let error = Alipay::new(config).unwrap_err();
    assert_eq!(error.kind(), Kind::Config);
    for secret in [config.private_key, config.public_key] {
        assert!(secret.len() < 40 || !error.to_string().contains(&secret[..40]), "{error}");
    }
    error
}

#[test]
fn a_usable_one() {
    let fixture = Fixture::new();
    let client = Alipay::new(&AlipayConfig { sandbox: true, ..fixture.config() }).unwrap();
    assert_eq!((client.app_id(), client.gateway()), (APP_ID, SANDBOX_GATEWAY));
    let debug = format!("{client:?}");
    assert!(!debug.contains(&fixture.private[40..60]), "{debug}");
}

#[test]
fn fields_are_named() {
    let fixture = Fixture::new();
    let good = fixture.config();
    for (config, key, field) in [
        (AlipayConfig { app_id: "", ..good }, "missing", "alipay_app_id"),
        (AlipayConfig { app_id: "wx123", ..good }, "not_a_number", "alipay_app_id"),
        (AlipayConfig { seller_id: "me@x", ..good }, "not_a_number", "alipay_seller_id"),
        (AlipayConfig { private_key: " ", ..good }, "key_empty", "alipay_merchant_private_key"),
        (AlipayConfig { public_key: "", ..good }, "key_empty", "alipay_public_key"),
    ] {
        let error = refused(&config);
        assert_eq!((error.key(), error.field()), (key, Some(field)));
        assert!(error.to_string().starts_with(field), "{error}");
    }
    for gateway in ["ftp://x/", "openapi.alipay.com", "https://x/?a=b", "https://x y/"] {
        assert_eq!(refused(&AlipayConfig { gateway, ..good }).key(), "bad_gateway_url");
    }
}

#[test]
fn the_applications_own_public_key() {
    let own = merchant().public_base64();
    let fixture = Fixture::new();
    let error = refused(&AlipayConfig { public_key: &own, ..fixture.config() });
    assert_eq!((error.key(), error.field()), ("key_is_own", Some("alipay_public_key")));
    assert!(error.to_string().contains("application's own public key"), "{error}");
}

#[test]
fn keys_in_each_others_field() {
    let fixture = Fixture::new();
    let good = fixture.config();
    let swapped = AlipayConfig { private_key: good.public_key, ..good };
    assert_eq!(refused(&swapped).key(), "key_is_public");
    let swapped = AlipayConfig { public_key: good.private_key, ..good };
    assert_eq!(refused(&swapped).key(), "key_is_private");
}

mod certificate_mode {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use chathub_core::domain::Fen;
    use chathub_core::pay::OrderRequest;
    use jiff::Timestamp;
    use x509_cert::builder::{Builder, CertificateBuilder, Profile};
    use x509_cert::der::EncodePem;
    use x509_cert::der::pem::LineEnding;
    use x509_cert::name::Name;
    use x509_cert::serial_number::SerialNumber;
    use x509_cert::spki::SubjectPublicKeyInfoOwned;
    use x509_cert::time::Validity;

    use super::*;
    use crate::keyring::Key;

    const ROOT: &str = include_str!("../vectors/alipay_cert_sn.json");

    /// A certificate for `key`, issued by a made-up authority.
    fn certificate(key: &Key, serial: u64) -> String {
        let issuer: Name = "CN=Test Authority,OU=Class 2,O=Test,C=CN".parse().unwrap();
        let spki = SubjectPublicKeyInfoOwned::from_key(key.public()).unwrap();
        let signer = rsa::pkcs1v15::SigningKey::<rsa::sha2::Sha256>::new(alipay().private());
        let builder = CertificateBuilder::new(
            Profile::Leaf { issuer, enable_key_agreement: false, enable_key_encipherment: false },
            SerialNumber::from(serial),
            Validity::from_now(std::time::Duration::from_secs(3600)).unwrap(),
            "CN=2088000000000001,O=Shop,C=CN".parse().unwrap(),
            spki,
            &signer,
        );
        let certificate = builder.unwrap().build::<rsa::pkcs1v15::Signature>().unwrap();
        certificate.to_pem(LineEnding::LF).unwrap()
    }

    struct Files(PathBuf);

    impl Files {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("chathub-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn write(&self, name: &str, text: &str) -> String {
            let path = self.0.join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        }
    }

    impl Drop for Files {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn root_bundle() -> String {
        let vector: serde_json::Value = serde_json::from_str(ROOT).unwrap();
        vector["root"]["pem"].as_str().unwrap().to_owned()
    }

    #[test]
    fn requests_name_their_certificates() {
        let files = Files::new("sn");
        let app = files.write("appCertPublicKey.crt", &certificate(merchant(), 4711));
        let root = files.write("alipayRootCert.crt", &root_bundle());
        let ours = certificate(alipay(), 4712);
        let fixture = Fixture::new();
        let client = Alipay::new(&AlipayConfig {
            public_key: &ours,
            app_cert_path: &app,
            root_cert_path: &root,
            ..fixture.config()
        })
        .unwrap();
        let order = OrderRequest {
            order_no: "1",
            amount: Fen::new(1),
            subject: "x",
            notify_url: "https://www.example.com/",
            return_url: None,
            expires_at: 1_703_154_392,
        };
        let url = client.cashier_url(&order, false, Timestamp::now()).unwrap();
        let query = url.split_once('?').unwrap().1;
        let sent: BTreeMap<_, _> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let name = "CN=Test Authority,OU=Class 2,O=Test,C=CN4711";
        let digest: [u8; 16] = <md5::Md5 as md5::Digest>::digest(name).into();
        let expected: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(sent["app_cert_sn"], expected);
        assert_eq!(
            sent["alipay_root_cert_sn"],
            "687b59193f3f462dd5336e5abf83c5d8_02941eef3187dddf3d3b83462e1dfcf6"
        );
    }

    #[test]
    fn mistakes_are_named() {
        let files = Files::new("mistakes");
        let app = files.write("app.crt", &certificate(merchant(), 1));
        let foreign = files.write("foreign.crt", &certificate(stranger(), 2));
        let root = files.write("root.crt", &root_bundle());
        let key = files.write("key.pem", &alipay().public_base64());
        let absent = files.0.join("absent.crt").to_str().unwrap().to_owned();
        let fixture = Fixture::new();
        let good = AlipayConfig { app_cert_path: &app, root_cert_path: &root, ..fixture.config() };
        Alipay::new(&good).unwrap();
        for (config, key, field) in [
            (AlipayConfig { app_cert_path: "", ..good }, "missing", "alipay_app_cert_path"),
            (AlipayConfig { root_cert_path: "", ..good }, "missing", "alipay_root_cert_path"),
            (AlipayConfig { app_cert_path: &absent, ..good }, "key_file", "alipay_app_cert_path"),
            (
                AlipayConfig { app_cert_path: &foreign, ..good },
                "certificate_of_another_key",
                "alipay_app_cert_path",
            ),
            (
                AlipayConfig { root_cert_path: &key, ..good },
                "not_a_certificate",
                "alipay_root_cert_path",
            ),
        ] {
            let error = refused(&config);
            assert_eq!((error.key(), error.field()), (key, Some(field)));
        }
    }
}
