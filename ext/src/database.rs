//! The host's database settings.

use chathub_core::{
    Error,
    app::{Database, Settings},
};
use ext_php_rs::{exception::PhpResult, types::ZendHashTable};

use crate::{convert::OrThrow, ini};

const DEFAULT_PORT: u16 = 3306;

/// A handle on the database of ThinkPHP's array.
pub fn open(array: &ZendHashTable) -> PhpResult<Database> {
    settings(array).and_then(Database::new).or_throw()
}

/// ThinkPHP's array. With `deploy` on, each value lists one server after the other, with commas, and
/// the first is the master.
fn settings(array: &ZendHashTable) -> chathub_core::Result<Settings> {
    let mut values = crate::convert::settings(array);
    let distributed = !matches!(values.get("deploy").map_or("", String::as_str), "" | "0");
    let mut text = |name: &str| {
        let text = values.remove(name).unwrap_or_default();
        match (distributed, text.split_once(',')) {
            (true, Some((first, _))) => first.to_owned(),
            _ => text,
        }
    };
    let port = text("hostport");
    let port = match port.split(',').next().unwrap_or_default().trim() {
        "" => DEFAULT_PORT,
        digits => digits
            .parse()
            .map_err(|_| Error::config("hostport", "the database's hostport is no port number"))?,
    };
    let hostname = text("hostname");
    let is_local = hostname.split(',').next().is_some_and(|host| host.trim() == "localhost");
    let socket = match text("socket") {
        path if !path.is_empty() => Some(path),
        _ if is_local => ini::pdo_socket().map(str::to_owned),
        _ => None,
    };
    Ok(Settings {
        hostname,
        socket,
        port,
        database: text("database"),
        username: text("username"),
        password: text("password"),
        prefix: text("prefix"),
    })
}
