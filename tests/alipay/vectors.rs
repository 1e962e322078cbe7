//! Published vectors; each file names its source.

use chathub_core::Kind;
use chathub_core::pay::alipay::{Fields, cert, verify_fields, verify_raw};
use serde_json::Value;

fn load(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn params(vector: &Value) -> Vec<(String, String)> {
    let object = vector["params"].as_object().unwrap();
    object.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect()
}

fn without_signature(vector: &Value) -> Vec<(String, String)> {
    let mut pairs = params(vector);
    pairs.retain(|(name, _)| !matches!(name.as_str(), "sign" | "sign_type"));
    pairs.sort();
    pairs
}

fn sorted(fields: &Fields) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = fields.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    pairs.sort();
    pairs
}

#[test]
fn notification_with_a_plus_in_its_subject() {
    let vector = load(include_str!("../vectors/alipay_notify_plus_in_subject.json"));
    let body = vector["form_body_application_x_www_form_urlencoded"].as_str().unwrap();
    for key in ["alipay_public_key_raw_base64", "alipay_public_cert_pem"] {
        let key = vector[key].as_str().unwrap();
        let fields = verify_raw(body.as_bytes(), key).unwrap();
        assert_eq!(sorted(&fields), without_signature(&vector));
        assert_eq!(fields.get("subject"), Some("yansongda+测试 - 1"));
        verify_fields(Fields::from_decoded(params(&vector)).unwrap(), key).unwrap();
        // A sender or framework that turned the plus into a space.
        let spaced = body.replace("yansongda%2B", "yansongda+");
        assert_eq!(verify_raw(spaced.as_bytes(), key).unwrap_err().kind(), Kind::Signature);
    }
}

#[test]
fn synchronous_return() {
    let vector = load(include_str!("../vectors/alipay_sync_return.json"));
    let key = vector["alipay_public_key_raw_base64"].as_str().unwrap();
    let (_, query) = vector["return_url_hit"].as_str().unwrap().split_once('?').unwrap();
    let fields = verify_raw(query.as_bytes(), key).unwrap();
    assert_eq!(sorted(&fields), without_signature(&vector));
    // A router's parameter joined in.
    let routed = format!("{query}&pay_method=alipay");
    assert_eq!(verify_raw(routed.as_bytes(), key).unwrap_err().kind(), Kind::Signature);
}

#[test]
fn a_signature_that_covers_sign_type_is_refused() {
    let vector = load(include_str!("../vectors/alipay_notify_rsaCheckV2_sign_type_kept.json"));
    let key = vector["alipay_public_key_pem"].as_str().unwrap();
    // The signature is genuine over the text with sign_type…
    let text = vector["string_to_sign"].as_str().unwrap();
    assert!(text.contains("&sign_type=RSA2&"));
    let public = chathub_core::pay::keys::PublicKey::load(key).unwrap();
    let sign = vector["params"]["sign"].as_str().unwrap();
    use base64::{Engine, engine::general_purpose::STANDARD};
    assert!(public.verify(text.as_bytes(), &STANDARD.decode(sign).unwrap()));
    // …which no trade notification's is.
    let fields = Fields::from_decoded(params(&vector)).unwrap();
    let error = verify_fields(fields, key).unwrap_err();
    assert_eq!((error.kind(), error.key()), (Kind::Signature, "sign_wrong"));
}

#[test]
fn certificate_serial_numbers() {
    let vector = load(include_str!("../vectors/alipay_cert_sn.json"));
    let certificates = vector["certs"].as_array().unwrap();
    assert_eq!(certificates.len(), 3);
    for certificate in certificates {
        let sn = cert::app_cert_sn(certificate["pem"].as_str().unwrap()).unwrap();
        assert_eq!(sn, certificate["expected"].as_str().unwrap(), "{}", certificate["name"]);
    }
    let root = vector["root"]["pem"].as_str().unwrap();
    let expected = vector["root"]["expected"].as_str().unwrap();
    assert_eq!(cert::root_cert_sn(root).unwrap(), expected);
    assert_eq!(cert::root_cert_sn(&root.replace('\n', "\r\n")).unwrap(), expected);
}

#[test]
fn the_leaf_is_chosen_in_any_order() {
    let vector = load(include_str!("../vectors/alipay_notify_plus_in_subject.json"));
    let chain = vector["alipay_public_cert_pem"].as_str().unwrap();
    let body = vector["form_body_application_x_www_form_urlencoded"].as_str().unwrap();
    let mut parts: Vec<_> = chain.split_inclusive("-----END CERTIFICATE-----\n").collect();
    assert!(parts.len() >= 2);
    parts.reverse();
    let reversed = parts.concat();
    verify_raw(body.as_bytes(), &reversed).unwrap();
    assert_eq!(cert::app_cert_sn(chain).unwrap(), cert::app_cert_sn(&reversed).unwrap());
}

#[test]
fn gateway_answer() {
    let vector = load(include_str!("../vectors/alipay_gateway_response_sign.json"));
    let key = vector["alipay_public_key_raw_base64"].as_str().unwrap();
    let public = chathub_core::pay::keys::PublicKey::load(key).unwrap();
    use base64::{Engine, engine::general_purpose::STANDARD};
    let sign = STANDARD.decode(vector["sign"].as_str().unwrap()).unwrap();
    let node = vector["string_to_verify"].as_str().unwrap();
    assert!(public.verify(node.as_bytes(), &sign));
    assert!(!public.verify(node.replace("10000", "10001").as_bytes(), &sign));
    // Re-encoding changes the text, and with it the signature's meaning.
    assert!(!public.verify(node.replace(',', ", ").as_bytes(), &sign));
}
