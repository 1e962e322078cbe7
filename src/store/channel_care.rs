//! `chathub_channel_account` again: which accounts want care, and who has them. All times are the server's
//! clock, which the machines share.

use mysql::params;

use super::{
    Db,
    channel::{AccountRow, COLUMNS, clipped, from_row},
    db::take,
};
use crate::{Result, domain::channel::AccountStatus};

const ERROR_LENGTH: usize = 500;

/// Accounts that want care now and that nobody is at; longest due first.
pub fn due(db: &mut Db<'_>, limit: u32) -> Result<Vec<u32>> {
    let rows = db.rows(
        "SELECT id FROM `__PREFIX__chathub_channel_account` \
         WHERE refresh_at <= UNIX_TIMESTAMP() AND lease_until <= UNIX_TIMESTAMP() \
         ORDER BY refresh_at, id LIMIT ?",
        (limit,),
    )?;
    rows.into_iter().map(|mut row| take(&mut row, "id")).collect()
}

/// The account, locked, if it is due and nobody is at it.
pub fn lock_due(db: &mut Db<'_>, id: u32) -> Result<Option<AccountRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM `__PREFIX__chathub_channel_account` WHERE id = ? \
         AND refresh_at <= UNIX_TIMESTAMP() AND lease_until <= UNIX_TIMESTAMP() FOR UPDATE"
    );
    db.row(&sql, (id,))?.map(from_row).transpose()
}

/// Takes the account for a renewal: from now on its outcome counts as unknown until one is stored.
/// `false` when somebody else has it.
pub fn lease(db: &mut Db<'_>, id: u32, owner: &str, seconds: u32) -> Result<bool> {
    let taken = db.write(
        "UPDATE `__PREFIX__chathub_channel_account` SET lease_owner = ?, \
         lease_until = UNIX_TIMESTAMP() + ?, \
         uncertain_since = COALESCE(uncertain_since, UNIX_TIMESTAMP()) \
         WHERE id = ? AND refresh_at <= UNIX_TIMESTAMP() AND lease_until <= UNIX_TIMESTAMP()",
        (owner, seconds, id),
    )?;
    Ok(taken == 1)
}

/// How an account is left after care that brought no new credentials.
pub struct Left<'a> {
    pub status: AccountStatus,
    /// For the administrator and, by its key, for the member.
    pub error: Option<&'a str>,
    pub failures: u32,
    pub uncertain_since: Option<i64>,
    /// Seconds from now; `None`: no care any more.
    pub next_in: Option<u32>,
}

/// Leaves an account; `false` when its lease is no longer `owner`'s (the one that was read, for
/// whoever has it locked).
pub fn leave(
    db: &mut Db<'_>,
    before: &AccountRow,
    owner: Option<&str>,
    left: &Left<'_>,
    now: i64,
) -> Result<bool> {
    let changed = db.write(
        "UPDATE `__PREFIX__chathub_channel_account` SET status = :status, last_error = :error, \
         refresh_failures = :failures, uncertain_since = :uncertain, \
         refresh_at = UNIX_TIMESTAMP() + :next_in, lease_owner = NULL, lease_until = 0, \
         updatetime = :now WHERE id = :id AND lease_owner <=> :owner \
         AND status <=> :expected",
        params! {
            "status" => left.status.code(),
            "error" => clipped(left.error, ERROR_LENGTH),
            "failures" => left.failures,
            "uncertain" => left.uncertain_since,
            "next_in" => left.next_in,
            "now" => now,
            "id" => before.id,
            "owner" => owner,
            "expected" => &before.stored_status,
        },
    )?;
    Ok(changed == 1)
}

/// Puts an account that nobody cares for yet on the worker's list.
pub fn schedule(db: &mut Db<'_>, id: u32, refresh_at: i64) -> Result<()> {
    db.write(
        "UPDATE `__PREFIX__chathub_channel_account` SET refresh_at = ? \
         WHERE id = ? AND refresh_at IS NULL",
        (refresh_at, id),
    )?;
    Ok(())
}
