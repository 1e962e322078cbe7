//! What is told of accounts: lines in the log, letters to members.

use super::super::{
    Moment,
    mail::{self, Letter},
};
use crate::{
    Result,
    store::{Db, channel::AccountRow, log, tenant},
};

pub(super) fn write_log(
    db: &mut Db<'_>,
    row: &AccountRow,
    action: &str,
    user_id: u32,
    now: Moment,
) -> Result<()> {
    let detail = serde_json::json!({
        "account": row.id, "channel": row.channel.code(), "shop_id": row.shop_id,
    });
    let entry = log::Entry {
        tenant_id: row.tenant_id,
        action,
        detail: &detail.to_string(),
        success: true,
        operator: &format!("member:{user_id}"),
    };
    log::insert(db, &entry, now.unix())
}

pub(super) fn write_system_log(
    db: &mut Db<'_>,
    row: &AccountRow,
    action: &str,
    why: &str,
    now: Moment,
) -> Result<()> {
    let detail = serde_json::json!({
        "account": row.id, "channel": row.channel.code(), "shop_id": row.shop_id, "error": why,
    });
    let entry = log::Entry {
        tenant_id: row.tenant_id,
        action,
        detail: &detail.to_string(),
        success: false,
        operator: "system",
    };
    log::insert(db, &entry, now.unix())
}

/// A letter to the member: these tokens have `ended`, or will. One each.
pub(super) fn mail_member(
    db: &mut Db<'_>,
    row: &AccountRow,
    mark: &str,
    ended: bool,
    now: Moment,
) -> Result<()> {
    let Some(tenant) = tenant::find(db, row.tenant_id)?.filter(|tenant| tenant.user_id != 0) else {
        return Ok(());
    };
    let (user_id, tenant_id) = (tenant.user_id, tenant.id);
    let mark: String = mark.chars().take(16).collect();
    let letter = match ended {
        true => Letter::ChannelExpired { user_id, tenant_id, account: row, mark: &mark },
        false => Letter::ChannelExpiring { user_id, tenant_id, account: row, mark: &mark },
    };
    mail::post(db, &letter, now)
}
