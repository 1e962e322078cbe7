//! Fresh keys per run, and signatures by the `rsa` crate.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chathub_core::pay::alipay::{Alipay, AlipayConfig};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer, Verifier};
use rsa::{Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey};

pub const APP_ID: &str = "2021000000000001";
pub const SELLER_ID: &str = "2088000000000001";

pub struct Key(RsaPrivateKey);

/// The application's key.
pub fn merchant() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(Key::generate)
}

/// Alipay's key.
pub fn alipay() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(Key::generate)
}

/// Somebody else's key.
pub fn stranger() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(Key::generate)
}

/// A client with the merchant's private and Alipay's public key.
pub fn client(gateway: &str) -> Alipay {
    Alipay::new(&AlipayConfig {
        app_id: APP_ID,
        private_key: &merchant().private_base64(),
        public_key: &alipay().public_base64(),
        seller_id: SELLER_ID,
        gateway,
        timeout: std::time::Duration::from_secs(10),
        ..Default::default()
    })
    .unwrap()
}

impl Key {
    fn generate() -> Self {
        Self(RsaPrivateKey::new(&mut OsRng, 2048).unwrap())
    }

    pub fn private(&self) -> RsaPrivateKey {
        self.0.clone()
    }

    pub fn public(&self) -> RsaPublicKey {
        self.0.to_public_key()
    }

    pub fn private_base64(&self) -> String {
        STANDARD.encode(self.0.to_pkcs8_der().unwrap().as_bytes())
    }

    pub fn private_pkcs8_pem(&self, ending: LineEnding) -> String {
        self.0.to_pkcs8_pem(ending).unwrap().to_string()
    }

    pub fn private_pkcs1_pem(&self, ending: LineEnding) -> String {
        self.0.to_pkcs1_pem(ending).unwrap().to_string()
    }

    pub fn public_base64(&self) -> String {
        STANDARD.encode(self.0.to_public_key().to_public_key_der().unwrap().as_bytes())
    }

    /// SHA256withRSA, base64.
    pub fn sign(&self, text: &str) -> String {
        let key = SigningKey::<Sha256>::new(self.0.clone());
        STANDARD.encode(key.sign(text.as_bytes()).to_bytes())
    }

    /// SHA1withRSA (Alipay's old `RSA`), base64.
    pub fn sign_sha1(&self, text: &str) -> String {
        use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
        const SHA1_PREFIX: [u8; 15] =
            [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0, 4, 20];
        let padding = Pkcs1v15Sign { hash_len: Some(20), prefix: Box::new(SHA1_PREFIX) };
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
        STANDARD.encode(self.0.sign(padding, hash.as_ref()).unwrap())
    }

    pub fn verifies(&self, text: &str, signature: &str) -> bool {
        let key = VerifyingKey::<Sha256>::new(self.0.to_public_key());
        let Ok(bytes) = STANDARD.decode(signature) else { return false };
        Signature::try_from(bytes.as_slice())
            .is_ok_and(|signature| key.verify(text.as_bytes(), &signature).is_ok())
    }
}

/// `k=v` of the pairs, sorted and joined: written again here, not taken from the code under test.
pub fn join(pairs: &[(&str, &str)]) -> String {
    let mut parts: Vec<_> = pairs.to_vec();
    parts.sort();
    parts.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("&")
}

pub fn encode(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The body of a notification as Alipay signs it.
pub fn signed_body(pairs: &[(&str, &str)]) -> String {
    let sign = alipay().sign(&join(pairs));
    encode(&[pairs, &[("sign", sign.as_str()), ("sign_type", "RSA2")]].concat())
}

/// A payment's notification, with some fields replaced, added, or (by an empty name's value
/// `None`) left out.
pub fn payment<'a>(changes: &[(&'a str, Option<&'a str>)]) -> Vec<(&'a str, &'a str)> {
    let mut pairs = vec![
        ("app_id", APP_ID),
        ("seller_id", SELLER_ID),
        ("notify_id", "2023122101222162644199160501632046"),
        ("notify_type", "trade_status_sync"),
        ("out_trade_no", "CH20231221000001"),
        ("trade_no", "2023122122001499160501589436"),
        ("trade_status", "TRADE_SUCCESS"),
        ("total_amount", "50.00"),
        ("receipt_amount", "49.00"),
        ("buyer_pay_amount", "48.00"),
        ("subject", "A+B 测试 😀 100% \"<x>\""),
        ("fund_bill_list", "[{\"amount\":\"50.00\",\"fundChannel\":\"ALIPAYACCOUNT\"}]"),
        ("passback_params", ""),
    ];
    for (name, value) in changes {
        pairs.retain(|(n, _)| n != name);
        pairs.extend(value.map(|value| (*name, value)));
    }
    pairs
}
