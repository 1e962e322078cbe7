//! The worker's threads. Each takes a task, does it with an [`App`] of its own, and reports.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    time::{Duration, Instant},
};

use super::{
    super::{App, Config, Database, waiting::without_signals},
    News,
};
use crate::{Error, Kind, Result};

/// Something that is due.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Task {
    /// The tenant's calls to the provisioning service.
    Tenant(u32),
    /// A shop account's tokens.
    Channel(u32),
}

/// Tasks of one sort, with threads of their own: a service that hangs must not keep the mail from
/// going out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    Tenant,
    Channel,
}

/// Platforms answer within a second or so, and a shop's tokens are renewed once in a while.
const CHANNEL_THREADS: usize = 4;

impl Lane {
    pub const ALL: [Self; 2] = [Self::Tenant, Self::Channel];

    fn threads(self, concurrency: u32) -> usize {
        match self {
            Self::Tenant => concurrency as usize,
            Self::Channel => CHANNEL_THREADS,
        }
    }
}

impl Task {
    fn lane(&self) -> Lane {
        match self {
            Self::Tenant(_) => Lane::Tenant,
            Self::Channel(_) => Lane::Channel,
        }
    }
}

/// What came of a task.
pub(super) struct Report {
    task: Task,
    pub steps: Vec<News>,
    /// The database is away, or something like it.
    pub trouble: Option<String>,
}

/// The threads of one lane.
struct Gang {
    lane: Lane,
    threads: usize,
    busy: usize,
    tasks: Sender<Task>,
}

pub(super) struct Crew {
    gangs: Vec<Gang>,
    at_work: HashSet<Task>,
    reports: Receiver<Report>,
    config: Arc<RwLock<Config>>,
}

impl Crew {
    pub fn hire(
        database: &Database,
        config: Config,
        name: &str,
        concurrency: u32,
        stopping: &Arc<AtomicBool>,
    ) -> Result<Self> {
        let (sender, reports) = channel();
        let config = Arc::new(RwLock::new(config));
        let mut gangs = Vec::new();
        for lane in Lane::ALL {
            let (tasks, queue) = channel();
            let queue = Arc::new(Mutex::new(queue));
            let threads = lane.threads(concurrency);
            for _ in 0..threads {
                let hand = Hand {
                    database: database.clone(),
                    config: Arc::clone(&config),
                    name: name.to_owned(),
                    stopping: Arc::clone(stopping),
                    queue: Arc::clone(&queue),
                    reports: sender.clone(),
                };
                without_signals(|| {
                    std::thread::Builder::new()
                        .name("chathub-worker".into())
                        .spawn(move || hand.work())
                })
                .map_err(|error| Error::storage(format!("no thread to work with: {error}")))?;
            }
            gangs.push(Gang { lane, threads, busy: 0, tasks });
        }
        Ok(Self { gangs, at_work: HashSet::new(), reports, config })
    }

    fn gang(&self, lane: Lane) -> Option<&Gang> {
        self.gangs.iter().find(|gang| gang.lane == lane)
    }

    /// Threads of the lane that have nothing to do.
    pub fn free(&self, lane: Lane) -> usize {
        self.gang(lane).map_or(0, |gang| gang.threads.saturating_sub(gang.busy))
    }

    pub fn busy(&self, lane: Lane) -> usize {
        self.gang(lane).map_or(0, |gang| gang.busy)
    }

    pub fn all_busy(&self) -> usize {
        self.at_work.len()
    }

    pub fn is_idle(&self) -> bool {
        self.at_work.is_empty()
    }

    /// Some of what is due and not at work here; at random, because other workers choose as well.
    pub fn choose(&self, mut due: Vec<Task>, most: usize) -> Vec<Task> {
        due.retain(|task| !self.at_work.contains(task));
        let mut chosen = Vec::new();
        while !due.is_empty() && chosen.len() < most {
            let at = (crate::random::fraction() * due.len() as f64) as usize;
            chosen.push(due.swap_remove(at.min(due.len() - 1)));
        }
        chosen
    }

    /// `false` when it is at work already, or there is nobody left to do it.
    pub fn give(&mut self, task: Task) -> bool {
        let lane = task.lane();
        let Some(gang) = self.gangs.iter_mut().find(|gang| gang.lane == lane) else { return false };
        if self.at_work.contains(&task) || gang.tasks.send(task.clone()).is_err() {
            return false;
        }
        gang.busy += 1;
        self.at_work.insert(task);
        true
    }

    /// The next report, waiting for it at most so long.
    pub fn report(&mut self, longest: Duration) -> Option<Report> {
        let report = match self.reports.recv_timeout(longest) {
            Ok(report) => report,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
        };
        let lane = report.task.lane();
        if self.at_work.remove(&report.task)
            && let Some(gang) = self.gangs.iter_mut().find(|gang| gang.lane == lane)
        {
            gang.busy = gang.busy.saturating_sub(1);
        }
        Some(report)
    }

    /// For the tasks that begin from now on; `false` when nothing in it is new.
    pub fn take_config(&self, config: &Config) -> bool {
        let mut current = self.config.write().unwrap_or_else(PoisonError::into_inner);
        if current.same_as(config) {
            return false;
        }
        *current = config.clone();
        true
    }
}

/// One thread. It ends when the crew is dropped.
struct Hand {
    database: Database,
    config: Arc<RwLock<Config>>,
    name: String,
    stopping: Arc<AtomicBool>,
    queue: Arc<Mutex<Receiver<Task>>>,
    reports: Sender<Report>,
}

impl Hand {
    fn work(self) {
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
            Task::Tenant(id) => {
                // Its provisioning, and a switch after it.
                while !self.stopping.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    let Some(worked) = app.work_once(*id)? else { return Ok(()) };
                    let ok = worked.failed.is_none();
                    steps.push(News::Step {
                        what: worked.kind.code(),
                        subject: id.to_string(),
                        outcome: match worked.failed {
                            Some(why) => format!("attempt {}: {why}", worked.attempt),
                            None => "done".into(),
                        },
                        ok,
                        took: began.elapsed(),
                    });
                    if !ok {
                        return Ok(());
                    }
                }
                Ok(())
            }
            Task::Channel(id) => {
                let began = Instant::now();
                let tended = app.tend_channel(*id)?;
                steps.extend(tended.map(|tended| News::Step {
                    what: "channel",
                    subject: id.to_string(),
                    outcome: tended.outcome,
                    ok: tended.ok,
                    took: began.elapsed(),
                }));
                Ok(())
            }
        }
    }
}

/// A task that could not even be begun: the configuration is unusable, say. It was put off.
fn failed_step(task: &Task, error: &Error) -> News {
    let (what, subject) = match task {
        Task::Tenant(id) => ("provision", id.to_string()),
        Task::Channel(id) => ("channel", id.to_string()),
    };
    News::Step { what, subject, outcome: error.to_string(), ok: false, took: Duration::ZERO }
}
