//! What a worker is told, and what it tells.

use std::time::Duration;

use super::super::Config;

/// Provisioning calls at once that make sense.
pub const MAX_CONCURRENCY: u32 = 64;
pub const DEFAULT_CONCURRENCY: u32 = 8;

/// How long to work, and how much at once.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// End when nothing is due any more.
    pub once: bool,
    /// Take up nothing new after so many seconds.
    pub seconds: Option<u64>,
    /// Calls to the provisioning service at once, 1 to [`MAX_CONCURRENCY`].
    pub concurrency: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { once: false, seconds: None, concurrency: DEFAULT_CONCURRENCY }
    }
}

/// What a worker has done since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Steps that came to an end as wanted.
    pub done: u32,
    /// Steps that will be tried again, or were given up.
    pub failed: u32,
    pub in_flight: u32,
}

/// What a worker tells while it works.
#[derive(Clone, Debug)]
pub enum News {
    Started {
        name: String,
    },
    /// A step: what it was, about whom, and how it went.
    Step {
        /// `provision`, `suspend`, `activate`, `order`, `mail`, `notice`, `suspension`, `heal`,
        /// `channel`, `journal`, `seal`.
        what: &'static str,
        /// A tenant's, letter's or shop account's id, an order's number, or how many were sealed.
        subject: String,
        /// What came of it, by name or in the operator's words.
        outcome: String,
        ok: bool,
        /// What it took.
        took: Duration,
    },
    /// Something is wrong that is nobody's fault in particular: the database is away, say.
    Trouble(String),
    Beat(Totals),
    /// Nothing new is taken up; what runs is waited for.
    Stopping,
}

/// Who lets the worker work.
pub trait Boss {
    /// Progress, for a terminal or a log.
    fn hear(&mut self, news: &News);
    /// The configuration as it is now; `None`: stop.
    fn config(&mut self) -> Option<Config>;
    /// The order to stop: a signal, say.
    fn stops(&self) -> bool;
}
