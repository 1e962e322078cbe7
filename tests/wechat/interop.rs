//! Both directions, in both verification modes, against npm `wechatpay-axios-plugin` and
//! `wechatpay-node-v3`.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use chathub_core::domain::Fen;
use chathub_core::http::Agent;
use chathub_core::pay::wechat::{ApiKey, Resource, authorization};
use chathub_core::pay::{Notification, OrderRequest, Trade};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::provider::{
    API_V3_KEY, MCH_ID, Message, ORDER_NO, Received, envelope, merchant, platform, serve,
    transaction,
};
use crate::support::{client, find, notified, signatories};

/// Contents that break implementations.
const TEXTS: [&str; 5] =
    ["", "plain", "测试 中文 + & % \" \\ /", "emoji 😀👨‍👩‍👧", "{\"a\":1.0,\"b\":[ ]}\n"];

/// Runs the tasks in one Node process.
fn node(tasks: &[Value]) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop");
    let installed = std::path::Path::new(folder).join("node_modules/wechatpay-node-v3").is_dir();
    assert!(installed, "npm wechatpay-node-v3 is missing: run `npm ci` in tests/interop");
    let mut child = Command::new("node")
        .arg("wechat.mjs")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node (20 or later) must be installed; then run `npm ci` in tests/interop");
    let input = serde_json::to_vec(tasks).unwrap();
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "node failed; its message is above");
    let results: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(results.len(), tasks.len());
    results
}

fn task(name: &str, more: Value) -> Value {
    let mut task = json!({
        "task": name,
        "merchant": {
            "mchId": MCH_ID,
            "certificate": merchant().certificate,
            "privateKey": merchant().private_pem(),
            "apiKey": API_V3_KEY,
        },
    });
    task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    task
}

/// What Node signs under each name, for each body.
fn signed_by_node(bodies: &[String]) -> Vec<Message> {
    let pairs: Vec<_> = bodies.iter().flat_map(|body| signatories().map(|by| (by, body))).collect();
    let tasks: Vec<_> = pairs
        .iter()
        .map(|(by, body)| {
            task(
                "signed",
                json!({
                    "body": body, "serial": by.serial,
                    "privateKey": by.private_pem(), "publicKey": by.public_pem(),
                }),
            )
        })
        .collect();
    let results = node(&tasks);
    let messages = results.iter().zip(pairs).map(|(result, (_, body))| {
        assert_eq!(result["accepted"], true);
        let headers = result["headers"].as_object().unwrap();
        let headers =
            headers.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
        Message { headers: headers.collect(), body: body.clone() }
    });
    messages.collect()
}

fn check(message: &Message, public_key: &str) -> Value {
    let header = |name| message.header(name).unwrap();
    task(
        "check",
        json!({
            "publicKey": public_key,
            "message": {
                "timestamp": header("Wechatpay-Timestamp"), "nonce": header("Wechatpay-Nonce"),
                "serial": header("Wechatpay-Serial"),
                "signature": header("Wechatpay-Signature"), "body": message.body,
            },
        }),
    )
}

#[test]
fn node_accepts_our_authorization_and_would_send_the_same() {
    let bodies = TEXTS.map(|text| match text {
        "" => String::new(),
        text => json!({"description": text}).to_string(),
    });
    let requests: Vec<_> = bodies
        .iter()
        .map(|body| match body.as_str() {
            "" => ("GET", "/v3/pay/transactions/out-trade-no/CH_1-a?mchid=1900000001&x=%7C", body),
            _ => ("POST", "/v3/pay/transactions/native", body),
        })
        .collect();
    let ours = |(method, path, body): &(&str, &str, &String)| {
        let url = format!("https://api.mch.weixin.qq.com{path}");
        let key = merchant().private_pem();
        let serial = &merchant().serial;
        authorization(method, &url, body.as_bytes(), MCH_ID, serial, &key, Timestamp::now())
            .unwrap()
    };
    let task_of = |request: &(&str, &str, &String), value: String| {
        let (method, path, body) = request;
        let more = json!({"authorization": value, "method": method, "path": path, "body": body});
        task("authorization", more)
    };
    let mut tasks: Vec<_> = requests.iter().map(|r| task_of(r, ours(r))).collect();
    // The other side can say no.
    tasks.push(task_of(&("POST", "/v3/other", requests[1].2), ours(&requests[1])));
    let mut results = node(&tasks);
    assert_eq!(results.pop().unwrap()["accepted"], false);
    for (result, request) in results.iter().zip(&requests) {
        assert_eq!(result["accepted"], true, "{request:?}");
        // PKCS#1 v1.5 is deterministic: the same text gives the same signature.
        assert_eq!(result["ours"], result["first"], "{request:?}");
        // The second library writes the serial in small letters.
        let mut second = result["second"].clone();
        second["serial_no"] = second["serial_no"].as_str().unwrap().to_uppercase().into();
        assert_eq!(result["ours"], second, "{request:?}");
        assert_eq!(result["ours"]["serial_no"], merchant().serial.as_str());
    }
}

/// The requests as they really go over the wire.
#[test]
fn node_accepts_what_our_client_sends() {
    let log: Arc<Mutex<Vec<Received>>> = Arc::default();
    let seen = log.clone();
    let base = serve(move |received| {
        seen.lock().unwrap().push(received.clone());
        (500, Message { headers: vec![], body: String::new() })
    });
    let (wechat, http, now) = (client(&base), Agent::new(), Timestamp::now());
    let order = OrderRequest {
        order_no: ORDER_NO,
        amount: Fen::new(1),
        subject: TEXTS[2],
        notify_url: "https://www.example.com/notify",
        return_url: None,
        expires_at: 1_703_154_392,
    };
    wechat.native(&http, &order, now, &find).unwrap_err();
    wechat.query(&http, ORDER_NO, now, &find).unwrap_err();
    wechat.close(&http, ORDER_NO, now, &find).unwrap_err();
    wechat.certificates(&http, now).unwrap_err();
    let log = log.lock().unwrap();
    let tasks: Vec<_> = log
        .iter()
        .map(|received| {
            let value = received.header("Authorization");
            let (method, path, body) = (&received.method, &received.path, &received.body);
            let more =
                json!({"authorization": value, "method": method, "path": path, "body": body});
            task("authorization", more)
        })
        .collect();
    let results = node(&tasks);
    assert_eq!(results.len(), 4);
    assert!(results.iter().all(|result| result["accepted"] == true), "{results:?}");
}

#[test]
fn node_encrypts_and_we_decrypt() {
    let key = ApiKey::load(API_V3_KEY).unwrap();
    let cases: Vec<_> =
        TEXTS.iter().flat_map(|text| ["", "transaction"].map(|aad| (*text, aad))).collect();
    let tasks: Vec<_> = cases
        .iter()
        .map(|(text, aad)| task("encrypted", json!({"text": text, "aad": aad})))
        .collect();
    for (result, (text, _)) in node(&tasks).iter().zip(&cases) {
        let resource: Resource = serde_json::from_value(result["resource"].clone()).unwrap();
        assert_eq!(key.decrypt(&resource).unwrap(), text.as_bytes());
    }
}

#[test]
fn node_signs_notifications_and_we_accept() {
    let text = transaction().to_string();
    let encrypted = node(&[task("encrypted", json!({"text": text, "aad": "transaction"}))]);
    assert_eq!(encrypted[0]["read"], transaction());
    let resource = encrypted[0]["resource"].clone();
    let pretty = serde_json::to_string_pretty(&envelope("TRANSACTION.SUCCESS", resource)).unwrap();
    for message in signed_by_node(&[pretty.clone(), pretty.replace('\n', "\r\n")]) {
        let Notification::Paid(paid) = notified(&message).unwrap() else { panic!() };
        assert_eq!((paid.order_no(), paid.amount()), (ORDER_NO, Fen::new(5000)));
    }
}

#[test]
fn node_signs_answers_and_we_accept() {
    for message in signed_by_node(&[transaction().to_string()]) {
        let base = serve(move |_| (200, message.clone()));
        let now = Timestamp::now();
        let trade = client(&base).query(&Agent::new(), ORDER_NO, now, &find).unwrap();
        assert!(matches!(trade, Trade::Paid(paid) if paid.amount() == Fen::new(5000)));
    }
}

/// What this test's own side signs is what the libraries accept, so that the other tests mean
/// something.
#[test]
fn node_accepts_what_the_tests_sign() {
    let good: Vec<_> =
        signatories().iter().map(|by| (Message::payment(by, &transaction()), *by)).collect();
    let mut tasks: Vec<_> = good.iter().map(|(m, by)| check(m, &by.public_pem())).collect();
    let mut changed = good[0].0.clone();
    changed.body.push(' ');
    tasks.push(check(&changed, &platform().public_pem()));
    let accepted: Vec<_> = node(&tasks).iter().map(|r| r["accepted"] == true).collect();
    assert_eq!(accepted, [true, true, true, false]);
}
