//! Both directions against npm `alipay-sdk` and node:crypto.

use std::io::Write;
use std::process::{Command, Stdio};

use chathub_core::domain::Fen;
use chathub_core::http::Agent;
use chathub_core::pay::alipay::{Fields, sign_params, verify_raw};
use chathub_core::pay::{Notification, OrderRequest, Trade};
use jiff::Timestamp;
use rsa::pkcs8::LineEnding;
use serde_json::{Map, Value, json};

use crate::keyring::{alipay, client, merchant, payment};

/// Values that break implementations.
const SUBJECTS: [&str; 8] = [
    "plain",
    "+ & = % \" < >",
    "100%25 &amp; %E6%B5%8B a%zz",
    "测试 中文，全角＋＆",
    "emoji 😀👨‍👩‍👧",
    "[{\"amount\":\"0.01\",\"fundChannel\":\"ALIPAYACCOUNT\"}]",
    " spaces around ",
    "line\r\nbreak\ttab",
];

/// Runs the tasks in one Node process.
fn node(tasks: &[Value]) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop");
    let installed = std::path::Path::new(folder).join("node_modules/alipay-sdk").is_dir();
    assert!(installed, "npm alipay-sdk is missing: run `npm ci` in tests/interop");
    let mut child = Command::new("node")
        .arg("alipay.mjs")
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
        "privateKey": merchant().private_base64(),
        "alipayPublicKey": alipay().public_base64(),
        "alipayPrivateKey": alipay().private_pkcs8_pem(LineEnding::LF),
    });
    task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    task
}

#[test]
fn node_signs_notifications_and_we_verify() {
    let cases: Vec<_> =
        SUBJECTS.iter().flat_map(|subject| [false, true].map(|drop| (*subject, drop))).collect();
    let tasks: Vec<_> = cases
        .iter()
        .map(|(subject, drop_empty)| {
            let mut fields: Map<String, Value> = payment(&[("subject", Some(subject))])
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect();
            fields.insert("sign_type".into(), "RSA2".into());
            task("notification", json!({"fields": fields, "dropEmpty": drop_empty}))
        })
        .collect();
    for ((subject, drop_empty), result) in cases.iter().zip(node(&tasks)) {
        // alipay-sdk itself knows only the form with empty values.
        assert_eq!(result["accepted"], !drop_empty, "{subject}");
        let body = result["body"].as_str().unwrap();
        let fields = verify_raw(body.as_bytes(), &alipay().public_base64()).unwrap();
        assert_eq!(fields.get("subject"), Some(*subject));
        let paid = client("").notification(body.as_bytes()).unwrap();
        assert!(matches!(paid, Notification::Paid(paid) if paid.amount() == Fen::new(5000)));
    }
}

#[test]
fn node_signs_requests_and_we_sign_the_same() {
    let keys = [
        ("PKCS8", merchant().private_base64()),
        ("PKCS8", merchant().private_pkcs8_pem(LineEnding::CRLF)),
        ("PKCS1", merchant().private_pkcs1_pem(LineEnding::LF)),
    ];
    let mut tasks = Vec::new();
    for (kind, key) in &keys {
        // alipay-sdk strips no PEM header itself.
        let bare: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
        for subject in SUBJECTS {
            tasks.push(task(
                "request",
                json!({
                    "method": "alipay.trade.page.pay",
                    "bizContent": {"outTradeNo": "1", "totalAmount": "0.01", "subject": subject},
                    "notifyUrl": "https://www.example.com/notify?a=1&b=2",
                    "returnUrl": "https://www.example.com/return?order=1",
                    "privateKey": bare,
                    "keyType": kind,
                }),
            ));
        }
    }
    let results = node(&tasks);
    for (result, (_, key)) in results.iter().zip(keys.iter().flat_map(|key| [key; SUBJECTS.len()]))
    {
        let query = result["query"].as_str().unwrap();
        let fields = Fields::decode(query.as_bytes()).unwrap();
        let content: Value = serde_json::from_str(fields.get("biz_content").unwrap()).unwrap();
        assert!(SUBJECTS.contains(&content["subject"].as_str().unwrap()));
        // PKCS#1 v1.5 is deterministic: the same text gives the same signature.
        assert_eq!(Some(sign_params(fields.iter(), key).unwrap().as_str()), fields.get("sign"));
    }
}

#[test]
fn we_sign_requests_and_node_verifies() {
    let now = Timestamp::from_second(1_703_147_192).unwrap();
    let orders = SUBJECTS.iter().flat_map(|subject| [false, true].map(|mobile| (subject, mobile)));
    let mut queries: Vec<String> = orders
        .map(|(subject, mobile)| {
            let order = OrderRequest {
                order_no: "CH20231221000001",
                amount: Fen::new(5000),
                subject,
                notify_url: "https://www.example.com/notify",
                return_url: Some("https://www.example.com/return?a=1&b=%20+"),
                expires_at: 1_703_154_392,
            };
            let url = client("").cashier_url(&order, mobile, now).unwrap();
            url.split_once('?').unwrap().1.to_owned()
        })
        .collect();
    for subject in SUBJECTS {
        let mut pairs = vec![("subject", subject.to_owned()), ("sign_type", "RSA2".to_owned())];
        pairs.push(("sign", sign_params(pairs.clone(), &merchant().private_base64()).unwrap()));
        queries.push(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish());
    }
    let own_key = merchant().public_base64();
    let check = |query: &str| task("check", json!({"query": query, "alipayPublicKey": own_key}));
    let tasks: Vec<_> = queries.iter().map(|query| check(query)).collect();
    for (result, query) in node(&tasks).iter().zip(&queries) {
        assert_eq!(result["accepted"], true, "{query}");
    }
    // The other side can say no.
    let tampered = queries[0].replace("50.00", "0.01");
    assert_ne!(tampered, queries[0]);
    assert_eq!(node(&[check(&tampered)])[0]["accepted"], false);
}

#[test]
fn node_signs_answers_and_we_verify() {
    let nodes: Vec<_> = SUBJECTS
        .iter()
        .map(|subject| {
            json!({
                "code": "10000", "msg": "Success", "out_trade_no": "CH20231221000001",
                "trade_no": "20231221", "total_amount": "50.00",
                "trade_status": "TRADE_SUCCESS", "subject": subject,
            })
            .to_string()
            .replace('/', "\\/")
        })
        .collect();
    let tasks: Vec<_> = nodes
        .iter()
        .map(|node| task("answer", json!({"name": "alipay_trade_query_response", "node": node})))
        .collect();
    for result in node(&tasks) {
        let (url, server) = crate::gateway::serve(200, result["text"].as_str().unwrap().to_owned());
        let trade = client(&url).query(&Agent::new(), "CH20231221000001", Timestamp::now());
        server.join().unwrap();
        assert!(matches!(trade.unwrap(), Trade::Paid(paid) if paid.amount() == Fen::new(5000)));
    }
}
