//! The existing gateway: how it reads what we store. Decrypted by the `aes-gcm` crate.

use std::path::PathBuf;

use aes_gcm::{Aes256Gcm, KeyInit, aead::Aead};
use base64::{Engine, engine::general_purpose::STANDARD};
use chathub_core::{
    app::{App, Ini},
    random,
};
use mysql::prelude::Queryable;
use serde_json::Value as Json;

use super::{platform::Platforms, site::Site};

pub const KEY: &str = "GBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc=";
pub const OTHER_KEY: &str = "ODk6Ozw9Pj9AQUJDREVGR0hJSktMTU5PUFFSU1RVVlc=";

/// What the gateway makes of a row's bytes; `None` when it cannot read them.
pub fn read(key: &str, blob: &[u8]) -> Option<Json> {
    if let Ok(text) = std::str::from_utf8(blob) {
        return serde_json::from_str(text).ok();
    }
    let key = STANDARD.decode(key).unwrap();
    let cipher = Aes256Gcm::new_from_slice(&key).unwrap();
    let (nonce, sealed) = blob.split_first_chunk::<12>()?;
    let plain = cipher.decrypt(&(*nonce).into(), sealed).ok()?;
    serde_json::from_slice(&plain).ok()
}

/// As an existing site has it sealed.
pub fn seal(key: &str, json: &Json) -> Vec<u8> {
    let cipher = Aes256Gcm::new_from_slice(&STANDARD.decode(key).unwrap()).unwrap();
    let nonce = random::bytes::<12>().unwrap();
    let sealed = cipher.encrypt(&nonce.into(), json.to_string().as_bytes()).unwrap();
    [&nonce[..], &sealed].concat()
}

impl Site {
    /// The newest active row of a tenant and channel, straight from the table.
    pub fn gateway_reads(&self, key: &str, tenant_id: u32, channel: &str) -> Option<Json> {
        let blob = self.blob(&format!(
            "tenant_id = {tenant_id} AND channel = '{channel}' AND status = 'active' \
             ORDER BY id DESC LIMIT 1"
        ))?;
        read(key, &blob)
    }

    pub fn blob(&self, of: &str) -> Option<Vec<u8>> {
        let mut session = self.session();
        let table = format!("`{}chathub_channel_account`", self.prefix);
        session
            .query_first::<Option<Vec<u8>>, _>(format!(
                "SELECT credentials_encrypted FROM {table} WHERE {of}"
            ))
            .unwrap()
            .flatten()
    }

    /// A row as it was stored before.
    pub fn account(&self, tenant_id: u32, channel: &str, blob: &[u8], more: &str) -> u32 {
        let mut session = self.session();
        let table = format!("`{}chathub_channel_account`", self.prefix);
        session
            .exec_drop(
                format!(
                    "INSERT INTO {table} SET tenant_id = ?, channel = ?, \
                     credentials_encrypted = ?, createtime = UNIX_TIMESTAMP(){more}"
                ),
                (tenant_id, channel, blob),
            )
            .unwrap();
        u32::try_from(session.last_insert_id()).unwrap()
    }

    /// The site with a key, all five platforms' application keys, and a journal.
    #[must_use]
    pub fn with_channels(self) -> Self {
        let runtime = runtime_of(&self.name);
        let runtime = runtime.to_str().unwrap().to_owned();
        self.configured(&[
            ("gateway_aes_key", KEY),
            ("runtime_path", &runtime),
            ("amazon_application_id", "amzn1.sp.solution.1"),
            ("amazon_client_id", "amazon-client"),
            ("amazon_client_secret", "CANARY-amazon-app-secret"),
            ("jd_app_key", "jd-key"),
            ("jd_app_secret", "CANARY-jd-app-secret"),
            ("taobao_app_key", "taobao-key"),
            ("taobao_app_secret", "CANARY-taobao-app-secret"),
            ("pdd_client_id", "pdd-id"),
            ("pdd_client_secret", "CANARY-pdd-app-secret"),
            ("tiktok_client_key", "tiktok-key"),
            ("tiktok_client_secret", "CANARY-tiktok-app-secret"),
        ])
    }

    /// The folder of the site's journal.
    pub fn runtime(&self) -> PathBuf {
        runtime_of(&self.name)
    }

    /// One request, with the platforms in their place.
    pub fn app_at(&self, platforms: &Platforms) -> App {
        self.app_with(self.settings(), ini_at(platforms))
    }
}

pub fn ini_at(platforms: &Platforms) -> Ini {
    Ini { oauth_base: platforms.url.clone(), ..Ini::default() }
}

pub fn runtime_of(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("{name}-runtime"))
}
