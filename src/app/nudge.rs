//! Where no worker runs, the pages that members look at do a little of its work after their answer:
//! rate-limited over all processes, and a few steps at a time.

use super::App;
use crate::Result;

/// Calls to the provisioning service, and to the shop platforms.
const CALL_SECONDS: u32 = 5;
/// Questions to the payment providers.
const ORDER_SECONDS: u32 = 5;
/// Letters.
const MAIL_SECONDS: u32 = 5;
/// Notices, suspensions, what earlier versions left.
const CALENDAR_SECONDS: u32 = 10;
const LEFTOVER_SECONDS: u32 = 60;
/// Steps of one visit that need nothing but the database.
const STEPS: u32 = 10;
/// Enough to get past a tenant for whom nothing can be done just now.
const CANDIDATES: u32 = 5;

impl App {
    /// Gives due work a nudge. Nothing depends on it: what fails is on record and stays due.
    pub fn nudge(&self) -> Result<()> {
        if self.worker_is_alive()? {
            return Ok(());
        }
        self.tend_certificates();
        self.sweep_sometimes()?;
        // One kind of work that fails must not keep the others from their turn.
        let results = [
            self.nudge_calls(),
            self.nudge_orders(),
            self.nudge_calendar(),
            self.nudge_leftovers(),
            self.nudge_mail(),
            self.nudge_channels(),
        ];
        results.into_iter().collect()
    }

    fn nudge_calls(&self) -> Result<()> {
        let due = self.due_tenants(CANDIDATES)?;
        if due.is_empty() || !self.first_within("nudge", "", CALL_SECONDS)? {
            return Ok(());
        }
        let mut last = Ok(());
        for tenant_id in due {
            match self.work_tenant(tenant_id) {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) => last = Err(error),
            }
        }
        last
    }

    /// One order: a provider that hangs keeps this process for several time-outs.
    fn nudge_orders(&self) -> Result<()> {
        if !self.first_within("nudge_orders", "", ORDER_SECONDS)? {
            return Ok(());
        }
        let Some(order_no) = self.due_orders(1)?.pop() else { return Ok(()) };
        match self.one_of_few(|| self.reconcile_order(&order_no))? {
            Some(found) => found.tenant_id.map_or(Ok(()), |id| self.work_tenant(id).map(drop)),
            None => Ok(()),
        }
    }

    fn nudge_calendar(&self) -> Result<()> {
        if !self.first_within("nudge_calendar", "", CALENDAR_SECONDS)? {
            return Ok(());
        }
        all(self.due_by_time(STEPS)?, |id| self.tend_tenant(id).map(drop))
    }

    /// One account whose tokens are due. The journal is looked at with it.
    fn nudge_channels(&self) -> Result<()> {
        if self.first_within("nudge_journal", "", LEFTOVER_SECONDS)? {
            self.replay_journal()?;
            self.seal_channels(STEPS)?;
        }
        let due = self.due_channels(1)?;
        if due.is_empty() || !self.first_within("nudge_channels", "", CALL_SECONDS)? {
            return Ok(());
        }
        due.into_iter().try_for_each(|id| self.tend_channel(id).map(drop))
    }

    fn nudge_leftovers(&self) -> Result<()> {
        if !self.first_within("nudge_leftovers", "", LEFTOVER_SECONDS)? {
            return Ok(());
        }
        all(self.due_for_healing(STEPS)?, |id| self.heal_tenant(id).map(drop))
    }

    fn nudge_mail(&self) -> Result<()> {
        if !self.first_within("nudge_mail", "", MAIL_SECONDS)? {
            return Ok(());
        }
        self.deliver_some()
    }
}

/// One that fails does not keep the others from their turn.
fn all(ids: Vec<u32>, each: impl Fn(u32) -> Result<()>) -> Result<()> {
    let results: Vec<_> = ids.into_iter().map(each).collect();
    results.into_iter().collect()
}
