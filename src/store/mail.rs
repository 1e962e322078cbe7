//! `chathub_mail`: the outbox of mail. What a letter is about is its key, and each key has one letter:
//! whoever asks for it twice gets it once.

use mysql::params;

use super::Db;
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
}

/// `false` when there is such a letter already.
pub fn enqueue(db: &mut Db<'_>, mail: &NewMail<'_>, now: i64) -> Result<bool> {
    let inserted = db.insert(
        "INSERT INTO `__PREFIX__chathub_mail` \
         (dedupe_key, kind, user_id, tenant_id, data, state, next_at, expires_at, createtime, \
         updatetime) VALUES (:key, :kind, :user_id, :tenant_id, :data, 'open', UNIX_TIMESTAMP(), \
         UNIX_TIMESTAMP() + :useful_for, :now, :now)",
        params! {
            "key" => mail.dedupe_key,
            "kind" => mail.kind,
            "user_id" => mail.user_id,
            "tenant_id" => mail.tenant_id,
            "data" => mail.data,
            "useful_for" => mail.useful_for,
            "now" => now,
        },
    )?;
    Ok(inserted.is_some())
}
