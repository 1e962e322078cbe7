//! From the addon's configuration to a client that can be used.

use std::sync::Arc;
use std::time::Duration;

use super::cert::{self, Certificates};
use crate::error::{Error, Result};
use crate::pay::keys::{PrivateKey, PublicKey};
use crate::pay::{load, missing};

pub const GATEWAY: &str = "https://openapi.alipay.com/gateway.do";
pub const SANDBOX_GATEWAY: &str = "https://openapi-sandbox.dl.alipaydev.com/gateway.do";

/// The configuration as it is stored: raw texts, empty where unset.
#[derive(Clone, Copy, Default)]
pub struct AlipayConfig<'a> {
    pub app_id: &'a str,
    /// The application's private key, or `file:/abs/path`.
    pub private_key: &'a str,
    /// Alipay's public key or certificate, or `file:/abs/path`.
    pub public_key: &'a str,
    /// Our seller number (2088…); empty: not compared.
    pub seller_id: &'a str,
    pub sandbox: bool,
    /// Replaces the gateway's URL; empty: the one that `sandbox` says.
    pub gateway: &'a str,
    /// Certificate mode: both or neither.
    pub app_cert_path: &'a str,
    pub root_cert_path: &'a str,
    /// The longest that asking Alipay may take.
    pub timeout: Duration,
}

/// A usable configuration.
#[derive(Clone)]
pub struct Alipay {
    pub(super) app_id: String,
    pub(super) seller_id: Option<String>,
    pub(super) gateway: String,
    pub(super) timeout: Duration,
    pub(super) private_key: Arc<PrivateKey>,
    pub(super) public_key: Arc<PublicKey>,
    pub(super) certificates: Option<Certificates>,
}

impl Alipay {
    /// Checks everything that can be checked without asking Alipay. Errors are of kind Config,
    /// name the configuration field, and their text tells an operator what to do.
    pub fn new(config: &AlipayConfig) -> Result<Self> {
        let app_id = digits("alipay_app_id", config.app_id)?
            .ok_or_else(|| missing("alipay_app_id", "the application's APPID"))?;
        let seller_id = digits("alipay_seller_id", config.seller_id)?;
        let private_key =
            load("alipay_merchant_private_key", config.private_key, PrivateKey::load)?;
        let public_key = load("alipay_public_key", config.public_key, PublicKey::load)?;
        if public_key.belongs_to(&private_key) {
            return Err(Error::config(
                "key_is_own",
                "alipay_public_key: this is the application's own public key (it belongs to the \
                 configured private key); copy the one that the Alipay console shows as \
                 支付宝公钥 after the application's public key was uploaded",
            )
            .in_field("alipay_public_key"));
        }
        let certificates = certificates(config, &private_key, &public_key)?;
        Ok(Self {
            app_id,
            seller_id,
            gateway: gateway(config)?,
            timeout: config.timeout,
            private_key,
            public_key,
            certificates,
        })
    }

    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// The URL that requests go to.
    pub fn gateway(&self) -> &str {
        &self.gateway
    }
}

impl std::fmt::Debug for Alipay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Alipay").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

fn digits(field: &'static str, value: &str) -> Result<Option<String>> {
    let value = value.trim();
    if value.is_empty() {
        return Ok(None);
    }
    if value.len() > 32 || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        let why = format!("{field}: only digits are expected (at most 32)");
        return Err(Error::config("not_a_number", why).in_field(field));
    }
    Ok(Some(value.to_owned()))
}

fn gateway(config: &AlipayConfig) -> Result<String> {
    let url = match config.gateway.trim() {
        "" if config.sandbox => SANDBOX_GATEWAY,
        "" => GATEWAY,
        url => url,
    };
    let plain = url.starts_with("https://") || url.starts_with("http://");
    if !plain || url.contains(['?', '#']) || url.contains(char::is_whitespace) {
        let why = "chathub.alipay_gateway: an http(s) URL without query string is expected";
        return Err(Error::config("bad_gateway_url", why));
    }
    Ok(url.to_owned())
}

fn certificates(
    config: &AlipayConfig,
    private_key: &PrivateKey,
    public_key: &PublicKey,
) -> Result<Option<Certificates>> {
    let (app, root) = (config.app_cert_path.trim(), config.root_cert_path.trim());
    match (app.is_empty(), root.is_empty()) {
        (true, true) => return Ok(None),
        (false, false) => {}
        (true, false) => {
            return Err(missing("alipay_app_cert_path", "certificate mode needs both paths; it"));
        }
        (false, true) => {
            return Err(missing("alipay_root_cert_path", "certificate mode needs both paths; it"));
        }
    }
    let app_text = load("alipay_app_cert_path", app, cert::read)?;
    let app_key = load("alipay_app_cert_path", &app_text, PublicKey::load)?;
    if !app_key.belongs_to(private_key) {
        return Err(Error::config(
            "certificate_of_another_key",
            "alipay_app_cert_path: this certificate was not issued for the configured private key",
        )
        .in_field("alipay_app_cert_path"));
    }
    let root_text = load("alipay_root_cert_path", root, cert::read)?;
    Ok(Some(Certificates {
        app_cert_sn: load("alipay_app_cert_path", &app_text, cert::app_cert_sn)?,
        root_cert_sn: load("alipay_root_cert_path", &root_text, cert::root_cert_sn)?,
        alipay_cert_sn: public_key.certificate().map(cert::sn_of_der).transpose()?,
    }))
}
