//! `chathub_member`: what ChatHub knows of a member beside FastAdmin's own table.

use mysql::{Row, params};

use super::{Db, db::take};
use crate::{Error, Result};

/// The languages of mail, as the `language` column has them.
pub const CHINESE: &str = "zh-cn";
pub const ENGLISH: &str = "en";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// [`CHINESE`] or [`ENGLISH`].
    pub language: String,
    /// The address that the member has shown to be theirs.
    pub confirmed_email: Option<String>,
}

impl Member {
    /// Whether the member has shown this address to be theirs.
    pub fn has_confirmed(&self, email: &str) -> bool {
        self.confirmed_email.as_ref().is_some_and(|c| c.to_lowercase() == email.to_lowercase())
    }
}

fn from_row(mut row: Row) -> Result<Member> {
    Ok(Member {
        language: take(&mut row, "language")?,
        confirmed_email: take(&mut row, "confirmed_email")?,
    })
}

pub fn find(db: &mut Db<'_>, user_id: u32) -> Result<Option<Member>> {
    let row = db.row(
        "SELECT language, confirmed_email FROM `__PREFIX__chathub_member` WHERE user_id = ?",
        (user_id,),
    )?;
    row.map(from_row).transpose()
}

/// The member's row, locked: registrations and confirmations of one member come one after the other.
/// Where there is none it is made, since a row that does not exist cannot be locked.
pub fn lock(db: &mut Db<'_>, user_id: u32, language: &str, now: i64) -> Result<Member> {
    db.write(
        "INSERT INTO `__PREFIX__chathub_member` (user_id, language, createtime, updatetime) \
         VALUES (:user_id, :language, :now, :now) ON DUPLICATE KEY UPDATE user_id = user_id",
        params! { "user_id" => user_id, "language" => language, "now" => now },
    )?;
    let row = db.row(
        "SELECT language, confirmed_email FROM `__PREFIX__chathub_member` WHERE user_id = ? \
         FOR UPDATE",
        (user_id,),
    )?;
    row.map(from_row).transpose()?.ok_or_else(|| Error::storage("the member's row is gone"))
}

/// The address is the member's: they read what was sent to it. Call it with the row locked.
pub fn confirm(db: &mut Db<'_>, user_id: u32, email: &str, now: i64) -> Result<()> {
    db.write(
        "UPDATE `__PREFIX__chathub_member` SET confirmed_email = ?, \
         confirmed_at = UNIX_TIMESTAMP(), updatetime = ? WHERE user_id = ?",
        (email, now, user_id),
    )?;
    Ok(())
}

pub fn set_language(db: &mut Db<'_>, user_id: u32, language: &str, now: i64) -> Result<()> {
    db.write(
        "INSERT INTO `__PREFIX__chathub_member` (user_id, language, createtime, updatetime) \
         VALUES (:user_id, :language, :now, :now) \
         ON DUPLICATE KEY UPDATE language = :language, updatetime = :now",
        params! { "user_id" => user_id, "language" => language, "now" => now },
    )?;
    Ok(())
}
