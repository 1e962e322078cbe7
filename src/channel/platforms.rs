//! The table of the platforms: where they are, how they call things, what their answers look like.
//! One flow (`oauth`) reads it; when a platform moves or renames, this is the place.

use crate::domain::channel::Channel;

/// How a request carries its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// POST, `application/x-www-form-urlencoded`.
    Form,
    /// GET, in the query.
    Query,
    /// POST, a JSON object.
    Json,
}

/// How a platform says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// RFC 6749: `error`, `error_description`.
    Rfc,
    /// `code` other than 0, `msg`.
    Code,
    /// `error_response{error_code, error_msg}`.
    ErrorResponse,
    /// Everything is inside `data`; `data.error_code` other than 0, `data.description`.
    Data,
}

/// A field of the manual form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub required: bool,
    pub secret: bool,
    /// OAuth does not bring it, so it is asked for there as well.
    pub oauth: bool,
    /// The only values that there are; the first is the default. Empty: any.
    pub options: &'static [&'static str],
    /// Where the value may be in the stored JSON; it is written under the first name, and the
    /// others are removed. The gateway reads them in this order.
    pub keys: &'static [&'static str],
}

#[derive(Clone, Copy, Debug)]
pub struct Platform {
    pub channel: Channel,
    pub authorize_url: &'static str,
    pub token_url: &'static str,
    pub refresh_url: &'static str,
    pub carrier: Carrier,
    pub style: Style,
    /// The application's id in the authorize URL: its parameter, and the setting that holds it.
    pub authorize_id: (&'static str, &'static str),
    /// Further parameters of the authorize URL.
    pub authorize_fixed: &'static [(&'static str, &'static str)],
    /// The authorize URL carries `redirect_uri`; with some platforms it is registered instead.
    pub authorize_redirect: bool,
    /// The application's id and secret in token requests: parameter, setting.
    pub id: (&'static str, &'static str),
    pub secret: (&'static str, &'static str),
    /// Whether `redirect_uri` belongs to the exchange.
    pub exchange_redirect: bool,
    /// Further parameters of the exchange and of the renewal.
    pub token_fixed: &'static [(&'static str, &'static str)],
    /// Whether a renewal carries the secret.
    pub refresh_secret: bool,
    /// The callback's parameters: the code, and the shop where it is told there.
    pub code_param: &'static str,
    pub shop_param: Option<&'static str>,
    /// The answer's names of the shop and of what it is called.
    pub shop_id: Option<&'static str>,
    pub shop_name: Option<&'static str>,
    /// The answer's name of the refresh token's life; 0 there: it cannot be used.
    pub refresh_life: Option<&'static str>,
    /// What an access token lives for when the answer does not say, in seconds.
    pub default_life: u32,
    /// Codes of a refusal that only the member can mend.
    pub final_codes: &'static [&'static str],
    /// Codes of a refusal that the site's administrator can mend: the application's keys.
    pub app_codes: &'static [&'static str],
    /// In the stored JSON: the application's id and secret, and the access token.
    pub id_keys: &'static [&'static str],
    /// Empty where the gateway needs none.
    pub secret_keys: &'static [&'static str],
    pub token_keys: &'static [&'static str],
    pub fields: &'static [Field],
}

/// A field of any value.
const fn field(name: &'static str, keys: &'static [&'static str]) -> Field {
    Field { name, required: false, secret: false, oauth: false, options: &[], keys }
}

const fn secret(name: &'static str, keys: &'static [&'static str]) -> Field {
    Field { secret: true, ..field(name, keys) }
}

const fn required(field: Field) -> Field {
    Field { required: true, ..field }
}

const fn asked(field: Field) -> Field {
    Field { oauth: true, ..field }
}

const MARKETPLACES: &[&str] =
    &["us", "jp", "de", "uk", "fr", "it", "es", "ca", "in", "br", "mx", "au", "sg"];

const APP_KEY: &[&str] = &["app_key", "app_id"];
const APP_SECRET: &[&str] = &["app_secret"];
const ACCESS_TOKEN: &[&str] = &["access_token"];
const SESSION_KEY: &[&str] = &["session_key", "access_token"];
const REFRESH_TOKEN: &[&str] = &["refresh_token"];
const CLIENT_ID: &[&str] = &["client_id", "app_id"];
const CLIENT_KEY: &[&str] = &["client_key", "app_id"];
const CLIENT_SECRET: &[&str] = &["client_secret", "app_secret"];

const DAY: u32 = 24 * 3600;

pub const AMAZON: Platform = Platform {
    channel: Channel::Amazon,
    authorize_url: "https://sellercentral.amazon.com/apps/authorize/consent",
    token_url: "https://api.amazon.com/auth/o2/token",
    refresh_url: "https://api.amazon.com/auth/o2/token",
    carrier: Carrier::Form,
    style: Style::Rfc,
    authorize_id: ("application_id", "amazon_application_id"),
    authorize_fixed: &[],
    authorize_redirect: false,
    id: ("client_id", "amazon_client_id"),
    secret: ("client_secret", "amazon_client_secret"),
    exchange_redirect: true,
    token_fixed: &[],
    refresh_secret: true,
    code_param: "spapi_oauth_code",
    shop_param: Some("selling_partner_id"),
    shop_id: None,
    shop_name: None,
    refresh_life: None,
    default_life: 3600,
    final_codes: &["invalid_grant"],
    app_codes: &["invalid_client", "unauthorized_client", "access_denied"],
    id_keys: &["client_id"],
    secret_keys: &[],
    token_keys: ACCESS_TOKEN,
    fields: &[
        required(secret("access_token", ACCESS_TOKEN)),
        required(asked(field("partner_tag", &["partner_tag"]))),
        asked(Field { options: MARKETPLACES, ..field("marketplace", &["marketplace"]) }),
    ],
};

pub const JD: Platform = Platform {
    channel: Channel::Jd,
    authorize_url: "https://open-oauth.jd.com/oauth2/to_login",
    token_url: "https://open-oauth.jd.com/oauth2/access_token",
    refresh_url: "https://open-oauth.jd.com/oauth2/refresh_token",
    carrier: Carrier::Query,
    style: Style::Code,
    authorize_id: ("app_key", "jd_app_key"),
    authorize_fixed: &[("response_type", "code"), ("scope", "snsapi_base")],
    authorize_redirect: true,
    id: ("app_key", "jd_app_key"),
    secret: ("app_secret", "jd_app_secret"),
    exchange_redirect: false,
    token_fixed: &[],
    refresh_secret: true,
    code_param: "code",
    shop_param: None,
    shop_id: Some("open_id"),
    shop_name: None,
    refresh_life: None,
    default_life: DAY,
    final_codes: &["invalid_grant"],
    app_codes: &["invalid_client"],
    id_keys: APP_KEY,
    secret_keys: APP_SECRET,
    token_keys: ACCESS_TOKEN,
    fields: &[
        required(field("app_id", APP_KEY)),
        required(secret("app_secret", APP_SECRET)),
        secret("access_token", ACCESS_TOKEN),
        secret("refresh_token", REFRESH_TOKEN),
    ],
};

pub const TAOBAO: Platform = Platform {
    channel: Channel::Taobao,
    authorize_url: "https://oauth.taobao.com/authorize",
    token_url: "https://oauth.taobao.com/token",
    refresh_url: "https://oauth.taobao.com/token",
    carrier: Carrier::Form,
    style: Style::Rfc,
    authorize_id: ("client_id", "taobao_app_key"),
    authorize_fixed: &[("response_type", "code"), ("view", "web")],
    authorize_redirect: true,
    id: ("client_id", "taobao_app_key"),
    secret: ("client_secret", "taobao_app_secret"),
    exchange_redirect: true,
    token_fixed: &[("view", "web")],
    refresh_secret: true,
    code_param: "code",
    shop_param: None,
    shop_id: Some("taobao_user_id"),
    shop_name: Some("taobao_user_nick"),
    refresh_life: Some("re_expires_in"),
    default_life: DAY,
    final_codes: &["invalid_grant"],
    app_codes: &["invalid_client", "unauthorized_client"],
    id_keys: APP_KEY,
    secret_keys: APP_SECRET,
    token_keys: SESSION_KEY,
    fields: &[
        required(field("app_id", APP_KEY)),
        required(secret("app_secret", APP_SECRET)),
        secret("session_key", SESSION_KEY),
        secret("refresh_token", REFRESH_TOKEN),
        asked(field("adzone_id", &["adzone_id"])),
        asked(field("site_id", &["site_id"])),
    ],
};

pub const PDD: Platform = Platform {
    channel: Channel::Pdd,
    authorize_url: "https://fuwu.pinduoduo.com/service-market/auth",
    token_url: "https://open-api.pinduoduo.com/oauth/token",
    refresh_url: "https://open-api.pinduoduo.com/oauth/token",
    carrier: Carrier::Json,
    style: Style::ErrorResponse,
    authorize_id: ("client_id", "pdd_client_id"),
    authorize_fixed: &[("response_type", "code")],
    authorize_redirect: true,
    id: ("client_id", "pdd_client_id"),
    secret: ("client_secret", "pdd_client_secret"),
    exchange_redirect: true,
    token_fixed: &[],
    refresh_secret: true,
    code_param: "code",
    shop_param: None,
    shop_id: Some("owner_id"),
    shop_name: Some("owner_name"),
    refresh_life: Some("refresh_token_expires_in"),
    default_life: DAY,
    final_codes: &["invalid_grant"],
    app_codes: &["invalid_client"],
    id_keys: CLIENT_ID,
    secret_keys: CLIENT_SECRET,
    token_keys: ACCESS_TOKEN,
    fields: &[
        required(field("app_id", CLIENT_ID)),
        required(secret("app_secret", CLIENT_SECRET)),
        secret("access_token", ACCESS_TOKEN),
        secret("refresh_token", REFRESH_TOKEN),
    ],
};

pub const TIKTOK: Platform = Platform {
    channel: Channel::Tiktok,
    authorize_url: "https://open.douyin.com/platform/oauth/connect/",
    token_url: "https://open.douyin.com/oauth/access_token/",
    refresh_url: "https://open.douyin.com/oauth/refresh_token/",
    carrier: Carrier::Form,
    style: Style::Data,
    authorize_id: ("client_key", "tiktok_client_key"),
    authorize_fixed: &[("response_type", "code"), ("scope", "user_info")],
    authorize_redirect: true,
    id: ("client_key", "tiktok_client_key"),
    secret: ("client_secret", "tiktok_client_secret"),
    exchange_redirect: false,
    token_fixed: &[],
    refresh_secret: false,
    code_param: "code",
    shop_param: None,
    shop_id: Some("open_id"),
    shop_name: None,
    refresh_life: Some("refresh_expires_in"),
    default_life: 15 * DAY,
    // The refresh token has ended; it was used as often as it may be.
    final_codes: &["10010", "10020"],
    // An unknown client_key, a wrong client_secret, or a code of another application.
    app_codes: &["10003", "10013", "10014"],
    id_keys: CLIENT_KEY,
    secret_keys: CLIENT_SECRET,
    token_keys: ACCESS_TOKEN,
    fields: &[
        required(field("app_id", CLIENT_KEY)),
        required(secret("app_secret", CLIENT_SECRET)),
        secret("access_token", ACCESS_TOKEN),
        secret("refresh_token", REFRESH_TOKEN),
    ],
};

impl Platform {
    pub const fn of(channel: Channel) -> &'static Self {
        match channel {
            Channel::Amazon => &AMAZON,
            Channel::Jd => &JD,
            Channel::Taobao => &TAOBAO,
            Channel::Pdd => &PDD,
            Channel::Tiktok => &TIKTOK,
        }
    }

    /// Where to: the platform's own address, or `{base}/{channel}/authorize|token|refresh`.
    pub fn endpoint(&self, base: &str, which: Endpoint) -> String {
        let (own, name) = match which {
            Endpoint::Authorize => (self.authorize_url, "authorize"),
            Endpoint::Token => (self.token_url, "token"),
            Endpoint::Refresh => (self.refresh_url, "refresh"),
        };
        match base.trim_end_matches('/') {
            "" => own.to_owned(),
            base => format!("{base}/{}/{name}", self.channel.code()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    Authorize,
    Token,
    Refresh,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_has_its_own_row() {
        for channel in Channel::ALL {
            let platform = Platform::of(channel);
            assert_eq!(platform.channel, channel);
            for which in [Endpoint::Authorize, Endpoint::Token, Endpoint::Refresh] {
                assert!(platform.endpoint("", which).starts_with("https://"));
            }
        }
        assert_eq!(JD.endpoint("http://h/", Endpoint::Refresh), "http://h/jd/refresh");
    }
}
