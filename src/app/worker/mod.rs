//! The worker: a process that does what is due, for as long as it is let. Any number of them, on any
//! number of machines over one database, share the work by leases; none of them holds anything that
//! would be missed if it were killed.
//!
//! Threads live only here: one thread looks for what is due and hands it out, the others wait for
//! answers. Each has a connection of its own.

mod crew;
mod hand;
mod news;
mod watch;

pub use news::{Boss, DEFAULT_CONCURRENCY, MAX_CONCURRENCY, News, Options, Totals};

use std::{
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
    time::{Duration, Instant},
};

use super::{App, Config, Database, Healed, Passed};
use crate::{Error, Result, random, store::worker::Beat};
use crew::{Crew, Lane, Task};

/// Steps of one look that need nothing but the database.
const AT_ONCE: u32 = 100;
/// How long a worker with nothing to do sleeps before it looks again.
const IDLE: Duration = Duration::from_millis(500);
/// How soon an order to stop is noticed.
const TICK: Duration = Duration::from_millis(100);
const BEAT: Duration = Duration::from_secs(10);
/// How often it asks for the configuration, which may have been saved anew.
const CONFIG: Duration = Duration::from_secs(5);
/// After the database was out of reach.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// Rows in clear that are sealed before anything else has its turn again.
const SEALED_AT_ONCE: u32 = 100;

/// Works until it is told to stop, its time is over, or (with `once`) nothing is due. Never fails
/// because of what it works on; a database that is away is waited for, except with `once`.
pub fn run(
    database: &Database,
    config: Config,
    options: Options,
    boss: &mut dyn Boss,
) -> Result<Totals> {
    let name = format!("{}-{}-{}", host(), std::process::id(), random::code::<4>()?);
    let shift = Shift::new(database, config, options, &name)?;
    boss.hear(&News::Started { name: name.clone() });
    shift.work(boss)
}

/// The machine's name, in the characters that its column takes.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '.' || *c == '_';
    let name: String = name.trim().chars().filter(plain).take(40).collect();
    if name.is_empty() { "host".into() } else { name }
}

/// A worker at work.
struct Shift<'a> {
    database: &'a Database,
    options: Options,
    name: &'a str,
    app: App,
    crew: Crew,
    totals: Totals,
    ends: Option<Instant>,
    stopping: Arc<AtomicBool>,
    watch: watch::Watch,
    /// The database was out of reach; what to wait before it is tried again.
    pause: Duration,
}

impl<'a> Shift<'a> {
    fn new(
        database: &'a Database,
        config: Config,
        options: Options,
        name: &'a str,
    ) -> Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        Ok(Self {
            app: App::for_worker(database.clone(), config.clone(), name),
            crew: Crew::hire(database, config, name, options.concurrency, &stopping)?,
            database,
            options,
            name,
            totals: Totals::default(),
            ends: options.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds)),
            stopping,
            watch: watch::Watch::default(),
            pause: Duration::ZERO,
        })
    }

    fn work(mut self, boss: &mut dyn Boss) -> Result<Totals> {
        let (mut last_beat, mut last_config) = (None::<Instant>, Instant::now());
        while !self.is_over(boss) {
            if last_beat.is_none_or(|at| at.elapsed() >= BEAT) {
                last_beat = Some(Instant::now());
                self.beat(boss, false);
            }
            if last_config.elapsed() >= CONFIG {
                last_config = Instant::now();
                match boss.config() {
                    Some(config) => self.take_config(config),
                    None => break,
                }
            }
            let found = match self.look(boss) {
                Ok(found) => {
                    self.pause = Duration::ZERO;
                    found
                }
                // Whoever starts it now and then has the next one wait for the database.
                Err(error) if self.options.once => {
                    self.stop(boss);
                    return Err(error);
                }
                Err(error) => {
                    self.trouble(boss, &error.to_string());
                    false
                }
            };
            if self.options.once && !found && self.crew.is_idle() && self.pause.is_zero() {
                break;
            }
            self.wait(boss, found);
        }
        self.stop(boss);
        Ok(self.totals)
    }

    fn is_over(&self, boss: &dyn Boss) -> bool {
        boss.stops() || self.ends.is_some_and(|ends| Instant::now() >= ends)
    }

    /// Hands out what is due; `true` when there was anything.
    fn look(&mut self, boss: &mut dyn Boss) -> Result<bool> {
        let mut found = false;
        for lane in Lane::ALL {
            let free = self.crew.free(lane);
            if free == 0 {
                continue;
            }
            let due = self.due(lane, free)?;
            for task in self.crew.choose(due, free) {
                found |= self.crew.give(task);
            }
        }
        Ok(self.by_time(boss) || found)
    }

    /// More than there is room for, so that several workers do not all reach for the same.
    fn due(&self, lane: Lane, free: usize) -> Result<Vec<Task>> {
        let limit = u32::try_from(free + self.crew.busy(lane)).unwrap_or(u32::MAX) + 32;
        Ok(match lane {
            Lane::Tenant => {
                let due = self.app.due_tenants(limit)?;
                due.into_iter().map(Task::Tenant).collect()
            }
            Lane::Order => {
                let due = self.app.due_orders(limit)?;
                due.into_iter().map(Task::Order).collect()
            }
            Lane::Mail => {
                let due = self.app.due_mails(limit)?;
                due.into_iter().map(Task::Mail).collect()
            }
            Lane::Channel => {
                let due = self.app.due_channels(limit)?;
                due.into_iter().map(Task::Channel).collect()
            }
        })
    }

    /// What has become due by the calendar, and what earlier versions left behind. A row that makes
    /// trouble keeps neither the other rows nor the lanes waiting.
    fn by_time(&mut self, boss: &mut dyn Boss) -> bool {
        let mut found = false;
        if self.watch.calendar.is_due() {
            let due = self.app.due_by_time(AT_ONCE);
            let (ids, full) = self.found_by(boss, due);
            let mut did = false;
            for id in ids {
                let began = Instant::now();
                match self.app.tend_tenant(id) {
                    Ok(passed) => did |= self.tell_passed(boss, id, passed, began.elapsed()),
                    Err(error) => self.tell_failed(boss, "notice", id, &error, began.elapsed()),
                }
            }
            self.watch.calendar.looked(full && did);
            found |= did;
        }
        if self.watch.leftovers.is_due() {
            let due = self.app.due_for_healing(AT_ONCE);
            let (ids, full) = self.found_by(boss, due);
            let mut did = false;
            for id in ids {
                let began = Instant::now();
                match self.app.heal_tenant(id) {
                    Ok(healed) => did |= self.tell_healed(boss, id, healed, began.elapsed()),
                    Err(error) => self.tell_failed(boss, "heal", id, &error, began.elapsed()),
                }
            }
            self.watch.leftovers.looked(full && did);
            found |= did;
        }
        if self.watch.channels.is_due() {
            match self.tend_channels(boss) {
                Ok(did) => found |= did,
                Err(error) => {
                    self.watch.channels.looked(false);
                    boss.hear(&News::Trouble(error.to_string()));
                }
            }
        }
        if self.watch.cleaning.is_due() {
            self.watch.cleaning.looked(false);
            if let Err(error) = self.app.clean() {
                boss.hear(&News::Trouble(error.to_string()));
            }
        }
        found
    }

    /// What a look gave, and whether there may be more.
    fn found_by(&self, boss: &mut dyn Boss, due: Result<Vec<u32>>) -> (Vec<u32>, bool) {
        match due {
            Ok(ids) => {
                let full = ids.len() >= AT_ONCE as usize;
                (ids, full)
            }
            Err(error) => {
                boss.hear(&News::Trouble(error.to_string()));
                (Vec::new(), false)
            }
        }
    }

    fn tell_failed(
        &mut self,
        boss: &mut dyn Boss,
        what: &'static str,
        id: u32,
        error: &Error,
        took: Duration,
    ) {
        self.totals.failed += 1;
        let (subject, outcome) = (id.to_string(), error.to_string());
        boss.hear(&News::Step { what, subject, outcome, ok: false, took });
    }

    /// What waits in this machine's journal, what is still in clear, and the gateway's figures.
    fn tend_channels(&mut self, boss: &mut dyn Boss) -> Result<bool> {
        let began = Instant::now();
        let step = |what, subject: String, outcome: &str| News::Step {
            what,
            subject,
            outcome: outcome.to_owned(),
            ok: true,
            took: began.elapsed(),
        };
        let mut steps = Vec::new();
        for id in self.app.replay_journal()? {
            steps.push(step("journal", id.to_string(), "refreshed"));
        }
        let sealed = self.app.seal_channels(SEALED_AT_ONCE)?;
        if sealed > 0 {
            steps.push(step("seal", sealed.to_string(), "done"));
        }
        let more = self.app.count_gateway_calls()?;
        self.watch.channels.looked(more || sealed == SEALED_AT_ONCE);
        self.totals.done += u32::try_from(steps.len()).unwrap_or(u32::MAX);
        steps.iter().for_each(|step| boss.hear(step));
        Ok(more || !steps.is_empty())
    }

    fn tell_passed(
        &mut self,
        boss: &mut dyn Boss,
        id: u32,
        passed: Passed,
        took: Duration,
    ) -> bool {
        let step =
            |what, outcome| News::Step { what, subject: id.to_string(), outcome, ok: true, took };
        if let Some(stage) = passed.notice {
            self.totals.done += 1;
            boss.hear(&step("notice", stage.days().to_string()));
        }
        if passed.suspended {
            self.totals.done += 1;
            boss.hear(&step("suspension", "expired".into()));
        }
        passed != Passed::default()
    }

    fn tell_healed(
        &mut self,
        boss: &mut dyn Boss,
        id: u32,
        healed: Healed,
        took: Duration,
    ) -> bool {
        let outcome = match healed {
            Healed::Nothing => return false,
            Healed::Enqueued => "enqueued",
            Healed::Status(status) => status.code(),
        };
        self.totals.done += 1;
        let (subject, outcome) = (id.to_string(), outcome.to_owned());
        boss.hear(&News::Step { what: "heal", subject, outcome, ok: true, took });
        true
    }

    /// Waits for the crew's reports; not at all where there is more to hand out.
    fn wait(&mut self, boss: &mut dyn Boss, found: bool) {
        let rest = match (self.pause.is_zero(), found) {
            (false, _) => self.pause,
            (true, true) => TICK,
            (true, false) => IDLE,
        };
        let until = Instant::now() + rest;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let heard = self.hear_crew(boss, left.min(TICK));
            // A place became free: look for the next at once.
            if (heard && self.pause.is_zero()) || left.is_zero() || self.is_over(boss) {
                return;
            }
        }
    }

    /// Takes the reports that are there, waiting for the first at most so long.
    fn hear_crew(&mut self, boss: &mut dyn Boss, longest: Duration) -> bool {
        let mut heard = false;
        let mut wait = longest;
        while let Some(report) = self.crew.report(wait) {
            (heard, wait) = (true, Duration::ZERO);
            for step in report.steps {
                match step {
                    News::Step { ok: true, .. } => self.totals.done += 1,
                    _ => self.totals.failed += 1,
                }
                boss.hear(&step);
            }
            if let Some(error) = report.trouble {
                self.trouble(boss, &error);
            }
        }
        heard
    }

    fn trouble(&mut self, boss: &mut dyn Boss, what: &str) {
        let doubled = (self.pause * 2).max(Duration::from_secs(1)).min(LONGEST_PAUSE);
        // Those that lost their connection together do not come back together.
        self.pause = doubled.mul_f64(1.0 + 0.25 * random::fraction());
        boss.hear(&News::Trouble(what.to_owned()));
    }

    fn take_config(&mut self, config: Config) {
        if self.crew.take_config(&config) {
            self.app = App::for_worker(self.database.clone(), config, self.name);
        }
    }

    /// A sign of life. That it cannot be stored is told when the work cannot be done either.
    fn beat(&mut self, boss: &mut dyn Boss, last: bool) {
        self.totals.in_flight = u32::try_from(self.crew.all_busy()).unwrap_or(u32::MAX);
        let beat = Beat {
            name: self.name,
            version: env!("CARGO_PKG_VERSION"),
            concurrency: self.options.concurrency,
            in_flight: self.totals.in_flight,
            done: self.totals.done,
            failed: self.totals.failed,
            last,
        };
        if let Err(error) = self.app.beat(&beat) {
            boss.hear(&News::Trouble(error.to_string()));
        }
        boss.hear(&News::Beat(self.totals));
    }

    /// Takes up nothing new and waits for what runs: each call has its own time-out.
    fn stop(&mut self, boss: &mut dyn Boss) {
        self.stopping.store(true, Ordering::Relaxed);
        boss.hear(&News::Stopping);
        let mut last_beat = Instant::now();
        while !self.crew.is_idle() {
            self.hear_crew(boss, TICK);
            if last_beat.elapsed() >= BEAT {
                last_beat = Instant::now();
                self.beat(boss, false);
            }
        }
        self.beat(boss, true);
    }
}
