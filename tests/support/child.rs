//! A process of its own that can be killed: this test binary once more, running one ignored test.

use std::{
    collections::HashMap,
    process::{Child, Command, Stdio},
};

use chathub_core::{
    app::{App, Config, Ini},
    store::{Database, Settings},
};
use serde_json::{Value as Json, json};

use super::site::Site;

const VARIABLE: &str = "CHATHUB_TEST_CHILD";

/// Starts `test` (its full name) in a process of its own, with the site and what else it has to know.
pub fn start(test: &str, site: &Site, oauth_base: &str, more: &[(&str, &str)]) -> Child {
    let mut values = site.values().clone();
    values.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let settings = site.settings();
    let told = json!({
        "values": values,
        "oauth_base": oauth_base,
        "database": settings.database,
        "hostname": settings.hostname,
        "port": settings.port,
        "username": settings.username,
        "password": settings.password,
    });
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--test-threads=1", "--quiet"])
        .env(VARIABLE, told.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// In the child: the database and the configuration that it was given; `None` when somebody runs the
/// ignored tests by hand.
pub fn told() -> Option<(Database, Config)> {
    let told: Json = serde_json::from_str(&std::env::var(VARIABLE).ok()?).unwrap();
    // SAFETY: it only asks the system to end this process with the one that started it.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    let settings = Settings {
        hostname: text("hostname"),
        socket: None,
        port: u16::try_from(told["port"].as_u64().unwrap()).unwrap(),
        database: text("database"),
        username: text("username"),
        password: text("password"),
        prefix: "fa_".into(),
    };
    let values: HashMap<String, String> = serde_json::from_value(told["values"].clone()).unwrap();
    let ini = Ini { oauth_base: text("oauth_base"), ..Ini::default() };
    Some((Database::new(settings).unwrap(), Config::new(values, ini).unwrap()))
}

pub fn app() -> Option<App> {
    told().map(|(database, config)| App::new(database, config))
}
