//! Checking what WeChat Pay signed: notifications, and the answers to requests.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::sign::SCHEME;
use crate::error::{Error, Result};
use crate::pay::keys::PublicKey;

/// How old or how far ahead a message may be, in seconds. Older ones may be repeats.
const WINDOW: i64 = 300;
/// WeChat Pay sends wrong signatures now and then, to see that they are refused.
const PROBE_BEGINS: &str = "WECHATPAY/SIGNTEST/";

/// Error key: a signature probe; refuse it, and raise no alarm.
pub const PROBE: &str = "wechat_probe";
/// Error key: signed with a key that is not known (yet).
pub const UNKNOWN_SERIAL: &str = "wechat_unknown_serial";

/// The headers that make a message a signed one.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    timestamp: &'a str,
    nonce: &'a str,
    serial: &'a str,
    signature: &'a str,
}

impl<'a> Signed<'a> {
    /// Checks all that can be checked without a key. `header` finds a header in any letter case.
    pub fn read(header: impl Fn(&str) -> Option<&'a str>, now: Timestamp) -> Result<Self> {
        let value = |name| header(name).filter(|value| !value.is_empty());
        let needed = |name| {
            value(name).ok_or_else(|| {
                let why = format!("{name} is missing: the message proves nothing");
                Error::signature("sign_missing", why)
            })
        };
        let signature = needed("Wechatpay-Signature")?;
        if signature.starts_with(PROBE_BEGINS) {
            let why = "a signature probe of WeChat Pay: refused, as it is meant to be";
            return Err(Error::signature(PROBE, why));
        }
        if value("Wechatpay-Signature-Type").is_some_and(|scheme| scheme != SCHEME) {
            let why = format!("Wechatpay-Signature-Type is not {SCHEME}");
            return Err(Error::signature("sign_type", why));
        }
        let signed = Self {
            timestamp: needed("Wechatpay-Timestamp")?,
            nonce: needed("Wechatpay-Nonce")?,
            serial: needed("Wechatpay-Serial")?,
            signature,
        };
        signed.check_form()?;
        signed.check_time(now)?;
        Ok(signed)
    }

    /// Which key signed: a certificate's serial, or the id of a public key.
    pub fn serial(&self) -> &'a str {
        self.serial
    }

    /// The signed text has lines, so what goes into a line may not hold any.
    fn check_form(&self) -> Result<()> {
        let plain = |text: &str, most: usize| {
            text.len() <= most && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let serial = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if plain(self.nonce, 128) && self.serial.len() <= 64 && self.serial.bytes().all(serial) {
            return Ok(());
        }
        let why = "Wechatpay-Nonce or Wechatpay-Serial has an impossible form";
        Err(Error::signature("sign_malformed", why))
    }

    fn check_time(&self, now: Timestamp) -> Result<()> {
        let digits = self.timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let sent: i64 = self.timestamp.parse().ok().filter(|_| digits).ok_or_else(|| {
            let why = "Wechatpay-Timestamp is not a number of seconds";
            Error::signature("sign_malformed", why)
        })?;
        let age = now.as_second().saturating_sub(sent);
        if age.unsigned_abs() <= WINDOW.unsigned_abs() {
            return Ok(());
        }
        let side = if age > 0 { "behind" } else { "ahead of" };
        let why = format!(
            "Wechatpay-Timestamp is {} s {side} this server's clock, and {WINDOW} s are allowed: \
             a repeated message, or the clock is wrong (is it synchronised?)",
            age.unsigned_abs()
        );
        Err(Error::signature("wechat_time", why))
    }

    /// Whether `key` signed these headers and this body.
    pub fn check(&self, body: &[u8], key: &PublicKey) -> Result<()> {
        let signature = STANDARD
            .decode(self.signature)
            .map_err(|_| Error::signature("sign_malformed", "the signature is not base64"))?;
        let mut message = Vec::with_capacity(body.len() + 160);
        for line in [self.timestamp.as_bytes(), self.nonce.as_bytes(), body] {
            message.extend_from_slice(line);
            message.push(b'\n');
        }
        if key.verify(&message, &signature) {
            return Ok(());
        }
        let why = format!(
            "the signature does not fit the body and the key {}: the message was changed or \
             forged, or another key is configured under this name",
            self.serial
        );
        Err(Error::signature("sign_wrong", why))
    }

    /// The error for a key that nobody knows.
    pub fn unknown(&self) -> Error {
        let why = format!("signed with the key {}, which is not known here", self.serial);
        Error::signature(UNKNOWN_SERIAL, why)
    }
}

/// Verifies a message. `find` gives the key of a serial or a `PUB_KEY_ID_…`.
pub fn verify<'a>(
    header: impl Fn(&str) -> Option<&'a str>,
    body: &[u8],
    now: Timestamp,
    find: impl FnOnce(&str) -> Result<Option<Arc<PublicKey>>>,
) -> Result<()> {
    let signed = Signed::read(header, now)?;
    let key = find(signed.serial)?.ok_or_else(|| signed.unknown())?;
    signed.check(body, &key)
}
