//! Keys: what earlier versions left in clear is sealed, and when the key is changed all rows are sealed
//! with the new one.

use super::{App, times, trouble};
use crate::{
    Result,
    channel::{
        Credentials, Platform, Vault,
        credentials::BLOB_MAX,
        vault::{OpenedBy, is_plain},
    },
    domain::channel::{AccountStatus, care_at},
    random,
    store::{
        Db,
        channel::{self, AccountRow},
        channel_care, channel_keys,
    },
};

/// Rows that a page view looks at.
const PER_VISIT: u32 = 20;
/// Rows of one transaction, and of one call of [`App::rekey`].
const BATCH: u32 = 100;
/// Accounts of earlier versions that lack a token are renewed within so many seconds.
const SPREAD_SECONDS: f64 = 600.0;

/// What a batch came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rekeyed {
    /// The last id that was looked at; where to go on.
    pub after: u32,
    pub done: bool,
    /// Rows of this batch; and of these:
    pub seen: u32,
    /// from the old key to the current one,
    pub resealed: u32,
    /// from plain JSON,
    pub sealed: u32,
    /// that no key opens,
    pub unreadable: u32,
    /// too long to be sealed: still plain.
    pub left_plain: u32,
    /// Rows of the whole table that are under another key than the current one.
    pub left_old: u32,
}

/// What a row's bytes turned out to be, and what became of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Current,
    Old,
    Resealed,
    Sealed,
    TooLong,
    Unreadable,
}

impl App {
    /// For page views: a few rows that nobody has looked at yet.
    pub(super) fn seal_some(&self) -> Result<()> {
        self.seal_channels(PER_VISIT).map(drop)
    }

    /// Seals rows that hold plain JSON; gives how many. Without a key nothing happens.
    pub fn seal_channels(&self, limit: u32) -> Result<u32> {
        let Ok(vault) = self.config.vault() else { return Ok(0) };
        let ids = self.database.read(|db| channel_keys::unsealed(db, vault.mark(), limit))?;
        let mut sealed = 0;
        for id in ids {
            let jitter = random::fraction();
            let found = self.database.transaction(|db| {
                let Some(row) = channel::lock(db, id)? else { return Ok(Found::Nothing) };
                let found = look(db, &vault, &row, false)?;
                self.take_up(db, &vault, &row, jitter)?;
                Ok(found)
            })?;
            sealed += u32::from(found == Found::Sealed);
        }
        Ok(sealed)
    }

    /// Seals a batch of rows with the current key, from the id `after` on. May be cut off and begun
    /// again anywhere.
    pub fn rekey(&self, after: u32) -> Result<Rekeyed> {
        let vault = self.config.vault()?;
        if after == 0 {
            // What waits in the journal is sealed with the key that goes.
            self.replay_journal()?;
        }
        let ids = self.database.read(|db| channel_keys::ids_after(db, after, BATCH))?;
        let found = self.database.transaction(|db| {
            ids.iter()
                .map(|id| match channel::lock(db, *id)? {
                    Some(row) => look(db, &vault, &row, true),
                    None => Ok(Found::Nothing),
                })
                .collect::<Result<Vec<Found>>>()
        })?;
        let count = |what| {
            u32::try_from(found.iter().filter(|found| **found == what).count()).unwrap_or(u32::MAX)
        };
        Ok(Rekeyed {
            after: ids.last().copied().unwrap_or(after),
            done: ids.len() < BATCH as usize,
            seen: u32::try_from(ids.len()).unwrap_or(u32::MAX),
            resealed: count(Found::Resealed),
            sealed: count(Found::Sealed),
            unreadable: count(Found::Unreadable),
            left_plain: count(Found::TooLong),
            left_old: self.database.read(|db| channel_keys::under_other_keys(db, vault.mark()))?,
        })
    }

    /// Puts an account of an earlier version on the worker's list: one with something to renew it
    /// with, that has either an end or no access token at all. Any other works, as far as anybody knows,
    /// and is left alone.
    fn take_up(&self, db: &mut Db<'_>, vault: &Vault, row: &AccountRow, jitter: f64) -> Result<()> {
        let in_use = matches!(row.status, AccountStatus::Active | AccountStatus::Paused);
        let new = row.sealed_with.as_deref().is_none_or(|mark| mark.starts_with('x'));
        if row.refresh_at.is_some() || !new || !in_use {
            return Ok(());
        }
        let Some(Ok((credentials, _))) = row.blob().map(|blob| Credentials::read(vault, blob))
        else {
            return Ok(());
        };
        if credentials.refresh_token().is_none() {
            return Ok(());
        }
        let server = db.now()?;
        let platform = Platform::of(row.channel);
        let at = match row.expires_at.and_then(|at| self.unix(at)) {
            Some(end) => care_at(server, times(&credentials, end), jitter),
            None if !credentials.has(platform.token_keys) => {
                server + (SPREAD_SECONDS * jitter) as i64
            }
            None => return Ok(()),
        };
        channel_care::schedule(db, row.id, at)
    }
}

/// Finds out what a locked row's bytes are; seals what is plain, and re-seals what is under the old
/// key where that is wanted. The text inside stays the same, byte for byte.
fn look(db: &mut Db<'_>, vault: &Vault, row: &AccountRow, rekey: bool) -> Result<Found> {
    let Some(blob) = row.blob() else {
        channel_keys::set_mark(db, row, vault.mark())?;
        return Ok(Found::Nothing);
    };
    let store = |db: &mut Db<'_>, plain: &[u8], found| -> Result<Found> {
        let sealed = vault.seal(plain)?;
        if sealed.len() > BLOB_MAX {
            return Ok(Found::TooLong);
        }
        channel_keys::reseal(db, row.id, blob, &sealed, vault.mark())?;
        Ok(found)
    };
    if is_plain(blob) {
        let mut found = store(db, blob, Found::Sealed)?;
        if found == Found::TooLong
            && let Ok(credentials) = Credentials::parse(blob)
        {
            // Without the blanks between its words.
            found = store(db, &credentials.json(), Found::Sealed)?;
        }
        if found == Found::TooLong {
            // Looked at: it is not read again and again. Its member has to type it in anew.
            channel_keys::set_mark(db, row, &channel_keys::unreadable_mark(vault.mark()))?;
        }
        return Ok(found);
    }
    let (mark, found) = match vault.open(blob) {
        Ok((plain, OpenedBy::Old)) if rekey => return store(db, &plain, Found::Resealed),
        Ok((_, OpenedBy::Old)) => (vault.old_mark().unwrap_or_default().to_owned(), Found::Old),
        Ok((_, OpenedBy::Current)) => (vault.mark().to_owned(), Found::Current),
        Err(error) if error.key() == trouble::UNREADABLE => {
            (channel_keys::unreadable_mark(vault.mark()), Found::Unreadable)
        }
        Err(error) => return Err(error),
    };
    if row.sealed_with.as_deref() != Some(mark.as_str()) {
        channel_keys::set_mark(db, row, &mark)?;
    }
    Ok(found)
}
