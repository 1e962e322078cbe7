//! From the addon's configuration to a client that can be used.

use std::sync::Arc;
use std::time::Duration;

use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::resource::ApiKey;
use crate::error::{Error, Result};
use crate::pay::keys::{PrivateKey, PublicKey};
use crate::pay::{load, missing};

pub const BASE: &str = "https://api.mch.weixin.qq.com";
/// What tells the id of a WeChat Pay public key from a certificate's serial.
pub const PUBLIC_KEY_PREFIX: &str = "PUB_KEY_ID_";

/// The configuration as it is stored: raw texts, empty where unset.
#[derive(Clone, Copy, Default)]
pub struct WechatConfig<'a> {
    pub app_id: &'a str,
    pub mch_id: &'a str,
    /// The APIv3 key, or `file:/abs/path`.
    pub api_v3_key: &'a str,
    /// The merchant's certificate (apiclient_cert.pem): a path or the text itself.
    pub cert_path: &'a str,
    /// The merchant's private key (apiclient_key.pem): a path or the text itself.
    pub key_path: &'a str,
    /// The WeChat Pay public key, where the merchant has one: id, and path or text; both or neither.
    pub public_key_id: &'a str,
    pub public_key_path: &'a str,
    /// Replaces the provider's address; empty: the real one.
    pub base: &'a str,
    /// The longest that asking WeChat Pay may take.
    pub timeout: Duration,
}

/// A usable configuration.
#[derive(Clone)]
pub struct Wechat {
    pub(super) app_id: String,
    pub(super) mch_id: String,
    pub(super) base: String,
    pub(super) timeout: Duration,
    pub(super) private_key: Arc<PrivateKey>,
    /// Of the merchant's certificate, upper-case hex.
    pub(super) serial: String,
    pub(super) api_key: ApiKey,
    pub(super) public_key: Option<(String, Arc<PublicKey>)>,
}

impl Wechat {
    /// Checks everything that can be checked without asking WeChat Pay. Errors are of kind Config,
    /// name the configuration field, and their text tells an operator what to do.
    pub fn new(config: &WechatConfig) -> Result<Self> {
        let app_id = name("wechat_app_id", config.app_id, "the AppID bound to the merchant")?;
        let mch_id = name("wechat_mch_id", config.mch_id, "the merchant number")?;
        if !mch_id.bytes().all(|byte| byte.is_ascii_digit()) {
            let why = "wechat_mch_id: only digits are expected";
            return Err(Error::config("not_a_number", why).in_field("wechat_mch_id"));
        }
        let api_key = load("wechat_api_v3_key", config.api_v3_key, ApiKey::load)?;
        let private_key = load("wechat_key_path", config.key_path, from_file(PrivateKey::load))?;
        let certificate = load("wechat_cert_path", config.cert_path, from_file(PublicKey::load))?;
        let serial = certificate.certificate().and_then(serial).ok_or_else(|| {
            Error::config(
                "not_a_certificate",
                "wechat_cert_path: this is a key, but the merchant's certificate \
                 (apiclient_cert.pem) is needed",
            )
            .in_field("wechat_cert_path")
        })?;
        if !certificate.belongs_to(&private_key) {
            return Err(Error::config(
                "certificate_of_another_key",
                format!(
                    "wechat_cert_path: the certificate {serial} was not issued for the private \
                     key of wechat_key_path; take both files from the same download"
                ),
            )
            .in_field("wechat_cert_path"));
        }
        Ok(Self {
            public_key: public_key(config, &private_key)?,
            app_id,
            mch_id,
            base: base(config.base)?,
            timeout: config.timeout,
            private_key,
            serial,
            api_key,
        })
    }

    pub fn mch_id(&self) -> &str {
        &self.mch_id
    }

    /// Of the merchant's certificate.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The id of the WeChat Pay public key, where one is configured.
    pub fn public_key_id(&self) -> Option<&str> {
        self.public_key.as_ref().map(|(id, _)| id.as_str())
    }
}

impl std::fmt::Debug for Wechat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wechat").field("mch_id", &self.mch_id).finish_non_exhaustive()
    }
}

/// A certificate's serial as WeChat Pay writes it: upper-case hex, without leading zero bytes.
pub(super) fn serial(der: &[u8]) -> Option<String> {
    let certificate = Certificate::from_der(der).ok()?;
    let bytes = certificate.tbs_certificate.serial_number.as_bytes();
    let bytes = bytes.iter().skip_while(|byte| **byte == 0);
    Some(bytes.map(|byte| format!("{byte:02X}")).collect())
}

fn name(field: &'static str, value: &str, what: &str) -> Result<String> {
    let value = value.trim();
    if value.is_empty() {
        return Err(missing(field, what));
    }
    if value.len() > 32 || !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let why = format!("{field}: only letters and digits are expected (at most 32)");
        return Err(Error::config("not_a_number", why).in_field(field));
    }
    Ok(value.to_owned())
}

/// These fields hold paths; a pasted text or `file:` is taken, too.
fn from_file<T>(parse: impl FnOnce(&str) -> Result<Arc<T>>) -> impl FnOnce(&str) -> Result<Arc<T>> {
    move |text| {
        let text = text.trim();
        let path_like = text.len() < 512 && (text.contains('.') || text.contains('\\'));
        match text {
            "" => Err(Error::config("missing", "empty; the absolute path of a file belongs here")),
            path if path.starts_with('/') => parse(&format!("file:{path}")),
            relative if path_like && !relative.contains("-----") && !text.starts_with("file:") => {
                Err(Error::config("key_file", "the path of the file must be absolute: /…/….pem"))
            }
            text => parse(text),
        }
    }
}

fn public_key(
    config: &WechatConfig,
    private_key: &PrivateKey,
) -> Result<Option<(String, Arc<PublicKey>)>> {
    const ID: &str = "wechat_public_key_id";
    const PATH: &str = "wechat_public_key_path";
    let (id, path) = (config.public_key_id.trim(), config.public_key_path.trim());
    match (id.is_empty(), path.is_empty()) {
        (true, true) => return Ok(None),
        (false, false) => {}
        (true, false) => return Err(missing(ID, "the id of the WeChat Pay public key")),
        (false, true) => return Err(missing(PATH, "the file with the WeChat Pay public key")),
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !id.starts_with(PUBLIC_KEY_PREFIX) || id.len() > 64 || !id.bytes().all(plain) {
        let why = format!(
            "{ID}: the id begins with {PUBLIC_KEY_PREFIX}; copy it whole from the merchant platform"
        );
        return Err(Error::config("bad_public_key_id", why).in_field(ID));
    }
    let key = load(PATH, path, from_file(PublicKey::load))?;
    if key.belongs_to(private_key) {
        let why = format!(
            "{PATH}: this is the merchant's own public key (it belongs to wechat_key_path); \
             download the WeChat Pay public key (pub_key.pem) from the merchant platform"
        );
        return Err(Error::config("key_is_own", why).in_field(PATH));
    }
    Ok(Some((id.to_owned(), key)))
}

fn base(url: &str) -> Result<String> {
    let url = match url.trim().trim_end_matches('/') {
        "" => BASE,
        url => url,
    };
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"?#/@\\".contains(&b))
    };
    if host.is_some_and(plain) {
        return Ok(url.to_owned());
    }
    let why = "chathub.wechat_base: http(s):// and a host is expected, without a path";
    Err(Error::config("bad_base_url", why))
}
