//! When the worker looks again for what no queue shows.

use std::time::{Duration, Instant};

/// One thing that is looked for now and then.
pub(super) struct Round {
    every: Duration,
    next: Instant,
}

impl Round {
    fn new(seconds: u64) -> Self {
        Self { every: Duration::from_secs(seconds), next: Instant::now() }
    }

    pub fn is_due(&self) -> bool {
        Instant::now() >= self.next
    }

    /// It was looked for now; where there was `more` than could be done at once, again at once.
    pub fn looked(&mut self, more: bool) {
        self.next = Instant::now() + if more { Duration::ZERO } else { self.every };
    }
}

/// The first look at everything is at the start.
pub(super) struct Watch {
    pub calendar: Round,
    pub leftovers: Round,
    pub channels: Round,
    pub cleaning: Round,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            calendar: Round::new(5),
            leftovers: Round::new(60),
            channels: Round::new(30),
            cleaning: Round::new(600),
        }
    }
}
