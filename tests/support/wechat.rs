//! WeChat Pay's side: signed by the `rsa` crate, encrypted by the `aes-gcm` crate.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::pkcs8::{DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer, Verifier};
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};
use x509_cert::builder::{Builder, CertificateBuilder, Profile};
use x509_cert::der::EncodePem;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::Validity;

pub const APP_ID: &str = "wx8888888888888888";
pub const MCH_ID: &str = "1900000001";
pub const API_V3_KEY: &str = "0123456789abcdefABCDEF!#$%&()*+-";
pub const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0119000000012024101100397200000006";
pub const ORDER_NO: &str = "CH20231221162632ABCDEFGHJKLM";
pub const TRADE_NO: &str = "4200001234202312210000000001";

/// A key that signs under a name.
pub struct Signatory {
    key: RsaPrivateKey,
    /// The certificate's serial, or the id of the public key.
    pub serial: String,
    pub certificate: String,
}

impl Signatory {
    fn new(serial: [u8; 20]) -> Self {
        let key = RsaPrivateKey::new(&mut OsRng, 2048).unwrap();
        let serial_number = SerialNumber::new(&serial).unwrap();
        let spki = key.to_public_key().to_public_key_der().unwrap();
        let builder_key = SigningKey::<Sha256>::new(key.clone());
        let builder = CertificateBuilder::new(
            Profile::Root,
            serial_number,
            Validity::from_now(Duration::from_secs(5 * 365 * 86_400)).unwrap(),
            Name::from_str("CN=Tenpay.com sign,O=Tenpay.com,C=CN").unwrap(),
            SubjectPublicKeyInfoOwned::try_from(spki.as_bytes()).unwrap(),
            &builder_key,
        );
        let certificate = builder.unwrap().build::<Signature>().unwrap();
        Self {
            key,
            serial: serial.iter().map(|byte| format!("{byte:02X}")).collect(),
            certificate: certificate.to_pem(LineEnding::LF).unwrap(),
        }
    }

    pub fn private_pem(&self) -> String {
        self.key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
    }

    pub fn public_pem(&self) -> String {
        self.key.to_public_key().to_public_key_pem(LineEnding::LF).unwrap()
    }

    /// SHA256withRSA, base64.
    pub fn sign(&self, text: &[u8]) -> String {
        STANDARD.encode(SigningKey::<Sha256>::new(self.key.clone()).sign(text).to_bytes())
    }
}

pub fn verifies(public_pem: &str, text: &str, signature: &str) -> bool {
    let key = RsaPublicKey::from_public_key_pem(public_pem).unwrap();
    let bytes = STANDARD.decode(signature).unwrap();
    Signature::try_from(bytes.as_slice())
        .is_ok_and(|s| VerifyingKey::<Sha256>::new(key).verify(text.as_bytes(), &s).is_ok())
}

macro_rules! signatories {
    ($($(#[$doc:meta])* $name:ident = $serial:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name() -> &'static Signatory {
            static ONE: OnceLock<Signatory> = OnceLock::new();
            ONE.get_or_init(|| Signatory::new($serial))
        }
    )*};
}

signatories! {
    /// The merchant, with its API certificate.
    merchant = [0x1D, 0xDE, 0x55, 0xAD, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    /// The platform certificate in use.
    platform = [0x5D, 0xEA, 0x10, 0xEF, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    /// The one after it.
    next_platform = [0x0A, 0x7F, 0xF0, 0x0D, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    stranger = [0x66, 0x66, 0x66, 0x66, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
}

/// The WeChat Pay public key, which has an id instead of a certificate.
pub fn public_key() -> &'static Signatory {
    static ONE: OnceLock<Signatory> = OnceLock::new();
    ONE.get_or_init(|| Signatory { serial: PUBLIC_KEY_ID.into(), ..Signatory::new([0x77; 20]) })
}

/// AES-256-GCM with the tag behind the text, base64.
pub fn encrypt(key: &str, nonce: &str, aad: &str, text: &[u8]) -> String {
    let cipher = Aes256Gcm::new_from_slice(key.as_bytes()).unwrap();
    let payload = Payload { msg: text, aad: aad.as_bytes() };
    STANDARD.encode(cipher.encrypt(Nonce::from_slice(nonce.as_bytes()), payload).unwrap())
}

pub fn resource(aad: &str, text: &[u8]) -> Value {
    let nonce = "fdasflkja484";
    json!({
        "original_type": "transaction",
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": encrypt(API_V3_KEY, nonce, aad, text),
        "associated_data": aad,
        "nonce": nonce,
    })
}

/// What WeChat Pay says of an order of 50 yuan that was paid with a coupon of 1 yuan.
pub fn transaction() -> Value {
    json!({
        "appid": APP_ID, "mchid": MCH_ID, "out_trade_no": ORDER_NO, "transaction_id": TRADE_NO,
        "trade_type": "NATIVE", "trade_state": "SUCCESS", "trade_state_desc": "支付成功",
        "bank_type": "OTHERS", "attach": "chathub", "success_time": "2023-12-21T16:30:00+08:00",
        "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
        "amount": {"total": 5000, "payer_total": 4900, "currency": "CNY", "payer_currency": "CNY"},
    })
}

pub fn envelope(event: &str, resource: Value) -> Value {
    json!({
        "id": "EV-2018022511223320873", "create_time": "2023-12-21T16:30:01+08:00",
        "resource_type": "encrypt-resource", "event_type": event, "summary": "支付成功",
        "resource": resource,
    })
}

/// A signed message: a notification, or an answer.
#[derive(Clone, Debug)]
pub struct Message {
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Message {
    pub fn signed(by: &Signatory, body: String) -> Self {
        Self::signed_at(by, body, Timestamp::now().as_second())
    }

    pub fn signed_at(by: &Signatory, body: String, time: i64) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let nonce = format!("nonce{:027}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let text = format!("{time}\n{nonce}\n{body}\n");
        let headers = [
            ("Wechatpay-Timestamp", time.to_string()),
            ("Wechatpay-Nonce", nonce),
            ("Wechatpay-Serial", by.serial.clone()),
            ("Wechatpay-Signature", by.sign(text.as_bytes())),
            ("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048".to_owned()),
        ];
        Self { headers: headers.map(|(name, value)| (name.to_owned(), value)).into(), body }
    }

    /// The notification of a payment.
    pub fn payment(by: &Signatory, transaction: &Value) -> Self {
        let text = transaction.to_string();
        let resource = resource("transaction", text.as_bytes());
        Self::signed(by, envelope("TRANSACTION.SUCCESS", resource).to_string())
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: Option<&str>) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        self
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    }
}

/// The answer of `GET /v3/certificates`.
pub fn certificate_list(certificates: &[&Signatory]) -> String {
    let data: Vec<Value> = certificates
        .iter()
        .map(|one| {
            json!({
                "serial_no": one.serial,
                "effective_time": "2023-12-01T00:00:00+08:00",
                "expire_time": "2099-12-01T00:00:00+08:00",
                "encrypt_certificate": resource("certificate", one.certificate.as_bytes()),
            })
        })
        .collect();
    json!({"data": data}).to_string()
}

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        found.next().map_or("", |(_, value)| value.as_str())
    }

    /// Whether the merchant's key signed exactly this request.
    pub fn is_authorized(&self) -> bool {
        let value = self.header("Authorization");
        let Some(fields) = value.strip_prefix("WECHATPAY2-SHA256-RSA2048 ") else { return false };
        let field = |name: &str| {
            let mut found = fields.split(',').filter_map(|part| part.split_once('='));
            let value = found.find(|(n, _)| *n == name).unwrap().1;
            value.trim_matches('"').to_owned()
        };
        let (time, nonce) = (field("timestamp"), field("nonce_str"));
        let text = format!("{}\n{}\n{time}\n{nonce}\n{}\n", self.method, self.path, self.body);
        let age = Timestamp::now().as_second() - time.parse::<i64>().unwrap();
        field("mchid") == MCH_ID
            && field("serial_no") == merchant().serial
            && age.abs() < 60
            && verifies(&merchant().public_pem(), &text, &field("signature"))
    }
}

pub type Answer = (u16, Message);

/// Listens until the process ends, and answers each connection's one request.
pub fn serve(answer: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = answer.clone();
            thread::spawn(move || exchange(stream.unwrap(), &*answer));
        }
    });
    base
}

fn exchange(mut stream: TcpStream, answer: &(dyn Fn(&Received) -> Answer + Send + Sync)) {
    let Some(received) = read(&mut stream) else { return };
    let (status, message) = answer(&received);
    let mut text = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", message.body.len());
    for (name, value) in &message.headers {
        text += &format!("{name}: {value}\r\n");
    }
    let _ = stream.write_all(format!("{text}Connection: close\r\n\r\n{}", message.body).as_bytes());
}

fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let n = stream.read(&mut buffer).ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let mut lines = head.lines();
        let mut first = lines.next()?.split(' ');
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        if body.len() >= length.map_or(0, |(_, value)| value.parse().unwrap()) {
            let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
            return Some(Received { method, path, headers, body: body.to_owned() });
        }
    }
}
