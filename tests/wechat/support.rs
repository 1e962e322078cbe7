//! A client with both verification modes, and what it makes of messages.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chathub_core::pay::Notification;
use chathub_core::pay::keys::PublicKey;
use chathub_core::pay::wechat::{Wechat, WechatConfig};
use chathub_core::{Error, Result};
use jiff::Timestamp;

use crate::provider::{
    API_V3_KEY, APP_ID, MCH_ID, Message, PUBLIC_KEY_ID, Signatory, merchant, next_platform,
    platform, public_key,
};

/// The texts that a configuration borrows.
pub struct Fixture {
    pub key: String,
    pub public_key: String,
}

impl Fixture {
    pub fn new() -> Self {
        Self { key: merchant().private_pem(), public_key: public_key().public_pem() }
    }

    /// Both modes at once, as during a migration.
    pub fn config<'a>(&'a self, base: &'a str) -> WechatConfig<'a> {
        WechatConfig {
            app_id: APP_ID,
            mch_id: MCH_ID,
            api_v3_key: API_V3_KEY,
            cert_path: &merchant().certificate,
            key_path: &self.key,
            public_key_id: PUBLIC_KEY_ID,
            public_key_path: &self.public_key,
            base,
            timeout: Duration::from_secs(10),
        }
    }
}

pub fn client(base: &str) -> Wechat {
    Wechat::new(&Fixture::new().config(base)).unwrap()
}

/// A merchant from before there were public keys.
pub fn certificates_only(base: &str) -> Wechat {
    let fixture = Fixture::new();
    let config = WechatConfig { public_key_id: "", public_key_path: "", ..fixture.config(base) };
    Wechat::new(&config).unwrap()
}

/// Both platform certificates are known.
pub fn find(serial: &str) -> Result<Option<Arc<PublicKey>>> {
    let known = [platform(), next_platform()];
    let one = known.iter().find(|one| one.serial == serial);
    one.map(|one| PublicKey::load(&one.certificate)).transpose()
}

pub fn notified(message: &Message) -> Result<Notification> {
    static CLIENT: OnceLock<Wechat> = OnceLock::new();
    let header = |name: &str| message.header(name);
    CLIENT.get_or_init(|| client("")).notification(
        header,
        message.body.as_bytes(),
        Timestamp::now(),
        &find,
    )
}

pub fn refused(message: &Message) -> Error {
    notified(message).expect_err("was accepted")
}

/// All that may sign.
pub fn signatories() -> [&'static Signatory; 3] {
    [platform(), next_platform(), public_key()]
}
