//! `chathub_member`: what ChatHub knows of a member beside FastAdmin's own table.

use mysql::params;

use super::{Db, db::take};
use crate::Result;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Of mail: `zh-cn` or `en`.
    pub language: String,
    /// The address that the member has shown to be theirs.
    pub confirmed_email: Option<String>,
}

pub fn find(db: &mut Db<'_>, user_id: u32) -> Result<Option<Member>> {
    let row = db.row(
        "SELECT language, confirmed_email FROM `__PREFIX__chathub_member` WHERE user_id = ?",
        (user_id,),
    )?;
    row.map(|mut row| {
        Ok(Member {
            language: take(&mut row, "language")?,
            confirmed_email: take(&mut row, "confirmed_email")?,
        })
    })
    .transpose()
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
