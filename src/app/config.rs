//! The addon's configuration, read with a default for every key.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::{
    Error, Result, Secret,
    channel::{
        Platform, Vault,
        oauth::{AppKeys, Reach},
    },
    mail::{
        self, Links,
        smtp::{self, Security},
    },
    provision::Service,
};

/// The provisioning service of the previous version's default installation.
const DEFAULT_PROVISION_URL: &str = "http://CoPaw:5566";
const DEFAULT_PROVISION_KEY: &str = "chathub-default-key-change-me";
const DEFAULT_ZONE: &str = "Asia/Shanghai";

/// What the server's administrator sets in php.ini.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ini {
    /// Replaces Alipay's address, for tests and proxies; empty for the real one.
    pub alipay_gateway: String,
    /// Replaces WeChat Pay's address, for tests and proxies; empty for the real one.
    pub wechat_base: String,
    /// Replaces the addresses of all shop platforms, for tests and proxies; empty for the real ones.
    pub oauth_base: String,
    /// The longest that a call to the provisioning service may take.
    pub provision_timeout: Duration,
    /// The longest that a call to a payment provider or a shop platform may take.
    pub http_timeout: Duration,
    /// The longest that handing over a letter to the mail server may take.
    pub mail_timeout: Duration,
    /// A PEM file of authorities that the mail server's certificate may come from, beside the public
    /// ones; empty for none.
    pub mail_ca_file: String,
}

impl Default for Ini {
    fn default() -> Self {
        Self {
            alipay_gateway: String::new(),
            wechat_base: String::new(),
            oauth_base: String::new(),
            provision_timeout: Duration::from_secs(45),
            http_timeout: Duration::from_secs(10),
            mail_timeout: Duration::from_secs(20),
            mail_ca_file: String::new(),
        }
    }
}

/// Values by name, as FastAdmin saves them: strings, possibly absent.
#[derive(Clone)]
pub struct Config {
    values: HashMap<String, String>,
    zone: TimeZone,
    ini: Ini,
}

impl Config {
    pub fn new(values: HashMap<String, String>, ini: Ini) -> Result<Self> {
        let name = values.get("timezone").map_or(DEFAULT_ZONE, String::as_str);
        // The system's database may lack what PHP's own one knows.
        let zone = TimeZone::get(name).or_else(|_| TimeZoneDatabase::bundled().get(name)).map_err(
            |_| Error::config("timezone", format!("the time zone {name:?} is not known")),
        )?;
        Ok(Self { values, zone, ini })
    }

    /// Whether there is nothing new in the other one.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.values == other.values && self.zone == other.zone && self.ini == other.ini
    }

    pub(super) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    pub(super) fn ini(&self) -> &Ini {
        &self.ini
    }

    /// A value without blanks around it; empty when absent.
    pub(super) fn text(&self, name: &str) -> &str {
        self.values.get(name).map_or("", |value| value.trim())
    }

    pub(super) fn text_or<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        match self.text(name) {
            "" => default,
            text => text,
        }
    }

    /// An on/off field. Absent or saved empty, it has its default.
    pub(super) fn is_on(&self, name: &str, default: bool) -> bool {
        match self.text(name) {
            "" => default,
            "0" | "false" | "off" | "no" => false,
            _ => true,
        }
    }

    /// A number within bounds; the default when absent or not a number.
    pub(super) fn number(&self, name: &str, default: u32, most: u32) -> u32 {
        self.text(name).parse().map_or(default, |n: u32| n.min(most))
    }

    /// The language of the request: that of a new member's mail.
    pub(super) fn language(&self) -> &'static str {
        if self.text("request_language") == "en" { "en" } else { "zh-cn" }
    }

    /// Whether a tenant is suspended when its grace is over.
    pub(super) fn suspends_expired(&self) -> bool {
        self.is_on("suspend_expired", true)
    }

    /// Days between the end of service and suspension.
    pub(super) fn grace_days(&self) -> u32 {
        self.number("grace_days", 3, 90)
    }

    /// FastAdmin's mail settings. `None` while there are none: switched off, empty, or as FastAdmin
    /// ships them. Source: its application/common/library/Email.php and the form behind it.
    pub(super) fn mail_settings(&self) -> Result<Option<smtp::Settings>> {
        const SHIPPED_FROM: &str = "10000@qq.com";
        let (host, from) = (self.text("mail_smtp_host"), self.text("mail_from"));
        let on = matches!(self.text("mail_type"), "1" | "2");
        if !on || host.is_empty() || from.is_empty() || from == SHIPPED_FROM {
            return Ok(None);
        }
        let unusable = |name, why: &str| Error::config(name, format!("{name}: {why}"));
        let (security, usual_port) = match self.text("mail_verify_type") {
            "1" => (Security::StartTls, 587),
            "2" => (Security::Tls, 465),
            _ => (Security::None, 25),
        };
        let port = match self.text("mail_smtp_port") {
            "" | "0" => usual_port,
            digits => digits
                .parse()
                .map_err(|_| unusable("mail_smtp_port", "this is no number of a port"))?,
        };
        // FastAdmin signs in as the sender and shows the "user" as the sender's name; its form calls it
        // the full user name, and its earlier versions signed in with it.
        let mut users = vec![from.to_owned()];
        users.extend(
            Some(self.text("mail_smtp_user"))
                .filter(|user| !user.is_empty() && *user != from)
                .map(str::to_owned),
        );
        Ok(Some(smtp::Settings {
            host: host.to_owned(),
            port,
            security,
            users,
            // A password may begin or end with a blank.
            password: Secret::new(self.values.get("mail_smtp_pass").map_or("", String::as_str)),
            from: mail::address(from)
                .ok_or_else(|| unusable("mail_from", "this is no e-mail address"))?,
            from_name: self.site_name().to_owned(),
            reply_to: self.support_address(),
            ca_file: Some(self.ini.mail_ca_file.as_str())
                .filter(|path| !path.is_empty())
                .map(PathBuf::from),
            timeout: self.ini.mail_timeout,
        }))
    }

    pub(super) fn site_name(&self) -> &str {
        self.text_or("site_name", "ChatHub")
    }

    /// Where letters to the site's support go.
    pub(super) fn support_address(&self) -> Option<mail::Address> {
        mail::address(self.text("support_email"))
    }

    /// Links in letters. They come from the configured address alone, never from a request.
    pub(super) fn links(&self) -> Option<Links> {
        let base = self.text("public_base_url").trim_end_matches('/');
        let rest = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_/:[]".contains(c);
        (!rest.is_empty() && rest.chars().all(plain)).then(|| Links::new(base))
    }

    /// Whether letters can be sent: FastAdmin's mail settings are filled in, and the links in a
    /// letter have a public address to lead to.
    pub(super) fn can_mail(&self) -> bool {
        matches!(self.mail_settings(), Ok(Some(_))) && self.links().is_some()
    }

    /// Whether an address has to be confirmed before anything is made for it.
    pub(super) fn confirms_email(&self) -> bool {
        self.is_on("confirm_email", false) && self.can_mail()
    }

    /// Where the provisioning service is.
    pub(super) fn provision_service(&self) -> Result<Service> {
        let url = self.text_or("provision_server_url", DEFAULT_PROVISION_URL).trim_end_matches('/');
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(Error::config(
                "provision_server_url",
                "provision_server_url must begin with http:// or https://",
            ));
        }
        Ok(Service {
            url: url.to_owned(),
            api_key: Secret::new(self.text_or("provision_api_key", DEFAULT_PROVISION_KEY)),
            timeout: self.ini.provision_timeout,
        })
    }

    /// The vault for credentials. The key is the configured one, or that of the environment: `.env` as the
    /// host reads it, or the process's own.
    pub(super) fn vault(&self) -> Result<Vault> {
        let environment;
        let key = match self.text_or("gateway_aes_key", self.text("env_gateway_aes_key")) {
            "" => {
                environment = Secret::new(std::env::var("GATEWAY_AES_KEY").unwrap_or_default());
                environment.reveal()
            }
            key => key,
        };
        Vault::load(key, self.text("gateway_aes_key_old"))
    }

    /// The site's application at a platform, where both parts of its keys are set.
    pub(super) fn app_keys(&self, platform: &Platform) -> Option<AppKeys> {
        let (id, secret) = (self.text(platform.id.1), self.text(platform.secret.1));
        let complete =
            [id, secret, self.text(platform.authorize_id.1)].iter().all(|t| !t.is_empty());
        complete.then(|| AppKeys { id: id.to_owned(), secret: Secret::new(secret) })
    }

    /// How the shop platforms are reached.
    pub(super) fn reach(&self) -> Reach<'_> {
        Reach { base: &self.ini.oauth_base, timeout: self.ini.http_timeout }
    }

    /// How long a page waits for the provisioning service before it answers "under way".
    pub(super) fn provision_wait(&self) -> Duration {
        Duration::from_secs(self.number("provision_wait", 15, 60).into())
    }

    /// How many provisioning calls web requests may have in flight at once, so that a hanging
    /// service cannot take every PHP worker with it.
    pub(super) fn provision_inline_limit(&self) -> u32 {
        self.number("provision_inline_limit", 3, 1000)
    }

    /// How many pages may wait for a payment provider's answer at once.
    pub(super) fn payment_inline_limit(&self) -> u32 {
        self.number("payment_inline_limit", 3, 1000)
    }

    /// The public address that providers and buyers reach the site by, without a slash at the end.
    /// Never taken from a request in production: its headers can be forged.
    pub(super) fn base_url(&self, production: bool) -> Result<String> {
        let configured = self.text("public_base_url").trim_end_matches('/');
        if production {
            check_public(configured)?;
            return Ok(configured.to_owned());
        }
        let url = match configured {
            "" => self.text("request_base_url").trim_end_matches('/'),
            url => url,
        };
        if url.starts_with("http://") || url.starts_with("https://") {
            return Ok(url.to_owned());
        }
        Err(missing_base_url("public_base_url is not set"))
    }
}

fn missing_base_url(why: &str) -> Error {
    Error::config(
        "public_base_url",
        format!("{why}: set it to the site's public address, e.g. https://www.example.com"),
    )
}

/// HTTPS, a host name with a dot that is no private address, perhaps a folder; no query.
fn check_public(url: &str) -> Result<()> {
    if url.is_empty() {
        return Err(missing_base_url("public_base_url is not set"));
    }
    let Some(rest) = url.strip_prefix("https://") else {
        return Err(missing_base_url("public_base_url does not begin with https://"));
    };
    let (authority, folder) = rest.split_once('/').unwrap_or((rest, ""));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    if !folder.chars().all(plain) {
        return Err(missing_base_url("public_base_url may have a folder, but no query"));
    }
    let host = authority.split(':').next().unwrap_or_default();
    let name_like = host.contains('.')
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    let port_like = authority
        .strip_prefix(host)
        .is_some_and(|rest| rest.is_empty() || rest[1..].parse::<u16>().is_ok());
    if !name_like || !port_like {
        return Err(missing_base_url(
            "public_base_url must be https:// and a public host name only",
        ));
    }
    let private = match host.parse::<std::net::Ipv4Addr>() {
        Ok(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified(),
        Err(_) => {
            host.ends_with(".local") || host.ends_with(".localhost") || host.ends_with(".internal")
        }
    };
    if private {
        return Err(missing_base_url("public_base_url is not reachable from outside"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(values: &[(&str, &str)]) -> Config {
        let values = values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Config::new(values, Ini::default()).unwrap()
    }

    #[test]
    fn absent_values_have_defaults() {
        let c = config(&[]);
        assert!(c.is_on("alipay_sandbox", true));
        assert!(!config(&[("alipay_sandbox", "0")]).is_on("alipay_sandbox", true));
        assert_eq!(c.provision_service().unwrap().url, DEFAULT_PROVISION_URL);
        assert_eq!(c.provision_wait(), Duration::from_secs(15));
        assert_eq!(config(&[("provision_wait", "1e9")]).provision_wait(), Duration::from_secs(15));
    }

    #[test]
    fn mail_needs_settings_of_the_sites_own_and_an_address_for_its_links() {
        let good = [
            ("mail_type", "1"),
            ("mail_smtp_host", "smtp.qq.com"),
            ("mail_from", "shop@qq.com"),
            ("public_base_url", "https://www.example.com"),
            ("confirm_email", "1"),
        ];
        assert!(config(&good).can_mail() && config(&good).confirms_email());
        assert!(!config(&good[1..]).can_mail(), "FastAdmin sends nothing without the type");
        for (name, bad) in [
            ("mail_type", "0"),
            ("mail_smtp_host", " "),
            ("mail_from", ""),
            ("mail_from", "10000@qq.com"),
            ("mail_from", "shop"),
            ("public_base_url", ""),
            ("public_base_url", "www.example.com"),
        ] {
            let values = good.map(|(n, v)| if n == name { (n, bad) } else { (n, v) });
            assert!(!config(&values).can_mail(), "{name}={bad}");
            assert!(!config(&values).confirms_email(), "{name}={bad}");
        }
        assert!(!config(&good[..4]).confirms_email(), "off unless it is switched on");
    }

    #[test]
    fn production_needs_a_public_https_address() {
        for bad in [
            "",
            "http://www.example.com",
            "https://localhost",
            "https://127.0.0.1",
            "https://10.0.0.8",
            "https://192.168.1.2",
            "https://nas.local",
            "https://a.com/x?y",
            "https://a.com?x",
            "https://a.com@b.com",
            "https://a.com:x",
            "//a.com",
            "https://",
        ] {
            assert!(
                config(&[("public_base_url", bad), ("request_base_url", "https://evil.com")])
                    .base_url(true)
                    .is_err(),
                "{bad}"
            );
        }
        for good in [
            "https://www.example.com",
            "https://www.example.com/",
            "https://a.cn:8443",
            "https://a.cn/shop",
        ] {
            let url = config(&[("public_base_url", good)]).base_url(true).unwrap();
            assert_eq!(url, good.trim_end_matches('/'));
        }
        let c = config(&[("request_base_url", "http://127.0.0.1:8080")]);
        assert_eq!(c.base_url(false).unwrap(), "http://127.0.0.1:8080");
    }

    #[test]
    fn an_unknown_zone_is_named() {
        let values = HashMap::from([("timezone".to_owned(), "Mars/Olympus".to_owned())]);
        let error = Config::new(values, Ini::default()).err().unwrap();
        assert!(error.to_string().contains("Mars/Olympus"));
    }
}
