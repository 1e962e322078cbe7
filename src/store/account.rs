//! FastAdmin's `user` table: the members' accounts.

use mysql::{Row, params};

use super::{Db, db::take};
use crate::{Error, Result};

/// An account. `Debug` is left out on purpose: it carries the password's hash.
#[derive(Clone)]
pub struct Account {
    pub id: u32,
    pub email: String,
    pub nickname: String,
    pub password_hash: String,
    pub salt: String,
    /// FastAdmin's `hidden`: locked by an administrator.
    pub hidden: bool,
}

impl Account {
    /// Whether this is the account's address, whatever its letters' case. The column's own comparison
    /// forgives accents as well.
    pub fn has_email(&self, email: &str) -> bool {
        self.email.to_lowercase() == email.to_lowercase()
    }
}

const COLUMNS: &str = "id, email, nickname, password, salt, status";

fn from_row(mut row: Row) -> Result<Account> {
    let text = |row: &mut Row, column| -> Result<String> {
        Ok(take::<Option<String>>(row, column)?.unwrap_or_default())
    };
    Ok(Account {
        id: take(&mut row, "id")?,
        email: text(&mut row, "email")?,
        nickname: text(&mut row, "nickname")?,
        password_hash: text(&mut row, "password")?,
        salt: text(&mut row, "salt")?,
        hidden: text(&mut row, "status")? == "hidden",
    })
}

pub fn find(db: &mut Db<'_>, id: u32) -> Result<Option<Account>> {
    let sql = format!("SELECT {COLUMNS} FROM `__PREFIX__user` WHERE id = ?");
    db.row(&sql, (id,))?.map(from_row).transpose()
}

pub fn lock(db: &mut Db<'_>, id: u32) -> Result<Option<Account>> {
    let sql = format!("SELECT {COLUMNS} FROM `__PREFIX__user` WHERE id = ? FOR UPDATE");
    db.row(&sql, (id,))?.map(from_row).transpose()
}

/// Accounts of an address. The host puts no unique key on it, so there may be several.
pub fn by_email(db: &mut Db<'_>, email: &str) -> Result<Vec<Account>> {
    let sql = format!("SELECT {COLUMNS} FROM `__PREFIX__user` WHERE email = ? ORDER BY id LIMIT 5");
    db.rows(&sql, (email,))?.into_iter().map(from_row).collect()
}

pub struct NewAccount<'a> {
    pub username: &'a str,
    pub email: &'a str,
    pub nickname: &'a str,
    pub password_hash: &'a str,
    pub ip: &'a str,
}

/// An account as FastAdmin's own registration makes it, but with bcrypt and an empty salt.
pub fn insert(db: &mut Db<'_>, account: &NewAccount<'_>, now: i64) -> Result<u32> {
    let id = db.insert(
        "INSERT INTO `__PREFIX__user` (group_id, username, nickname, password, salt, email, level, \
         joinip, jointime, loginip, logintime, prevtime, createtime, updatetime, status) \
         VALUES (1, :username, :nickname, :password, '', :email, 1, \
         :ip, :now, :ip, :now, :now, :now, :now, 'normal')",
        params! {
            "username" => account.username,
            "nickname" => account.nickname,
            "password" => account.password_hash,
            "email" => account.email,
            "ip" => account.ip,
            "now" => now,
        },
    )?;
    id.and_then(|id| u32::try_from(id).ok())
        .ok_or_else(|| Error::storage("the account's name is taken"))
}

/// Replaces the password, unless somebody else replaced it meanwhile.
pub fn set_password(db: &mut Db<'_>, account: &Account, hash: &str, now: i64) -> Result<bool> {
    let changed = db.write(
        "UPDATE `__PREFIX__user` SET password = ?, salt = '', updatetime = ? \
         WHERE id = ? AND password = ?",
        (hash, now, account.id, &account.password_hash),
    )?;
    Ok(changed == 1)
}
