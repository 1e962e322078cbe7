//! `chathub_oauth_state`: authorisations that were begun at a platform. The table holds hashes only.

use mysql::params;

use super::{Db, db::take, hash};
use crate::{Error, Result, domain::channel::Channel};

/// How long a member may take at the platform, in seconds.
pub const STATE_SECONDS: u32 = 600;

#[derive(Clone, Debug)]
pub struct StateRow {
    pub user_id: u32,
    pub tenant_id: u32,
    pub channel: Channel,
    pub session_hash: String,
    /// JSON: what the page asked for beside.
    pub extra: String,
    pub expired: bool,
    pub used: bool,
}

pub struct NewState<'a> {
    pub state: &'a str,
    pub user_id: u32,
    pub tenant_id: u32,
    pub channel: Channel,
    pub session: &'a str,
    pub extra: &'a str,
}

pub fn insert(db: &mut Db<'_>, new: &NewState<'_>, now: i64) -> Result<()> {
    db.write(
        "INSERT INTO `__PREFIX__chathub_oauth_state` \
         (hash, user_id, tenant_id, channel, session_hash, extra, expires_at, createtime) \
         VALUES (:hash, :user_id, :tenant_id, :channel, :session, :extra, \
         UNIX_TIMESTAMP() + :seconds, :now)",
        params! {
            "hash" => hash(new.state),
            "user_id" => new.user_id,
            "tenant_id" => new.tenant_id,
            "channel" => new.channel.code(),
            "session" => hash(new.session),
            "extra" => new.extra,
            "seconds" => STATE_SECONDS,
            "now" => now,
        },
    )?;
    Ok(())
}

pub fn find(db: &mut Db<'_>, state: &str) -> Result<Option<StateRow>> {
    let row = db.row(
        "SELECT user_id, tenant_id, channel, session_hash, extra, used_at IS NOT NULL AS used, \
         expires_at <= UNIX_TIMESTAMP() AS expired \
         FROM `__PREFIX__chathub_oauth_state` WHERE hash = ?",
        (hash(state),),
    )?;
    row.map(|mut row| {
        let channel: String = take(&mut row, "channel")?;
        Ok(StateRow {
            user_id: take(&mut row, "user_id")?,
            tenant_id: take(&mut row, "tenant_id")?,
            channel: Channel::parse(&channel)
                .ok_or_else(|| Error::storage("an authorisation of an unknown channel"))?,
            session_hash: take(&mut row, "session_hash")?,
            extra: take(&mut row, "extra")?,
            expired: take(&mut row, "expired")?,
            used: take(&mut row, "used")?,
        })
    })
    .transpose()
}

/// Uses a state up; `false` when somebody else just did, or its time is over.
pub fn spend(db: &mut Db<'_>, state: &str) -> Result<bool> {
    let changed = db.write(
        "UPDATE `__PREFIX__chathub_oauth_state` SET used_at = UNIX_TIMESTAMP() \
         WHERE hash = ? AND used_at IS NULL AND expires_at > UNIX_TIMESTAMP()",
        (hash(state),),
    )?;
    Ok(changed == 1)
}

/// Drops those whose time is long over; a few at a time. A day later "used" and "unknown" are the same.
pub fn sweep(db: &mut Db<'_>) -> Result<()> {
    db.write(
        "DELETE FROM `__PREFIX__chathub_oauth_state` \
         WHERE expires_at < UNIX_TIMESTAMP() - 86400 LIMIT 1000",
        (),
    )?;
    Ok(())
}
