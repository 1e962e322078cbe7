//! The OAuth conversation, the same for all platforms: their table says what differs. Answers are bounded
//! and read strictly; no text that leaves here holds a token, a code or a secret.

mod answer;

use std::time::Duration;

use serde_json::{Map, Value};

use super::platforms::{Carrier, Endpoint, Platform};
use crate::{
    Secret,
    http::{Agent, Failure, Limits, Method, Request},
};
pub use answer::plain;

/// No platform's answer comes near it.
const ANSWER_MAX: usize = 64 * 1024;
const CONNECT: Duration = Duration::from_secs(5);

/// An application's keys at a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppKeys {
    pub id: String,
    pub secret: Secret,
}

/// How the platforms are reached.
#[derive(Clone, Debug)]
pub struct Reach<'a> {
    /// Replaces all addresses, for tests and proxies; empty for the real ones.
    pub base: &'a str,
    /// The longest that an exchange may take.
    pub timeout: Duration,
}

/// What a platform gave. Shows nothing of itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Granted {
    pub access_token: Secret,
    /// `None` where the platform leaves the one that there is as it is.
    pub refresh_token: Option<Secret>,
    /// Seconds that the access token lives, as the platform says.
    pub life: Option<i64>,
    /// Seconds that the refresh token lives; 0: it cannot be used.
    pub refresh_life: Option<i64>,
    pub shop_id: Option<String>,
    pub shop_name: Option<String>,
    /// 京东's and 抖音's name of the person.
    pub open_id: Option<String>,
}

impl std::fmt::Debug for Granted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Granted(***)")
    }
}

/// Why a platform gave nothing. The texts are an operator's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The request certainly never reached it.
    NotSent(String),
    /// It may have had its effect: a time-out, a broken connection, an answer that says nothing.
    Unknown(String),
    /// It said no, and did nothing.
    Refused(Refusal, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// What was presented (a code, a refresh token) is good for nothing any more.
    Grant,
    /// The application's keys are wrong, or it may not do this.
    App,
    /// Too many requests, or the platform is busy.
    Busy,
    /// In words that are not in its table.
    Other,
}

impl Trouble {
    pub fn text(&self) -> &str {
        match self {
            Self::NotSent(why) | Self::Unknown(why) | Self::Refused(_, why) => why,
        }
    }
}

/// Where the member's browser is sent.
pub fn authorize_url(
    platform: &Platform,
    reach: &Reach<'_>,
    app_id: &str,
    state: &str,
    redirect_uri: &str,
    more: &[(&str, &str)],
) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(platform.authorize_id.0, app_id);
    query.extend_pairs(platform.authorize_fixed);
    if platform.authorize_redirect {
        query.append_pair("redirect_uri", redirect_uri);
    }
    query.append_pair("state", state);
    query.extend_pairs(more);
    format!("{}?{}", platform.endpoint(reach.base, Endpoint::Authorize), query.finish())
}

/// Changes a code into tokens. A code works once.
pub fn exchange(
    agent: &Agent,
    platform: &Platform,
    reach: &Reach<'_>,
    keys: &AppKeys,
    code: &str,
    redirect_uri: &str,
) -> Result<Granted, Trouble> {
    let mut fields = vec![("grant_type", "authorization_code"), ("code", code)];
    fields.push((platform.id.0, keys.id.as_str()));
    fields.push((platform.secret.0, keys.secret.reveal()));
    if platform.exchange_redirect {
        fields.push(("redirect_uri", redirect_uri));
    }
    fields.extend(platform.token_fixed);
    ask(agent, platform, reach, Endpoint::Token, &fields, &[code, keys.secret.reveal()])
}

/// Renews tokens. With most platforms the refresh token that is presented is dead from then on.
pub fn refresh(
    agent: &Agent,
    platform: &Platform,
    reach: &Reach<'_>,
    keys: &AppKeys,
    refresh_token: &str,
) -> Result<Granted, Trouble> {
    let mut fields = vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
    fields.push((platform.id.0, keys.id.as_str()));
    if platform.refresh_secret {
        fields.push((platform.secret.0, keys.secret.reveal()));
    }
    fields.extend(platform.token_fixed);
    let secrets = [refresh_token, keys.secret.reveal()];
    ask(agent, platform, reach, Endpoint::Refresh, &fields, &secrets)
}

fn ask(
    agent: &Agent,
    platform: &Platform,
    reach: &Reach<'_>,
    endpoint: Endpoint,
    fields: &[(&str, &str)],
    secrets: &[&str],
) -> Result<Granted, Trouble> {
    let mut url = platform.endpoint(reach.base, endpoint);
    let form = || {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields.iter().copied())
            .finish()
    };
    let (method, kind, body) = match platform.carrier {
        Carrier::Form => (Method::Post, Some("application/x-www-form-urlencoded"), Some(form())),
        Carrier::Query => {
            url = format!("{url}?{}", form());
            (Method::Get, None, None)
        }
        Carrier::Json => {
            let object: Map<String, Value> = fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
                .collect();
            (Method::Post, Some("application/json"), Some(Value::Object(object).to_string()))
        }
    };
    let mut headers = vec![("Accept", "application/json")];
    headers.extend(kind.map(|kind| ("Content-Type", kind)));
    let request =
        Request { method, url: &url, headers: &headers, body: body.as_deref().map(str::as_bytes) };
    let limits =
        Limits { connect: CONNECT.min(reach.timeout), total: reach.timeout, max_body: ANSWER_MAX };
    match agent.send(&request, &limits) {
        Ok(response) => answer::read(platform, &response, secrets),
        Err(Failure::NotSent(why)) => Err(Trouble::NotSent(why)),
        Err(Failure::Unknown(why)) => Err(Trouble::Unknown(why)),
    }
}
