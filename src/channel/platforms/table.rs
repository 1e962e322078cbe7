//! The rows of the table. Sources: the platforms' own documentation of their OAuth.

use super::{Carrier, Field, Platform, Style};
use crate::domain::channel::Channel;

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
