//! `chathub_tenant` again: which tenants have something coming because time has passed, or because
//! an earlier version left them half done.

use jiff::{ToSpan, civil::DateTime};
use mysql::{Row, params};

use super::{
    Db, datetime_param,
    db::take,
    tenant::{TenantRow, WITHOUT_RESOURCES},
};
use crate::{
    Error, Result,
    domain::{
        JobKind,
        lifecycle::{FORGOTTEN_DAYS, Notice, Stage},
    },
};

/// Servers that were once lenient hold dates with a zero in them: these are no end of service.
const REAL_END: &str = "YEAR(expire_at) > 0 AND MONTH(expire_at) > 0 AND DAYOFMONTH(expire_at) > 0";

fn ids(rows: Vec<Row>) -> Result<Vec<u32>> {
    rows.into_iter().map(|mut row| take(&mut row, "id")).collect()
}

fn in_days(now: DateTime, stage: Stage) -> mysql::Value {
    datetime_param(Some(now.saturating_add(i64::from(stage.days()).days())))
}

/// Tenants that are due for a notice; the sooner the end, the earlier.
pub fn due_for_notice(db: &mut Db<'_>, now: DateTime, limit: u32) -> Result<Vec<u32>> {
    let sql = format!(
        "SELECT id FROM `__PREFIX__chathub_tenant` \
         WHERE status = 'active' AND expire_at <= :in_seven AND expire_at > :forgotten \
         AND {REAL_END} \
         AND NOT (notice_for <=> expire_at AND notice_stage <= CASE \
         WHEN expire_at <= :now THEN 0 WHEN expire_at <= :in_one THEN 1 \
         WHEN expire_at <= :in_three THEN 3 ELSE 7 END) \
         ORDER BY expire_at, id LIMIT :most"
    );
    let rows = db.rows(
        &sql,
        params! {
            "now" => datetime_param(Some(now)),
            "forgotten" => datetime_param(Some(now.saturating_sub(FORGOTTEN_DAYS.days()))),
            "in_one" => in_days(now, Stage::OneDay),
            "in_three" => in_days(now, Stage::ThreeDays),
            "in_seven" => in_days(now, Stage::SevenDays),
            "most" => limit,
        },
    )?;
    ids(rows)
}

/// Tenants whose time of grace is over.
pub fn due_for_suspension(
    db: &mut Db<'_>,
    now: DateTime,
    grace_days: u32,
    limit: u32,
) -> Result<Vec<u32>> {
    let before = datetime_param(Some(now.saturating_sub(i64::from(grace_days).days())));
    let rows = db.rows(
        "SELECT id FROM `__PREFIX__chathub_tenant` \
         WHERE status = 'active' AND expire_at <= :before AND notice_for = expire_at \
         AND notice_stage = 0 AND notice_at <= :before ORDER BY expire_at, id LIMIT :most",
        params! { "before" => before, "most" => limit },
    )?;
    ids(rows)
}

/// Remembers that a notice was given. Fails when another one was given since `before` was read.
pub fn set_notice(db: &mut Db<'_>, before: &TenantRow, notice: Notice, now: i64) -> Result<()> {
    let last = before.notice;
    let changed = db.write(
        "UPDATE `__PREFIX__chathub_tenant` SET notice_for = :about, notice_stage = :stage, \
         notice_at = :given_at, updatetime = :now \
         WHERE id = :id AND (notice_for <=> :last_about OR :none) \
         AND (notice_stage <=> :last_stage OR :none)",
        params! {
            "about" => datetime_param(Some(notice.about)),
            "stage" => notice.stage.days(),
            "given_at" => datetime_param(Some(notice.given_at)),
            "now" => now,
            "id" => before.id,
            "last_about" => datetime_param(last.map(|notice| notice.about)),
            "last_stage" => last.map(|notice| notice.stage.days()),
            // What is there says nothing, and so nobody's notice is overwritten.
            "none" => last.is_none(),
        },
    )?;
    if changed == 1 {
        return Ok(());
    }
    Err(Error::storage(format!("tenant {} changed while it was locked", before.id)))
}

/// Tenants that earlier versions left "being provisioned" or without a status, for whom nothing is
/// in the outbox; and those that a call was given up for.
pub fn stuck(db: &mut Db<'_>, limit: u32) -> Result<Vec<u32>> {
    // The time keeps off requests of the earlier version that are still running.
    let rows = db.rows(
        "SELECT t.id FROM `__PREFIX__chathub_tenant` t \
         WHERE (t.status IN ('provisioning', '') OR t.status IS NULL) \
         AND COALESCE(t.updatetime, 0) < UNIX_TIMESTAMP() - 300 \
         AND NOT EXISTS (SELECT 1 FROM `__PREFIX__chathub_job` j \
         WHERE j.tenant_id = t.id AND j.kind = 'provision' AND j.open_slot = 1) \
         ORDER BY t.id LIMIT ?",
        (limit,),
    )?;
    ids(rows)
}

/// Which of them is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unserved {
    /// Known to be without resources: few, and quickly found.
    Waiting,
    /// Called active by an earlier version, which marked tenants so on payment.
    Active,
}

/// Tenants that paid and have nothing, for whom nothing is in the outbox and nothing was given up
/// within the last day.
pub fn paid_without_resources(
    db: &mut Db<'_>,
    which: Unserved,
    now: DateTime,
    limit: u32,
) -> Result<Vec<u32>> {
    let status = match which {
        Unserved::Waiting => "t.status IN ('pending', 'provisioning')",
        Unserved::Active => "t.status = 'active'",
    };
    let sql = format!(
        "SELECT t.id FROM `__PREFIX__chathub_tenant` t WHERE {status} AND {WITHOUT_RESOURCES} \
         AND (t.expire_at IS NULL OR t.expire_at > ?) \
         AND EXISTS (SELECT 1 FROM `__PREFIX__chathub_order` o \
         WHERE o.tenant_id = t.id AND o.status = 'paid') \
         AND NOT EXISTS (SELECT 1 FROM `__PREFIX__chathub_job` j \
         WHERE j.tenant_id = t.id AND j.kind = 'provision' \
         AND (j.open_slot = 1 OR (j.state = 'dead' AND j.updatetime > UNIX_TIMESTAMP() - 86400))) \
         ORDER BY t.id LIMIT ?"
    );
    let forgotten = datetime_param(Some(now.saturating_sub(FORGOTTEN_DAYS.days())));
    ids(db.rows(&sql, (forgotten, limit))?)
}

/// Tenants whose last switch, on or off, was given up more than a day ago, and is still wanted.
pub fn unswitched(db: &mut Db<'_>, limit: u32) -> Result<Vec<u32>> {
    let rows = db.rows(
        "SELECT j.tenant_id AS id FROM `__PREFIX__chathub_job` j \
         JOIN `__PREFIX__chathub_tenant` t ON t.id = j.tenant_id AND t.inbox_id IS NOT NULL \
         WHERE j.state = 'dead' AND ((j.kind = 'activate' AND t.status = 'active') \
         OR (j.kind = 'suspend' AND t.status IN ('suspended', 'disabled'))) \
         AND j.updatetime < UNIX_TIMESTAMP() - 86400 \
         AND NOT EXISTS (SELECT 1 FROM `__PREFIX__chathub_job` later \
         WHERE later.tenant_id = j.tenant_id AND later.kind IN ('suspend', 'activate') \
         AND later.id > j.id) ORDER BY j.id LIMIT ?",
        (limit,),
    )?;
    ids(rows)
}

/// The switch that was given up and that nothing came after. Call it with the tenant locked.
pub fn given_up_switch(db: &mut Db<'_>, tenant_id: u32) -> Result<Option<JobKind>> {
    let row = db.row(
        "SELECT kind, state FROM `__PREFIX__chathub_job` \
         WHERE tenant_id = ? AND kind IN ('suspend', 'activate') ORDER BY id DESC LIMIT 1",
        (tenant_id,),
    )?;
    let Some(mut row) = row else { return Ok(None) };
    let (kind, state): (String, String) = (take(&mut row, "kind")?, take(&mut row, "state")?);
    Ok(JobKind::parse(&kind).filter(|_| state == "dead"))
}

/// What is on record of a tenant's service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// It has a paid order.
    pub paid: bool,
    /// A call for its resources was owed once, whatever came of it.
    pub tried: bool,
    /// Such a call is in the outbox.
    pub open: bool,
    /// Such a call was given up within the last day.
    pub given_up: bool,
}

/// Call it with the tenant locked.
pub fn record(db: &mut Db<'_>, tenant_id: u32) -> Result<Record> {
    let paid = db.number(
        "SELECT EXISTS (SELECT 1 FROM `__PREFIX__chathub_order` \
         WHERE tenant_id = ? AND status = 'paid')",
        (tenant_id,),
    )?;
    let mut any = |which: &str| {
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM `__PREFIX__chathub_job` \
             WHERE tenant_id = ? AND kind = 'provision'{which})"
        );
        Ok(db.number(&sql, (tenant_id,))? > 0)
    };
    Ok(Record {
        paid: paid > 0,
        tried: any("")?,
        open: any(" AND open_slot = 1")?,
        given_up: any(" AND state = 'dead' AND updatetime > UNIX_TIMESTAMP() - 86400")?,
    })
}

/// Writes the status that an old row's means. Fails when it is no longer what was read.
pub fn set_status(db: &mut Db<'_>, row: &TenantRow, now: i64) -> Result<()> {
    let changed = db.write(
        "UPDATE `__PREFIX__chathub_tenant` SET status = ?, updatetime = ? \
         WHERE id = ? AND status <=> ?",
        (row.state.status.code(), now, row.id, &row.stored_status),
    )?;
    if changed == 1 {
        return Ok(());
    }
    Err(Error::storage(format!("tenant {} changed while it was locked", row.id)))
}
