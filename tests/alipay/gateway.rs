//! Query and close against a listening gateway whose answers the `rsa` crate signs.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use chathub_core::domain::Fen;
use chathub_core::http::Agent;
use chathub_core::pay::{Close, Trade};
use chathub_core::{Error, Kind};
use jiff::Timestamp;
use serde_json::json;

use crate::keyring::{APP_ID, alipay, client, join, merchant, stranger};

const ORDER: &str = "CH20231221000001";
const QUERY: &str = "alipay_trade_query_response";

/// Answers one request with `status` and `body`; gives what it received.
pub fn serve(status: u16, body: String) -> (String, JoinHandle<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/gateway.do", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut received = Vec::new();
        let mut buffer = [0; 4096];
        let (head, body_start, length) = loop {
            let n = stream.read(&mut buffer).unwrap();
            received.extend_from_slice(&buffer[..n]);
            let text = String::from_utf8_lossy(&received).into_owned();
            if let Some((head, _)) = text.split_once("\r\n\r\n") {
                let lower = head.to_ascii_lowercase();
                let (_, rest) = lower.split_once("content-length: ").unwrap();
                let length: usize = rest.lines().next().unwrap().parse().unwrap();
                break (head.to_owned(), head.len() + 4, length);
            }
        };
        while received.len() < body_start + length {
            let n = stream.read(&mut buffer).unwrap();
            received.extend_from_slice(&buffer[..n]);
        }
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).unwrap();
        (head, String::from_utf8(received[body_start..].to_vec()).unwrap())
    });
    (url, server)
}

fn query_http(status: u16, answer: &str) -> Result<Trade, Error> {
    let (url, server) = serve(status, answer.to_owned());
    let trade = client(&url).query(&Agent::new(), ORDER, Timestamp::now());
    server.join().unwrap();
    trade
}

fn query(answer: &str) -> Result<Trade, Error> {
    query_http(200, answer)
}

fn close(answer: &str) -> Result<Close, Error> {
    let (url, server) = serve(200, answer.to_owned());
    let result = client(&url).close(&Agent::new(), ORDER, Timestamp::now());
    server.join().unwrap();
    result
}

fn signed(name: &str, node: &str) -> String {
    format!("{{\"{name}\":{node},\"sign\":\"{}\"}}", alipay().sign(node))
}

fn node(status: &str) -> String {
    format!(
        "{{\"code\":\"10000\",\"msg\":\"Success\",\"buyer_logon_id\":\"测***@x.com\",\
         \"out_trade_no\":\"{ORDER}\",\"total_amount\":\"50.00\",\"trade_no\":\"20231221\",\
         \"trade_status\":\"{status}\",\"nested\":{{\"{QUERY}\":\"}},\\\"sign\\\":\"}}}}"
    )
}

fn refusal(sub_code: &str) -> String {
    json!({"code": "40004", "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "交易不存在"})
        .to_string()
}

#[test]
fn statuses() {
    for status in ["TRADE_SUCCESS", "TRADE_FINISHED"] {
        let Trade::Paid(paid) = query(&signed(QUERY, &node(status))).unwrap() else {
            panic!("{status}")
        };
        assert_eq!((paid.order_no(), paid.trade_no()), (ORDER, "20231221"));
        assert_eq!((paid.amount(), paid.notify_id()), (Fen::new(5000), None));
    }
    assert_eq!(query(&signed(QUERY, &node("WAIT_BUYER_PAY"))).unwrap(), Trade::Waiting);
    assert_eq!(query(&signed(QUERY, &node("TRADE_CLOSED"))).unwrap(), Trade::Closed);
    let refunded = node("TRADE_CLOSED\",\"send_pay_date\":\"2023-12-21 16:26:43");
    let Trade::Refunded(refund) = query(&signed(QUERY, &refunded)).unwrap() else { panic!() };
    assert!(refund.full());
    let not_found = signed(QUERY, &refusal("ACQ.TRADE_NOT_EXIST"));
    assert_eq!(query(&not_found).unwrap(), Trade::NotFound);
}

#[test]
fn the_node_is_verified_as_it_stands() {
    // White space, escapes and order of the text belong to what is signed.
    let spaced = "{ \"trade_status\":\"TRADE_SUCCESS\", \"code\":\"10000\",\n \
                  \"total_amount\":\"50.00\", \"trade_no\":\"2023\\u002d1\\/2\", \
                  \"out_trade_no\":\"CH20231221000001\" }";
    let Trade::Paid(paid) = query(&signed(QUERY, spaced)).unwrap() else { panic!() };
    assert_eq!(paid.trade_no(), "2023-1/2");
    let sign = alipay().sign(spaced);
    let around = format!(" {{ \"sign\" : \"{sign}\" , \"{QUERY}\" :  {spaced} }} \n");
    assert!(matches!(query(&around).unwrap(), Trade::Paid(_)));
    let changed = signed(QUERY, spaced).replace("50.00", "5.000");
    assert_eq!(query(&changed).unwrap_err().key(), "sign_wrong");
}

#[test]
fn a_second_node_is_an_attack() {
    let genuine = node("WAIT_BUYER_PAY");
    let forged = node("TRADE_SUCCESS");
    let sign = alipay().sign(&genuine);
    for answer in [
        format!("{{\"{QUERY}\":{forged},\"{QUERY}\":{genuine},\"sign\":\"{sign}\"}}"),
        format!("{{\"{QUERY}\":{genuine},\"{QUERY}\":{forged},\"sign\":\"{sign}\"}}"),
        format!(
            "{{\"alipay_trade_query\\u005fresponse\":{forged},\"{QUERY}\":{genuine},\"sign\":\"{sign}\"}}"
        ),
        format!("{{\"{QUERY}\":{genuine},\"sign\":\"{sign}\",\"sign\":\"{sign}\"}}"),
    ] {
        assert_eq!(query(&answer).unwrap_err().key(), "alipay_bad_answer");
    }
    // Inside another value the name means nothing.
    let nested =
        format!("{{\"x\":{{\"{QUERY}\":{forged}}},\"{QUERY}\":{genuine},\"sign\":\"{sign}\"}}");
    assert_eq!(query(&nested).unwrap(), Trade::Waiting);
}

#[test]
fn an_unsigned_success_is_never_believed() {
    let paid = node("TRADE_SUCCESS");
    for answer in [
        format!("{{\"{QUERY}\":{paid}}}"),
        format!("{{\"{QUERY}\":{paid},\"sign\":\"\"}}"),
        format!("{{\"{QUERY}\":{paid},\"sign\":null}}"),
        format!("{{\"{QUERY}\":{paid},\"sign\":\"????\"}}"),
        format!("{{\"{QUERY}\":{paid},\"sign\":\"{}\"}}", stranger().sign(&paid)),
        format!("{{\"{QUERY}\":{paid},\"sign\":\"{}\"}}", alipay().sign_sha1(&paid)),
        signed("alipay_trade_close_response", &paid)
            .replace("alipay_trade_close_response\":", "x\":")
            .replacen('{', &format!("{{\"{QUERY}\":{},", node("TRADE_FINISHED")), 1),
    ] {
        assert_eq!(query(&answer).unwrap_err().kind(), Kind::Signature, "{answer}");
    }
    // Nor that there is no such trade.
    let unsigned = format!("{{\"{QUERY}\":{}}}", refusal("ACQ.TRADE_NOT_EXIST"));
    assert_eq!(query(&unsigned).unwrap_err().key(), "alipay_refused");
}

#[test]
fn an_answer_about_another_order() {
    let other = node("TRADE_SUCCESS").replace(ORDER, "CH20231221000002");
    assert_eq!(query(&signed(QUERY, &other)).unwrap_err().key(), "alipay_other_order");
    let none = node("TRADE_SUCCESS").replace("out_trade_no", "out_trade_nr");
    assert_eq!(query(&signed(QUERY, &none)).unwrap_err().key(), "alipay_other_order");
}

#[test]
fn errors_say_what_alipay_says() {
    let answer = "{\"error_response\":{\"code\":\"40002\",\"msg\":\"Invalid Arguments\",\
                  \"sub_code\":\"isv.invalid-signature\",\"sub_msg\":\"验签出错\"}}";
    let error = query(answer).unwrap_err();
    assert_eq!(error.key(), "alipay_refused");
    let text = error.to_string();
    assert!(text.contains("40002") && text.contains("验签出错"), "{text}");
    assert!(text.contains("the application's public key in the Alipay console"), "{text}");
    let system = signed(QUERY, &refusal("ACQ.SYSTEM_ERROR"));
    let text = query(&system).unwrap_err().to_string();
    assert!(text.contains("ACQ.SYSTEM_ERROR 交易不存在"), "{text}");
}

#[test]
fn answers_that_cannot_be_used() {
    for answer in [
        "",
        "<html>busy</html>",
        "[]",
        "{}",
        "null",
        "{\"sign\":\"x\"}",
        "{\"alipay_trade_query_response\":{}",
        "{\"alipay_trade_query_response\":{\"code\":\"10000\"}} trailing",
        "{\"alipay_trade_close_response\":{\"code\":\"10000\"},\"sign\":\"x\"}",
        "{\"error_response\":7}",
    ] {
        assert_eq!(query(answer).unwrap_err().key(), "alipay_bad_answer", "{answer}");
    }
    for (from, to, key) in [
        ("\"50.00\"", "50.00", "alipay_bad_answer"),
        ("\"50.00\"", "\"\"", "alipay_bad_answer"),
        ("50.00", "50.001", "bad_amount"),
        ("20231221\"", "\"", "alipay_bad_answer"),
        ("\"20231221\"", &format!("\"{}\"", "9".repeat(65)), "bad_number"),
        ("TRADE_SUCCESS", "TRADE_UNHEARD_OF", "alipay_status"),
        ("\"10000\"", "10000", "alipay_bad_answer"),
    ] {
        let node =
            node("TRADE_SUCCESS").replace(&format!("\"{ORDER}\""), "\"@\"").replace(from, to);
        let node = node.replace("\"@\"", &format!("\"{ORDER}\""));
        assert_eq!(query(&signed(QUERY, &node)).unwrap_err().key(), key, "{from} {to}");
    }
    let paid = signed(QUERY, &node("TRADE_SUCCESS"));
    for status in [302, 404, 500, 502] {
        assert_eq!(query_http(status, &paid).unwrap_err().key(), "alipay_http_status");
    }
}

#[test]
fn an_absent_gateway() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/gateway.do", listener.local_addr().unwrap());
    drop(listener);
    let error = client(&url).query(&Agent::new(), ORDER, Timestamp::now()).unwrap_err();
    assert_eq!((error.kind(), error.key()), (Kind::Provider, "alipay_unreachable"));
}

#[test]
fn closing() {
    const NAME: &str = "alipay_trade_close_response";
    let closed = json!({"code": "10000", "msg": "Success", "out_trade_no": ORDER, "trade_no": "1"})
        .to_string();
    assert_eq!(close(&signed(NAME, &closed)).unwrap(), Close::Closed);
    let refused = |code: &str| close(&signed(NAME, &refusal(code)));
    assert_eq!(refused("ACQ.TRADE_NOT_EXIST").unwrap(), Close::NotFound);
    for code in ["TRADE_STATUS_ERROR", "REASON_TRADE_STATUS_INVALID", "REASON_ILLEGAL_STATUS"] {
        assert_eq!(refused(&format!("ACQ.{code}")).unwrap(), Close::NotClosable);
    }
    assert_eq!(refused("ACQ.SYSTEM_ERROR").unwrap_err().key(), "alipay_refused");
    let unsigned = format!("{{\"{NAME}\":{closed}}}");
    assert_eq!(close(&unsigned).unwrap_err().key(), "sign_missing");
}

#[test]
fn requests_are_signed_forms() {
    let (url, server) = serve(200, signed(QUERY, &node("WAIT_BUYER_PAY")));
    let now = Timestamp::from_second(1_703_147_192).unwrap();
    client(&url).query(&Agent::new(), ORDER, now).unwrap();
    let (head, body) = server.join().unwrap();
    let (line, rest) = head.split_once("\r\n").unwrap();
    let form = "content-type: application/x-www-form-urlencoded;charset=utf-8";
    assert!(rest.to_ascii_lowercase().contains(form), "{rest}");
    let target = line.strip_prefix("POST /gateway.do?").unwrap().strip_suffix(" HTTP/1.1").unwrap();
    let sent =
        |text: &str| form_urlencoded::parse(text.as_bytes()).into_owned().collect::<Vec<_>>();
    let mut pairs: Vec<(String, String)> = sent(target);
    // Without the charset in the URL the gateway would take the body for GBK.
    assert!(pairs.contains(&("charset".into(), "utf-8".into())));
    assert_eq!(sent(&body).len(), 1);
    pairs.extend(sent(&body));
    let sign = pairs.remove(pairs.iter().position(|(name, _)| name == "sign").unwrap()).1;
    let pairs: Vec<_> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert!(merchant().verifies(&join(&pairs), &sign));
    for expected in [
        ("app_id", APP_ID),
        ("method", "alipay.trade.query"),
        ("timestamp", "2023-12-21 16:26:32"),
        ("biz_content", "{\"out_trade_no\":\"CH20231221000001\"}"),
    ] {
        assert!(pairs.contains(&expected), "{expected:?} in {pairs:?}");
    }
}
