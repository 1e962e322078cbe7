//! The table of the platforms: where they are, how they call things, what their answers look like.
//! One flow (`oauth`) reads it; when a platform moves or renames, this is the place.

mod table;

use crate::domain::channel::Channel;
pub use table::{AMAZON, JD, PDD, TAOBAO, TIKTOK};

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
