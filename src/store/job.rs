//! `chathub_job`: the outbox. A lease is taken by a conditional UPDATE under the tenant's row lock,
//! so one tenant has at most one request in flight over all processes and machines.
//! All times are the server's clock, which the machines share.

use std::collections::HashSet;

use mysql::{Row, params};

use super::{Db, db::take};
use crate::{Error, Result, domain::JobKind};

#[derive(Clone, Debug)]
pub struct JobRow {
    pub id: u32,
    pub tenant_id: u32,
    pub kind: JobKind,
    /// Sent with the request; stored before it leaves.
    pub idempotency_key: String,
    /// Attempts begun so far.
    pub attempts: u32,
    pub last_error: Option<String>,
}

const COLUMNS: &str = "id, tenant_id, kind, idempotency_key, attempts, last_error";
const ERROR_LENGTH: usize = 500;

fn from_row(mut row: Row) -> Result<JobRow> {
    let id = take(&mut row, "id")?;
    let kind: String = take(&mut row, "kind")?;
    Ok(JobRow {
        id,
        tenant_id: take(&mut row, "tenant_id")?,
        kind: JobKind::parse(&kind)
            .ok_or_else(|| Error::storage(format!("job {id}: the kind is not one that we know")))?,
        idempotency_key: take(&mut row, "idempotency_key")?,
        attempts: take(&mut row, "attempts")?,
        last_error: take(&mut row, "last_error")?,
    })
}

/// Puts a call into the outbox. Where one of its kind is open for the tenant already, that one is
/// brought forward instead. One statement: a look before it would see the transaction's snapshot,
/// and might miss that the open job was just given up.
pub fn enqueue(
    db: &mut Db<'_>,
    tenant_id: u32,
    kind: JobKind,
    idempotency_key: &str,
    now: i64,
) -> Result<()> {
    db.write(
        "INSERT INTO `__PREFIX__chathub_job` \
         (tenant_id, kind, state, open_slot, idempotency_key, next_at, createtime, updatetime) \
         VALUES (:tenant_id, :kind, 'open', 1, :key, IF(:urgent, 1, UNIX_TIMESTAMP()), :now, :now) \
         ON DUPLICATE KEY UPDATE \
         next_at = LEAST(next_at, GREATEST(IF(:urgent, 1, UNIX_TIMESTAMP()), lease_until)), \
         updatetime = :now",
        params! {
            "tenant_id" => tenant_id,
            "kind" => kind.code(),
            // Who waits for service comes before who loses it.
            "urgent" => kind != JobKind::Suspend,
            "key" => idempotency_key,
            "now" => now,
        },
    )?;
    Ok(())
}

/// A call that was made, or may have been, by somebody whose lease was gone.
pub struct Doubt<'a> {
    pub tenant_id: u32,
    pub kind: JobKind,
    pub why: &'a str,
    /// The service may still be at it for so many seconds.
    pub settling: u32,
}

/// Puts a call that has been made back into the outbox, so that it is looked at again. One that is
/// open already is marked as made; one in flight ends before that.
pub fn look_again(
    db: &mut Db<'_>,
    doubt: &Doubt<'_>,
    idempotency_key: &str,
    now: i64,
) -> Result<()> {
    db.write(
        "INSERT INTO `__PREFIX__chathub_job` \
         (tenant_id, kind, state, open_slot, idempotency_key, attempts, next_at, lease_until, \
         last_error, createtime, updatetime) VALUES (:tenant_id, :kind, 'open', 1, :key, 1, \
         UNIX_TIMESTAMP(), UNIX_TIMESTAMP() + :settling, :why, :now, :now) \
         ON DUPLICATE KEY UPDATE attempts = GREATEST(attempts, 1), \
         lease_until = IF(lease_owner IS NULL, \
         GREATEST(lease_until, UNIX_TIMESTAMP() + :settling), lease_until), \
         next_at = LEAST(next_at, UNIX_TIMESTAMP()), updatetime = :now",
        params! {
            "tenant_id" => doubt.tenant_id,
            "kind" => doubt.kind.code(),
            "key" => idempotency_key,
            "settling" => doubt.settling,
            "why" => doubt.why,
            "now" => now,
        },
    )?;
    Ok(())
}

/// Tenants with work that is due, none of whose requests is in flight; longest due first.
pub fn due_tenants(db: &mut Db<'_>, limit: u32) -> Result<Vec<u32>> {
    // A tenant may come once per kind of job.
    let rows = db.rows(
        "SELECT j.tenant_id FROM `__PREFIX__chathub_job` j \
         WHERE j.state = 'open' AND j.next_at <= UNIX_TIMESTAMP() \
         AND j.lease_until <= UNIX_TIMESTAMP() AND NOT EXISTS (\
         SELECT 1 FROM `__PREFIX__chathub_job` other WHERE other.tenant_id = j.tenant_id \
         AND other.state <> 'done' AND other.lease_until > UNIX_TIMESTAMP()) \
         ORDER BY j.next_at, j.id LIMIT ?",
        (limit.saturating_mul(2),),
    )?;
    let mut tenants = Vec::new();
    for mut row in rows {
        let tenant_id = take(&mut row, "tenant_id")?;
        if !tenants.contains(&tenant_id) && tenants.len() < limit as usize {
            tenants.push(tenant_id);
        }
    }
    Ok(tenants)
}

/// How many requests web processes have in flight now. A job that only waits for the service to
/// settle has no owner, and takes nobody's time; the workers have a limit of their own.
pub fn leased_by_web(db: &mut Db<'_>) -> Result<i64> {
    db.number(
        "SELECT COUNT(*) FROM `__PREFIX__chathub_job` WHERE lease_until > UNIX_TIMESTAMP() \
         AND lease_owner IS NOT NULL AND lease_owner NOT LIKE 'worker-%'",
        (),
    )
}

/// How many jobs are in each state that somebody may want to know of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Open and due now.
    pub due: i64,
    /// Open, to be tried later.
    pub waiting: i64,
    pub in_flight: i64,
    /// Given up; an administrator may replay them.
    pub dead: i64,
}

pub fn backlog(db: &mut Db<'_>) -> Result<Backlog> {
    let row = db.row(
        "SELECT \
         CAST(SUM(state = 'open' AND lease_until <= UNIX_TIMESTAMP() AND next_at <= UNIX_TIMESTAMP()) AS SIGNED) AS due, \
         CAST(SUM(state = 'open' AND lease_until <= UNIX_TIMESTAMP() AND next_at > UNIX_TIMESTAMP()) AS SIGNED) AS waiting, \
         CAST(SUM(state = 'open' AND lease_until > UNIX_TIMESTAMP()) AS SIGNED) AS in_flight, \
         CAST(SUM(state = 'dead') AS SIGNED) AS dead \
         FROM `__PREFIX__chathub_job` WHERE state IN ('open', 'dead')",
        (),
    )?;
    let Some(mut row) = row else { return Ok(Backlog::default()) };
    let mut count = |name| Ok(take::<Option<i64>>(&mut row, name)?.unwrap_or(0));
    Ok(Backlog {
        due: count("due")?,
        waiting: count("waiting")?,
        in_flight: count("in_flight")?,
        dead: count("dead")?,
    })
}

/// Whether a request of this tenant is in flight, or was just given up and may still have its
/// effect. Call it with the tenant locked.
pub fn tenant_is_leased(db: &mut Db<'_>, tenant_id: u32) -> Result<bool> {
    let leased = db.number(
        "SELECT COUNT(*) FROM `__PREFIX__chathub_job` \
         WHERE tenant_id = ? AND state <> 'done' AND lease_until > UNIX_TIMESTAMP()",
        (tenant_id,),
    )?;
    Ok(leased > 0)
}

/// The tenant's oldest open job that is due. Call it with the tenant locked.
pub fn lock_due(db: &mut Db<'_>, tenant_id: u32) -> Result<Option<JobRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM `__PREFIX__chathub_job` \
         WHERE tenant_id = ? AND open_slot = 1 AND next_at <= UNIX_TIMESTAMP() \
         AND lease_until <= UNIX_TIMESTAMP() ORDER BY id LIMIT 1 FOR UPDATE"
    );
    db.row(&sql, (tenant_id,))?.map(from_row).transpose()
}

/// Open calls of the member's tenants: tenant, kind, whether one is in flight or due soon.
pub fn open_of_user(db: &mut Db<'_>, user_id: u32) -> Result<Vec<JobRow>> {
    let rows = db.rows(
        "SELECT j.id, j.tenant_id, j.kind, j.idempotency_key, j.attempts, j.last_error \
         FROM `__PREFIX__chathub_job` j \
         JOIN `__PREFIX__chathub_tenant` t ON t.id = j.tenant_id \
         WHERE t.user_id = ? AND j.open_slot = 1",
        (user_id,),
    )?;
    rows.into_iter().map(from_row).collect()
}

/// The member's tenants for whom a call of this kind was ever put into the outbox, whatever became
/// of it.
pub fn asked_for_of_user(db: &mut Db<'_>, user_id: u32, kind: JobKind) -> Result<HashSet<u32>> {
    let rows = db.rows(
        "SELECT DISTINCT j.tenant_id FROM `__PREFIX__chathub_job` j \
         JOIN `__PREFIX__chathub_tenant` t ON t.id = j.tenant_id WHERE t.user_id = ? AND j.kind = ?",
        (user_id, kind.code()),
    )?;
    rows.into_iter().map(|mut row| take(&mut row, "tenant_id")).collect()
}

/// Takes the job for `seconds`, counting an attempt; `false` when somebody else has it.
pub fn lease(db: &mut Db<'_>, job: &JobRow, owner: &str, seconds: u32, now: i64) -> Result<bool> {
    let taken = db.write(
        "UPDATE `__PREFIX__chathub_job` SET lease_owner = ?, \
         lease_until = UNIX_TIMESTAMP() + ?, attempts = attempts + 1, updatetime = ? \
         WHERE id = ? AND state = 'open' AND lease_until <= UNIX_TIMESTAMP()",
        (owner, seconds, now, job.id),
    )?;
    Ok(taken == 1)
}

/// The job, if it was given up and not opened again.
pub fn find_dead(db: &mut Db<'_>, id: u32) -> Result<Option<JobRow>> {
    let sql =
        format!("SELECT {COLUMNS} FROM `__PREFIX__chathub_job` WHERE id = ? AND state = 'dead'");
    db.row(&sql, (id,))?.map(from_row).transpose()
}

/// Whether the lease is still ours; locks the job.
pub fn lock_owned(db: &mut Db<'_>, id: u32, owner: &str) -> Result<bool> {
    let row = db.row(
        "SELECT id FROM `__PREFIX__chathub_job` \
         WHERE id = ? AND state = 'open' AND lease_owner = ? FOR UPDATE",
        (id, owner),
    )?;
    Ok(row.is_some())
}

/// How a job is left behind.
pub enum Closing<'a> {
    Done,
    /// Open again after `wait` seconds. The service may still be at it for `settling` seconds: so
    /// long the tenant counts as leased, by nobody.
    Retry {
        wait: u32,
        settling: u32,
        key: &'a str,
        error: &'a str,
    },
    /// Given up; visible to the administrator, who can replay it. `settling` as above.
    Dead {
        settling: u32,
        key: &'a str,
        error: &'a str,
    },
}

pub fn close(db: &mut Db<'_>, id: u32, closing: &Closing<'_>, now: i64) -> Result<()> {
    let changed = match closing {
        Closing::Done => db.write(
            "UPDATE `__PREFIX__chathub_job` SET state = 'done', open_slot = NULL, \
             lease_owner = NULL, lease_until = 0, last_error = NULL, updatetime = ? \
             WHERE id = ? AND state = 'open'",
            (now, id),
        )?,
        Closing::Retry { wait, settling, key, error } => db.write(
            "UPDATE `__PREFIX__chathub_job` SET next_at = UNIX_TIMESTAMP() + ?, \
             idempotency_key = ?, lease_owner = NULL, lease_until = UNIX_TIMESTAMP() + ?, \
             last_error = ?, updatetime = ? WHERE id = ? AND state = 'open'",
            (wait, key, settling, clipped(error), now, id),
        )?,
        Closing::Dead { settling, key, error } => db.write(
            "UPDATE `__PREFIX__chathub_job` SET state = 'dead', open_slot = NULL, \
             idempotency_key = ?, lease_owner = NULL, lease_until = UNIX_TIMESTAMP() + ?, \
             last_error = ?, updatetime = ? WHERE id = ? AND state = 'open'",
            (key, settling, clipped(error), now, id),
        )?,
    };
    if changed == 1 {
        return Ok(());
    }
    Err(Error::storage(format!("job {id} was closed meanwhile")))
}

/// Gives up everything that is owed to a tenant.
pub fn give_up(db: &mut Db<'_>, tenant_id: u32, error: &str, now: i64) -> Result<()> {
    db.write(
        "UPDATE `__PREFIX__chathub_job` SET state = 'dead', open_slot = NULL, \
         lease_owner = NULL, lease_until = 0, last_error = ?, updatetime = ? \
         WHERE tenant_id = ? AND state = 'open'",
        (error, now, tenant_id),
    )?;
    Ok(())
}

/// Puts off all that is due for a tenant, and says why.
pub fn put_off(db: &mut Db<'_>, tenant_id: u32, seconds: u32, why: &str, now: i64) -> Result<()> {
    db.write(
        "UPDATE `__PREFIX__chathub_job` SET next_at = UNIX_TIMESTAMP() + ?, last_error = ?, \
         updatetime = ? WHERE tenant_id = ? AND state = 'open' \
         AND next_at <= UNIX_TIMESTAMP() AND lease_until <= UNIX_TIMESTAMP()",
        (seconds, clipped(why), now, tenant_id),
    )?;
    Ok(())
}

/// Puts an idle job off: what it would do is not wanted in the tenant's present state.
pub fn postpone(db: &mut Db<'_>, id: u32, seconds: u32, now: i64) -> Result<()> {
    db.write(
        "UPDATE `__PREFIX__chathub_job` SET next_at = UNIX_TIMESTAMP() + ?, updatetime = ? \
         WHERE id = ? AND state = 'open'",
        (seconds, now, id),
    )?;
    Ok(())
}

fn clipped(text: &str) -> String {
    text.chars().take(ERROR_LENGTH).collect()
}
