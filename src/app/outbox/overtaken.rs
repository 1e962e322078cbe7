//! Switches that were overtaken: the service was told to suspend or to activate, or may have been, and
//! the tenant's state asks for the opposite by now. A process that stood still may even tell it after
//! somebody else has told it the opposite. Such a switch is looked at again when no request of the
//! tenant is in flight, and the call that its state asks for then is made once more. Both calls are
//! harmless when repeated.

use super::{
    enqueue_effects, fresh_key,
    wanted::{Wanted, wanted},
};
use crate::{
    Result,
    app::Moment,
    domain::{
        Effect, JobKind,
        job::{Failure, SETTLING_SECONDS},
    },
    provision::Answer,
    store::{
        Db,
        job::{self, Closing, JobRow},
        tenant::TenantRow,
    },
};

const OVERTAKEN: &str = "the tenant's state changed while the request was under way";

/// How a switch that was made is left behind; provisioning is never overtaken like this.
pub(super) fn closing<'a>(job: &'a JobRow, row: &TenantRow) -> Closing<'a> {
    if !is_overtaken(job.kind, row) {
        return Closing::Done;
    }
    Closing::Retry { wait: 0, settling: 0, key: &job.idempotency_key, error: OVERTAKEN }
}

/// What follows when the lease was lost meanwhile: the result counts for nothing, its effect does.
pub(super) fn look_again(
    db: &mut Db<'_>,
    job: &JobRow,
    row: &TenantRow,
    answer: &Answer,
    now: Moment,
) -> Result<()> {
    let settling = match answer {
        Ok(_) => 0,
        Err(failed) if failed.failure == Failure::Unknown => SETTLING_SECONDS,
        Err(_) => return Ok(()),
    };
    if !is_overtaken(job.kind, row) {
        return Ok(());
    }
    let key = fresh_key(job.tenant_id)?;
    let doubt = job::Doubt { tenant_id: job.tenant_id, kind: job.kind, why: OVERTAKEN, settling };
    job::look_again(db, &doubt, &key, now.unix())
}

/// After a job was closed because its call is not wanted any more: where that call may have been
/// made before, the opposite is made now. Call it with no request of the tenant in flight.
pub(super) fn set_right(
    db: &mut Db<'_>,
    closed: &JobRow,
    row: &TenantRow,
    now: Moment,
) -> Result<()> {
    let Some(opposite) = opposite(closed.kind).filter(|_| closed.attempts > 0) else {
        return Ok(());
    };
    if matches!(wanted(opposite, row), Wanted::Now(_)) {
        enqueue_effects(db, row.id, &[Effect::Enqueue(opposite)], now)?;
    }
    Ok(())
}

fn is_overtaken(kind: JobKind, row: &TenantRow) -> bool {
    opposite(kind).is_some_and(|opposite| matches!(wanted(opposite, row), Wanted::Now(_)))
}

fn opposite(kind: JobKind) -> Option<JobKind> {
    match kind {
        JobKind::Suspend => Some(JobKind::Activate),
        JobKind::Activate => Some(JobKind::Suspend),
        JobKind::Provision => None,
    }
}
