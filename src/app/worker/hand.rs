//! One thread of the worker: takes a task, does it with an [`App`] of its own, and reports.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender},
    },
    time::{Duration, Instant},
};

use super::{
    super::{App, Config, Database, Delivered, Sender as MailSender, channels::Refreshed},
    News,
    crew::{Report, Task},
};
use crate::{Error, Kind, Result};

/// How long a result is kept that cannot be stored, counted from before the call.
const PATIENCE: Duration = Duration::from_secs(900);
/// The same for a worker that is to end. What is lost then is asked for again under the same key.
const PARTING: Duration = Duration::from_secs(60);

/// One thread. It ends when the crew is dropped.
pub(super) struct Hand {
    pub database: Database,
    pub config: Arc<RwLock<Config>>,
    pub name: String,
    pub stopping: Arc<AtomicBool>,
    pub queue: Arc<Mutex<Receiver<Task>>>,
    pub reports: Sender<Report>,
}

impl Hand {
    pub fn work(self) {
        loop {
            // The lock is held while waiting: the others wait behind it, which is the same.
            let next = self.queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(task) = next else { return };
            let report = self.do_task(task);
            if self.reports.send(report).is_err() {
                return;
            }
        }
    }

    fn do_task(&self, task: Task) -> Report {
        let mut steps = Vec::new();
        // Nothing of ours may panic; if something does, its lease runs out and the worker lives.
        let result = catch_unwind(AssertUnwindSafe(|| {
            let config = self.config.read().unwrap_or_else(PoisonError::into_inner).clone();
            let app = App::for_worker(self.database.clone(), config, &self.name);
            self.steps(&app, &task, &mut steps)
        }));
        let trouble = match result {
            Ok(Ok(())) => None,
            Ok(Err(error)) => {
                if error.kind() != Kind::Storage {
                    steps.push(failed_step(&task, &error));
                }
                (error.kind() == Kind::Storage).then(|| error.to_string())
            }
            Err(_) => Some(format!("{task:?} ended in a panic")),
        };
        Report { task, steps, trouble }
    }

    fn steps(&self, app: &App, task: &Task, steps: &mut Vec<News>) -> Result<()> {
        match task {
            Task::Tenant(id) => self.call(app, *id, steps),
            Task::Order(order_no) => {
                let began = Instant::now();
                let outcome = app.reconcile_order(order_no)?.outcome;
                if outcome.is_news() {
                    let (name, ok) = (outcome.code().to_owned(), !outcome.is_trouble());
                    steps.push(step("order", order_no.clone(), name, ok, began));
                }
                Ok(())
            }
            Task::Mail(id) => {
                let began = Instant::now();
                let (outcome, ok) = match app.deliver(*id, MailSender::Worker)? {
                    Delivered::NotOurs => return Ok(()),
                    Delivered::Sent => ("done".into(), true),
                    Delivered::Skipped(why) => (format!("skipped: {why}"), true),
                    Delivered::Retry(why) | Delivered::Dead(why) => (why, false),
                };
                steps.push(step("mail", id.to_string(), outcome, ok, began));
                Ok(())
            }
            Task::Channel(id) => {
                let began = Instant::now();
                let tended = app.tend_channel(*id)?;
                let told = |t: Refreshed| step("channel", id.to_string(), t.outcome, t.ok, began);
                steps.extend(tended.map(told));
                Ok(())
            }
        }
    }

    /// The tenant's provisioning, and a switch after it.
    fn call(&self, app: &App, tenant_id: u32, steps: &mut Vec<News>) -> Result<()> {
        while !self.stopping.load(Ordering::Relaxed) {
            let began = Instant::now();
            let patience = || {
                let stopping = self.stopping.load(Ordering::Relaxed);
                began.elapsed() < if stopping { PARTING } else { PATIENCE }
            };
            let Some(worked) = app.work_once(tenant_id, &patience)? else { return Ok(()) };
            let ok = worked.failed.is_none();
            let outcome = match worked.failed {
                Some(why) => format!("attempt {}: {why}", worked.attempt),
                None => "done".into(),
            };
            steps.push(step(worked.kind.code(), tenant_id.to_string(), outcome, ok, began));
            if !ok {
                break;
            }
        }
        Ok(())
    }
}

fn step(what: &'static str, subject: String, outcome: String, ok: bool, began: Instant) -> News {
    News::Step { what, subject, outcome, ok, took: began.elapsed() }
}

/// A task that could not even be begun: the configuration is unusable, say. It was put off.
fn failed_step(task: &Task, error: &Error) -> News {
    let (what, subject) = match task {
        Task::Tenant(id) => ("provision", id.to_string()),
        Task::Order(order_no) => ("order", order_no.clone()),
        Task::Mail(id) => ("mail", id.to_string()),
        Task::Channel(id) => ("channel", id.to_string()),
    };
    News::Step { what, subject, outcome: error.to_string(), ok: false, took: Duration::ZERO }
}
