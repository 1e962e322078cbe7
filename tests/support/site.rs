//! A site: its own database on the server that `CHATHUB_TEST_DB` names, and its configuration.

use std::{
    collections::HashMap,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chathub_core::{
    app::{Acknowledgement, App, Config, Ini, Input},
    store::{Database, Settings},
};
use mysql::{Conn, OptsBuilder, Row, prelude::Queryable};
use serde_json::Value as Json;

use super::alipay::{self, Notice};

/// FastAdmin's own tables.
const HOST_SQL: &str = include_str!("../host/schema.sql");
/// What MySQL 5.7 checks without being told to.
pub const STRICT: &str = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
    ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";

/// The server that the tests use. Without one they fail: a test that does not run proves nothing.
pub fn server() -> &'static Json {
    static SERVER: OnceLock<Json> = OnceLock::new();
    SERVER.get_or_init(|| {
        let text = std::env::var("CHATHUB_TEST_DB")
            .expect("CHATHUB_TEST_DB: set it to what `scripts/services.py db NAME` prints");
        serde_json::from_str(&text).expect("CHATHUB_TEST_DB is not JSON")
    })
}

fn server_text(name: &str) -> String {
    server()[name].as_str().unwrap().to_owned()
}

fn connect(database: Option<&str>) -> Conn {
    let options = OptsBuilder::new()
        .ip_or_hostname(Some(server_text("host")))
        .tcp_port(u16::try_from(server()["port"].as_u64().unwrap()).unwrap())
        .prefer_socket(false)
        .user(Some(server_text("user")))
        .pass(Some(server_text("password")))
        .db_name(database)
        .init(vec![format!("SET SESSION sql_mode = '{STRICT}'")]);
    Conn::new(options).unwrap()
}

pub struct Site {
    pub name: String,
    pub prefix: String,
    config: HashMap<String, String>,
    sql: Mutex<Conn>,
}

impl Site {
    /// FastAdmin's member table and all of ours; `service` is the provisioning service's address.
    pub fn new(service: &str) -> Self {
        let site = Self::with_prefix("fa_", service);
        site.app().migrate().unwrap();
        site
    }

    /// Only FastAdmin's member table.
    pub fn with_prefix(prefix: &str, service: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("chathub_test_{}_{number}", std::process::id());
        let mut sql = connect(None);
        sql.query_drop(format!("CREATE DATABASE `{name}` CHARACTER SET utf8mb4")).unwrap();
        sql.query_drop(format!("USE `{name}`")).unwrap();
        let keys = alipay::keys();
        let config = [
            ("alipay_enabled", "1"),
            ("alipay_app_id", alipay::APP_ID),
            ("alipay_seller_id", alipay::SELLER_ID),
            ("alipay_merchant_private_key", &keys.merchant_private_key),
            ("alipay_public_key", &keys.public_key),
            ("provision_server_url", service),
            ("provision_api_key", "test-api-key"),
            ("provision_inline_limit", "1000"),
            ("payment_inline_limit", "1000"),
            ("request_base_url", "http://127.0.0.1"),
        ];
        let config = config.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let site = Self { name, prefix: prefix.into(), config, sql: Mutex::new(sql) };
        let user = HOST_SQL.split(";\n").find(|sql| sql.contains("`__PREFIX__user` ("));
        site.exec(&user.unwrap().replace("__PREFIX__", prefix));
        site
    }

    #[must_use]
    pub fn configured(mut self, settings: &[(&str, &str)]) -> Self {
        for (name, value) in settings {
            self.config.insert((*name).to_owned(), (*value).to_owned());
        }
        self
    }

    pub fn settings(&self) -> Settings {
        Settings {
            hostname: server_text("host"),
            socket: None,
            port: u16::try_from(server()["port"].as_u64().unwrap()).unwrap(),
            database: self.name.clone(),
            username: server_text("user"),
            password: server_text("password"),
            prefix: self.prefix.clone(),
        }
    }

    pub fn database(&self) -> Database {
        Database::new(self.settings()).unwrap()
    }

    /// The site as one request has it. Its connection belongs to the thread.
    pub fn app(&self) -> App {
        self.app_on(self.settings())
    }

    pub fn app_on(&self, settings: Settings) -> App {
        self.app_with(settings, Ini::default())
    }

    /// As one request has it with another php.ini.
    pub fn app_with(&self, settings: Settings, ini: Ini) -> App {
        App::new(Database::new(settings).unwrap(), self.config_on(ini, &[]))
    }

    /// The configuration's values, for a process of its own.
    pub fn values(&self) -> &HashMap<String, String> {
        &self.config
    }

    pub fn config(&self) -> Config {
        self.config_with(&[])
    }

    /// With other values for some settings.
    pub fn config_with(&self, settings: &[(&str, &str)]) -> Config {
        self.config_on(Ini::default(), settings)
    }

    /// With another php.ini as well.
    pub fn config_on(&self, ini: Ini, settings: &[(&str, &str)]) -> Config {
        let ini = Ini { provision_timeout: Duration::from_secs(60), ..ini };
        let mut values = self.config.clone();
        values.extend(settings.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        Config::new(values, ini).unwrap()
    }

    pub fn notify(&self, notice: &Notice) -> Acknowledgement {
        self.app().pay_notify("alipay", &notice.body(), &[])
    }

    // SQL of the tests' own; `#order` stands for the table with its prefix, `#user` for the host's.

    fn tables(&self, sql: &str) -> String {
        let sql = sql.replace("#user", &format!("`{}user`", self.prefix));
        let mut parts = sql.split('#');
        let mut named = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end =
                part.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(part.len());
            named += &format!("`{}chathub_{}`{}", self.prefix, &part[..end], &part[end..]);
        }
        named
    }

    /// A statement of the test's own; again when the use cases under test were given the way.
    pub fn exec(&self, sql: &str) {
        const DEADLOCK: u16 = 1213;
        let sql = self.tables(sql);
        for _ in 0..100 {
            match self.sql.lock().unwrap().query_drop(&sql) {
                Ok(()) => return,
                Err(mysql::Error::MySqlError(e)) if e.code == DEADLOCK => {}
                Err(error) => panic!("{sql}: {error}"),
            }
        }
        panic!("{sql}: a deadlock each time");
    }

    /// All rows, each with its columns as text, joined by `|`; null is `-`.
    pub fn rows(&self, sql: &str) -> Vec<String> {
        let sql = self.tables(sql);
        let rows: Vec<Row> = self.sql.lock().unwrap().query(&sql).unwrap();
        rows.into_iter().map(|row| joined(row.unwrap())).collect()
    }

    /// The only row.
    pub fn row(&self, sql: &str) -> String {
        let mut rows = self.rows(sql);
        assert_eq!(rows.len(), 1, "{sql}: {rows:?}");
        rows.remove(0)
    }

    pub fn number(&self, sql: &str) -> i64 {
        self.row(sql).parse().unwrap()
    }

    pub fn count(&self, from: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {from}"))
    }

    /// A second connection that the test works with itself.
    pub fn session(&self) -> Conn {
        connect(Some(&self.name))
    }

    /// Connections of this site other than the tests' own idle ones: number and statement.
    pub fn connections(&self) -> Vec<(u32, String)> {
        let sql = "SELECT ID, COALESCE(INFO, '') FROM information_schema.PROCESSLIST WHERE DB = DATABASE() \
            AND ID <> CONNECTION_ID()";
        self.sql.lock().unwrap().query(sql).unwrap()
    }

    /// Everything that is stored, as one text.
    pub fn dump(&self) -> String {
        let tables: Vec<String> = self.sql.lock().unwrap().query("SHOW TABLES").unwrap();
        let rows = tables.iter().flat_map(|table| {
            let rows: Vec<Row> =
                self.sql.lock().unwrap().query(format!("SELECT * FROM `{table}`")).unwrap();
            rows.into_iter().map(move |row| format!("{table}: {}\n", joined(row.unwrap())))
        });
        rows.collect()
    }
}

fn joined(values: Vec<mysql::Value>) -> String {
    let text = |value: mysql::Value| match value {
        mysql::Value::NULL => "-".to_owned(),
        mysql::Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        other => other.as_sql(true),
    };
    values.into_iter().map(text).collect::<Vec<_>>().join("|")
}

impl Drop for Site {
    fn drop(&mut self) {
        // A failed test leaves its database behind, to be looked at.
        if !std::thread::panicking() {
            let drop = format!("DROP DATABASE `{}`", self.name);
            self.sql.lock().unwrap().query_drop(drop).unwrap();
            let _ = std::fs::remove_dir_all(super::gateway::runtime_of(&self.name));
        }
    }
}

/// Settings with which mail can be sent.
pub const MAIL: [(&str, &str); 4] = [
    ("mail_type", "1"),
    ("mail_smtp_host", "127.0.0.1"),
    ("mail_from", "shop@example.com"),
    ("public_base_url", "https://www.example.com"),
];

/// A period that was paid for, in seconds.
pub const PERIOD: i64 = 30 * 86_400;

pub fn input(fields: &[(&str, &str)]) -> Input {
    fields.iter().map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned()))).collect()
}

/// A registration's form.
pub fn form(email: &str) -> Input {
    input(&[("company_name", "Acme & Söhne 公司"), ("email", email), ("domain", "acme.cn")])
}
