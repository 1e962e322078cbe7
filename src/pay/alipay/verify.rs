//! Checking what Alipay signed: notifications and synchronous returns.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::form::Fields;
use super::sign::join_sorted;
use crate::error::{Error, Result};
use crate::pay::keys::PublicKey;

/// Decodes a raw body (or query string) once and verifies it. Gives every field but `sign` and
/// `sign_type`; these are signed, but what they mean is for the caller to check.
///
/// `public_key` is a text as [`PublicKey::load`] takes it; parsed keys are kept.
pub fn verify_raw<'a>(body: &'a [u8], public_key: &str) -> Result<Fields<'a>> {
    verify_with(Fields::decode(body)?, &*PublicKey::load(public_key)?)
}

/// The same for fields that somebody else decoded. Prefer [`verify_raw`]: a framework's filters
/// change values, and a router adds its own.
pub fn verify_fields<'a>(fields: Fields<'a>, public_key: &str) -> Result<Fields<'a>> {
    verify_with(fields, &*PublicKey::load(public_key)?)
}

pub(super) fn verify_with<'a>(mut fields: Fields<'a>, key: &PublicKey) -> Result<Fields<'a>> {
    let signature = decode_signature(fields.get("sign"))?;
    check_sign_type(fields.get("sign_type"))?;
    fields.retain(|name, _| !matches!(name, "sign" | "sign_type"));
    if holds(&fields, &signature, key) {
        return Ok(fields);
    }
    // Some senders leave empty values out of the signed text. What is not signed is not passed on.
    let received = fields.len();
    fields.retain(|_, value| !value.is_empty());
    if fields.len() < received && holds(&fields, &signature, key) {
        return Ok(fields);
    }
    Err(Error::signature(
        "sign_wrong",
        "the signature does not fit the fields and Alipay's public key: the message was \
         changed or forged, or the configured key is not Alipay's for this application",
    ))
}

fn holds(fields: &Fields, signature: &[u8], key: &PublicKey) -> bool {
    key.verify(join_sorted(fields.iter().collect()).as_bytes(), signature)
}

pub(super) fn decode_signature(text: Option<&str>) -> Result<Vec<u8>> {
    let text = text.filter(|text| !text.is_empty()).ok_or_else(|| {
        Error::signature("sign_missing", "there is no signature: the message proves nothing")
    })?;
    STANDARD
        .decode(text)
        .map_err(|_| Error::signature("sign_malformed", "the signature is not base64"))
}

/// The field itself is not signed, so it may not choose anything: SHA-256 is used in any case,
/// another name is refused, and its absence says nothing and is let pass.
fn check_sign_type(sign_type: Option<&str>) -> Result<()> {
    match sign_type {
        None | Some("RSA2") => Ok(()),
        Some(_) => Err(Error::signature(
            "sign_type",
            "sign_type is not RSA2: only SHA256withRSA is accepted",
        )),
    }
}
