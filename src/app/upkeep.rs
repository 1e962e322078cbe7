//! What is done now and then, and the signs of life of those who do it.

use super::App;
use crate::{
    Result,
    store::{
        gateway,
        job::{self, Backlog},
        oauth_state, throttle, token,
        worker::{self, Beat, WorkerRow},
    },
};

/// Workers in the overview.
const MAX_WORKERS: u32 = 50;

/// Who works, and what there is to do.
pub struct WorkView {
    pub workers: Vec<WorkerRow>,
    pub backlog: Backlog,
}

impl App {
    pub fn work_view(&self) -> Result<WorkView> {
        self.database.read(|db| {
            Ok(WorkView { workers: worker::list(db, MAX_WORKERS)?, backlog: job::backlog(db)? })
        })
    }

    /// Whether a worker does what is due; then pages need not.
    pub fn worker_is_alive(&self) -> Result<bool> {
        self.database.read(worker::any_alive)
    }

    pub(super) fn beat(&self, beat: &Beat<'_>) -> Result<()> {
        self.database.transaction(|db| worker::beat(db, beat))
    }

    /// Drops what nobody needs any more, and renews what is about to run out.
    pub(super) fn clean(&self) -> Result<()> {
        self.tend_certificates();
        self.database.transaction(throttle::sweep)?;
        self.database.transaction(token::sweep)?;
        self.sweep_mail()?;
        self.database.transaction(oauth_state::sweep)?;
        self.database.transaction(gateway::sweep)?;
        self.database.transaction(worker::sweep)
    }
}
