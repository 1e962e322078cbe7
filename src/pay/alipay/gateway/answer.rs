//! Reading a gateway answer: `{"<method>_response":{…},"sign":"…"}`.
//!
//! The signature covers the bytes of the node as they stand in the text, so the node is cut out of
//! it and read only after it was verified.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::super::config::Alipay;
use super::super::verify::decode_signature;
use crate::error::{Error, Result};
use crate::pay::plain;

/// What was verified: a success, or a business refusal with its code.
pub(super) enum Outcome {
    Success(Node),
    Refused { code: String, error: Error },
}

#[derive(Deserialize)]
pub(super) struct Node {
    code: String,
    sub_code: Option<String>,
    pub(super) out_trade_no: Option<String>,
    pub(super) trade_no: Option<String>,
    pub(super) trade_status: Option<String>,
    pub(super) total_amount: Option<String>,
    pub(super) send_pay_date: Option<String>,
}

/// The members of the outermost object, values as raw text. A name that comes twice is an error:
/// one of the two nodes would be verified and the other believed.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    fn parse(text: &'a str) -> Result<Self> {
        serde_json::from_str(text)
            .map_err(|_| bad_answer("it is not a JSON object with unique names"))
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.get())
    }

    fn string(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                let mut members: Self::Value = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if members.iter().any(|(other, _)| *other == name) {
                        return Err(serde::de::Error::custom("a name comes twice"));
                    }
                    members.push((name, value));
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Collect).map(Members)
    }
}

/// Verifies the answer to `method` and reads it.
pub(super) fn read(body: &[u8], method: &str, alipay: &Alipay) -> Result<Outcome> {
    let text = std::str::from_utf8(body).map_err(|_| bad_answer("it is not UTF-8"))?;
    let members = Members::parse(text)?;
    if let Some(error) = members.get("error_response") {
        return Err(refusal(error));
    }
    let name = format!("{}_response", method.replace('.', "_"));
    let raw = members.get(&name).ok_or_else(|| bad_answer("the expected node is missing"))?;
    if members.get("sign").is_none() {
        // An error may come unsigned, and is believed only so far as being one.
        let code: Option<Node> = serde_json::from_str(raw).ok();
        return Err(match code {
            Some(node) if node.code != "10000" => refusal(raw),
            _ => Error::signature("sign_missing", "Alipay's answer is not signed: not believed"),
        });
    }
    verify(raw, &members, alipay)?;
    let node: Node =
        serde_json::from_str(raw).map_err(|_| bad_answer("the node is not of the known form"))?;
    match node.code.as_str() {
        "10000" => Ok(Outcome::Success(node)),
        code => {
            let code = node.sub_code.as_deref().filter(|sub| !sub.is_empty()).unwrap_or(code);
            Ok(Outcome::Refused { code: code.to_owned(), error: refusal(raw) })
        }
    }
}

fn verify(raw: &str, members: &Members, alipay: &Alipay) -> Result<()> {
    let signature = decode_signature(members.string("sign").as_deref())?;
    if alipay.public_key.verify(raw.as_bytes(), &signature) {
        return Ok(());
    }
    let ours = alipay.certificates.as_ref().and_then(|c| c.alipay_cert_sn.as_deref());
    let theirs = members.string("alipay_cert_sn");
    Err(match (ours, theirs.as_deref()) {
        (Some(ours), Some(theirs)) if ours != theirs => Error::signature(
            "alipay_certificate_changed",
            "Alipay's answer is signed with another certificate than the configured one: \
             download Alipay's certificate again",
        ),
        _ => Error::signature(
            "sign_wrong",
            "the signature of Alipay's answer does not fit the configured public key of Alipay",
        ),
    })
}

/// An error that Alipay reports about the request itself.
fn refusal(raw: &str) -> Error {
    #[derive(Deserialize)]
    struct Refusal {
        code: Option<String>,
        sub_code: Option<String>,
        sub_msg: Option<String>,
    }
    let Ok(refusal) = serde_json::from_str::<Refusal>(raw) else {
        return bad_answer("its error cannot be read");
    };
    let [code, sub_code, sub_msg] =
        [refusal.code, refusal.sub_code, refusal.sub_msg].map(|s| plain(&s.unwrap_or_default()));
    let hint = match sub_code.as_str() {
        "isv.invalid-signature" => {
            " (the application's public key in the Alipay console does not belong to the \
             configured private key)"
        }
        "isv.invalid-app-id" => " (alipay_app_id is wrong, or belongs to the other environment)",
        _ => "",
    };
    let why = format!("Alipay refused the request: {code} {sub_code} {sub_msg}{hint}");
    Error::provider("alipay_refused", why)
}

fn bad_answer(why: &str) -> Error {
    Error::provider("alipay_bad_answer", format!("Alipay's answer cannot be used: {why}"))
}
