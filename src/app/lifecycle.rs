//! Time passes: notices before the end of service, suspension after the grace.

use super::{
    App, Moment,
    mail::{self, Letter},
    outbox,
};
use crate::{
    Error, Result,
    domain::{
        TenantEvent, TenantStatus,
        lifecycle::{Notice, Stage, due_notice, grace_is_over},
    },
    store::{
        Db, lifecycle, log,
        tenant::{self, TenantRow},
    },
};

/// Seconds that the clocks of a machine and of the database may differ.
const CLOCKS_APART: i64 = 300;

/// What time did to a tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    pub notice: Option<Stage>,
    pub suspended: bool,
}

impl App {
    /// Tenants with a notice or a suspension coming to them now.
    pub fn due_by_time(&self, limit: u32) -> Result<Vec<u32>> {
        let Moment { timestamp, local: now } = self.now();
        let grace_days = self.config.grace_days();
        let suspends = self.config.suspends_expired();
        self.database.read(|db| {
            // Nobody is told that their time is over because a machine's clock is wrong.
            if (db.now()? - timestamp.as_second()).abs() > CLOCKS_APART {
                return Err(Error::storage(
                    "this machine's clock and the database's are far apart",
                ));
            }
            let mut due = match suspends {
                true => lifecycle::due_for_suspension(db, now, grace_days, limit)?,
                false => Vec::new(),
            };
            for id in lifecycle::due_for_notice(db, now, limit)? {
                if !due.contains(&id) {
                    due.push(id);
                }
            }
            due.truncate(limit as usize);
            Ok(due)
        })
    }

    /// Gives the tenant the notice that is due, and suspends it when its grace is over. Under its
    /// row lock, so that of many at once one does it, and a payment comes before or after as a whole.
    pub fn tend_tenant(&self, tenant_id: u32) -> Result<Passed> {
        let now = self.now();
        let grace_days = self.config.grace_days();
        self.database.transaction(|db| {
            let mut passed = Passed::default();
            let Some(mut row) = tenant::lock(db, tenant_id)? else { return Ok(passed) };
            let Some(expire_at) = row.state.expire_at else { return Ok(passed) };
            if row.state.status != TenantStatus::Active {
                return Ok(passed);
            }
            if let Some(stage) = due_notice(expire_at, row.notice, now.local) {
                let notice = Notice { about: expire_at, stage, given_at: now.local };
                lifecycle::set_notice(db, &row, notice, now.unix())?;
                row.notice = Some(notice);
                passed.notice = Some(stage);
            }
            passed.suspended = self.config.suspends_expired()
                && grace_is_over(expire_at, row.notice, grace_days, now.local)
                && suspend(db, &row, now)?;
            let (user_id, tenant_id) = (row.user_id, row.id);
            let letter = match (passed.suspended, passed.notice) {
                (true, _) => Letter::Suspended { user_id, tenant_id, expire_at },
                (false, Some(stage)) => Letter::Expiry { user_id, tenant_id, expire_at, stage },
                (false, None) => return Ok(passed),
            };
            mail::post(db, &letter, now)?;
            if let Some(stage) = passed.notice {
                let detail = serde_json::json!({
                    "days": stage.days(), "expire_at": super::written(expire_at),
                });
                write_log(db, row.id, "notice", &detail, now)?;
            }
            Ok(passed)
        })
    }
}

/// `false` when the tenant is in no state to be suspended.
fn suspend(db: &mut Db<'_>, row: &TenantRow, now: Moment) -> Result<bool> {
    let Ok((state, effects)) = row.state.apply(TenantEvent::Expired) else { return Ok(false) };
    tenant::update_state(db, row, &state, now.unix())?;
    outbox::enqueue_effects(db, row.id, &effects, now)?;
    write_log(db, row.id, "suspend", &serde_json::json!({"reason": "expired"}), now)?;
    Ok(true)
}

pub(super) fn write_log(
    db: &mut Db<'_>,
    tenant_id: u32,
    action: &str,
    detail: &serde_json::Value,
    now: Moment,
) -> Result<()> {
    let entry = log::Entry {
        tenant_id,
        action,
        detail: &detail.to_string(),
        success: true,
        operator: "system",
    };
    log::insert(db, &entry, now.unix())
}
