//! Working the outbox: claim a call, make it outside any transaction, apply its answer.
//!
//! A claim leases the job for longer than the call can take. Whoever dies in between leaves a
//! lease that runs out, and the same idempotency key for the next attempt.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use super::{App, Moment};
use crate::{
    Error, Result,
    domain::{
        Effect, JobKind, TenantEvent, TenantStatus,
        job::{Failure, Next, SETTLING_SECONDS, after_failure},
    },
    provision::{Answer, Call, Done, Failed, Service},
    random,
    store::{
        Db,
        job::{self, Closing, JobRow},
        log,
        tenant::{self, TenantRow},
    },
};

/// A job whose tenant is switched off waits this long before it is looked at again.
const PARKED_SECONDS: u32 = 3600;
/// A tenant's jobs that one visit works off at most: its provisioning, and a switch after it.
const JOBS_PER_VISIT: usize = 2;

/// A leased job and the call that it stands for.
struct Claim {
    job: JobRow,
    owner: String,
    call: Call,
    service: Service,
}

/// A call that goes on in a thread of its own while the page has already been answered. The thread
/// does nothing but the request; if the process ends before the answer, the lease runs out.
pub(super) struct InFlight {
    claim: Claim,
    answer: Receiver<Answer>,
    give_up: Instant,
}

/// How an attempt that a page waited for ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    Done,
    /// Still running, or of unknown outcome, or somebody else's, or not started now.
    UnderWay,
    /// The service refused.
    Refused(String),
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
    pub fn work_tenant(&self, tenant_id: u32) -> Result<()> {
        for _ in 0..JOBS_PER_VISIT {
            let Some(claim) = self.claim(tenant_id)? else { return Ok(()) };
            let answer = claim.service.call(&self.http, &claim.call, &claim.job.idempotency_key);
            self.apply(&claim, answer)?;
        }
        Ok(())
    }

    /// Gives due work a nudge, at most once per some seconds over all processes.
    pub fn nudge(&self) -> Result<()> {
        const SECONDS: u32 = 5;
        let due = self.database.read(|db| job::due_tenants(db, 1))?;
        let Some(tenant_id) = due.first() else { return Ok(()) };
        if self.first_within("nudge", "", SECONDS)? {
            self.work_tenant(*tenant_id)?;
        }
        Ok(())
    }

    /// Starts the tenant's due call and waits for it as long as a page may. What is not done by
    /// then goes on, and [`finish`](Self::finish) picks it up.
    pub(super) fn attempt_within(&self, tenant_id: u32, wait: Duration) -> Result<Attempt> {
        let Some(claim) = self.claim(tenant_id)? else { return Ok(Attempt::UnderWay) };
        let in_flight = self.start(claim)?;
        match in_flight.answer.recv_timeout(wait) {
            Ok(answer) => {
                let refused = match &answer {
                    Ok(_) => Attempt::Done,
                    Err(f) if f.failure == Failure::Refused => Attempt::Refused(f.message.clone()),
                    Err(_) => Attempt::UnderWay,
                };
                self.apply(&in_flight.claim, answer)?;
                Ok(refused)
            }
            Err(RecvTimeoutError::Timeout) => {
                self.in_flight.borrow_mut().push(in_flight);
                Ok(Attempt::UnderWay)
            }
            Err(RecvTimeoutError::Disconnected) => Ok(Attempt::UnderWay),
        }
    }

    /// After the answer went out: waits for the calls that were left running and stores their
    /// results.
    pub fn finish(&self) -> Result<()> {
        let in_flight = std::mem::take(&mut *self.in_flight.borrow_mut());
        for one in in_flight {
            let left = one.give_up.saturating_duration_since(Instant::now());
            if let Ok(answer) = one.answer.recv_timeout(left) {
                self.apply(&one.claim, answer)?;
            }
        }
        Ok(())
    }

    fn start(&self, claim: Claim) -> Result<InFlight> {
        let (sender, answer) = channel();
        let (http, call, service) = (self.http.clone(), claim.call.clone(), claim.service.clone());
        let key = claim.job.idempotency_key.clone();
        // A second more than the call's own limit, for the thread to say so.
        let give_up = Instant::now() + service.timeout + Duration::from_secs(1);
        without_signals(|| {
            std::thread::Builder::new().name("chathub-provision".into()).spawn(move || {
                // Nobody listening any more is fine: the lease will run out.
                let _ = sender.send(service.call(&http, &call, &key));
            })
        })
        .map_err(|error| Error::storage(format!("no thread for the call: {error}")))?;
        Ok(InFlight { claim, answer, give_up })
    }

    /// Leases the tenant's oldest due job. `None`: nothing due, a request of this tenant in flight,
    /// or as many in flight as web requests may have.
    fn claim(&self, tenant_id: u32) -> Result<Option<Claim>> {
        let service = self.config.provision_service()?;
        let limit = i64::from(self.config.provision_inline_limit());
        let owner = format!("{}-{}", std::process::id(), random::code::<16>()?);
        let seconds = u32::try_from(service.timeout.as_secs()).unwrap_or(u32::MAX);
        let lease_seconds = seconds.saturating_add(SETTLING_SECONDS);
        let now = self.now();
        let claimed = self.database.transaction(|db| {
            let Some(row) = tenant::lock(db, tenant_id)? else { return Ok(None) };
            if job::tenant_is_leased(db, tenant_id)? || job::leased_count(db)? >= limit {
                return Ok(None);
            }
            while let Some(due) = job::lock_due(db, tenant_id)? {
                match wanted(due.kind, &row) {
                    Wanted::Now(call) => {
                        if !job::lease(db, &due, &owner, lease_seconds, now.unix())? {
                            return Ok(None);
                        }
                        begin(db, &row, due.kind, now)?;
                        return Ok(Some((due, call)));
                    }
                    Wanted::Later => job::postpone(db, due.id, PARKED_SECONDS, now.unix())?,
                    Wanted::NoMore => job::close(db, due.id, &Closing::Done, now.unix())?,
                }
            }
            Ok(None)
        })?;
        Ok(claimed.map(|(mut job, call)| {
            job.attempts += 1;
            Claim { job, owner, call, service }
        }))
    }

    /// Stores what an attempt came to, if the lease is still ours.
    fn apply(&self, claim: &Claim, answer: Answer) -> Result<()> {
        let now = self.now();
        let tenant_id = claim.job.tenant_id;
        self.database.transaction(|db| {
            let Some(row) = tenant::lock(db, tenant_id)? else { return Ok(()) };
            if !job::lock_owned(db, claim.job.id, &claim.owner)? {
                return Ok(());
            }
            match &answer {
                Ok(done) => {
                    job::close(db, claim.job.id, &Closing::Done, now.unix())?;
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

/// Whether a job's call still makes sense.
enum Wanted {
    Now(Call),
    Later,
    NoMore,
}

fn wanted(kind: JobKind, row: &TenantRow) -> Wanted {
    let switched_off = matches!(row.state.status, TenantStatus::Suspended | TenantStatus::Disabled);
    match (kind, row.inbox_id) {
        (JobKind::Provision, _) if row.state.provisioned => Wanted::NoMore,
        (JobKind::Provision, _) if switched_off => Wanted::Later,
        (JobKind::Provision, _) => Wanted::Now(provision_call(row)),
        (JobKind::Suspend, Some(inbox_id)) if switched_off => Wanted::Now(Call::Suspend {
            inbox_id,
            tenant_name: row.name.clone(),
            domain: row.domain.clone(),
        }),
        (JobKind::Activate, Some(inbox_id)) if !switched_off => {
            Wanted::Now(Call::Activate { inbox_id })
        }
        (JobKind::Suspend | JobKind::Activate, _) => Wanted::NoMore,
    }
}

fn provision_call(row: &TenantRow) -> Call {
    Call::Provision {
        name: row.name.clone(),
        domain: row.domain.clone(),
        email: row.email.clone(),
        kind: if row.channel_type == "web_widget" { "web_widget" } else { "api" },
        max_agents: row.subscription.seats(),
        agent_id: row.agent_id.clone().filter(|id| !id.is_empty()),
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
    let closing = match after_failure(claim.job.attempts, failed.failure, random::fraction()) {
        Next::Retry { wait, settling, fresh_key } => {
            Closing::Retry { wait, settling, key: key_for(fresh_key), error }
        }
        Next::Dead { fresh_key } => Closing::Dead { key: key_for(fresh_key), error },
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

/// Runs `spawn` with all signals blocked, so that the thread it starts never takes one that is
/// meant for PHP's own.
fn without_signals<T>(spawn: impl FnOnce() -> T) -> T {
    // SAFETY: both sets are initialised by the calls that fill them, and the mask is put back.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        let spawned = spawn();
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
        spawned
    }
}
