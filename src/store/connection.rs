//! One MySQL connection per thread of a process, made when first needed and kept over requests.

use std::{cell::RefCell, mem, time::Duration};

use mysql::{Conn, Opts, OptsBuilder, consts::CapabilityFlags};

use super::Db;
use crate::{Error, Result};

/// Where the site's database is, in ThinkPHP's terms.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// `localhost` means the default socket, as for PDO; several hosts with commas mean the first.
    pub hostname: String,
    pub socket: Option<String>,
    pub port: u16,
    pub database: String,
    pub username: String,
    pub password: String,
    pub prefix: String,
}

/// Where the distributions and the hosting panels put the socket, when PHP does not say.
const SOCKETS: [&str; 3] =
    ["/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"];
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longer than any of our statements waits for a lock.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);
const LOCK_WAIT_SECONDS: u32 = 10;
/// How long a change of a table waits for those who use it (a backup, say): whoever comes later waits
/// behind it.
const TABLE_WAIT_SECONDS: u32 = 20;
/// The server ends a session that is silent for so long, and with it the locks of a machine that
/// vanished within a transaction. A process that was merely idle connects again.
const IDLE_SECONDS: u32 = 60;
/// InnoDB rolls a deadlock's victim back whole, so it may simply run again.
const TRANSACTION_TRIES: u32 = 6;

/// A handle; the connection itself belongs to the thread.
#[derive(Clone)]
pub struct Database {
    settings: Settings,
}

struct Kept {
    pid: u32,
    settings: Settings,
    conn: Option<Conn>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        // After a fork the socket is the parent's: closing it politely would end the parent's session.
        if self.pid != std::process::id() {
            mem::forget(self.conn.take());
        }
    }
}

thread_local! {
    static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

impl Database {
    pub fn new(settings: Settings) -> Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !settings.prefix.chars().all(plain) || settings.prefix.len() > 32 {
            return Err(Error::config(
                "table_prefix",
                "the table prefix may hold letters, digits and underscores only",
            ));
        }
        Ok(Self { settings })
    }

    pub fn prefix(&self) -> &str {
        &self.settings.prefix
    }

    /// Runs reads. They may run a second time when the kept connection turns out to be broken.
    pub fn read<T>(&self, mut work: impl FnMut(&mut Db<'_>) -> Result<T>) -> Result<T> {
        let mut tries = 0;
        loop {
            let mut conn = self.take()?;
            let mut db = Db::new(&mut conn, &self.settings.prefix);
            let result = work(&mut db);
            match (result, db.is_broken()) {
                (result, false) => {
                    self.keep(conn);
                    return result;
                }
                (Err(_), true) if tries == 0 => tries += 1,
                (result, true) => return result,
            }
        }
    }

    /// Runs one transaction: committed when `work` gives `Ok`, rolled back otherwise. It is run
    /// again after a deadlock, so `work` must have no effect outside the database.
    pub fn transaction<T>(&self, mut work: impl FnMut(&mut Db<'_>) -> Result<T>) -> Result<T> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut conn = self.begin()?;
            let mut db = Db::new(&mut conn, &self.settings.prefix);
            let result = match work(&mut db) {
                Ok(value) => db.command("COMMIT").map(|()| value),
                Err(error) => Err(error),
            };
            let (broken, deadlock) = (db.is_broken(), db.lost_lock());
            let mut usable = !broken;
            if usable && result.is_err() {
                usable = db.command("ROLLBACK").is_ok();
            }
            if usable {
                self.keep(conn);
            }
            match result {
                Err(_) if deadlock && tries < TRANSACTION_TRIES => {
                    let spread = 1.0 + 7.0 * crate::random::fraction();
                    std::thread::sleep(Duration::from_millis(1).mul_f64(spread * f64::from(tries)));
                }
                result => return result,
            }
        }
    }

    /// Runs changes of the tables, one run at a time: they must never be sent twice.
    pub fn exclusive<T>(&self, work: impl FnOnce(&mut Db<'_>) -> Result<T>) -> Result<T> {
        self.patiently(|db| {
            let lock = "CONCAT('chathub.', MD5(CONCAT(DATABASE(), '.', '__PREFIX__')))";
            if db.number(&format!("SELECT GET_LOCK({lock}, 10)"), ())? != 1 {
                return Err(Error::storage_as(
                    "migration_running",
                    "the tables are being upgraded by somebody else just now",
                ));
            }
            // The lock ends with the connection.
            work(db)
        })
    }

    /// Runs statements that may take minutes, on a connection of their own. Dates with a zero in them
    /// and a row numbered 0 stay what they are.
    pub fn patiently<T>(&self, work: impl FnOnce(&mut Db<'_>) -> Result<T>) -> Result<T> {
        let opts = OptsBuilder::from_opts(self.options()).read_timeout(None).init(vec![format!(
            "SET SESSION sql_mode = \
             'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO', \
             lock_wait_timeout = {TABLE_WAIT_SECONDS}, \
             innodb_lock_wait_timeout = {LOCK_WAIT_SECONDS}"
        )]);
        let mut conn = self.connect_with(opts.into())?;
        work(&mut Db::new(&mut conn, &self.settings.prefix))
    }

    /// A connection with a transaction begun. Only here is a broken connection replaced:
    /// nothing has been done yet that could be done twice.
    fn begin(&self) -> Result<Conn> {
        let mut conn = self.take()?;
        let mut db = Db::new(&mut conn, &self.settings.prefix);
        match db.command("START TRANSACTION") {
            Ok(()) => return Ok(conn),
            Err(error) if !db.is_broken() => return Err(error),
            Err(_) => {}
        }
        let mut conn = self.connect()?;
        Db::new(&mut conn, &self.settings.prefix).command("START TRANSACTION")?;
        Ok(conn)
    }

    fn take(&self) -> Result<Conn> {
        let kept = KEPT.with(|slot| slot.borrow_mut().take());
        if let Some(mut kept) = kept
            && kept.pid == std::process::id()
            && kept.settings == self.settings
            && let Some(conn) = kept.conn.take()
        {
            return Ok(conn);
        }
        self.connect()
    }

    fn keep(&self, conn: Conn) {
        let kept =
            Kept { pid: std::process::id(), settings: self.settings.clone(), conn: Some(conn) };
        KEPT.with(|slot| *slot.borrow_mut() = Some(kept));
    }

    fn connect(&self) -> Result<Conn> {
        self.connect_with(self.options())
    }

    fn connect_with(&self, options: Opts) -> Result<Conn> {
        Conn::new(options).map_err(|error| {
            Error::storage(format!("cannot connect to the database: {}", describe(&error)))
        })
    }

    fn options(&self) -> Opts {
        let s = &self.settings;
        let host = s.hostname.split(',').next().unwrap_or_default().trim();
        let socket = match &s.socket {
            Some(path) if !path.is_empty() => Some(path.clone()),
            _ if host == "localhost" => Some(default_socket()),
            _ => None,
        };
        OptsBuilder::new()
            .ip_or_hostname(Some(if host.is_empty() { "127.0.0.1" } else { host }))
            .tcp_port(s.port)
            .socket(socket)
            .prefer_socket(false)
            .user(Some(s.username.clone()))
            .pass(Some(s.password.clone()))
            .db_name(Some(s.database.clone()))
            .tcp_connect_timeout(Some(CONNECT_TIMEOUT))
            .read_timeout(Some(STATEMENT_TIMEOUT))
            .write_timeout(Some(STATEMENT_TIMEOUT))
            .stmt_cache_size(128)
            // An UPDATE that finds its row counts it, changed or not: zero then means "not in the
            // state that was expected" and nothing else.
            .additional_capabilities(CapabilityFlags::CLIENT_FOUND_ROWS)
            .init(vec![format!(
                "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', \
                 innodb_lock_wait_timeout = {LOCK_WAIT_SECONDS}, wait_timeout = {IDLE_SECONDS}"
            )])
            .into()
    }
}

fn default_socket() -> String {
    let there = SOCKETS.into_iter().find(|path| std::path::Path::new(path).exists());
    there.unwrap_or(SOCKETS[0]).to_owned()
}

/// The driver's message, which names hosts and users but never a password.
pub(super) fn describe(error: &mysql::Error) -> String {
    match error {
        mysql::Error::MySqlError(e) => format!("{} ({})", e.message, e.code),
        mysql::Error::FromValueError(_) => "a column holds a value of an unexpected type".into(),
        mysql::Error::FromRowError(_) => "a row has an unexpected shape".into(),
        other => other.to_string(),
    }
}
