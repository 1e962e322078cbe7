//! Alipay's side: a key pair, and notifications signed with it by the `rsa` crate.

use std::{
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rsa::{
    RsaPrivateKey,
    pkcs1v15::{Signature, SigningKey, VerifyingKey},
    pkcs8::{EncodePrivateKey, EncodePublicKey},
    rand_core::OsRng,
    sha2::Sha256,
    signature::{SignatureEncoding, Signer, Verifier},
};

pub const APP_ID: &str = "2021000000000042";
pub const SELLER_ID: &str = "2088000000000042";

pub struct Keys {
    signing: SigningKey<Sha256>,
    verifying_merchant: VerifyingKey<Sha256>,
    /// What the merchant is given.
    pub public_key: String,
    /// The merchant's own.
    pub merchant_private_key: String,
    pub merchant_public_key: String,
}

pub fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let [alipay, merchant] = [(); 2].map(|()| RsaPrivateKey::new(&mut OsRng, 2048).unwrap());
        let public = |key: &RsaPrivateKey| {
            STANDARD.encode(key.to_public_key().to_public_key_der().unwrap().as_bytes())
        };
        Keys {
            public_key: public(&alipay),
            merchant_public_key: public(&merchant),
            merchant_private_key: STANDARD.encode(merchant.to_pkcs8_der().unwrap().as_bytes()),
            verifying_merchant: VerifyingKey::new(merchant.to_public_key()),
            signing: SigningKey::new(alipay),
        }
    })
}

/// Alipay's signature over `text`, base64.
pub fn sign(text: &[u8]) -> String {
    STANDARD.encode(keys().signing.sign(text).to_bytes())
}

/// Whether the merchant's key signed exactly these parameters of a request.
pub fn is_signed_by_merchant(fields: &HashMap<String, String>) -> bool {
    let mut named: Vec<_> = fields.iter().filter(|(name, _)| *name != "sign").collect();
    named.sort();
    let text: Vec<String> = named.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let signature = STANDARD.decode(&fields["sign"]).unwrap();
    let signature = Signature::try_from(signature.as_slice()).unwrap();
    keys().verifying_merchant.verify(text.join("&").as_bytes(), &signature).is_ok()
}

/// A notification in the making.
#[derive(Clone)]
pub struct Notice(BTreeMap<String, String>);

impl Notice {
    fn new(order_no: &str, trade_no: &str, status: &str, yuan: &str) -> Self {
        let mut notice = Self(BTreeMap::new());
        for (field, value) in [
            ("app_id", APP_ID),
            ("seller_id", SELLER_ID),
            ("notify_id", "2026010100222000000000000000000042"),
            ("notify_type", "trade_status_sync"),
            ("charset", "utf-8"),
            ("version", "1.0"),
            ("subject", "ChatHub 基础版 A+B & \"C\" 100%"),
            ("out_trade_no", order_no),
            ("trade_no", trade_no),
            ("trade_status", status),
            ("total_amount", yuan),
        ] {
            notice.0.insert(field.into(), value.into());
        }
        notice
    }

    pub fn paid(order_no: &str, trade_no: &str, yuan: &str) -> Self {
        Self::new(order_no, trade_no, "TRADE_SUCCESS", yuan)
    }

    pub fn closed(order_no: &str, trade_no: &str, yuan: &str) -> Self {
        Self::new(order_no, trade_no, "TRADE_CLOSED", yuan)
    }

    /// `back` of the `yuan` that were paid went back.
    pub fn refunded(order_no: &str, trade_no: &str, yuan: &str, back: &str) -> Self {
        let status = if back == yuan { "TRADE_CLOSED" } else { "TRADE_SUCCESS" };
        Self::new(order_no, trade_no, status, yuan)
            .with("refund_fee", back)
            .with("gmt_refund", "2026-01-02 03:04:05.678")
    }

    pub fn with(mut self, field: &str, value: &str) -> Self {
        self.0.insert(field.into(), value.into());
        self
    }

    /// The signed form body.
    pub fn body(&self) -> Vec<u8> {
        let text = self.0.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("&");
        let sign = sign(text.as_bytes());
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(&self.0);
        form.append_pair("sign_type", "RSA2").append_pair("sign", &sign);
        form.finish().into_bytes()
    }
}
