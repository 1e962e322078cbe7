//! MySQL: the kept connection, and one file per table.
//!
//! Functions named `lock_*` take row locks and belong inside a transaction; the order is always
//! order, then tenant, then job. Every UPDATE of a state carries the state that it expects.

pub mod account;
pub mod certificate;
pub mod channel;
pub mod channel_care;
pub mod channel_keys;
mod connection;
mod db;
pub mod gateway;
pub mod job;
pub mod lifecycle;
pub mod log;
pub mod mail;
pub mod member;
pub mod migration;
pub mod oauth_state;
pub mod order;
pub mod payment;
pub mod question;
pub mod tenant;
pub mod throttle;
pub mod token;
pub mod worker;

pub use connection::{Database, Settings};
pub use db::Db;

use jiff::civil::DateTime;
use mysql::{Row, Value};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// What a token, or a session's name, is kept as: its SHA-256 in hex.
pub fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect()
}

/// DATETIME as it is sent to the server: text, so that no driver's own idea of a zone takes part.
fn datetime_param(at: Option<DateTime>) -> Value {
    at.map_or(Value::NULL, |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string().into())
}

/// A DATETIME column. Null, and the dates with a zero in them that old servers accepted, are "none".
fn datetime_column(value: Value) -> Result<Option<DateTime>> {
    let bad = || Error::storage("a DATETIME column holds no valid date");
    match value {
        Value::NULL => Ok(None),
        Value::Date(year, month, day, ..) if year == 0 || month == 0 || day == 0 => Ok(None),
        Value::Date(year, month, day, hour, minute, second, _) => {
            let part = |n: u8| i8::try_from(n).map_err(|_| bad());
            let year = i16::try_from(year).map_err(|_| bad())?;
            DateTime::new(
                year,
                part(month)?,
                part(day)?,
                part(hour)?,
                part(minute)?,
                part(second)?,
                0,
            )
            .map(Some)
            .map_err(|_| bad())
        }
        _ => Err(bad()),
    }
}

/// Rows for a list. One that cannot be read (old sites hold a few) is left out: the others are
/// still worth showing.
fn readable<T>(rows: Vec<Row>, from_row: impl Fn(Row) -> Result<T>) -> Vec<T> {
    rows.into_iter().filter_map(|row| from_row(row).ok()).collect()
}
