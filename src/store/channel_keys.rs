//! `chathub_channel_account` again: with which key the credentials are sealed.

use mysql::params;

use super::{Db, channel::AccountRow, db::take};
use crate::Result;

/// Accounts whose credentials nobody has looked at with this key.
pub fn unsealed(db: &mut Db<'_>, mark: &str, limit: u32) -> Result<Vec<u32>> {
    let rows = db.rows(
        "(SELECT id FROM `__PREFIX__chathub_channel_account` WHERE sealed_with IS NULL LIMIT :most) \
         UNION ALL (SELECT id FROM `__PREFIX__chathub_channel_account` \
         WHERE sealed_with LIKE 'x%' AND sealed_with <> :mark LIMIT :most)",
        params! { "mark" => unreadable_mark(mark), "most" => limit },
    )?;
    rows.into_iter().map(|mut row| take(&mut row, "id")).collect()
}

/// What stands in `sealed_with` where this key does not open the credentials.
pub fn unreadable_mark(mark: &str) -> String {
    format!("x{mark}").chars().take(16).collect()
}

/// Ids from there on, in order.
pub fn ids_after(db: &mut Db<'_>, after: u32, limit: u32) -> Result<Vec<u32>> {
    let rows = db.rows(
        "SELECT id FROM `__PREFIX__chathub_channel_account` WHERE id > ? ORDER BY id LIMIT ?",
        (after, limit),
    )?;
    rows.into_iter().map(|mut row| take(&mut row, "id")).collect()
}

/// The same credentials in other bytes. Neither the time of the last change nor anything else moves:
/// the gateway's order stays. `false` when the bytes are no longer `before`.
pub fn reseal(
    db: &mut Db<'_>,
    id: u32,
    before: &[u8],
    after: &[u8],
    sealed_with: &str,
) -> Result<bool> {
    let changed = db.write(
        "UPDATE `__PREFIX__chathub_channel_account` SET credentials_encrypted = ?, \
         sealed_with = ? WHERE id = ? AND credentials_encrypted = ?",
        (after, sealed_with, id, before),
    )?;
    Ok(changed == 1)
}

/// Remembers what was found out about the credentials' key.
pub fn set_mark(db: &mut Db<'_>, row: &AccountRow, sealed_with: &str) -> Result<()> {
    db.write(
        "UPDATE `__PREFIX__chathub_channel_account` SET sealed_with = ? \
         WHERE id = ? AND credentials_encrypted <=> ?",
        (sealed_with, row.id, row.stored_blob.as_deref()),
    )?;
    Ok(())
}

/// How many rows are sealed with another key than this one, as far as anybody has looked.
pub fn under_other_keys(db: &mut Db<'_>, mark: &str) -> Result<u32> {
    let count = db.number(
        "SELECT COUNT(*) FROM `__PREFIX__chathub_channel_account` \
         WHERE sealed_with IS NOT NULL AND sealed_with <> ? AND sealed_with NOT LIKE 'x%'",
        (mark,),
    )?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}
