//! The worker's threads, and what each of them is at.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::AtomicBool,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    time::Duration,
};

use super::{
    super::{Config, Database, waiting::without_signals},
    News,
    hand::Hand,
};
use crate::{Error, Result};

/// Something that is due.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Task {
    /// The tenant's calls to the provisioning service.
    Tenant(u32),
    /// The order's number: the payment providers are asked about it.
    Order(String),
    /// A letter's row.
    Mail(u32),
    /// A shop account's tokens.
    Channel(u32),
}

/// Questions to the payment providers at once: they limit how often they are asked.
const ORDERS_AT_ONCE: usize = 4;
/// Letters being sent at once: mail servers count connections, too.
const LETTERS_AT_ONCE: usize = 2;

/// Tasks of one sort, with threads of their own: a service that hangs must not keep the mail from
/// going out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    Tenant,
    Order,
    Mail,
    Channel,
}

/// Platforms answer within a second or so, and a shop's tokens are renewed once in a while.
const CHANNEL_THREADS: usize = 4;

impl Lane {
    pub const ALL: [Self; 4] = [Self::Tenant, Self::Order, Self::Mail, Self::Channel];

    fn threads(self, concurrency: u32) -> usize {
        match self {
            Self::Tenant => concurrency as usize,
            Self::Order => ORDERS_AT_ONCE,
            Self::Mail => LETTERS_AT_ONCE,
            Self::Channel => CHANNEL_THREADS,
        }
    }
}

impl Task {
    fn lane(&self) -> Lane {
        match self {
            Self::Tenant(_) => Lane::Tenant,
            Self::Order(_) => Lane::Order,
            Self::Mail(_) => Lane::Mail,
            Self::Channel(_) => Lane::Channel,
        }
    }
}

/// What came of a task.
pub(super) struct Report {
    pub task: Task,
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
