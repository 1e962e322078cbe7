//! What genuine notifications say.

use chathub_core::domain::Fen;
use chathub_core::pay::{Notification, Provider};
use serde_json::{Value, json};

use crate::provider::{
    MCH_ID, Message, ORDER_NO, TRADE_NO, envelope, platform, resource, transaction,
};
use crate::support::{notified, refused, signatories};

fn with(pointer: &str, value: Value) -> Value {
    let mut changed = transaction();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let object = changed.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Value::Null => assert!(object.remove(name).is_some()),
        value => drop(object.insert(name.to_owned(), value)),
    }
    changed
}

fn key(transaction: &Value) -> &'static str {
    refused(&Message::payment(platform(), transaction)).key()
}

#[test]
fn a_payment_by_either_kind_of_key() {
    for signatory in signatories() {
        let message = Message::payment(signatory, &transaction());
        let Notification::Paid(paid) = notified(&message).unwrap() else { panic!() };
        assert_eq!(paid.provider(), Provider::Wechat);
        assert_eq!((paid.order_no(), paid.trade_no()), (ORDER_NO, TRADE_NO));
        // What the order was charged, not what the buyer paid after a coupon.
        assert_eq!(paid.amount(), Fen::new(5000));
        assert_eq!(paid.notify_id(), Some("EV-2018022511223320873"));
    }
}

#[test]
fn headers_in_any_letter_case_and_without_the_optional_one() {
    let mut message = Message::payment(platform(), &transaction());
    message = message.with("Wechatpay-Signature-Type", None);
    for (name, _) in &mut message.headers {
        *name = name.to_ascii_lowercase();
    }
    notified(&message).unwrap();
}

#[test]
fn other_recipients_and_currencies() {
    for (pointer, value, expected) in [
        ("/mchid", json!("1900000002"), "foreign_merchant"),
        ("/mchid", Value::Null, "missing_field"),
        ("/appid", json!("wx0000000000000000"), "foreign_app"),
        ("/appid", Value::Null, "missing_field"),
        ("/amount/currency", json!("USD"), "foreign_currency"),
        ("/amount/currency", Value::Null, "missing_field"),
        ("/amount/total", Value::Null, "missing_field"),
        ("/amount/total", json!(-5000), "bad_notification"),
        ("/amount/total", json!(5000.0), "bad_notification"),
        ("/amount/total", json!("5000"), "bad_notification"),
        ("/amount/total", json!(4_294_972_296_u64), "bad_notification"),
        ("/amount", Value::Null, "missing_field"),
        ("/out_trade_no", Value::Null, "missing_field"),
        ("/out_trade_no", json!("订单"), "bad_number"),
        ("/transaction_id", json!(""), "missing_field"),
        ("/transaction_id", json!("9".repeat(65)), "bad_number"),
        ("/trade_state", Value::Null, "missing_field"),
    ] {
        assert_eq!(key(&with(pointer, value.clone())), expected, "{pointer} {value}");
    }
}

/// One of the two values would be compared and the other believed.
#[test]
fn a_name_that_comes_twice() {
    let text = transaction().to_string();
    for extra in ["\"mchid\":\"1900000001\"", "\"amount\":{\"total\":1,\"currency\":\"CNY\"}"] {
        let twice = format!("{},{extra}}}", text.strip_suffix('}').unwrap());
        let resource = resource("transaction", twice.as_bytes());
        let body = envelope("TRANSACTION.SUCCESS", resource).to_string();
        assert_eq!(refused(&Message::signed(platform(), body)).key(), "bad_notification");
    }
}

#[test]
fn states_that_are_no_payment() {
    for state in ["REFUND", "NOTPAY", "CLOSED", "REVOKED", "USERPAYING", "PAYERROR", "success"] {
        let message = Message::payment(platform(), &with("/trade_state", json!(state)));
        let expected =
            Notification::NotPaid { order_no: ORDER_NO.into(), status: state.to_owned() };
        assert_eq!(notified(&message).unwrap(), expected);
    }
}

fn refund(event: &str, changes: Value) -> Message {
    let mut text = json!({
        "mchid": MCH_ID, "out_trade_no": ORDER_NO, "transaction_id": TRADE_NO,
        "out_refund_no": "R1", "refund_id": "50000000382019052709732678859",
        "refund_status": "SUCCESS", "success_time": "2023-12-22T10:00:00+08:00",
        "user_received_account": "招商银行信用卡0403",
        "amount": {"total": 5000, "refund": 5000, "payer_total": 4900, "payer_refund": 4900},
    });
    text.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let resource = resource("refund", text.to_string().as_bytes());
    Message::signed(platform(), envelope(event, resource).to_string())
}

#[test]
fn refunds_are_never_payments() {
    let whole = notified(&refund("REFUND.SUCCESS", json!({}))).unwrap();
    assert!(matches!(&whole, Notification::Refund(r) if r.full() && r.order_no() == ORDER_NO));
    let part = json!({"amount": {"total": 5000, "refund": 1}});
    let part = notified(&refund("REFUND.SUCCESS", part)).unwrap();
    assert!(matches!(&part, Notification::Refund(r) if !r.full() && r.refunded() == Fen::new(1)));
    for event in ["REFUND.ABNORMAL", "REFUND.CLOSED"] {
        let said = notified(&refund(event, json!({"refund_status": "ABNORMAL"}))).unwrap();
        assert_eq!(said, Notification::NotPaid { order_no: ORDER_NO.into(), status: event.into() });
    }
    let foreign = refund("REFUND.SUCCESS", json!({"mchid": "1900000002"}));
    assert_eq!(refused(&foreign).key(), "foreign_merchant");
    let absurd = refund("REFUND.SUCCESS", json!({"amount": {"total": 1, "refund": 2}}));
    assert_eq!(refused(&absurd).key(), "bad_amount");
}

/// A payment's contents under another event's name, and the other way round.
#[test]
fn events_do_not_change_what_contents_say() {
    let paid = resource("transaction", transaction().to_string().as_bytes());
    for event in ["REFUND.SUCCESS", "REFUND.CLOSED"] {
        let body = envelope(event, paid.clone()).to_string();
        assert_eq!(refused(&Message::signed(platform(), body)).key(), "bad_notification");
    }
    for event in ["PAYSCORE.USER_OPEN_SERVICE", "transaction.success", "X"] {
        let body = envelope(event, paid.clone()).to_string();
        let said = notified(&Message::signed(platform(), body)).unwrap();
        assert_eq!(said, Notification::Other { event: event.into() });
    }
    let body = refund("TRANSACTION.SUCCESS", json!({}));
    assert_eq!(refused(&body).key(), "missing_field");
}

#[test]
fn empty_and_missing_associated_data() {
    let text = transaction().to_string();
    let mut resource = resource("", text.as_bytes());
    for value in [json!(""), Value::Null] {
        resource["associated_data"] = value;
        let body = envelope("TRANSACTION.SUCCESS", resource.clone()).to_string();
        notified(&Message::signed(platform(), body)).unwrap();
    }
    resource.as_object_mut().unwrap().remove("associated_data");
    let body = envelope("TRANSACTION.SUCCESS", resource).to_string();
    notified(&Message::signed(platform(), body)).unwrap();
}
