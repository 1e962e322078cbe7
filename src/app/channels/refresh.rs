//! Renewed tokens on their way: from the platform into the journal, and from there into the row.
//!
//! A refresh token that was used is dead. So the answer is in this machine's journal before anything else
//! is done with it; and what is in the journal is stored, by whoever comes first, over the tokens that it
//! was obtained with and over no others.

use super::{
    App,
    care::{Claim, Refreshed, expire},
    times, trouble,
};
use crate::{
    Error, Result,
    channel::{
        Credentials, Platform, Vault,
        journal::{Entry, Journal, Page},
        oauth::{self, Granted},
    },
    domain::channel::{AccountStatus, care_at, life},
    random,
    store::channel,
};

impl App {
    /// Asks for new tokens and stores them.
    pub(super) fn renew_tokens(
        &self,
        vault: &Vault,
        claim: Claim,
        mut page: Page,
    ) -> Result<Refreshed> {
        let platform = Platform::of(claim.row.channel);
        let token = claim.credentials.refresh_token().unwrap_or_else(|| crate::Secret::new(""));
        let reach = self.config.reach();
        let answer = oauth::refresh(&self.http, platform, &reach, &claim.keys, token.reveal());
        let granted = match answer {
            Ok(granted) => granted,
            Err(trouble) => {
                page.done();
                return self.leave_channel(&claim, &trouble);
            }
        };
        let (entry, changes) = self.entry(vault, &claim, &granted)?;
        // From here on nothing is lost that this machine's disk holds. Where even that failed, the
        // row is the only place left.
        let journalled = page.write(&entry);
        let stored = match self.store_tokens(vault, &entry, &changes, Some(&claim.owner)) {
            Ok(stored) => stored,
            Err(error) => {
                let also = journalled.err().map_or_else(String::new, |e| format!("; and {e}"));
                let key = error.key();
                let why = format!("new tokens wait in the journal: {error}{also}");
                return Err(Error::new(error.kind(), key, error.public(), why));
            }
        };
        page.done();
        Ok(Refreshed {
            channel: claim.row.channel,
            outcome: stored.outcome().into(),
            ok: stored != Stored::TooLong,
        })
    }

    fn entry(
        &self,
        vault: &Vault,
        claim: &Claim,
        granted: &Granted,
    ) -> Result<(Entry, Credentials)> {
        let platform = Platform::of(claim.row.channel);
        let now = self.now().unix();
        let mut changes = Credentials::changes(platform, granted, now);
        // The gateway needs the application's secret as well, and it may have been changed.
        let secret = claim.keys.secret.reveal();
        let stored = claim.credentials.first(platform.secret_keys);
        if let Some(name) = platform.secret_keys.first()
            && !secret.is_empty()
            && stored.as_deref() != Some(secret)
        {
            changes.set(name, secret);
        }
        let entry = Entry {
            account_id: claim.row.id,
            replaces: claim.credentials.grant_mark(),
            sealed: vault.seal(&changes.json())?,
            expires_at: now + life(granted.life, platform.default_life),
            obtained_at: now,
        };
        Ok((entry, changes))
    }

    /// Writes tokens over those that they replace, whoever has the lease: they are the only ones
    /// that still work. `owner`: whoever has just obtained them; none for an entry of before.
    fn store_tokens(
        &self,
        vault: &Vault,
        entry: &Entry,
        changes: &Credentials,
        owner: Option<&str>,
    ) -> Result<Stored> {
        let now = self.now();
        let jitter = random::fraction();
        self.database.transaction(|db| {
            let Some(row) = channel::lock(db, entry.account_id)? else {
                return Ok(Stored::Superseded);
            };
            // From this machine's clock, which the entry has, to the one that all share.
            let shift = db.now()? - now.unix();
            let (expires_at, obtained_at) = (entry.expires_at + shift, entry.obtained_at + shift);
            let platform = Platform::of(row.channel);
            let Some(blob) = row.blob() else { return Ok(Stored::Superseded) };
            let (mut credentials, _) = Credentials::read(vault, blob)?;
            if credentials.grant_mark() != entry.replaces {
                return Ok(Stored::Superseded);
            }
            let mark = credentials.tokens_mark(platform);
            credentials.apply(platform, changes);
            // Where the refresh token stays the same, an old entry must not bring older tokens back.
            let last = row.last_refresh_at.and_then(|at| self.unix(at));
            let fresh = owner.is_some() && row.lease_owner.as_deref() == owner;
            let stays = credentials.grant_mark() == entry.replaces;
            if !fresh && stays && last.is_some_and(|last| last >= obtained_at) {
                return Ok(Stored::Superseded);
            }
            let blob = match credentials.seal(vault) {
                Ok(blob) => blob,
                Err(error) if error.key() == trouble::TOO_LONG => {
                    let text = format!("{}: {error}", trouble::TOO_LONG);
                    expire(db, &row, row.lease_owner.as_deref(), &text, &mark, now)?;
                    return Ok(Stored::TooLong);
                }
                Err(error) => return Err(error),
            };
            let times = times(&credentials, expires_at);
            let written = channel::Written {
                shop_id: row.shop_id.as_deref(),
                shop_name: row.shop_name.as_deref(),
                blob: &blob,
                sealed_with: vault.mark(),
                expires_at: Some(self.local(expires_at)),
                status: match row.status {
                    AccountStatus::Expired | AccountStatus::Error => AccountStatus::Active,
                    status => status,
                },
                authorised_at: None,
                last_refresh_at: Some(self.local(obtained_at)),
                refresh_at: Some(care_at(obtained_at, times, jitter)),
            };
            channel::write(db, &row, &written, now.unix())?;
            Ok(Stored::Refreshed)
        })
    }

    /// Stores what is in this machine's journal; gives the accounts that got new tokens by it.
    pub fn replay_journal(&self) -> Result<Vec<u32>> {
        let runtime_path = self.config.text("runtime_path");
        if runtime_path.is_empty() {
            return Ok(Vec::new());
        }
        // Where nothing can be opened or read, nothing was written either; a renewal says so.
        let (Ok(vault), Ok(journal)) = (self.config.vault(), Journal::open(runtime_path)) else {
            return Ok(Vec::new());
        };
        self.replay(&vault, &journal, None)
    }

    pub(super) fn replay(
        &self,
        vault: &Vault,
        journal: &Journal,
        account_id: Option<u32>,
    ) -> Result<Vec<u32>> {
        let mut stored = Vec::new();
        for found in journal.entries(account_id)? {
            // Sealed with a key that is not known now: it waits for it.
            let Ok((json, _)) = vault.open(&found.entry.sealed) else { continue };
            let Ok(changes) = Credentials::parse(&json) else { continue };
            match self.store_tokens(vault, &found.entry, &changes, None) {
                Ok(Stored::Refreshed) => stored.push(found.entry.account_id),
                Ok(Stored::Superseded | Stored::TooLong) => {}
                // The row cannot be opened: the entry waits as well.
                Err(error) if error.key() == trouble::UNREADABLE => continue,
                Err(error) => return Err(error),
            }
            found.done();
        }
        Ok(stored)
    }
}

/// What became of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    Refreshed,
    /// The account has others meanwhile, or these already, or is gone.
    Superseded,
    /// They do not fit into the column.
    TooLong,
}

impl Stored {
    pub(super) fn outcome(self) -> &'static str {
        match self {
            Self::Refreshed => "refreshed",
            Self::Superseded => "superseded",
            Self::TooLong => trouble::TOO_LONG,
        }
    }
}
