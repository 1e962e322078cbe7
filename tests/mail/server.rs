//! The sandbox's mail server, one for each test, and a site that sends its mail there.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chathub_core::{
    app::{App, Delivered, Ini, Sender},
    http::{Agent, Limits, Method, Request},
};
use serde_json::{Value as Json, json};

use crate::support::{service::Service, site::Site};

pub const FROM: &str = "shop@sandbox.example";
pub const SUPPORT: &str = "help@sandbox.example";
pub const BASE: &str = "http://shop.example/sub";

pub struct MailServer {
    child: Child,
    /// The server lives for as long as this is open: it goes when the test does.
    _stdin: ChildStdin,
    folder: PathBuf,
    facts: Json,
}

impl MailServer {
    pub fn start() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("chathub-mail-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let sandbox = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sandbox");
        let installed = std::path::Path::new(sandbox).join("node_modules/smtp-server").is_dir();
        assert!(installed, "npm smtp-server is missing: run `npm ci` in tests/sandbox");
        let mut child = Command::new("node")
            .arg("mail/program.mjs")
            .arg(&folder)
            .current_dir(sandbox)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node (20 or later) must be installed");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let facts = serde_json::from_str(&line).expect("the mail server did not start");
        Self { _stdin: child.stdin.take().unwrap(), child, folder, facts }
    }

    pub fn password(&self) -> &str {
        self.facts["mail_password"].as_str().unwrap()
    }

    pub fn port(&self, kind: &str) -> String {
        self.facts[format!("mail_port_{kind}")].to_string()
    }

    pub fn ca_file(&self) -> String {
        self.facts["mail_ca_path"].as_str().unwrap().to_owned()
    }

    /// FastAdmin's mail settings for one of the three ports.
    pub fn settings(&self, kind: &str) -> Vec<(&'static str, String)> {
        let verify_type = match kind {
            "starttls" => "1",
            "tls" => "2",
            _ => "0",
        };
        let text = |text: &str| text.to_owned();
        vec![
            ("mail_type", text("1")),
            ("mail_smtp_host", text("127.0.0.1")),
            ("mail_smtp_port", self.port(kind)),
            ("mail_smtp_user", text("Sandbox Shop")),
            ("mail_smtp_pass", text(self.password())),
            ("mail_verify_type", text(verify_type)),
            ("mail_from", text(FROM)),
            ("site_name", text("小店 ChatHub")),
            ("support_email", text(SUPPORT)),
            ("public_base_url", text(BASE)),
        ]
    }

    fn call(&self, method: Method, path: &str, body: Option<&Json>) -> Json {
        let url = format!("{}/{path}", self.facts["control"].as_str().unwrap());
        let body = body.map(Json::to_string);
        let limits = Limits {
            connect: Duration::from_secs(10),
            total: Duration::from_secs(60),
            max_body: 64 << 20,
        };
        let body = body.as_deref().map(str::as_bytes);
        let request = Request { method, url: &url, headers: &[], body };
        let answer = Agent::new().send(&request, &limits).unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap()
    }

    pub fn misbehave(&self, fault: Json) {
        self.call(Method::Post, "mail", Some(&fault));
    }

    pub fn behave(&self) {
        self.misbehave(json!({"reset": true}));
    }

    pub fn mails(&self) -> Vec<Json> {
        let answer = self.call(Method::Get, "mail", None);
        answer["mails"].as_array().unwrap().clone()
    }

    /// The only mail that came.
    pub fn mail(&self) -> Json {
        let mut mails = self.mails();
        assert_eq!(mails.len(), 1, "{:?}", subjects(&mails));
        mails.remove(0)
    }

    /// How often each step of a session was reached.
    pub fn attempts(&self, step: &str) -> usize {
        let answer = self.call(Method::Get, "mail", None);
        answer["attempts"].as_array().unwrap().iter().filter(|a| a["step"] == step).count()
    }

    pub fn clear(&self) {
        self.call(Method::Post, "mail/clear", Some(&json!({})));
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub fn subjects(mails: &[Json]) -> Vec<&str> {
    mails.iter().map(|mail| mail["subject"].as_str().unwrap()).collect()
}

/// A site with mail settings, its server, and one member, Alice.
pub struct Office {
    pub site: Site,
    pub server: Arc<MailServer>,
    timeout: Duration,
}

impl Office {
    pub fn new() -> Self {
        Self::with("tls", &[])
    }

    /// On one of the server's ports, with further settings.
    pub fn with(kind: &str, more: &[(&str, &str)]) -> Self {
        Self::at(&Arc::new(MailServer::start()), kind, more)
    }

    /// The same on a server that is there.
    pub fn at(server: &Arc<MailServer>, kind: &str, more: &[(&str, &str)]) -> Self {
        let settings = server.settings(kind);
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, &**value)).collect();
        let site = Site::new(&Service::absent()).configured(&settings).configured(more);
        let office = Self { site, server: Arc::clone(server), timeout: Duration::from_secs(30) };
        office.account(1, "alice@acme.example", "zh-cn");
        office
    }

    /// The same site with other settings.
    #[must_use]
    pub fn configured(self, settings: &[(&str, &str)]) -> Self {
        Self { site: self.site.configured(settings), ..self }
    }

    /// How long a delivery may take.
    #[must_use]
    pub fn patient_for(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    pub fn account(&self, id: u32, email: &str, language: &str) {
        self.site.exec(&format!(
            "INSERT INTO #user (id, group_id, username, nickname, password, salt, email, status) \
             VALUES ({id}, 1, 'u{id}', 'u{id}', '', '', '{email}', 'normal')"
        ));
        self.site.exec(&format!(
            "INSERT INTO #member (user_id, language, createtime, updatetime) \
             VALUES ({id}, '{language}', 0, 0)"
        ));
    }

    pub fn app(&self) -> App {
        let ini = Ini {
            mail_timeout: self.timeout,
            mail_ca_file: self.server.ca_file(),
            ..Ini::default()
        };
        self.site.app_with(self.site.settings(), ini)
    }

    /// A letter in the outbox, due and useful for a day.
    pub fn letter(&self, kind: &str, user_id: u32, tenant_id: u32, data: &Json) -> u32 {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let key = NUMBER.fetch_add(1, Ordering::Relaxed);
        let data = data.to_string().replace('\\', "\\\\").replace('\'', "\\'");
        self.site.exec(&format!(
            "INSERT INTO #mail (dedupe_key, kind, user_id, tenant_id, data, next_at, expires_at, \
             createtime, updatetime) VALUES ('test:{key}', '{kind}', {user_id}, {tenant_id}, \
             '{data}', 0, UNIX_TIMESTAMP() + 86400, 0, 0)"
        ));
        u32::try_from(self.site.number("SELECT MAX(id) FROM #mail")).unwrap()
    }

    /// A shop account of 拼多多, and what letters about it remember.
    pub fn shop_account(&self, tenant_id: u32, status: &str, error: &str, end: &str) -> Json {
        self.site.exec(&format!(
            "INSERT INTO #channel_account (tenant_id, channel, shop_id, shop_name, status, \
             last_error, expires_at, createtime, updatetime) VALUES ({tenant_id}, 'pdd', 'S1', \
             'Tea', '{status}', '{error}', '{end}', 0, 0)"
        ));
        let id = self.site.number("SELECT MAX(id) FROM #channel_account");
        json!({"account_id": id, "channel": "pdd", "shop": "Tea", "expires_at": end})
    }

    pub fn deliver(&self, id: u32) -> Delivered {
        self.app().deliver(id, Sender::Worker).unwrap()
    }

    /// State, attempts, recipient and last error of a letter.
    pub fn row(&self, id: u32) -> String {
        self.site.row(&format!(
            "SELECT state, attempts, recipient, last_error FROM #mail WHERE id = {id}"
        ))
    }

    /// The waits are over.
    pub fn time_passes(&self) {
        self.site.exec("UPDATE #mail SET next_at = 0, lease_until = 0 WHERE state = 'open'");
        self.site.exec("DELETE FROM #throttle");
    }
}
