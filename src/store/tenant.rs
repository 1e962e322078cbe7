//! `chathub_tenant`.

use jiff::civil::DateTime;
use mysql::{Row, params};
use serde_json::{Map, Value as Json};

use super::{Db, datetime_column, datetime_param, db::take, readable};
use crate::{
    Error, Result,
    domain::{
        Plan, Resources, Subscription, SuspendReason, Tenant, TenantStatus,
        lifecycle::{Notice, Stage},
    },
};

/// A tenant as it is stored.
#[derive(Clone, Debug)]
pub struct TenantRow {
    pub id: u32,
    /// 0 for rows from before members had accounts.
    pub user_id: u32,
    pub name: String,
    pub domain: String,
    pub email: String,
    pub channel_type: String,
    pub max_agents: i64,
    pub agent_id: Option<String>,
    pub inbox_id: Option<i64>,
    pub state: Tenant,
    /// The `status` column as it stands; old rows hold some that say nothing.
    pub stored_status: Option<String>,
    pub embed_code: Option<String>,
    pub subscription: Subscription,
    /// The last notice about the end of service.
    pub notice: Option<Notice>,
    /// Unix seconds.
    pub createtime: i64,
}

/// The one channel type that new tenants get.
const WEB_WIDGET: &str = "web_widget";

const COLUMNS: &str = "id, user_id, tenant_name, domain, email, channel_type, max_agents, \
    agent_id, inbox_id, status, suspend_reason, config, embed_code, expire_at, \
    notice_for, notice_stage, notice_at, createtime";

/// In SQL, for a tenant called `t`: it has nothing yet that it could use. The same as `provisioned`.
pub(super) const WITHOUT_RESOURCES: &str = "(t.embed_code IS NULL OR t.embed_code = '') AND \
    (t.channel_type IS NULL OR t.channel_type = 'web_widget' OR t.inbox_id IS NULL)";

/// The `config` column. Old rows hold the JSON encoded twice, or nothing usable.
fn parse_config(text: Option<&str>) -> Map<String, Json> {
    let parsed = text.and_then(|text| serde_json::from_str::<Json>(text).ok());
    let parsed = match parsed {
        Some(Json::String(inner)) => serde_json::from_str(&inner).ok(),
        other => other,
    };
    match parsed {
        Some(Json::Object(map)) => map,
        _ => Map::new(),
    }
}

/// Old rows hold no status, an empty one, or `provisioning` although the resources are there. A
/// tenant that is not known to be switched off is served by what it has.
fn status(stored: Option<&str>, provisioned: bool) -> TenantStatus {
    match stored.and_then(TenantStatus::parse) {
        None | Some(TenantStatus::Provisioning) if provisioned => TenantStatus::Active,
        None => TenantStatus::Pending,
        Some(status) => status,
    }
}

fn from_row(mut row: Row) -> Result<TenantRow> {
    let id: u32 = take(&mut row, "id")?;
    let stored_status: Option<String> = take(&mut row, "status")?;
    let reason: Option<String> = take(&mut row, "suspend_reason")?;
    let embed_code = take::<Option<String>>(&mut row, "embed_code")?.filter(|c| !c.is_empty());
    let max_agents = take::<Option<i64>>(&mut row, "max_agents")?.unwrap_or(0);
    let config = parse_config(take::<Option<String>>(&mut row, "config")?.as_deref());
    // Rows from before there were plans are served as the smallest one.
    let plan = config.get("plan").and_then(Json::as_str).and_then(Plan::parse);
    let channel_type =
        take::<Option<String>>(&mut row, "channel_type")?.unwrap_or_else(|| WEB_WIDGET.into());
    let inbox_id: Option<i64> = take(&mut row, "inbox_id")?;
    let provisioned = match channel_type.as_str() {
        WEB_WIDGET => embed_code.is_some(),
        // Inboxes of the other channels have nothing to embed.
        _ => embed_code.is_some() || inbox_id.is_some(),
    };
    Ok(TenantRow {
        id,
        user_id: take::<Option<u32>>(&mut row, "user_id")?.unwrap_or(0),
        name: take(&mut row, "tenant_name")?,
        domain: take(&mut row, "domain")?,
        email: take(&mut row, "email")?,
        channel_type,
        max_agents,
        agent_id: take(&mut row, "agent_id")?,
        inbox_id,
        state: Tenant {
            status: status(stored_status.as_deref(), provisioned),
            suspend_reason: reason.as_deref().and_then(SuspendReason::parse),
            provisioned,
            expire_at: datetime_column(take(&mut row, "expire_at")?)?,
        },
        stored_status,
        embed_code,
        subscription: Subscription::of_tenant(plan.unwrap_or(Plan::Basic), max_agents),
        notice: notice(&mut row)?,
        createtime: take::<Option<i64>>(&mut row, "createtime")?.unwrap_or(0),
    })
}

fn notice(row: &mut Row) -> Result<Option<Notice>> {
    let about = datetime_column(take(row, "notice_for")?)?;
    let stage = take::<Option<u8>>(row, "notice_stage")?.and_then(Stage::parse);
    let given_at = datetime_column(take(row, "notice_at")?)?;
    Ok(match (about, stage, given_at) {
        (Some(about), Some(stage), Some(given_at)) => Some(Notice { about, stage, given_at }),
        _ => None,
    })
}

pub fn lock(db: &mut Db<'_>, id: u32) -> Result<Option<TenantRow>> {
    let sql = format!("SELECT {COLUMNS} FROM `__PREFIX__chathub_tenant` WHERE id = ? FOR UPDATE");
    db.row(&sql, (id,))?.map(from_row).transpose()
}

pub fn find(db: &mut Db<'_>, id: u32) -> Result<Option<TenantRow>> {
    let sql = format!("SELECT {COLUMNS} FROM `__PREFIX__chathub_tenant` WHERE id = ?");
    db.row(&sql, (id,))?.map(from_row).transpose()
}

/// The member's tenants, newest first.
pub fn of_user(db: &mut Db<'_>, user_id: u32) -> Result<Vec<TenantRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM `__PREFIX__chathub_tenant` WHERE user_id = ? ORDER BY id DESC"
    );
    Ok(readable(db.rows(&sql, (user_id,))?, from_row))
}

/// The same, locked: as they are now, whenever the transaction began.
pub fn lock_of_user(db: &mut Db<'_>, user_id: u32) -> Result<Vec<TenantRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM `__PREFIX__chathub_tenant` WHERE user_id = ? ORDER BY id FOR UPDATE"
    );
    Ok(readable(db.rows(&sql, (user_id,))?, from_row))
}

pub struct NewTenant<'a> {
    pub user_id: u32,
    pub name: &'a str,
    pub domain: &'a str,
    pub email: &'a str,
    pub subscription: Subscription,
    pub notes: &'a str,
    pub registered_at: DateTime,
    pub expire_at: DateTime,
}

pub fn insert(db: &mut Db<'_>, tenant: &NewTenant<'_>, now: i64) -> Result<u32> {
    let config = serde_json::json!({
        "plan": tenant.subscription.plan().code(),
        "price": tenant.subscription.price().get() / 100,
        "seats": tenant.subscription.seats(),
        "notes": tenant.notes,
        "registered_at": tenant.registered_at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    });
    let id = db.insert(
        "INSERT INTO `__PREFIX__chathub_tenant` \
         (user_id, tenant_name, domain, email, max_agents, channel_type, status, config, \
         expire_at, createtime, updatetime) \
         VALUES (:user_id, :name, :domain, :email, :seats, 'web_widget', 'pending', :config, \
         :expire_at, :now, :now)",
        params! {
            "user_id" => tenant.user_id,
            "name" => tenant.name,
            "domain" => tenant.domain,
            "email" => tenant.email,
            "seats" => tenant.subscription.seats(),
            "config" => config.to_string(),
            "expire_at" => datetime_param(Some(tenant.expire_at)),
            "now" => now,
        },
    )?;
    id.and_then(|id| u32::try_from(id).ok())
        .ok_or_else(|| Error::storage("the tenant could not be stored"))
}

/// Writes what the rules made of the tenant. Fails when its state is no longer `before`'s.
pub fn update_state(db: &mut Db<'_>, before: &TenantRow, after: &Tenant, now: i64) -> Result<()> {
    if before.state == *after {
        return Ok(());
    }
    let changed = db.write(
        "UPDATE `__PREFIX__chathub_tenant` SET status = :status, suspend_reason = :reason, \
         expire_at = :expire_at, updatetime = :now \
         WHERE id = :id AND status <=> :expected \
         AND IF(YEAR(expire_at) = 0 OR MONTH(expire_at) = 0 OR DAYOFMONTH(expire_at) = 0, NULL, \
         expire_at) <=> :expected_expire_at",
        params! {
            "status" => after.status.code(),
            "reason" => after.suspend_reason.map(SuspendReason::code),
            "expire_at" => datetime_param(after.expire_at),
            "now" => now,
            "id" => before.id,
            "expected" => &before.stored_status,
            "expected_expire_at" => datetime_param(before.state.expire_at),
        },
    )?;
    if changed == 1 {
        return Ok(());
    }
    Err(Error::storage(format!("tenant {} changed while it was locked", before.id)))
}

/// Stores what the service made, once: a tenant that has an embed code keeps it.
pub fn store_resources(
    db: &mut Db<'_>,
    id: u32,
    resources: &Resources,
    provisioned_at: DateTime,
) -> Result<bool> {
    let changed = db.write(
        "UPDATE `__PREFIX__chathub_tenant` SET inbox_id = :inbox_id, inbox_token = :inbox_token, \
         team_id = :team_id, agent_id = :agent_id, agent_cw_id = :agent_cw_id, \
         agent_cw_password = :agent_cw_password, agent_name = :agent_name, \
         embed_code = :embed_code, provisioned_at = :provisioned_at \
         WHERE id = :id AND (embed_code IS NULL OR embed_code = '')",
        params! {
            "inbox_id" => resources.inbox_id,
            "inbox_token" => &resources.inbox_token,
            "team_id" => resources.team_id,
            "agent_id" => &resources.agent_id,
            "agent_cw_id" => resources.agent_cw_id,
            "agent_cw_password" => resources.agent_cw_password.as_ref().map(crate::Secret::reveal),
            "agent_name" => &resources.agent_name,
            "embed_code" => &resources.embed_code,
            "provisioned_at" => datetime_param(Some(provisioned_at)),
            "id" => id,
        },
    )?;
    Ok(changed == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn config_of_old_rows() {
        let plan = |text: Option<&str>| parse_config(text).get("plan").cloned();
        assert_eq!(plan(Some(r#"{"plan":"pro"}"#)), Some("pro".into()));
        assert_eq!(plan(Some(r#""{\"plan\":\"pro\"}""#)), Some("pro".into()));
        for unusable in [None, Some(""), Some("[]"), Some("null"), Some("{"), Some("\"x\"")] {
            assert_eq!(plan(unusable), None);
        }
    }
}
