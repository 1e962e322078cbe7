//! Messages that are not what Alipay signed.

use chathub_core::pay::alipay::{Fields, verify_fields, verify_raw};
use chathub_core::{Error, Kind};

use crate::keyring::{alipay, client, encode, join, merchant, payment, signed_body, stranger};

fn refused(body: &str) -> Error {
    let error = client("").notification(body.as_bytes()).unwrap_err();
    assert!(verify_raw(body.as_bytes(), &alipay().public_base64()).is_err());
    assert!(matches!(error.kind(), Kind::Signature | Kind::InvalidInput), "{error:?}");
    error
}

#[test]
fn the_genuine_one_is_accepted() {
    let body = signed_body(&payment(&[]));
    client("").notification(body.as_bytes()).unwrap();
    let fields = verify_raw(body.as_bytes(), &alipay().public_base64()).unwrap();
    assert_eq!(fields.len(), payment(&[]).len());
    assert_eq!((fields.get("sign"), fields.get("sign_type")), (None, None));
}

#[test]
fn empty_values_may_count_or_not() {
    let pairs = payment(&[]);
    assert!(pairs.iter().any(|(_, value)| value.is_empty()));
    let filled: Vec<_> = pairs.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
    let sign = alipay().sign(&join(&filled));
    let body = encode(&[&pairs[..], &[("sign", &sign), ("sign_type", "RSA2")]].concat());
    client("").notification(body.as_bytes()).unwrap();
}

#[test]
fn the_weaker_hash() {
    let text = join(&payment(&[]));
    let sha1 = alipay().sign_sha1(&text);
    for sign_type in ["RSA", "RSA2"] {
        let body =
            encode(&[&payment(&[])[..], &[("sign", &sha1), ("sign_type", sign_type)]].concat());
        refused(&body);
    }
    let sha256 = alipay().sign(&text);
    for sign_type in ["RSA", "", "rsa2", "RSA2 ", "SM2", "NONE"] {
        let body =
            encode(&[&payment(&[])[..], &[("sign", &sha256), ("sign_type", sign_type)]].concat());
        assert_eq!(refused(&body).key(), "sign_type");
    }
    // Its absence chooses nothing: the hash is SHA-256 in any case.
    let absent = |sign: &str| encode(&[&payment(&[])[..], &[("sign", sign)]].concat());
    client("").notification(absent(&sha256).as_bytes()).unwrap();
    refused(&absent(&sha1));
}

#[test]
fn a_kept_sign_type() {
    let pairs = [&payment(&[])[..], &[("sign_type", "RSA2")]].concat();
    let sign = alipay().sign(&join(&pairs));
    let body = encode(&[&pairs[..], &[("sign", sign.as_str())]].concat());
    assert_eq!(refused(&body).key(), "sign_wrong");
}

#[test]
fn a_duplicated_key() {
    let body = signed_body(&payment(&[]));
    for extra in
        ["&total_amount=50.00", "&total_amount=1.00", "&sign=x", "&sign_type=RSA", "&app%5Fid=1"]
    {
        assert_eq!(refused(&format!("{body}{extra}")).key(), "bad_form", "{extra}");
        assert_eq!(refused(&format!("{}&{body}", &extra[1..])).key(), "bad_form", "{extra}");
    }
}

#[test]
fn a_router_parameter() {
    let body = signed_body(&payment(&[]));
    for extra in ["pay_method=alipay", "addon=chathub", "s=", "x"] {
        assert_eq!(refused(&format!("{body}&{extra}")).key(), "sign_wrong");
        assert_eq!(refused(&format!("{extra}&{body}")).key(), "sign_wrong");
    }
    // Where the signature leaves empty values out, an added one is not refused but not passed on.
    let filled = signed_body(&payment(&[("passback_params", None)]));
    let added = format!("{filled}&s=&refund_fee=");
    let key = alipay().public_base64();
    assert_eq!(
        verify_raw(added.as_bytes(), &key).unwrap(),
        verify_raw(filled.as_bytes(), &key).unwrap()
    );
}

#[test]
fn other_signers() {
    let text = join(&payment(&[]));
    let with = |sign: &str| {
        encode(&[&payment(&[])[..], &[("sign", sign), ("sign_type", "RSA2")]].concat())
    };
    assert_eq!(refused(&with(&stranger().sign(&text))).key(), "sign_wrong");
    assert_eq!(refused(&with(&merchant().sign(&text))).key(), "sign_wrong");
    assert_eq!(refused(&with("")).key(), "sign_missing");
    assert_eq!(refused(&with("not base64!")).key(), "sign_malformed");
    assert_eq!(refused(&with("AAAA")).key(), "sign_wrong");
    assert_eq!(refused(&encode(&payment(&[]))).key(), "sign_missing");
    assert_eq!(refused("").key(), "sign_missing");
}

/// Base64 put into a form without escaping: its plus signs arrive as spaces.
#[test]
fn an_unescaped_signature() {
    let raw = (0..)
        .map(|n| payment(&[("notify_id", Some(["a", "b", "c", "d"][n % 4]))]))
        .map(|pairs| (encode(&pairs), alipay().sign(&join(&pairs))))
        .find(|(_, sign)| sign.contains('+'))
        .map(|(form, sign)| format!("{form}&sign={sign}&sign_type=RSA2"))
        .unwrap();
    assert_eq!(refused(&raw).key(), "sign_malformed");
}

#[test]
fn fields_hidden_in_a_neighbour() {
    // Alipay signs a partial refund; its text is the same when two fields are sent as one.
    let pairs = payment(&[
        ("gmt_payment", Some("2023-12-21 16:26:43")),
        ("gmt_refund", Some("2023-12-22 10:00:00")),
        ("refund_fee", Some("10.00")),
    ]);
    let sign = alipay().sign(&join(&pairs));
    let mut hidden =
        payment(&[("gmt_payment", Some("2023-12-21 16:26:43&gmt_refund=2023-12-22 10:00:00"))]);
    hidden.retain(|(name, _)| *name != "receipt_amount");
    hidden.push(("receipt_amount", "49.00&refund_fee=10.00"));
    assert_eq!(join(&hidden), join(&pairs));
    let body = encode(&[&hidden[..], &[("sign", &sign), ("sign_type", "RSA2")]].concat());
    let error = client("").notification(body.as_bytes()).unwrap_err();
    assert_eq!((error.kind(), error.key()), (Kind::Signature, "ambiguous_fields"));
    // A name that holds the separators is refused before anything else.
    let named = encode(&[("a=1&app_id", "2")]);
    assert_eq!(refused(&named).key(), "bad_form");
}

#[test]
fn ordinary_values_may_hold_the_separators() {
    let changes = [("subject", Some("Tom & Jerry = a&b=c&amp;d"))];
    client("").notification(signed_body(&payment(&changes)).as_bytes()).unwrap();
}

/// Every single-byte change is refused, or changes nothing that was said.
#[test]
fn single_byte_mutations() {
    let key = alipay().public_base64();
    let body = signed_body(&payment(&[])).into_bytes();
    let original = verify_raw(&body, &key).unwrap();
    let mut refused = 0;
    let mut changed = body.clone();
    for at in 0..body.len() {
        for byte in (0..=255).filter(|byte| *byte != body[at]) {
            changed[at] = byte;
            match verify_raw(&changed, &key) {
                Ok(fields) => assert_eq!(fields, original, "byte {at} to {byte:#x}"),
                Err(_) => refused += 1,
            }
        }
        changed[at] = body[at];
    }
    // What may change nothing is the letter case of an escape, and a space written as one.
    assert!(refused > body.len() * 250, "{refused} of {}", body.len() * 255);
}

#[test]
fn decoded_fields_are_held_to_the_same_rules() {
    let key = alipay().public_base64();
    let pairs = payment(&[]);
    let sign = alipay().sign(&join(&pairs));
    let all = [&pairs[..], &[("sign", sign.as_str()), ("sign_type", "RSA2")]].concat();
    verify_fields(Fields::from_decoded(all.clone()).unwrap(), &key).unwrap();
    let mut filtered = all.clone();
    filtered.retain(|(name, _)| *name != "subject");
    filtered.push(("subject", "A+B 测试 😀 100% &quot;&lt;x&gt;&quot;"));
    let error = verify_fields(Fields::from_decoded(filtered).unwrap(), &key).unwrap_err();
    assert_eq!(error.key(), "sign_wrong");
}
