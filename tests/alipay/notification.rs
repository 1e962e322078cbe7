//! What a verified notification means.

use chathub_core::domain::Fen;
use chathub_core::pay::{Notification, Provider};
use chathub_core::{Error, Kind};

use crate::keyring::{client, payment, signed_body};

fn read(changes: &[(&str, Option<&str>)]) -> Result<Notification, Error> {
    client("").notification(signed_body(&payment(changes)).as_bytes())
}

#[test]
fn success_and_finished_are_payments() {
    for status in ["TRADE_SUCCESS", "TRADE_FINISHED"] {
        let Notification::Paid(paid) = read(&[("trade_status", Some(status))]).unwrap() else {
            panic!("{status}");
        };
        assert_eq!(paid.provider(), Provider::Alipay);
        assert_eq!(paid.order_no(), "CH20231221000001");
        assert_eq!(paid.trade_no(), "2023122122001499160501589436");
        // Not what the buyer paid after discounts, nor what the seller received.
        assert_eq!(paid.amount(), Fen::new(5000));
        assert_eq!(paid.notify_id(), Some("2023122101222162644199160501632046"));
    }
}

#[test]
fn other_statuses_are_not() {
    let closed = read(&[("trade_status", Some("TRADE_CLOSED"))]).unwrap();
    assert_eq!(closed, Notification::Closed { order_no: "CH20231221000001".into() });
    for status in ["WAIT_BUYER_PAY", "TRADE_PENDING", "trade_success"] {
        let seen = read(&[("trade_status", Some(status))]).unwrap();
        let order_no = "CH20231221000001".to_owned();
        assert_eq!(seen, Notification::NotPaid { order_no, status: status.into() });
    }
}

#[test]
fn a_refund_is_never_a_payment() {
    let refund = |status, fee| {
        let changes = [
            ("trade_status", Some(status)),
            ("refund_fee", fee),
            ("gmt_refund", Some("2023-12-22 10:00:00.123")),
        ];
        match read(&changes).unwrap() {
            Notification::Refund(refund) => refund,
            other => panic!("{other:?}"),
        }
    };
    for status in ["TRADE_SUCCESS", "TRADE_FINISHED", "TRADE_CLOSED"] {
        let part = refund(status, Some("10.00"));
        assert_eq!((part.refunded(), part.total()), (Fen::new(1000), Fen::new(5000)));
        assert!(!part.full());
        assert!(refund(status, Some("50.00")).full());
        assert!(!refund(status, Some("0.00")).full());
    }
    // Without its time it is a refund all the same.
    let untimed = read(&[("refund_fee", Some("10.00"))]).unwrap();
    assert!(matches!(untimed, Notification::Refund(_)));
}

#[test]
fn payments_may_carry_a_zero_refund() {
    for fee in ["0.00", "0", ""] {
        let seen = read(&[("refund_fee", Some(fee)), ("gmt_refund", Some(""))]).unwrap();
        assert!(matches!(seen, Notification::Paid(_)), "{fee}");
    }
}

#[test]
fn genuine_but_not_ours() {
    let key = |changes| read(changes).unwrap_err().key();
    assert_eq!(key(&[("app_id", Some("2021000000000002"))]), "foreign_app");
    assert_eq!(key(&[("seller_id", Some("2088000000000002"))]), "foreign_seller");
    assert_eq!(key(&[("app_id", None)]), "missing_field");
    assert_eq!(key(&[("seller_id", None)]), "missing_field");
}

#[test]
fn signed_but_absurd() {
    let long = "9".repeat(65);
    for (field, value, key) in [
        ("out_trade_no", long.as_str(), "bad_number"),
        ("trade_no", long.as_str(), "bad_number"),
        ("trade_no", "1\n2", "bad_number"),
        ("trade_no", "", "missing_field"),
        ("out_trade_no", "", "missing_field"),
        ("trade_status", "", "missing_field"),
        ("trade_status", long.as_str(), "bad_number"),
        ("total_amount", "", "missing_field"),
        ("total_amount", "50.001", "bad_amount"),
        ("total_amount", "-50.00", "bad_amount"),
        ("total_amount", "5e1", "bad_amount"),
        ("total_amount", "99999999999.00", "bad_amount"),
        ("refund_fee", "50.01", "bad_amount"),
        ("refund_fee", "x", "bad_amount"),
        ("gmt_refund", "2023-12-22 10:00:00", "missing_field"),
    ] {
        let error = read(&[(field, Some(value))]).unwrap_err();
        assert_eq!((error.kind(), error.key()), (Kind::Provider, key), "{field}={value}");
    }
    // A synchronous return is signed, too, but has no status and proves nothing.
    assert_eq!(read(&[("trade_status", None)]).unwrap_err().key(), "missing_field");
}
