//! What is sent to the cashier.

use std::collections::BTreeMap;

use chathub_core::domain::Fen;
use chathub_core::pay::OrderRequest;
use chathub_core::pay::alipay::{GATEWAY, SANDBOX_GATEWAY, sign_params};
use jiff::Timestamp;
use rsa::pkcs8::LineEnding;
use serde_json::{Value, json};

use crate::keyring::{APP_ID, client, join, merchant};

const NOW: i64 = 1_703_147_192;

fn order(subject: &str) -> OrderRequest<'_> {
    OrderRequest {
        order_no: "CH20231221000001",
        amount: Fen::new(5000),
        subject,
        notify_url: "https://www.example.com/addons/chathub/index/payNotify/pay_method/alipay",
        return_url: Some("https://www.example.com/return?a=1&b=2"),
        expires_at: NOW + 7200,
    }
}

fn params(order: &OrderRequest, mobile: bool) -> BTreeMap<String, String> {
    let now = Timestamp::from_second(NOW).unwrap();
    let url = client("").cashier_url(order, mobile, now).unwrap();
    let (gateway, query) = url.split_once('?').unwrap();
    assert_eq!(gateway, GATEWAY);
    assert!(url.is_ascii());
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len());
    map
}

fn content(params: &BTreeMap<String, String>) -> Value {
    serde_json::from_str(&params["biz_content"]).unwrap()
}

#[test]
fn desktop() {
    let sent = params(&order("A+B 测试 😀 100% \"<x>\""), false);
    assert_eq!(sent["method"], "alipay.trade.page.pay");
    assert_eq!(sent["app_id"], APP_ID);
    assert_eq!(sent["charset"], "utf-8");
    assert_eq!(sent["version"], "1.0");
    assert_eq!(sent["timestamp"], "2023-12-21 16:26:32");
    assert_eq!(sent["notify_url"], order("").notify_url);
    assert_eq!(sent["return_url"], order("").return_url.unwrap());
    assert_eq!(
        content(&sent),
        json!({
            "out_trade_no": "CH20231221000001",
            "total_amount": "50.00",
            "subject": "A+B 测试 😀 100% \"<x>\"",
            "product_code": "FAST_INSTANT_TRADE_PAY",
            "time_expire": "2023-12-21 18:26:32",
        })
    );
}

#[test]
fn phone() {
    let sent = params(&order("x"), true);
    assert_eq!(sent["method"], "alipay.trade.wap.pay");
    assert_eq!(content(&sent)["product_code"], "QUICK_WAP_WAY");
    assert_eq!(content(&sent)["quit_url"], order("").return_url.unwrap());
}

#[test]
fn the_signature_covers_all_but_itself() {
    for mobile in [false, true] {
        let mut sent = params(&order("A+B & = % \" < > 测试 😀"), mobile);
        let sign = sent.remove("sign").unwrap();
        assert_eq!(sent["sign_type"], "RSA2");
        let pairs: Vec<_> = sent.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert!(merchant().verifies(&join(&pairs), &sign));
    }
}

#[test]
fn empty_values_are_neither_signed_nor_sent() {
    let mut bare = order("x");
    bare.return_url = None;
    let mut sent = params(&bare, true);
    assert!(!sent.contains_key("return_url"));
    assert!(content(&sent).get("quit_url").is_none());
    let sign = sent.remove("sign").unwrap();
    let pairs: Vec<_> = sent.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert!(merchant().verifies(&join(&pairs), &sign));
}

#[test]
fn an_impossible_time_is_an_error() {
    let now = Timestamp::from_second(NOW).unwrap();
    let forever = OrderRequest { expires_at: i64::MAX, ..order("x") };
    assert_eq!(client("").cashier_url(&forever, false, now).unwrap_err().key(), "bad_time");
}

#[test]
fn sandbox_and_override() {
    assert_eq!(client("").gateway(), GATEWAY);
    assert_eq!(client("http://127.0.0.1:1/gateway.do").gateway(), "http://127.0.0.1:1/gateway.do");
    assert!(SANDBOX_GATEWAY.starts_with("https://openapi-sandbox.dl.alipaydev.com/"));
}

#[test]
fn signing_parameters() {
    let params = [
        ("b", "2 + & = % \" < > 测试 😀"),
        ("a", "1"),
        ("B", "upper case sorts first"),
        ("sign_type", "RSA2"),
        ("empty", ""),
        ("sign", "old"),
    ];
    let text = "B=upper case sorts first&a=1&b=2 + & = % \" < > 测试 😀&sign_type=RSA2";
    for key in [
        merchant().private_base64(),
        merchant().private_pkcs8_pem(LineEnding::CRLF),
        merchant().private_pkcs1_pem(LineEnding::LF),
    ] {
        let sign = sign_params(params, &key).unwrap();
        assert!(merchant().verifies(text, &sign));
        assert_eq!(sign, merchant().sign(text));
    }
    let key = merchant().private_base64();
    assert_eq!(sign_params([("a", "")], &key).unwrap_err().key(), "nothing_to_sign");
    assert_eq!(sign_params([("a=b", "1")], &key).unwrap_err().key(), "bad_parameter_name");
}
