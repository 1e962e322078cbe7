//! `chathub_channel_account`: shop accounts. The gateway reads this table by itself: the newest row with
//! `status = 'active'` of a tenant and channel.

use jiff::civil::DateTime;
use mysql::{Row, Value, params};

use super::{Db, datetime_column, datetime_param, db::take, readable};
use crate::{
    Error, Result,
    domain::channel::{AccountStatus, Channel},
};

#[derive(Clone)]
pub struct AccountRow {
    pub id: u32,
    pub tenant_id: u32,
    pub channel: Channel,
    pub shop_id: Option<String>,
    pub shop_name: Option<String>,
    /// The bytes as they stand.
    pub(super) stored_blob: Option<Vec<u8>>,
    /// The access token's end.
    pub expires_at: Option<DateTime>,
    pub status: AccountStatus,
    /// The `status` column as it stands; old rows hold some that say nothing.
    pub(super) stored_status: Option<String>,
    pub last_error: Option<String>,
    pub last_refresh_at: Option<DateTime>,
    /// The key that the credentials are sealed with.
    pub sealed_with: Option<String>,
    /// Unix seconds, like the other numbers.
    pub refresh_at: Option<i64>,
    pub refresh_failures: u32,
    /// A renewal began then whose outcome is not known.
    pub uncertain_since: Option<i64>,
    pub lease_owner: Option<String>,
    /// When the member authorised it or typed it in last; old rows have their creation instead.
    pub authorised_at: i64,
}

impl AccountRow {
    /// The credentials: sealed, or plain JSON in old rows; `None` when there are none.
    pub fn blob(&self) -> Option<&[u8]> {
        self.stored_blob.as_deref().filter(|blob| !blob.is_empty())
    }
}

pub(super) const COLUMNS: &str = "id, tenant_id, channel, shop_id, shop_name, credentials_encrypted, \
    expires_at, status, last_error, last_refresh_at, sealed_with, refresh_at, refresh_failures, \
    uncertain_since, lease_owner, COALESCE(authorised_at, createtime, 0) AS authorised_at";

pub(super) fn from_row(mut row: Row) -> Result<AccountRow> {
    let id: u32 = take(&mut row, "id")?;
    let channel: String = take(&mut row, "channel")?;
    let status: Option<String> = take(&mut row, "status")?;
    Ok(AccountRow {
        id,
        tenant_id: take(&mut row, "tenant_id")?,
        channel: Channel::parse(&channel)
            .ok_or_else(|| Error::storage(format!("account {id}: an unknown channel")))?,
        shop_id: take::<Option<String>>(&mut row, "shop_id")?.filter(|text| !text.is_empty()),
        shop_name: take::<Option<String>>(&mut row, "shop_name")?.filter(|text| !text.is_empty()),
        stored_blob: take(&mut row, "credentials_encrypted")?,
        expires_at: datetime_column(take(&mut row, "expires_at")?)?,
        // What says nothing is not used by the gateway.
        status: status.as_deref().and_then(AccountStatus::parse).unwrap_or(AccountStatus::Error),
        stored_status: status,
        last_error: take::<Option<String>>(&mut row, "last_error")?.filter(|text| !text.is_empty()),
        last_refresh_at: datetime_column(take(&mut row, "last_refresh_at")?)?,
        sealed_with: take(&mut row, "sealed_with")?,
        refresh_at: take(&mut row, "refresh_at")?,
        refresh_failures: take(&mut row, "refresh_failures")?,
        uncertain_since: take(&mut row, "uncertain_since")?,
        lease_owner: take(&mut row, "lease_owner")?,
        authorised_at: take(&mut row, "authorised_at")?,
    })
}

/// The tenant's accounts, in the gateway's order: of each channel the newest first.
pub fn of_tenant(db: &mut Db<'_>, tenant_id: u32) -> Result<Vec<AccountRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM `__PREFIX__chathub_channel_account` WHERE tenant_id = ? \
         ORDER BY channel, id DESC LIMIT 500"
    );
    Ok(readable(db.rows(&sql, (tenant_id,))?, from_row))
}

pub fn find(db: &mut Db<'_>, id: u32) -> Result<Option<AccountRow>> {
    let sql = format!("SELECT {COLUMNS} FROM `__PREFIX__chathub_channel_account` WHERE id = ?");
    db.row(&sql, (id,))?.map(from_row).transpose()
}

pub fn lock(db: &mut Db<'_>, id: u32) -> Result<Option<AccountRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM `__PREFIX__chathub_channel_account` WHERE id = ? FOR UPDATE"
    );
    db.row(&sql, (id,))?.map(from_row).transpose()
}

/// The tenant's accounts of one channel, newest first. Call it with the tenant locked: then nobody
/// adds one meanwhile.
pub fn lock_of_channel(
    db: &mut Db<'_>,
    tenant_id: u32,
    channel: Channel,
) -> Result<Vec<AccountRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM `__PREFIX__chathub_channel_account` \
         WHERE tenant_id = ? AND channel = ? ORDER BY id DESC LIMIT 100 FOR UPDATE"
    );
    Ok(readable(db.rows(&sql, (tenant_id, channel.code()))?, from_row))
}

/// What a row becomes when credentials are written to it.
pub struct Written<'a> {
    pub shop_id: Option<&'a str>,
    pub shop_name: Option<&'a str>,
    pub blob: &'a [u8],
    /// Names the key.
    pub sealed_with: &'a str,
    pub expires_at: Option<DateTime>,
    pub status: AccountStatus,
    /// In Unix seconds; `None`: as it is.
    pub authorised_at: Option<i64>,
    pub last_refresh_at: Option<DateTime>,
    /// When it is cared for next, in Unix seconds.
    pub refresh_at: Option<i64>,
}

/// What the column takes.
pub const SHOP_ID_LENGTH: usize = 100;
const SHOP_NAME_LENGTH: usize = 200;

pub(super) fn clipped(text: Option<&str>, length: usize) -> Option<String> {
    text.map(|text| text.chars().take(length).collect())
}

fn written_params(written: &Written<'_>, now: i64) -> Vec<(&'static str, Value)> {
    vec![
        ("shop_id", clipped(written.shop_id, SHOP_ID_LENGTH).into()),
        ("shop_name", clipped(written.shop_name, SHOP_NAME_LENGTH).into()),
        ("blob", written.blob.into()),
        ("sealed_with", written.sealed_with.into()),
        ("expires_at", datetime_param(written.expires_at)),
        ("status", written.status.code().into()),
        ("authorised_at", written.authorised_at.into()),
        ("last_refresh_at", datetime_param(written.last_refresh_at)),
        ("refresh_at", written.refresh_at.into()),
        ("now", now.into()),
    ]
}

pub fn insert(
    db: &mut Db<'_>,
    tenant_id: u32,
    channel: Channel,
    written: &Written<'_>,
    now: i64,
) -> Result<u32> {
    let mut values = written_params(written, now);
    values.extend([("tenant_id", tenant_id.into()), ("channel", channel.code().into())]);
    let id = db.insert(
        "INSERT INTO `__PREFIX__chathub_channel_account` \
         (tenant_id, channel, shop_id, shop_name, credentials_encrypted, sealed_with, expires_at, \
         status, authorised_at, last_refresh_at, refresh_at, createtime, updatetime) \
         VALUES (:tenant_id, :channel, :shop_id, :shop_name, :blob, :sealed_with, :expires_at, \
         :status, :authorised_at, :last_refresh_at, :refresh_at, :now, :now)",
        values,
    )?;
    id.and_then(|id| u32::try_from(id).ok())
        .ok_or_else(|| Error::storage("the account could not be stored"))
}

/// Writes credentials over those that were read. Errors, failures and any lease are forgotten with
/// them. Fails when they are no longer `before`'s.
pub fn write(db: &mut Db<'_>, before: &AccountRow, written: &Written<'_>, now: i64) -> Result<()> {
    let mut values = written_params(written, now);
    values.extend([("id", before.id.into()), ("before", before.stored_blob.as_deref().into())]);
    let changed = db.write(
        "UPDATE `__PREFIX__chathub_channel_account` SET shop_id = :shop_id, \
         shop_name = :shop_name, credentials_encrypted = :blob, sealed_with = :sealed_with, \
         expires_at = :expires_at, status = :status, last_error = NULL, \
         authorised_at = COALESCE(:authorised_at, authorised_at), \
         last_refresh_at = :last_refresh_at, refresh_at = :refresh_at, refresh_failures = 0, \
         uncertain_since = NULL, lease_owner = NULL, lease_until = 0, updatetime = :now \
         WHERE id = :id AND credentials_encrypted <=> :before",
        values,
    )?;
    expect_one(changed, before.id)
}

/// The same refresh token among other values: whoever renews with it just now is not disturbed. `wake`: one
/// that was given up is cared for again. Fails when the credentials are no longer `before`'s.
pub fn edit(
    db: &mut Db<'_>,
    before: &AccountRow,
    blob: &[u8],
    sealed_with: &str,
    status: AccountStatus,
    wake: bool,
    now: i64,
) -> Result<()> {
    let changed = db.write(
        "UPDATE `__PREFIX__chathub_channel_account` SET credentials_encrypted = :blob, \
         sealed_with = :sealed_with, status = :status, updatetime = :now, \
         refresh_at = IF(:wake, COALESCE(refresh_at, UNIX_TIMESTAMP()), refresh_at) \
         WHERE id = :id AND credentials_encrypted <=> :before \
         AND status <=> :expected",
        params! {
            "blob" => blob,
            "sealed_with" => sealed_with,
            "status" => status.code(),
            "wake" => wake,
            "now" => now,
            "id" => before.id,
            "before" => before.stored_blob.as_deref(),
            "expected" => &before.stored_status,
        },
    )?;
    expect_one(changed, before.id)
}

fn expect_one(changed: u64, id: u32) -> Result<()> {
    match changed {
        1 => Ok(()),
        _ => Err(Error::storage(format!("account {id} changed while it was locked"))),
    }
}

/// `false` when its status is no longer `from`.
pub fn set_status(
    db: &mut Db<'_>,
    id: u32,
    from: AccountStatus,
    to: AccountStatus,
    now: i64,
) -> Result<bool> {
    let changed = db.write(
        "UPDATE `__PREFIX__chathub_channel_account` SET status = ?, updatetime = ? \
         WHERE id = ? AND status = ?",
        (to.code(), now, id, from.code()),
    )?;
    Ok(changed == 1)
}

/// The credentials' bytes go with the row. `false` when it is gone already.
pub fn delete(db: &mut Db<'_>, id: u32, tenant_id: u32) -> Result<bool> {
    let gone = db.write(
        "DELETE FROM `__PREFIX__chathub_channel_account` WHERE id = ? AND tenant_id = ?",
        (id, tenant_id),
    )?;
    Ok(gone == 1)
}
