//! `chathub_mail`: the outbox of mail. What a letter is about is its key, and each key has one letter:
//! whoever asks for it twice gets it once.

use mysql::{Row, params};

use super::{Db, db::take};
use crate::Result;

/// A letter to be written. Its text is made when it is sent, from what the tables say then.
pub struct NewMail<'a> {
    /// What it is about, in ASCII.
    pub dedupe_key: &'a str,
    pub kind: &'a str,
    /// 0: not to a member.
    pub user_id: u32,
    pub tenant_id: u32,
    /// JSON; never a secret.
    pub data: &'a str,
    /// Seconds after which nobody has any use for it.
    pub useful_for: u32,
    /// Somebody sits and waits for it: it goes out before all others.
    pub urgent: bool,
}

/// `false` when there is such a letter already.
pub fn enqueue(db: &mut Db<'_>, mail: &NewMail<'_>, now: i64) -> Result<bool> {
    let inserted = db.insert(
        "INSERT INTO `__PREFIX__chathub_mail` \
         (dedupe_key, kind, user_id, tenant_id, data, state, next_at, expires_at, createtime, \
         updatetime) VALUES (:key, :kind, :user_id, :tenant_id, :data, 'open', IF(:urgent, 1, UNIX_TIMESTAMP()), \
         UNIX_TIMESTAMP() + :useful_for, :now, :now)",
        params! {
            "key" => mail.dedupe_key,
            "kind" => mail.kind,
            "user_id" => mail.user_id,
            "tenant_id" => mail.tenant_id,
            "data" => mail.data,
            "useful_for" => mail.useful_for,
            "urgent" => mail.urgent,
            "now" => now,
        },
    )?;
    Ok(inserted.is_some())
}

/// A letter that is being worked on.
#[derive(Clone, Debug)]
pub struct MailRow {
    pub id: u32,
    pub dedupe_key: String,
    pub kind: String,
    pub user_id: u32,
    pub tenant_id: u32,
    /// JSON.
    pub data: String,
    pub recipient: Option<String>,
    /// Attempts begun so far.
    pub attempts: u32,
    /// Seconds until nobody has any use for it; negative when that is past.
    pub useful_for: i64,
    pub last_error: Option<String>,
}

const COLUMNS: &str = "id, dedupe_key, kind, user_id, tenant_id, data, recipient, attempts, \
    CAST(expires_at AS SIGNED) - UNIX_TIMESTAMP() AS useful_for, last_error";
const ERROR_LENGTH: usize = 500;

fn from_row(mut row: Row) -> Result<MailRow> {
    Ok(MailRow {
        id: take(&mut row, "id")?,
        dedupe_key: take(&mut row, "dedupe_key")?,
        kind: take(&mut row, "kind")?,
        user_id: take(&mut row, "user_id")?,
        tenant_id: take(&mut row, "tenant_id")?,
        data: take::<Option<String>>(&mut row, "data")?.unwrap_or_default(),
        recipient: take(&mut row, "recipient")?,
        attempts: take(&mut row, "attempts")?,
        useful_for: take(&mut row, "useful_for")?,
        last_error: take(&mut row, "last_error")?,
    })
}

pub fn find(db: &mut Db<'_>, id: u32) -> Result<Option<MailRow>> {
    let sql = format!("SELECT {COLUMNS} FROM `__PREFIX__chathub_mail` WHERE id = ?");
    db.row(&sql, (id,))?.map(from_row).transpose()
}

/// Letters that are due and in nobody's hands, longest due first.
pub fn due(db: &mut Db<'_>, limit: u32) -> Result<Vec<u32>> {
    let rows = db.rows(
        "SELECT id FROM `__PREFIX__chathub_mail` WHERE state = 'open' \
         AND next_at <= UNIX_TIMESTAMP() AND lease_until <= UNIX_TIMESTAMP() \
         ORDER BY next_at, id LIMIT ?",
        (limit,),
    )?;
    rows.into_iter().map(|mut row| take(&mut row, "id")).collect()
}

/// Takes a due letter for `seconds`, counting an attempt; `false` when somebody else has or had it.
pub fn lease(db: &mut Db<'_>, id: u32, owner: &str, seconds: u32, now: i64) -> Result<bool> {
    let taken = db.write(
        "UPDATE `__PREFIX__chathub_mail` SET lease_owner = ?, lease_until = UNIX_TIMESTAMP() + ?, \
         attempts = attempts + 1, updatetime = ? WHERE id = ? AND state = 'open' \
         AND next_at <= UNIX_TIMESTAMP() AND lease_until <= UNIX_TIMESTAMP()",
        (owner, seconds, now, id),
    )?;
    Ok(taken == 1)
}

/// How many letters are in hands whose names begin with `owners` (no wildcards in it).
pub fn leased_count(db: &mut Db<'_>, owners: &str) -> Result<i64> {
    db.number(
        "SELECT COUNT(*) FROM `__PREFIX__chathub_mail` WHERE state = 'open' \
         AND lease_until > UNIX_TIMESTAMP() AND lease_owner LIKE ?",
        (format!("{owners}%"),),
    )
}

/// How a letter is left behind.
pub enum Closing<'a> {
    Sent,
    /// Nobody is meant to get it, or nobody can.
    Skipped(&'a str),
    /// Open again after `wait` seconds.
    Retry {
        wait: u32,
        error: &'a str,
    },
    Dead(&'a str),
}

/// Closes the letter if it is still in `owner`'s hands.
pub fn close(
    db: &mut Db<'_>,
    (id, owner): (u32, &str),
    closing: &Closing<'_>,
    recipient: Option<&str>,
    now: i64,
) -> Result<bool> {
    let (state, wait, error) = match closing {
        Closing::Sent => ("sent", 0, None),
        Closing::Skipped(why) => ("skipped", 0, Some(*why)),
        Closing::Retry { wait, error } => ("open", *wait, Some(*error)),
        Closing::Dead(error) => ("dead", 0, Some(*error)),
    };
    let error = error.map(|text| text.chars().take(ERROR_LENGTH).collect::<String>());
    let changed = db.write(
        "UPDATE `__PREFIX__chathub_mail` SET state = :state, next_at = UNIX_TIMESTAMP() + :wait, \
         recipient = :recipient, lease_owner = NULL, lease_until = 0, last_error = :error, \
         updatetime = :now WHERE id = :id AND state = 'open' AND lease_owner = :owner",
        params! {
            "state" => state,
            "wait" => wait,
            "recipient" => recipient,
            "error" => error,
            "now" => now,
            "id" => id,
            "owner" => owner,
        },
    )?;
    Ok(changed == 1)
}

/// Drops password letters that were closed long ago: anybody may cause them, for any address. A few
/// at a time. A closed letter's `next_at` is when that was.
pub fn sweep(db: &mut Db<'_>, older_than_seconds: u32) -> Result<u64> {
    db.write(
        "DELETE FROM `__PREFIX__chathub_mail` WHERE kind = 'password_reset' \
         AND state IN ('skipped', 'sent', 'dead') AND next_at < UNIX_TIMESTAMP() - ? LIMIT 100",
        (older_than_seconds,),
    )
}
