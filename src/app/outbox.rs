//! Working the outbox: claim a call, make it outside any transaction, apply its answer.
//!
//! A claim leases the job for longer than the call can take. Whoever dies in between leaves a
//! lease that runs out, and the same idempotency key for the next attempt.

mod errand;
mod overtaken;
mod wanted;

use std::time::{Duration, Instant};

use super::{
    App, Moment,
    limits::bucket,
    mail::{self, Letter},
};
use crate::{
    Kind, Result,
    domain::{
        Effect, JobKind, TenantEvent,
        job::{Failure, Next, SETTLING_SECONDS, after_failure},
    },
    provision::{Answer, Done, Failed},
    random,
    store::{
        Db,
        job::{self, Closing, JobRow},
        log,
        tenant::{self, TenantRow},
        throttle,
    },
};
pub(super) use errand::Errand;
pub(super) use wanted::is_wanted;
use wanted::{Wanted, wanted};

/// The window of the counter that stands for the right to claim; nobody looks at the count.
const CLAIM_SECONDS: u32 = 3600;
/// A job whose tenant is switched off waits this long before it is looked at again.
const PARKED_SECONDS: u32 = 3600;
/// A job that could not even be begun (the configuration is unusable, say) waits this long.
const UNUSABLE_SECONDS: u32 = 60;
/// Between two tries to store a result.
const STORE_AGAIN: Duration = Duration::from_secs(1);
/// A tenant's jobs that one visit works off at most: its provisioning, and a switch after it.
const JOBS_PER_VISIT: usize = 2;

/// A leased job and the call that it stands for.
pub(super) struct Claim {
    pub job: JobRow,
    owner: String,
    pub errand: Errand,
}

/// A call that was made.
pub(super) struct Worked {
    pub kind: JobKind,
    /// 1 is the first.
    pub attempt: u32,
    /// Why it failed, in the operator's words.
    pub failed: Option<String>,
}

/// A new idempotency key.
pub(super) fn fresh_key(tenant_id: u32) -> Result<String> {
    Ok(format!("chathub-{tenant_id}-{}", random::code::<26>()?))
}

/// Puts what the rules ask for into the outbox; `true` when they asked for anything.
pub(super) fn enqueue_effects(
    db: &mut Db<'_>,
    tenant_id: u32,
    effects: &[Effect],
    now: Moment,
) -> Result<bool> {
    let mut work = false;
    for effect in effects {
        if let Effect::Enqueue(kind) = effect {
            job::enqueue(db, tenant_id, *kind, &fresh_key(tenant_id)?, now.unix())?;
            work = true;
        }
    }
    Ok(work)
}

impl App {
    /// Tries the tenant's due work once. What goes wrong is on the job's record.
    /// `true`: there was something to do.
    pub fn work_tenant(&self, tenant_id: u32) -> Result<bool> {
        for visit in 0..JOBS_PER_VISIT {
            if self.work_once(tenant_id, &|| false)?.is_none() {
                return Ok(visit > 0);
            }
        }
        Ok(true)
    }

    /// Makes the tenant's oldest call that is due. `None`: there was none to make. While the database
    /// is away the result is kept for as long as `patience` says: the service forgets its key after
    /// five minutes, and nobody else can have taken the lease over.
    pub(super) fn work_once(
        &self,
        tenant_id: u32,
        patience: &dyn Fn() -> bool,
    ) -> Result<Option<Worked>> {
        let Some(claim) = self.claim(tenant_id)? else { return Ok(None) };
        let answer = claim.errand.run(&self.http);
        loop {
            match self.apply(&claim, &answer) {
                Err(error) if error.kind() == Kind::Storage && patience() => {
                    std::thread::sleep(STORE_AGAIN);
                }
                stored => break stored?,
            }
        }
        Ok(Some(Worked {
            kind: claim.job.kind,
            attempt: claim.job.attempts,
            failed: answer.err().map(|failed| failed.message),
        }))
    }

    /// Tenants with a call that is due; longest due first.
    pub fn due_tenants(&self, limit: u32) -> Result<Vec<u32>> {
        self.database.read(|db| job::due_tenants(db, limit))
    }

    /// Leases the tenant's oldest due job. `None`: nothing due, a request of this tenant in flight,
    /// or as many in flight as web requests may have.
    pub(super) fn claim(&self, tenant_id: u32) -> Result<Option<Claim>> {
        self.try_claim(tenant_id).inspect_err(|error| {
            // Nothing depends on it: the caller has the error itself.
            let _ = self.database.transaction(|db| {
                let why = error.to_string();
                job::put_off(db, tenant_id, UNUSABLE_SECONDS, &why, self.now().unix())
            });
        })
    }

    fn try_claim(&self, tenant_id: u32) -> Result<Option<Claim>> {
        let service = self.config.provision_service()?;
        let limit = i64::from(self.config.provision_inline_limit());
        let owner = self.lease_owner()?;
        let seconds = u32::try_from(service.timeout.as_secs()).unwrap_or(u32::MAX);
        let lease_seconds = seconds.saturating_add(SETTLING_SECONDS);
        let now = self.now();
        let claimed = self.database.transaction(|db| {
            let Some(row) = tenant::lock(db, tenant_id)? else {
                // Left due, it would stand first in every nudge's line.
                job::give_up(db, tenant_id, "the tenant is gone", now.unix())?;
                return Ok(None);
            };
            if self.worker.is_none() {
                // Locks a row that all these claims share, so that they come one after the other: of
                // many at once, each would count none of the others' leases.
                throttle::count(db, &bucket("claim", ""), CLAIM_SECONDS)?;
                if job::leased_by_web(db)? >= limit {
                    return Ok(None);
                }
            }
            if job::tenant_is_leased(db, tenant_id)? {
                return Ok(None);
            }
            while let Some(due) = job::lock_due(db, tenant_id)? {
                match wanted(due.kind, &row) {
                    Wanted::Now(call) => {
                        if !job::lease(db, &due, &owner, lease_seconds, now.unix())? {
                            return Ok(None);
                        }
                        let leased = Instant::now();
                        begin(db, &row, due.kind, now)?;
                        return Ok(Some((due, call, leased)));
                    }
                    Wanted::Later => job::postpone(db, due.id, PARKED_SECONDS, now.unix())?,
                    Wanted::NoMore => {
                        job::close(db, due.id, &Closing::Done, now.unix())?;
                        overtaken::set_right(db, &due, &row, now)?;
                    }
                }
            }
            Ok(None)
        })?;
        Ok(claimed.map(|(mut job, call, leased)| {
            job.attempts += 1;
            let errand = Errand { call, service, key: job.idempotency_key.clone(), leased };
            Claim { job, owner, errand }
        }))
    }

    /// Stores what an attempt came to, if the lease is still ours.
    pub(super) fn apply(&self, claim: &Claim, answer: &Answer) -> Result<()> {
        let now = self.now();
        let tenant_id = claim.job.tenant_id;
        self.database.transaction(|db| {
            let Some(row) = tenant::lock(db, tenant_id)? else { return Ok(()) };
            if !job::lock_owned(db, claim.job.id, &claim.owner)? {
                return overtaken::look_again(db, &claim.job, &row, answer, now);
            }
            match answer {
                Ok(done) => {
                    let closing = overtaken::closing(&claim.job, &row);
                    job::close(db, claim.job.id, &closing, now.unix())?;
                    succeed(db, &row, done, now)?;
                    write_log(db, &claim.job, true, "", now)
                }
                Err(failed) => {
                    retry_later(db, claim, failed, now)?;
                    if failed.failure == Failure::Refused && claim.job.kind == JobKind::Provision {
                        apply_event(db, &row, TenantEvent::Refused, now)?;
                    }
                    write_log(db, &claim.job, false, &failed.message, now)
                }
            }
        })
    }
}

fn begin(db: &mut Db<'_>, row: &TenantRow, kind: JobKind, now: Moment) -> Result<()> {
    match kind {
        JobKind::Provision => apply_event(db, row, TenantEvent::AttemptStarted, now),
        JobKind::Suspend | JobKind::Activate => Ok(()),
    }
}

fn succeed(db: &mut Db<'_>, row: &TenantRow, done: &Done, now: Moment) -> Result<()> {
    if let Done::Provisioned(resources) = done
        && tenant::store_resources(db, row.id, resources, now.local)?
    {
        apply_event(db, row, TenantEvent::Provisioned, now)?;
        mail::post(db, &Letter::TenantReady { user_id: row.user_id, tenant_id: row.id }, now)?;
    }
    Ok(())
}

fn apply_event(db: &mut Db<'_>, row: &TenantRow, event: TenantEvent, now: Moment) -> Result<()> {
    if let Ok((state, effects)) = row.state.apply(event) {
        tenant::update_state(db, row, &state, now.unix())?;
        enqueue_effects(db, row.id, &effects, now)?;
    }
    Ok(())
}

fn retry_later(db: &mut Db<'_>, claim: &Claim, failed: &Failed, now: Moment) -> Result<()> {
    let fresh = fresh_key(claim.job.tenant_id)?;
    let key_for = |fresh_key: bool| match fresh_key {
        true => fresh.as_str(),
        false => claim.job.idempotency_key.as_str(),
    };
    let error = failed.message.as_str();
    let (tenant_id, job_id) = (claim.job.tenant_id, claim.job.id);
    let closing = match after_failure(claim.job.attempts, failed.failure, random::fraction()) {
        Next::Retry { wait, settling, fresh_key } => {
            Closing::Retry { wait, settling, key: key_for(fresh_key), error }
        }
        Next::Dead { settling, fresh_key } => {
            mail::post(db, &Letter::DeadJob { tenant_id, job_id }, now)?;
            Closing::Dead { settling, key: key_for(fresh_key), error }
        }
    };
    job::close(db, claim.job.id, &closing, now.unix())
}

fn write_log(
    db: &mut Db<'_>,
    job: &JobRow,
    success: bool,
    message: &str,
    now: Moment,
) -> Result<()> {
    let detail = serde_json::json!({"attempt": job.attempts, "error": message});
    let entry = log::Entry {
        tenant_id: job.tenant_id,
        action: job.kind.code(),
        detail: &detail.to_string(),
        success,
        operator: "system",
    };
    log::insert(db, &entry, now.unix())
}
