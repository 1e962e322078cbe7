//! The use cases, one file each.

mod account;
mod config;
mod confirm;
mod input;
mod limits;
mod mail;
mod member;
mod orders;
mod outbox;
mod password_reset;
mod pay;
mod register;
mod settle;
mod validate;
mod waiting;

pub use crate::store::{Database, Settings, account::Account};
pub use config::{Config, Ini};
pub use confirm::Confirmed;
pub use input::Input;
pub use member::{MemberView, OrderView, StatusView, TenantView};
pub use orders::RenewView;
pub use pay::{Acknowledgement, ReturnState, WaitingView, WechatView};
pub use register::Registered;

use std::cell::RefCell;

use jiff::{Timestamp, civil::DateTime};

use crate::{Result, http::Agent};

/// One site, for the length of one request (or of a worker's life).
pub struct App {
    database: Database,
    config: Config,
    http: Agent,
    /// Calls that were left running when the answer had to go out.
    in_flight: RefCell<Vec<waiting::InFlight>>,
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
        Self { database, config, http: Agent::new(), in_flight: RefCell::new(Vec::new()) }
    }

    /// Brings the tables to this version's layout; one line for each thing done.
    pub fn migrate(&self) -> Result<Vec<String>> {
        crate::store::migration::run(&self.database)
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
