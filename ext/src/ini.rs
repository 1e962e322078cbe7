//! INI settings. All are `PHP_INI_SYSTEM`: they belong to the server's administrator, for tests
//! and proxies, and never to a script.

use std::{sync::OnceLock, time::Duration};

use chathub_core::app::Ini;
use ext_php_rs::{
    flags::IniEntryPermission,
    zend::{ExecutorGlobals, IniEntryDef, IniEntryDefs},
};

/// Replaces Alipay's gateway address; empty for the real one.
const ALIPAY_GATEWAY: &str = "chathub.alipay_gateway";
/// Replaces WeChat Pay's address (scheme and host); empty for the real one.
const WECHAT_BASE: &str = "chathub.wechat_base";
/// Replaces the addresses of all shop platforms; empty for the real ones.
const OAUTH_BASE: &str = "chathub.oauth_base";
/// Seconds that a call to the provisioning service may take (1–600).
const PROVISION_TIMEOUT: &str = "chathub.provision_timeout";
/// Seconds that a call to a payment provider or a shop platform may take (1–60).
const HTTP_TIMEOUT: &str = "chathub.http_timeout";
/// Seconds that handing over a letter to the mail server may take (1–300).
const MAIL_TIMEOUT: &str = "chathub.mail_timeout";
/// A PEM file of authorities that the mail server's certificate may come from, beside the public ones.
const MAIL_CA_FILE: &str = "chathub.mail_ca_file";

static ENTRIES: IniEntryDefs<8> = IniEntryDefs::new([
    IniEntryDef::new(c"chathub.alipay_gateway", c"", IniEntryPermission::System),
    IniEntryDef::new(c"chathub.wechat_base", c"", IniEntryPermission::System),
    IniEntryDef::new(c"chathub.oauth_base", c"", IniEntryPermission::System),
    IniEntryDef::new(c"chathub.provision_timeout", c"45", IniEntryPermission::System),
    IniEntryDef::new(c"chathub.http_timeout", c"10", IniEntryPermission::System),
    IniEntryDef::new(c"chathub.mail_timeout", c"20", IniEntryPermission::System),
    IniEntryDef::new(c"chathub.mail_ca_file", c"", IniEntryPermission::System),
    IniEntryDef::end(),
]);

pub fn register(module_number: i32) {
    IniEntryDef::register(ENTRIES.as_slice(), module_number);
}

/// Read once per process: the values cannot change after start-up.
pub fn read() -> &'static Ini {
    static INI: OnceLock<Ini> = OnceLock::new();
    INI.get_or_init(|| {
        let mut values = ExecutorGlobals::get().ini_values();
        let mut text = |name: &str| values.remove(name).flatten().unwrap_or_default();
        let seconds = |text: String, default: u64, most: u64| {
            let n = text.trim().parse().ok().filter(|n| (1..=most).contains(n));
            Duration::from_secs(n.unwrap_or(default))
        };
        Ini {
            alipay_gateway: text(ALIPAY_GATEWAY).trim().to_owned(),
            wechat_base: text(WECHAT_BASE).trim().to_owned(),
            oauth_base: text(OAUTH_BASE).trim().to_owned(),
            provision_timeout: seconds(text(PROVISION_TIMEOUT), 45, 600),
            http_timeout: seconds(text(HTTP_TIMEOUT), 10, 60),
            mail_timeout: seconds(text(MAIL_TIMEOUT), 20, 300),
            mail_ca_file: text(MAIL_CA_FILE).trim().to_owned(),
        }
    })
}

/// The socket that PDO uses for `localhost`; hosting panels set it where they put theirs.
pub fn pdo_socket() -> Option<&'static str> {
    static SOCKET: OnceLock<String> = OnceLock::new();
    let read = || {
        let values = ExecutorGlobals::get().ini_values();
        values.get("pdo_mysql.default_socket").cloned().flatten().unwrap_or_default()
    };
    Some(SOCKET.get_or_init(read).trim()).filter(|path| !path.is_empty())
}

/// For phpinfo().
pub fn shown() -> [(&'static str, String); 7] {
    let values = ExecutorGlobals::get().ini_values();
    let names = [
        ALIPAY_GATEWAY,
        WECHAT_BASE,
        OAUTH_BASE,
        PROVISION_TIMEOUT,
        HTTP_TIMEOUT,
        MAIL_TIMEOUT,
        MAIL_CA_FILE,
    ];
    names.map(|name| {
        let value = values.get(name).cloned().flatten().unwrap_or_default();
        // The table's rows are C strings.
        (name, value.replace('\0', ""))
    })
}
