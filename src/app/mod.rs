//! The use cases, one file each.

mod account;
mod channels;
mod config;
mod confirm;
mod heal;
mod input;
mod lifecycle;
mod limits;
mod mail;
mod member;
mod nudge;
mod orders;
mod outbox;
mod password_reset;
mod pay;
mod reconcile;
mod register;
mod settle;
mod upkeep;
mod validate;
mod waiting;
pub mod worker;

pub use crate::store::{
    Database, Settings,
    account::Account,
    migration::{News as MigrationNews, Step as MigrationStep},
};
pub use channels::{
    AccountView, ChannelView, ChannelsView, Completed, FieldView, FormView, Period, Refreshed,
    Rekeyed, Statistics, VaultState,
};
pub use config::{Config, Ini};
pub use confirm::Confirmed;
pub use heal::Healed;
pub use input::Input;
pub use lifecycle::Passed;
pub use mail::{Delivered, Sender};
pub use member::{MemberView, OrderView, StatusView, TenantView};
pub use orders::RenewView;
pub use pay::{Acknowledgement, ReturnState, WaitingView, WechatView};
pub use reconcile::{ReconcileOutcome, Reconciled};
pub use register::Registered;
pub use upkeep::WorkView;

use std::cell::RefCell;

use jiff::{Timestamp, civil::DateTime};

use crate::{Result, http::Agent, store::migration};

/// One site, for the length of one request (or of a worker's life).
pub struct App {
    database: Database,
    config: Config,
    http: Agent,
    /// Calls that were left running when the answer had to go out.
    in_flight: RefCell<Vec<waiting::InFlight>>,
    /// The worker that this is part of; `None` in a web request.
    worker: Option<String>,
}

/// A moment, in the two ways that the tables keep it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub timestamp: Timestamp,
    /// In the site's zone, whole seconds.
    pub local: DateTime,
}

impl Moment {
    /// Unix seconds.
    pub fn unix(self) -> i64 {
        self.timestamp.as_second()
    }
}

impl App {
    /// Opens nothing.
    pub fn new(database: Database, config: Config) -> Self {
        Self { database, config, http: Agent::new(), in_flight: RefCell::default(), worker: None }
    }

    /// As part of a worker, which has a limit of its own for what it does at once.
    fn for_worker(database: Database, config: Config, name: &str) -> Self {
        Self { worker: Some(name.to_owned()), ..Self::new(database, config) }
    }

    /// Names the holder of a lease: no two are the same.
    fn lease_owner(&self) -> Result<String> {
        let random = crate::random::code::<16>()?;
        Ok(match &self.worker {
            Some(name) => format!("worker-{name}-{random}"),
            None => format!("{}-{random}", std::process::id()),
        })
    }

    /// Brings the tables to this version's layout; one line for each thing done.
    pub fn migrate(&self) -> Result<Vec<String>> {
        self.migrate_and_tell(&mut |_| ())
    }

    /// The same, while `hear` gets to know how far it is.
    pub fn migrate_and_tell(&self, hear: &mut dyn FnMut(MigrationNews<'_>)) -> Result<Vec<String>> {
        migration::run(&self.database, hear)
    }

    /// What [`App::migrate`] would do now. Changes nothing.
    pub fn migration_plan(&self) -> Result<Vec<MigrationStep>> {
        migration::plan(&self.database)
    }

    /// Unix seconds as the site's clocks show them.
    fn local(&self, unix: i64) -> DateTime {
        let timestamp = Timestamp::from_second(unix).unwrap_or(Timestamp::UNIX_EPOCH);
        self.config.zone().to_datetime(timestamp)
    }

    fn now(&self) -> Moment {
        let timestamp = Timestamp::now();
        let timestamp = Timestamp::from_second(timestamp.as_second()).unwrap_or(timestamp);
        Moment { timestamp, local: self.config.zone().to_datetime(timestamp) }
    }
}

/// DATETIME as pages get it.
fn written(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
