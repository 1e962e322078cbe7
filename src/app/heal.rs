//! What earlier versions left half done is found and brought to an end: tenants stuck on the way to
//! their resources, and paid orders whose tenant never got any. So is what was given up: a member who
//! paid is not left without service because the service was away for a day. (Their piles of pending orders are
//! closed as all orders are that nobody paid.)

use jiff::ToSpan;

use super::{App, Moment, lifecycle::write_log, limits::bucket, outbox};
use crate::{
    Result,
    domain::{Effect, TenantEvent, TenantStatus, lifecycle::FORGOTTEN_DAYS},
    store::{
        lifecycle::{self, Unserved},
        tenant::{self, TenantRow},
        throttle,
    },
};

/// Looking through the tenants that are called active takes long where there are many.
const ACTIVE_SECONDS: u32 = 3600;

/// What was done for a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Healed {
    /// Nothing was wrong.
    Nothing,
    /// Its resources are asked for (again).
    Enqueued,
    /// Its status says now what it has.
    Status(TenantStatus),
}

impl App {
    /// Tenants that need healing; at most `limit` of each sort.
    pub fn due_for_healing(&self, limit: u32) -> Result<Vec<u32>> {
        let look_at_active = self.first_within("heal_active", "", ACTIVE_SECONDS)?;
        let now = self.now().local;
        let mut full = false;
        let found = self.database.read(|db| {
            let mut found = lifecycle::stuck(db, limit)?;
            let mut add = |more: Vec<u32>| {
                for id in more {
                    if !found.contains(&id) {
                        found.push(id);
                    }
                }
            };
            add(lifecycle::paid_without_resources(db, Unserved::Waiting, now, limit)?);
            add(lifecycle::unswitched(db, limit)?);
            if look_at_active {
                let active = lifecycle::paid_without_resources(db, Unserved::Active, now, limit)?;
                full = active.len() >= limit as usize;
                add(active);
            }
            Ok(found)
        })?;
        if full {
            // There are more: they do not wait for the next hour.
            self.database.transaction(|db| throttle::forget(db, &bucket("heal_active", "")))?;
        }
        Ok(found)
    }

    /// Heals one tenant, under its row lock.
    pub fn heal_tenant(&self, tenant_id: u32) -> Result<Healed> {
        let now = self.now();
        self.database.transaction(|db| {
            let Some(mut row) = tenant::lock(db, tenant_id)? else { return Ok(Healed::Nothing) };
            let record = lifecycle::record(db, tenant_id)?;
            if record.open {
                return Ok(Healed::Nothing);
            }
            let expired = row.state.expire_at.is_some_and(|end| end <= now.local);
            // A trial that ended long ago is not begun now: that would cost real resources.
            // Nor is a call asked for again that was given up just now.
            let owed = (record.paid && !record.given_up && !is_forgotten(&row, now))
                || (row.state.status == TenantStatus::Provisioning && !record.tried && !expired);
            if owed && let Ok((_, effects)) = row.state.apply(TenantEvent::ProvisionRequested) {
                // An old row's status may be none at all; the attempt expects one.
                if row.stored_status.as_deref() != Some(row.state.status.code()) {
                    lifecycle::set_status(db, &row, now.unix())?;
                }
                outbox::enqueue_effects(db, row.id, &effects, now)?;
                let detail = serde_json::json!({"found": row.stored_status, "paid": record.paid});
                write_log(db, row.id, "heal", &detail, now)?;
                return Ok(Healed::Enqueued);
            }
            if let Some(kind) = lifecycle::given_up_switch(db, tenant_id)?
                && outbox::is_wanted(kind, &row)
            {
                outbox::enqueue_effects(db, row.id, &[Effect::Enqueue(kind)], now)?;
                write_log(db, row.id, "heal", &serde_json::json!({"again": kind.code()}), now)?;
                return Ok(Healed::Enqueued);
            }
            // Nothing is on the way, so nobody has to wait for it: the member may ask again.
            if let Ok((state, _)) = row.state.apply(TenantEvent::Refused) {
                row.state = state;
            }
            if row.stored_status.as_deref() == Some(row.state.status.code()) {
                return Ok(Healed::Nothing);
            }
            lifecycle::set_status(db, &row, now.unix())?;
            let status = row.state.status;
            let detail = serde_json::json!({"found": row.stored_status, "status": status.code()});
            write_log(db, row.id, "heal", &detail, now)?;
            Ok(Healed::Status(status))
        })
    }
}

/// Its time was over so long ago that resources would end up in nobody's hands.
fn is_forgotten(row: &TenantRow, now: Moment) -> bool {
    let end = row.state.expire_at.map(|end| end.saturating_add(FORGOTTEN_DAYS.days()));
    end.is_some_and(|end| end <= now.local)
}
