//! Messages that are not what WeChat Pay signed, and genuine ones that are not this order's money.

use chathub_core::Kind;
use chathub_core::domain::order::{PaymentOutcome, TradeId};
use chathub_core::domain::{Fen, Order, OrderStatus};
use chathub_core::pay::Notification;
use chathub_core::pay::wechat::{PROBE, UNKNOWN_SERIAL};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::provider::{
    Message, ORDER_NO, Signatory, encrypt, envelope, merchant, next_platform, platform, public_key,
    resource, stranger, transaction,
};
use crate::support::{notified, refused, signatories};

/// Whether the message pays our order of 50 yuan.
fn accepted(message: &Message) -> bool {
    let Ok(Notification::Paid(paid)) = notified(message) else { return false };
    let order = Order {
        status: OrderStatus::Pending,
        amount: Fen::new(5000),
        wechat_charge: Some(Fen::new(5000)),
        trade: None,
        late: false,
    };
    let trade = TradeId { provider: "wechat".into(), trade_no: paid.trade_no().into() };
    let (_, outcome) = order.pay(&trade, paid.amount(), false);
    paid.order_no() == ORDER_NO && matches!(outcome, PaymentOutcome::Credited { .. })
}

/// Every text that differs in one bit; bytes that are no text never reach the core.
fn bit_flips(text: &str) -> impl Iterator<Item = String> {
    (0..text.len() * 8).filter_map(move |bit| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        String::from_utf8(bytes).ok()
    })
}

fn genuine() -> Vec<Message> {
    signatories().iter().map(|by| Message::payment(by, &transaction())).collect()
}

/// Counts mutations, and stops at one that is accepted.
#[derive(Default)]
struct Count(usize);

impl Count {
    fn refused(&mut self, message: &Message, what: &str) {
        assert!(!accepted(message), "{what}: {message:?}");
        self.0 += 1;
    }
}

#[test]
fn mutations() {
    let mut count = Count::default();
    let originals = genuine();
    for original in &originals {
        assert!(accepted(original));
        for body in bit_flips(&original.body) {
            count.refused(&Message { body, ..original.clone() }, "body");
        }
        for (name, value) in &original.headers {
            for value in bit_flips(value) {
                count.refused(&original.clone().with(name, Some(&value)), name);
            }
            for value in [value.to_lowercase(), format!("{value} "), format!("0{value}")] {
                if value != *original.header(name).unwrap() {
                    count.refused(&original.clone().with(name, Some(&value)), name);
                }
            }
        }
        for end in 0..original.body.len() {
            if original.body.is_char_boundary(end) {
                let body = original.body[..end].to_owned();
                count.refused(&Message { body, ..original.clone() }, "cut off");
            }
        }
    }
    encrypted_parts(&mut count);
    times(&mut count);
    signers(&mut count);
    amounts(&mut count);
    println!("{} mutated notifications, none accepted", count.0);
    assert!(count.0 > 30_000, "{}", count.0);
    assert!(originals.iter().all(accepted));
}

/// Signed like the original, so that only the decryption can notice.
fn encrypted_parts(count: &mut Count) {
    let genuine = resource("transaction", transaction().to_string().as_bytes());
    let send = |resource: Value| {
        Message::signed(platform(), envelope("TRANSACTION.SUCCESS", resource).to_string())
    };
    assert!(accepted(&send(genuine.clone())));
    for (name, step) in [("nonce", 1), ("associated_data", 1), ("algorithm", 1), ("ciphertext", 7)]
    {
        for text in bit_flips(genuine[name].as_str().unwrap()).step_by(step) {
            let mut changed = genuine.clone();
            changed[name] = json!(text);
            count.refused(&send(changed), name);
        }
    }
    use base64::{Engine, engine::general_purpose::STANDARD};
    let bytes = STANDARD.decode(genuine["ciphertext"].as_str().unwrap()).unwrap();
    for bit in (bytes.len() - 16) * 8..bytes.len() * 8 {
        let mut tag = bytes.clone();
        tag[bit / 8] ^= 1 << (bit % 8);
        let mut changed = genuine.clone();
        changed["ciphertext"] = json!(STANDARD.encode(tag));
        count.refused(&send(changed), "tag");
    }
    for length in 0..bytes.len() {
        if length % 8 == 0 || length < 20 {
            let mut changed = genuine.clone();
            changed["ciphertext"] = json!(STANDARD.encode(&bytes[..length]));
            count.refused(&send(changed), "cut off");
        }
    }
    // Another merchant's APIv3 key.
    let text = transaction().to_string();
    let mut changed = genuine;
    let foreign = encrypt(&"k".repeat(32), "fdasflkja484", "transaction", text.as_bytes());
    changed["ciphertext"] = json!(foreign);
    count.refused(&send(changed), "another merchant's APIv3 key");
}

/// Signed at another time.
fn times(count: &mut Count) {
    let now = Timestamp::now().as_second();
    let body = genuine().remove(0).body;
    let at = |time| Message::signed_at(platform(), body.clone(), time);
    for near in [-290, -1, 0, 1, 290] {
        assert!(accepted(&at(now + near)));
    }
    for by in 0..150 {
        let far = 310 + by * by * by;
        count.refused(&at(now - far), "stale");
        count.refused(&at(now + far), "future");
    }
    for time in [i64::MIN, i64::MAX, 0, -now] {
        count.refused(&at(time), "absurd");
    }
    let error = refused(&at(now - 400));
    assert_eq!(error.key(), "wechat_time");
    assert!(error.to_string().contains("behind"), "{error}");
}

/// Somebody else's key under every known name, and known keys under each other's names.
fn signers(count: &mut Count) {
    let known = signatories();
    for name in known {
        for by in [known[0], known[1], known[2], stranger(), merchant()] {
            if by.serial == name.serial {
                continue;
            }
            let message = Message::payment(by, &transaction());
            let message = message.with("Wechatpay-Serial", Some(&name.serial));
            assert_eq!(refused(&message).key(), "sign_wrong");
            count.refused(&message, "another's key");
        }
    }
    for by in [stranger(), merchant()] {
        let message = Message::payment(by, &transaction());
        assert_eq!(refused(&message).key(), UNKNOWN_SERIAL);
        count.refused(&message, "an unknown key");
    }
}

/// Genuine in every way, but another sum, another order, or another recipient.
fn amounts(count: &mut Count) {
    let pays = |pointer: &str, value: Value, by: &Signatory| {
        let mut changed = transaction();
        *changed.pointer_mut(pointer).unwrap() = value;
        Message::payment(by, &changed)
    };
    for by in signatories() {
        assert!(accepted(&pays("/amount/payer_total", json!(1), by)));
        for total in [0, 1, 50, 4900, 4999, 5001, 500_000, u32::MAX] {
            count.refused(&pays("/amount/total", json!(total), by), "total");
        }
        for (pointer, value) in [
            ("/mchid", "1900000002"),
            ("/appid", "wx0000000000000000"),
            ("/amount/currency", "HKD"),
            ("/trade_state", "REFUND"),
            ("/out_trade_no", "CH20231221162632ABCDEFGHJKLN"),
        ] {
            count.refused(&pays(pointer, json!(value), by), pointer);
        }
    }
}

#[test]
fn probes_are_refused_by_their_own_name() {
    let message = Message::payment(platform(), &transaction());
    for signature in ["WECHATPAY/SIGNTEST/", "WECHATPAY/SIGNTEST/abc+/=="] {
        let probe = message.clone().with("Wechatpay-Signature", Some(signature));
        let error = refused(&probe);
        assert_eq!((error.kind(), error.key()), (Kind::Signature, PROBE));
    }
}

#[test]
fn missing_and_malformed_headers() {
    let message = Message::payment(platform(), &transaction());
    for name in
        ["Wechatpay-Signature", "Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial"]
    {
        for value in [None, Some("")] {
            let error = refused(&message.clone().with(name, value));
            assert_eq!((error.kind(), error.key()), (Kind::Signature, "sign_missing"));
            assert!(error.to_string().contains(name), "{error}");
        }
    }
    let time = message.header("Wechatpay-Timestamp").unwrap();
    for (name, value) in [
        ("Wechatpay-Timestamp", format!("+{time}")),
        ("Wechatpay-Timestamp", format!("-{time}")),
        ("Wechatpay-Timestamp", format!("{time}.0")),
        ("Wechatpay-Timestamp", "9".repeat(30)),
        ("Wechatpay-Nonce", "a b".into()),
        ("Wechatpay-Nonce", "a".repeat(129)),
        ("Wechatpay-Serial", "5DEA'--".into()),
        ("Wechatpay-Serial", "A".repeat(65)),
        ("Wechatpay-Signature", "not base64!".into()),
    ] {
        assert_eq!(refused(&message.clone().with(name, Some(&value))).key(), "sign_malformed");
    }
    let other = message.with("Wechatpay-Signature-Type", Some("WECHATPAY2-SM2-WITH-SM3"));
    assert_eq!(refused(&other).key(), "sign_type");
}

/// The signed text has lines: a body's first line cannot be passed off as the nonce's end.
#[test]
fn lines_cannot_move_between_nonce_and_body() {
    let time = Timestamp::now().as_second();
    let body = genuine().remove(0).body;
    let text = format!("{time}\nfirst\nsecond\n{body}\n");
    let message = Message::signed(platform(), body)
        .with("Wechatpay-Timestamp", Some(&time.to_string()))
        .with("Wechatpay-Nonce", Some("first\nsecond"))
        .with("Wechatpay-Signature", Some(&platform().sign(text.as_bytes())));
    assert_eq!(refused(&message).key(), "sign_malformed");
}

/// Both kinds of keys arrive mixed while a merchant migrates; a key that is not configured says
/// what to configure.
#[test]
fn an_unknown_public_key_says_what_to_do() {
    let unknown = Message::payment(public_key(), &transaction())
        .with("Wechatpay-Serial", Some("PUB_KEY_ID_0000000000000000000000000000000000"));
    let error = refused(&unknown);
    assert_eq!((error.kind(), error.key()), (Kind::Signature, UNKNOWN_SERIAL));
    assert!(error.to_string().contains("wechat_public_key_id"), "{error}");
    let message = Message::payment(public_key(), &transaction());
    let only = crate::support::certificates_only("");
    let header = |name: &str| message.header(name);
    let find = |_: &str| -> chathub_core::Result<_> { panic!("a public key has no certificate") };
    let error =
        only.notification(header, message.body.as_bytes(), Timestamp::now(), &find).unwrap_err();
    assert_eq!(error.key(), UNKNOWN_SERIAL);
    assert!(notified(&Message::payment(next_platform(), &transaction())).is_ok());
}
