//! Orders, queries and closings against a listening server whose answers the `rsa` crate signs.

use std::sync::{Arc, Mutex};

use chathub_core::domain::Fen;
use chathub_core::http::Agent;
use chathub_core::pay::wechat::{PROBE, UNKNOWN_SERIAL, Wechat};
use chathub_core::pay::{Close, OrderRequest, Trade};
use chathub_core::{Error, Kind};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::provider::{
    APP_ID, Answer, MCH_ID, Message, ORDER_NO, PUBLIC_KEY_ID, Received, TRADE_NO, platform,
    public_key, serve, stranger, transaction,
};
use crate::support::{certificates_only, client, find};

const NOTIFY_URL: &str = "https://www.example.com/addons/chathub/index/payNotify/pay_method/wechat";

type Log = Arc<Mutex<Vec<Received>>>;

/// A server that answers with `answer`, and what it received. Each request must be authorized.
fn server(answer: impl Fn(usize) -> Answer + Send + Sync + 'static) -> (String, Log) {
    let log = Log::default();
    let seen = log.clone();
    let base = serve(move |received| {
        assert!(received.is_authorized(), "{received:?}");
        let mut seen = seen.lock().unwrap();
        seen.push(received.clone());
        answer(seen.len())
    });
    (base, log)
}

fn signed(body: &Value) -> Message {
    Message::signed(platform(), body.to_string())
}

fn refusal(status: u16, code: &str) -> Answer {
    let body = json!({"code": code, "message": "说明", "detail": {"issue": "x"}}).to_string();
    let headers = vec![("Request-ID".to_owned(), "08F78BB5AF0610D302-0".to_owned())];
    (status, Message { headers, body })
}

fn native(wechat: &Wechat) -> Result<String, Error> {
    let order = OrderRequest {
        order_no: ORDER_NO,
        amount: Fen::new(5000),
        subject: "ChatHub 基础版 \"A\\B\" 公司",
        notify_url: NOTIFY_URL,
        return_url: None,
        expires_at: 1_703_154_392,
    };
    wechat.native(&Agent::new(), &order, Timestamp::now(), &find)
}

fn query(answer: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Result<Trade, Error> {
    let (base, _) = server(answer);
    client(&base).query(&Agent::new(), ORDER_NO, Timestamp::now(), &find)
}

fn close(answer: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Result<Close, Error> {
    let (base, _) = server(answer);
    client(&base).close(&Agent::new(), ORDER_NO, Timestamp::now(), &find)
}

#[test]
fn a_native_order() {
    let (base, log) =
        server(|_| (200, signed(&json!({"code_url": "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"}))));
    assert_eq!(native(&client(&base)).unwrap(), "weixin://wxpay/bizpayurl?pr=p4lpSuKzz");
    native(&certificates_only(&base)).unwrap();
    let log = log.lock().unwrap();
    assert_eq!(
        (log[0].method.as_str(), log[0].path.as_str()),
        ("POST", "/v3/pay/transactions/native")
    );
    assert_eq!(log[0].header("Accept"), "application/json");
    assert_eq!(log[0].header("Content-Type"), "application/json");
    assert!(log[0].header("User-Agent").starts_with("ChatHub/"));
    // Only where a public key is configured.
    assert_eq!(log[0].header("Wechatpay-Serial"), PUBLIC_KEY_ID);
    assert_eq!(log[1].header("Wechatpay-Serial"), "");
    // No nonce serves twice.
    assert_ne!(log[0].header("Authorization"), log[1].header("Authorization"));
    assert_eq!(log[0].body, log[1].body, "a second post must be identical");
    let body: Value = serde_json::from_str(&log[0].body).unwrap();
    let expected = json!({
        "appid": APP_ID, "mchid": MCH_ID, "description": "ChatHub 基础版 \"A\\B\" 公司",
        "out_trade_no": ORDER_NO, "time_expire": "2023-12-21T18:26:32+08:00",
        "attach": "chathub", "notify_url": NOTIFY_URL,
        "amount": {"total": 5000, "currency": "CNY"},
    });
    assert_eq!(body, expected);
}

#[test]
fn orders_that_cannot_be_made() {
    let good = OrderRequest {
        order_no: ORDER_NO,
        amount: Fen::new(1),
        subject: "x",
        notify_url: NOTIFY_URL,
        return_url: None,
        expires_at: 1_703_154_392,
    };
    let long = format!("https://a.example/{}", "a".repeat(240));
    for (order, key) in [
        (OrderRequest { order_no: "CH1", ..good }, "bad_order_no"),
        (OrderRequest { order_no: "CH/2023", ..good }, "bad_order_no"),
        (OrderRequest { amount: Fen::new(0), ..good }, "bad_amount"),
        (OrderRequest { notify_url: "https://a.example/?x=1", ..good }, "public_base_url"),
        (OrderRequest { notify_url: &long, ..good }, "public_base_url"),
        (OrderRequest { expires_at: i64::MAX, ..good }, "bad_time"),
    ] {
        let sent = client("").native(&Agent::new(), &order, Timestamp::now(), &find);
        assert_eq!(sent.unwrap_err().key(), key);
    }
}

#[test]
fn answers_that_cannot_be_believed() {
    let body = json!({"code_url": "weixin://wxpay/bizpayurl?pr=1"}).to_string();
    let at = |seconds: i64| {
        Message::signed_at(platform(), body.clone(), Timestamp::now().as_second() + seconds)
    };
    let good = at(0);
    let changed = Message { body: body.replace("pr=1", "pr=2"), ..good.clone() };
    let bare = Message { headers: vec![], body: body.clone() };
    let foreign = Message::signed(stranger(), body.clone());
    let renamed = foreign.clone().with("Wechatpay-Serial", Some(&platform().serial));
    for (message, key) in [
        (changed, "sign_wrong"),
        (bare, "sign_missing"),
        (foreign, UNKNOWN_SERIAL),
        (renamed, "sign_wrong"),
        (at(-400), "wechat_time"),
        (at(400), "wechat_time"),
    ] {
        let (base, _) = server(move |_| (200, message.clone()));
        let error = native(&client(&base)).unwrap_err();
        assert_eq!((error.kind(), error.key()), (Kind::Signature, key));
    }
    for text in ["{}", "[]", "", r#"{"code_url":"https://evil.example/"}"#] {
        let message = Message::signed(platform(), text.into());
        let (base, _) = server(move |_| (200, message.clone()));
        assert_eq!(native(&client(&base)).unwrap_err().key(), "wechat_bad_answer");
    }
}

#[test]
fn an_answer_by_the_public_key() {
    let body = json!({"code_url": "weixin://wxpay/bizpayurl?pr=1"}).to_string();
    let message = Message::signed(public_key(), body);
    let (base, _) = server(move |_| (200, message.clone()));
    native(&client(&base)).unwrap();
    assert_eq!(native(&certificates_only(&base)).unwrap_err().key(), UNKNOWN_SERIAL);
}

/// A probe in place of an answer: refused, and asked again.
#[test]
fn probes_among_the_answers() {
    let good = signed(&json!({"code_url": "weixin://wxpay/bizpayurl?pr=1"}));
    let probe = good.clone().with("Wechatpay-Signature", Some("WECHATPAY/SIGNTEST/abc"));
    let once = probe.clone();
    let (base, log) = server(move |n| (200, if n == 1 { once.clone() } else { good.clone() }));
    native(&client(&base)).unwrap();
    let log = log.lock().unwrap();
    assert_eq!((log.len(), &log[0].body), (2, &log[1].body));
    let (base, log) = server(move |_| (200, probe.clone()));
    assert_eq!(native(&client(&base)).unwrap_err().key(), PROBE);
    assert_eq!(log.lock().unwrap().len(), 2);
}

#[test]
fn what_a_query_says() {
    let state = |state: &'static str| {
        query(move |_| {
            let mut said = transaction();
            said["trade_state"] = json!(state);
            (200, signed(&said))
        })
    };
    let Trade::Paid(paid) = state("SUCCESS").unwrap() else { panic!() };
    assert_eq!((paid.order_no(), paid.trade_no()), (ORDER_NO, TRADE_NO));
    assert_eq!((paid.amount(), paid.notify_id()), (Fen::new(5000), None));
    assert!(matches!(state("REFUND").unwrap(), Trade::Refunded(refund) if refund.full()));
    for waiting in ["NOTPAY", "USERPAYING", "PAYERROR"] {
        assert_eq!(state(waiting).unwrap(), Trade::Waiting);
    }
    for closed in ["CLOSED", "REVOKED"] {
        assert_eq!(state(closed).unwrap(), Trade::Closed);
    }
    assert_eq!(state("WHAT").unwrap_err().key(), "wechat_status");
    assert_eq!(query(|_| refusal(404, "ORDER_NOT_EXIST")).unwrap(), Trade::NotFound);
    // Before anything was paid there is little to say.
    let bare = json!({
        "appid": APP_ID, "mchid": MCH_ID, "out_trade_no": ORDER_NO, "trade_state": "NOTPAY",
        "amount": {"payer_currency": "CNY"},
    });
    assert_eq!(query(move |_| (200, signed(&bare))).unwrap(), Trade::Waiting);
}

#[test]
fn what_a_query_must_not_say() {
    for (pointer, value, key) in [
        ("/out_trade_no", json!("CH000000"), "wechat_other_order"),
        ("/mchid", json!("1900000002"), "foreign_merchant"),
        ("/appid", json!("wx0"), "foreign_app"),
        ("/amount/currency", json!("USD"), "foreign_currency"),
        ("/transaction_id", Value::Null, "missing_field"),
    ] {
        let said = move |_| {
            let mut said = transaction();
            *said.pointer_mut(pointer).unwrap() = value.clone();
            (200, signed(&said))
        };
        assert_eq!(query(said).unwrap_err().key(), key, "{pointer}");
    }
}

#[test]
fn a_query_asks_for_one_order_of_the_merchant() {
    let (base, log) = server(|_| (200, signed(&transaction())));
    client(&base).query(&Agent::new(), ORDER_NO, Timestamp::now(), &find).unwrap();
    let log = log.lock().unwrap();
    let path = format!("/v3/pay/transactions/out-trade-no/{ORDER_NO}?mchid={MCH_ID}");
    assert_eq!((log[0].method.as_str(), log[0].path.as_str()), ("GET", path.as_str()));
    assert_eq!((log[0].body.as_str(), log[0].header("Content-Type")), ("", ""));
}

#[test]
fn closing() {
    let (base, log) = server(|_| (204, Message::signed(platform(), String::new())));
    let closed = client(&base).close(&Agent::new(), ORDER_NO, Timestamp::now(), &find);
    assert_eq!(closed.unwrap(), Close::Closed);
    let log = log.lock().unwrap();
    assert_eq!(log[0].path, format!("/v3/pay/transactions/out-trade-no/{ORDER_NO}/close"));
    assert_eq!(log[0].body, format!("{{\"mchid\":\"{MCH_ID}\"}}"));
    for code in ["ORDER_NOT_EXIST", "ORDERNOTEXIST"] {
        assert_eq!(close(move |_| refusal(404, code)).unwrap(), Close::NotFound);
    }
    for code in ["ORDERPAID", "ORDER_CLOSED", "INVALID_REQUEST"] {
        assert_eq!(close(move |_| refusal(400, code)).unwrap(), Close::NotClosable);
    }
    // A 2xx, and nothing was closed: the buyer is typing the password. Nor is a query's answer one.
    let paying = json!({"code": "USERPAYING", "message": "x"}).to_string();
    let paying = close(move |_| (202, Message::signed(platform(), paying.clone())));
    assert_eq!(paying.unwrap_err().key(), "wechat_paying");
    let replayed = close(|_| (200, signed(&transaction())));
    assert_eq!(replayed.unwrap_err().key(), "wechat_bad_answer");
    let unsigned = close(|_| (204, Message { headers: vec![], body: String::new() }));
    assert_eq!(unsigned.unwrap_err().key(), "sign_missing");
}

#[test]
fn refusals_name_their_reason() {
    for (status, code, key) in [
        (401, "SIGN_ERROR", "wechat_sign_error"),
        (400, "PARAM_ERROR", "wechat_bad_request"),
        (400, "APPID_MCHID_NOT_MATCH", "wechat_app_mismatch"),
        (403, "NO_AUTH", "wechat_no_auth"),
        (403, "OUT_TRADE_NO_USED", "wechat_order_used"),
        (429, "FREQUENCY_LIMITED", "wechat_too_often"),
        (403, "RULELIMIT", "wechat_too_often"),
        (500, "SYSTEM_ERROR", "wechat_system_error"),
        (502, "", "wechat_system_error"),
        (418, "NEW_CODE", "wechat_refused"),
        (302, "", "wechat_refused"),
    ] {
        let error = query(move |_| refusal(status, code)).unwrap_err();
        assert_eq!((error.kind(), error.key()), (Kind::Provider, key));
        let text = error.to_string();
        for part in [&status.to_string(), code, "说明", "08F78BB5AF0610D302-0"] {
            assert!(text.contains(part), "{text}");
        }
    }
    let html = (500, Message { headers: vec![], body: "<html>\u{1b}[31m".into() });
    assert_eq!(query(move |_| html.clone()).unwrap_err().key(), "wechat_system_error");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = client(&format!("http://{nobody}"));
    let error = gone.query(&Agent::new(), ORDER_NO, Timestamp::now(), &find).unwrap_err();
    assert_eq!(error.key(), "wechat_unreachable");
}
