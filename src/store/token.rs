//! `chathub_token`: single-use links that were sent by mail. The table holds their hashes only.

use mysql::{Row, params};

use super::{Db, db::take, hash};
use crate::{Result, Secret, random};

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    PasswordReset,
    ConfirmEmail,
}

impl TokenKind {
    /// The value of the `kind` column.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PasswordReset => "password_reset",
            Self::ConfirmEmail => "confirm_email",
        }
    }

    /// How long a link works, in seconds.
    pub const fn seconds(self) -> u32 {
        match self {
            Self::PasswordReset => 30 * 60,
            Self::ConfirmEmail => 3 * 24 * 3600,
        }
    }
}

/// A link that can still be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub user_id: u32,
    /// The address that it was sent to.
    pub email: String,
}

/// 52 characters of five random bits each.
const LENGTH: usize = 52;

fn from_row(mut row: Row) -> Result<Token> {
    Ok(Token { user_id: take(&mut row, "user_id")?, email: take(&mut row, "email")? })
}

/// Makes a link's token and gives it: the only time that it is seen.
pub fn issue(
    db: &mut Db<'_>,
    kind: TokenKind,
    user_id: u32,
    email: &str,
    now: i64,
) -> Result<Secret> {
    let token = random::code::<LENGTH>()?;
    db.write(
        "INSERT INTO `__PREFIX__chathub_token` (hash, kind, user_id, email, expires_at, createtime) \
         VALUES (:hash, :kind, :user_id, :email, UNIX_TIMESTAMP() + :seconds, :now)",
        params! {
            "hash" => hash(&token),
            "kind" => kind.code(),
            "user_id" => user_id,
            "email" => email,
            "seconds" => kind.seconds(),
            "now" => now,
        },
    )?;
    Ok(Secret::new(token))
}

/// The link, if it can still be used.
pub fn find(db: &mut Db<'_>, kind: TokenKind, token: &str) -> Result<Option<Token>> {
    if token.len() != LENGTH {
        return Ok(None);
    }
    let row = db.row(
        "SELECT user_id, email FROM `__PREFIX__chathub_token` \
         WHERE hash = ? AND kind = ? AND used_at IS NULL AND expires_at > UNIX_TIMESTAMP()",
        (hash(token), kind.code()),
    )?;
    row.map(from_row).transpose()
}

/// Uses the link up; `false` when somebody else just did, or its time is over.
pub fn spend(db: &mut Db<'_>, kind: TokenKind, token: &str) -> Result<bool> {
    let changed = db.write(
        "UPDATE `__PREFIX__chathub_token` SET used_at = UNIX_TIMESTAMP() \
         WHERE hash = ? AND kind = ? AND used_at IS NULL AND expires_at > UNIX_TIMESTAMP()",
        (hash(token), kind.code()),
    )?;
    Ok(changed == 1)
}

/// Makes every other link of this kind useless for the member.
pub fn void_all(db: &mut Db<'_>, kind: TokenKind, user_id: u32) -> Result<()> {
    db.write(
        "UPDATE `__PREFIX__chathub_token` SET used_at = UNIX_TIMESTAMP() \
         WHERE user_id = ? AND kind = ? AND used_at IS NULL",
        (user_id, kind.code()),
    )?;
    Ok(())
}

/// Drops links that have been over for a week; a few at a time. A DELETE over the range would wait for
/// links that are being used just now.
pub fn sweep(db: &mut Db<'_>) -> Result<()> {
    const KEPT_SECONDS: u32 = 7 * 24 * 3600;
    let over = db.rows(
        "SELECT hash FROM `__PREFIX__chathub_token` WHERE expires_at < UNIX_TIMESTAMP() - ? LIMIT 100",
        (KEPT_SECONDS,),
    )?;
    for mut row in over {
        let hash: String = take(&mut row, "hash")?;
        db.write("DELETE FROM `__PREFIX__chathub_token` WHERE hash = ?", (hash,))?;
    }
    Ok(())
}
