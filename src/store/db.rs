//! Statements on a borrowed connection, with the table prefix filled in.

use mysql::{Conn, Error as Driver, Params, Row, prelude::Queryable};

use super::connection::describe;
use crate::{Error, Result};

/// ER_LOCK_DEADLOCK, and ER_CHECKREAD (MariaDB's snapshot check). A lock that was waited for in
/// vain is not among them: whoever asked has waited long enough.
const LOST_LOCK: [u16; 2] = [1213, 1020];
/// ER_SERVER_SHUTDOWN, ER_NEW_ABORTING_CONNECTION, ER_CONNECTION_KILLED, ER_CLIENT_INTERACTION_TIMEOUT.
const GONE: [u16; 4] = [1053, 1184, 1927, 4031];
/// ER_DBACCESS_DENIED_ERROR, ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR,
/// ER_SPECIFIC_ACCESS_DENIED_ERROR.
const DENIED: [u16; 4] = [1044, 1142, 1143, 1227];
/// ER_LOCK_WAIT_TIMEOUT.
const WAITED: u16 = 1205;
/// ER_DUP_ENTRY.
const DUPLICATE: u16 = 1062;

/// A connection for the length of one piece of work. SQL is written with `__PREFIX__`, as in
/// install.sql.
pub struct Db<'a> {
    conn: &'a mut Conn,
    prefix: &'a str,
    broken: bool,
    lost_lock: bool,
}

impl<'a> Db<'a> {
    pub(super) fn new(conn: &'a mut Conn, prefix: &'a str) -> Self {
        Self { conn, prefix, broken: false, lost_lock: false }
    }

    /// The connection must not be used again.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// The server rolled the transaction back to let another one through.
    pub(super) fn lost_lock(&self) -> bool {
        self.lost_lock
    }

    /// A statement without parameters or result.
    pub(super) fn command(&mut self, sql: &str) -> Result<()> {
        let sql = self.sql(sql);
        let result = self.conn.query_drop(sql);
        result.map_err(|error| self.failed(&error))
    }

    /// A write; gives the number of rows that it matched.
    pub(super) fn write(&mut self, sql: &str, params: impl Into<Params>) -> Result<u64> {
        let sql = self.sql(sql);
        let result = self.conn.exec_drop(sql, params);
        result.map_err(|error| self.failed(&error))?;
        Ok(self.conn.affected_rows())
    }

    /// An INSERT; `None` when a unique key holds such a row already.
    pub(super) fn insert(&mut self, sql: &str, params: impl Into<Params>) -> Result<Option<u64>> {
        let sql = self.sql(sql);
        match self.conn.exec_drop(sql, params) {
            Ok(()) => Ok(Some(self.conn.last_insert_id())),
            Err(Driver::MySqlError(e)) if e.code == DUPLICATE => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    pub(super) fn row(&mut self, sql: &str, params: impl Into<Params>) -> Result<Option<Row>> {
        let sql = self.sql(sql);
        let result = self.conn.exec_first(sql, params);
        result.map_err(|error| self.failed(&error))
    }

    pub(super) fn rows(&mut self, sql: &str, params: impl Into<Params>) -> Result<Vec<Row>> {
        let sql = self.sql(sql);
        let result = self.conn.exec(sql, params);
        result.map_err(|error| self.failed(&error))
    }

    /// The first column of the first row as a number; 0 when there is none.
    pub(super) fn number(&mut self, sql: &str, params: impl Into<Params>) -> Result<i64> {
        match self.row(sql, params)? {
            Some(mut row) => Ok(take_at::<Option<i64>>(&mut row, 0)?.unwrap_or(0)),
            None => Ok(0),
        }
    }

    /// Seconds since 1970 by the server's clock, which all machines share.
    pub fn now(&mut self) -> Result<i64> {
        self.number("SELECT UNIX_TIMESTAMP()", ())
    }

    /// The statement as the server gets it.
    pub(super) fn sql(&self, text: &str) -> String {
        text.replace("__PREFIX__", self.prefix)
    }

    fn failed(&mut self, error: &Driver) -> Error {
        match error {
            Driver::MySqlError(e) if LOST_LOCK.contains(&e.code) => self.lost_lock = true,
            Driver::MySqlError(e) if GONE.contains(&e.code) => self.broken = true,
            Driver::MySqlError(_) | Driver::FromValueError(_) | Driver::FromRowError(_) => {}
            _ => self.broken = true,
        }
        let key = match error {
            Driver::MySqlError(e) if DENIED.contains(&e.code) => "database_rights",
            Driver::MySqlError(e) if e.code == WAITED => "database_busy",
            _ => "storage",
        };
        Error::storage_as(key, format!("database: {}", describe(error)))
    }
}

fn take_at<T: mysql::prelude::FromValue>(row: &mut Row, index: usize) -> Result<T> {
    row.take_opt(index)
        .and_then(std::result::Result::ok)
        .ok_or_else(|| Error::storage(format!("column {index} has an unexpected type")))
}

/// A column by name; an error that names it when it is missing or of another type.
pub(super) fn take<T: mysql::prelude::FromValue>(row: &mut Row, column: &str) -> Result<T> {
    row.take_opt(column)
        .and_then(std::result::Result::ok)
        .ok_or_else(|| Error::storage(format!("column {column} is missing or of another type")))
}
