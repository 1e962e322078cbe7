//! What a sealed blob holds: a JSON object with the names that the gateway reads.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::{Platform, Vault, oauth::Granted, vault};
use crate::{Error, Result, Secret};

/// What the column takes.
pub const BLOB_MAX: usize = 2048;

const REFRESH_UNTIL: &str = "refresh_expires_at";

/// Shows nothing of itself, and is wiped when dropped.
#[derive(Clone, Default, PartialEq)]
pub struct Credentials(Map<String, Value>);

/// What the bytes of a row turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Earlier versions wrote plain JSON.
    Plain,
    Current,
    Old,
}

impl Credentials {
    /// The credentials of a row, plain or sealed: decided as the gateway decides it.
    pub fn read(vault: &Vault, blob: &[u8]) -> Result<(Self, Kept)> {
        if vault::is_plain(blob) {
            return Ok((Self::parse(blob)?, Kept::Plain));
        }
        let (plain, by) = vault.open(blob)?;
        let kept = match by {
            vault::OpenedBy::Current => Kept::Current,
            vault::OpenedBy::Old => Kept::Old,
        };
        Ok((Self::parse(&plain)?, kept))
    }

    /// A JSON object.
    pub fn parse(json: &[u8]) -> Result<Self> {
        match serde_json::from_slice(json) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            // The parser's own message may quote what it read.
            _ => Err(Error::config("credentials_unreadable", "the credentials are no JSON object")),
        }
    }

    pub fn json(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(serde_json::to_vec(&self.0).unwrap_or_default())
    }

    /// Sealed with the current key; refused when the column would not take it.
    pub fn seal(&self, vault: &Vault) -> Result<Vec<u8>> {
        let blob = vault.seal(&self.json())?;
        if blob.len() > BLOB_MAX {
            return Err(Error::input(
                "credentials",
                "credentials_too_long",
                format!("填写的凭据太长：加密后 {} 字节，最多 {BLOB_MAX} 字节", blob.len()),
            ));
        }
        Ok(blob)
    }

    /// A text, or a number as text (old rows hold both); `None` when missing or empty.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The first of these names that has a value.
    pub fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.text(name))
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    pub fn has(&self, names: &[&str]) -> bool {
        self.first(names).is_some()
    }

    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        if let Some(mut before) = self.0.insert(name.to_owned(), value.into()) {
            wipe(&mut before);
        }
    }

    pub fn remove(&mut self, name: &str) {
        if let Some(mut before) = self.0.remove(name) {
            wipe(&mut before);
        }
    }

    /// The application that they were obtained for.
    pub fn app_id(&self, platform: &Platform) -> Option<String> {
        self.first(platform.id_keys)
    }

    /// What an answer changes in credentials, and nothing else. `now` in Unix seconds.
    pub fn changes(platform: &Platform, granted: &Granted, now: i64) -> Self {
        let mut changes = Self::default();
        if let Some(first) = platform.token_keys.first() {
            changes.set(first, granted.access_token.reveal());
        }
        if let Some(token) = &granted.refresh_token {
            changes.set("refresh_token", token.reveal());
        }
        if let Some(seconds) = granted.refresh_life {
            changes.set(REFRESH_UNTIL, now.saturating_add(seconds.max(0)));
        }
        if let Some(open_id) = &granted.open_id {
            changes.set("open_id", open_id.as_str());
        }
        changes
    }

    /// Puts the changes of an answer in.
    pub fn apply(&mut self, platform: &Platform, changes: &Self) {
        let refresh_token = changes.text("refresh_token");
        if refresh_token.is_some() && refresh_token != self.text("refresh_token") {
            self.remove(REFRESH_UNTIL);
        }
        for name in platform.token_keys.iter().skip(1) {
            self.remove(name);
        }
        for (name, value) in &changes.0 {
            self.set(name, value.clone());
        }
    }

    /// Forgets what an earlier authorisation brought.
    pub fn forget_tokens(&mut self, platform: &Platform) {
        for name in platform.token_keys.iter().chain(&["refresh_token", REFRESH_UNTIL, "open_id"]) {
            self.remove(name);
        }
    }

    /// When the refresh token ends, in Unix seconds, where the platform told.
    pub fn refresh_until(&self) -> Option<i64> {
        self.number(REFRESH_UNTIL)
    }

    /// Whose end nobody has told.
    pub fn forget_refresh_until(&mut self) {
        self.remove(REFRESH_UNTIL);
    }

    pub fn refresh_token(&self) -> Option<Secret> {
        self.text("refresh_token").map(Secret::new)
    }

    /// The longest value: what to shorten when all of it is too long.
    pub fn longest(&self) -> Option<&str> {
        let length = |value: &Value| value.as_str().map_or(0, str::len);
        self.0.iter().max_by_key(|(_, value)| length(value)).map(|(name, _)| name.as_str())
    }

    /// Names the tokens that are in it.
    pub fn tokens_mark(&self, platform: &Platform) -> String {
        let token = self.first(platform.token_keys).unwrap_or_default();
        digest(&[&token, &self.text("refresh_token").unwrap_or_default()])
    }

    /// Names the refresh token that is in it, so that an answer is stored over the one that it was
    /// obtained with, and over no other.
    pub fn grant_mark(&self) -> String {
        digest(&[&self.text("refresh_token").unwrap_or_default()])
    }
}

fn digest(tokens: &[&str]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"chathub tokens");
    for token in tokens {
        hash.update([0]);
        hash.update(token);
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(list) => list.iter_mut().for_each(wipe),
        Value::Object(map) => map.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl Drop for Credentials {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(***)")
    }
}
