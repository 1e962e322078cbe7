//! `ChatHub\Worker`: the background process of the console command.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use chathub_core::app::{
    Config,
    worker::{self, Boss, DEFAULT_CONCURRENCY, MAX_CONCURRENCY, News, Options, Totals},
};
use ext_php_rs::{
    boxed::ZBox,
    error::Error as PhpError,
    exception::{PhpException, PhpResult},
    prelude::*,
    types::{ZendCallable, ZendHashTable},
};

use crate::{
    convert::{Array, OrThrow, settings},
    database,
    hub::id,
    ini,
};

/// Set by the signal handler; a process has one worker at a time.
static STOP: AtomicBool = AtomicBool::new(false);

/// The background worker; see the stub for shapes and errors.
#[php_class]
#[php(name = "ChatHub\\Worker")]
#[php(flags = ext_php_rs::flags::ClassFlags::Final)]
pub struct Worker {
    database: chathub_core::app::Database,
    config: Config,
}

#[php_impl]
impl Worker {
    const DEFAULT_CONCURRENCY: u32 = DEFAULT_CONCURRENCY;
    const MAX_CONCURRENCY: u32 = MAX_CONCURRENCY;

    /// Opens nothing.
    pub fn __construct(database: &ZendHashTable, config: &ZendHashTable) -> PhpResult<Self> {
        Ok(Self { database: database::open(database)?, config: read_config(config).or_throw()? })
    }

    pub fn run(
        &self,
        options: &ZendHashTable,
        report: Option<ZendCallable>,
        configuration: Option<ZendCallable>,
    ) -> PhpResult<ZBox<ZendHashTable>> {
        let mut foreman = Foreman {
            report,
            configuration,
            config: self.config.clone(),
            thrown: None,
            began: Instant::now(),
        };
        let _signals = Signals::catch();
        let options = read_options(options);
        let totals = worker::run(&self.database, self.config.clone(), options, &mut foreman);
        match foreman.thrown {
            // The engine still has the exception, and goes on with it.
            Some(error) => Err(PhpException::from(error)),
            None => totals_view(totals.or_throw()?).map(Array::done),
        }
    }
}

fn read_config(array: &ZendHashTable) -> chathub_core::Result<Config> {
    Config::new(settings(array), ini::read().clone())
}

fn read_options(array: &ZendHashTable) -> Options {
    let values = settings(array);
    let number = |name: &str| values.get(name).and_then(|text| text.parse::<i64>().ok()).map(id);
    Options {
        once: values.get("once").is_some_and(|text| !matches!(text.as_str(), "" | "0")),
        seconds: number("seconds").filter(|n| *n > 0).map(u64::from),
        concurrency: number("concurrency").unwrap_or(DEFAULT_CONCURRENCY).clamp(1, MAX_CONCURRENCY),
    }
}

/// Between the worker and PHP. Everything here runs in PHP's own thread.
struct Foreman<'a> {
    report: Option<ZendCallable<'a>>,
    configuration: Option<ZendCallable<'a>>,
    config: Config,
    /// A callback threw: nothing of PHP is called any more, and the worker stops.
    thrown: Option<PhpError>,
    began: Instant,
}

impl Foreman<'_> {
    fn tell(&mut self, news: &News) -> PhpResult<()> {
        let Some(report) = &self.report else { return Ok(()) };
        let event = news_view(news, self.began)?.done();
        if let Err(error) = report.try_call(vec![&event]) {
            self.thrown = Some(error);
        }
        Ok(())
    }
}

impl Boss for Foreman<'_> {
    fn hear(&mut self, news: &News) {
        if self.thrown.is_none()
            && let Err(_unmade) = self.tell(news)
        {
            // An array that could not be made is no reason to stop working.
        }
    }

    fn config(&mut self) -> Option<Config> {
        if self.thrown.is_some() {
            return None;
        }
        let Some(configuration) = &self.configuration else { return Some(self.config.clone()) };
        match configuration.try_call(vec![]) {
            // What cannot be used is as if it had not been saved yet.
            Ok(answer) => {
                let array = answer.array()?;
                if let Ok(config) = read_config(array) {
                    self.config = config;
                }
                Some(self.config.clone())
            }
            Err(error) => {
                self.thrown = Some(error);
                None
            }
        }
    }

    fn stops(&self) -> bool {
        self.thrown.is_some() || STOP.load(Ordering::Relaxed)
    }
}

fn news_view(news: &News, began: Instant) -> PhpResult<Array> {
    let event =
        |name: &str| Array::new().with("event", name)?.with("at_ms", millis(began.elapsed()));
    match news {
        News::Started { name } => event("started")?.with("name", name.as_str()),
        News::Step { what, subject, outcome, ok, took } => event("step")?
            .with("what", *what)?
            .with("subject", subject.as_str())?
            .with("outcome", outcome.as_str())?
            .with("ok", *ok)?
            .with("took_ms", millis(*took)),
        News::Trouble(why) => event("trouble")?.with("message", why.as_str()),
        News::Beat(totals) => event("beat")?
            .with("done", totals.done)?
            .with("failed", totals.failed)?
            .with("in_flight", totals.in_flight),
        News::Stopping => event("stopping"),
    }
}

fn totals_view(totals: Totals) -> PhpResult<Array> {
    Array::new().with("done", totals.done)?.with("failed", totals.failed)
}

fn millis(took: std::time::Duration) -> i64 {
    i64::try_from(took.as_millis()).unwrap_or(i64::MAX)
}

/// SIGTERM and SIGINT ask the worker to stop in good order, with or without PHP's pcntl. What was
/// there before is put back at the end.
struct Signals(Vec<(i32, libc::sigaction)>);

extern "C" fn ask_to_stop(_signal: i32) {
    STOP.store(true, Ordering::Relaxed);
}

impl Signals {
    fn catch() -> Self {
        STOP.store(false, Ordering::Relaxed);
        let before = [libc::SIGTERM, libc::SIGINT].into_iter().filter_map(|signal| {
            // SAFETY: both structures are initialised, and the handler only stores to an atomic.
            unsafe {
                let mut ours: libc::sigaction = std::mem::zeroed();
                let mut before: libc::sigaction = std::mem::zeroed();
                ours.sa_sigaction = ask_to_stop as *const () as usize;
                libc::sigemptyset(&raw mut ours.sa_mask);
                ours.sa_flags = libc::SA_RESTART;
                (libc::sigaction(signal, &raw const ours, &raw mut before) == 0)
                    .then_some((signal, before))
            }
        });
        Self(before.collect())
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for (signal, before) in &self.0 {
            // SAFETY: `before` is what the system gave for this signal.
            unsafe {
                libc::sigaction(*signal, &raw const *before, std::ptr::null_mut());
            }
        }
    }
}
