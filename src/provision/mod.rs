//! Client of the provisioning service: one request, and what its answer means.
//!
//! The service sends errors in many shapes, some of them with status 200 or as HTML. The one thing
//! that matters is whether something may have been made: see [`Failure`].

use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use crate::{
    Secret,
    domain::{Resources, job::Failure},
    http::{self, Agent, Limits, Method},
};

/// More than any honest answer.
const MAX_BODY: usize = 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// What the `embed_code` column takes, with room to spare.
const MAX_EMBED_CODE: usize = 60_000;
const MAX_TEXT: usize = 100;

/// Where the service is.
#[derive(Clone, Debug)]
pub struct Service {
    /// Without a slash at the end.
    pub url: String,
    pub api_key: Secret,
    /// The longest that a call may take.
    pub timeout: Duration,
}

/// A call, with everything that it needs from the tenant.
#[derive(Clone, Debug)]
pub enum Call {
    Provision {
        name: String,
        domain: String,
        email: String,
        /// `web_widget`, or `api` for every other channel.
        kind: &'static str,
        max_agents: u32,
        agent_id: Option<String>,
    },
    Suspend {
        inbox_id: i64,
        tenant_name: String,
        domain: String,
    },
    Activate {
        inbox_id: i64,
    },
}

/// What the service did.
#[derive(Clone, Debug)]
pub enum Done {
    Provisioned(Box<Resources>),
    Switched,
}

/// What came of a call.
pub type Answer = Result<Done, Failed>;

/// A failed attempt, in the operator's words.
#[derive(Clone, Debug)]
pub struct Failed {
    pub failure: Failure,
    pub message: String,
}

impl Failed {
    fn new(failure: Failure, message: impl Into<String>) -> Self {
        Self { failure, message: message.into() }
    }
}

impl Service {
    /// Makes the call and reads its answer. Blocks for `timeout` at most.
    pub fn call(&self, http: &Agent, call: &Call, idempotency_key: &str) -> Answer {
        let (path, body) = call.request();
        let url = format!("{}{path}", self.url);
        let body = body.to_string();
        let request = http::Request {
            method: Method::Post,
            url: &url,
            headers: &[
                ("Content-Type", "application/json"),
                ("Accept", "application/json"),
                ("X-API-Key", self.api_key.reveal()),
                ("Idempotency-Key", idempotency_key),
            ],
            body: Some(body.as_bytes()),
        };
        let connect = CONNECT_TIMEOUT.min(self.timeout);
        let limits = Limits { connect, total: self.timeout, max_body: MAX_BODY };
        match http.send(&request, &limits) {
            Ok(answer) => read_answer(call, &answer),
            Err(http::Failure::NotSent(why)) => Err(Failed::new(Failure::NotSent, why)),
            Err(http::Failure::Unknown(why)) => Err(Failed::new(Failure::Unknown, why)),
        }
    }
}

impl Call {
    fn request(&self) -> (&'static str, Json) {
        match self {
            Self::Provision { name, domain, email, kind, max_agents, agent_id } => {
                let mut body = json!({
                    "name": name, "domain": domain, "email": email,
                    "type": kind, "max_agents": max_agents,
                });
                if let Some(agent_id) = agent_id {
                    body["agent_id"] = agent_id.as_str().into();
                }
                ("/provision", body)
            }
            Self::Suspend { inbox_id, tenant_name, domain } => (
                "/suspend",
                json!({"inbox_id": inbox_id, "tenant_name": tenant_name, "domain": domain}),
            ),
            Self::Activate { inbox_id } => ("/activate", json!({"inbox_id": inbox_id})),
        }
    }
}

fn read_answer(call: &Call, answer: &http::Response) -> Answer {
    let body = match serde_json::from_slice::<Json>(&answer.body) {
        Ok(Json::Object(body)) => Some(body),
        _ => None,
    };
    let status = answer.status;
    if let Some(error) = body.as_ref().and_then(|body| body.get("error")).filter(|e| !e.is_null()) {
        // 200 too: that is how the service repeats a failure that it remembers.
        if status == 200 || status >= 400 {
            return Err(Failed::new(Failure::Refused, format!("{status}: {}", quoted(error))));
        }
    }
    match (status, body) {
        (200, Some(body)) => match call {
            Call::Provision { kind, .. } => read_resources(&body, kind),
            Call::Suspend { .. } | Call::Activate { .. } => match body.get("success") {
                Some(Json::Bool(true)) => Ok(Done::Switched),
                _ => Err(Failed::new(Failure::Unknown, "200 without success")),
            },
        },
        (200, None) => {
            Err(Failed::new(Failure::Unknown, "200 with a body that is not a JSON object"))
        }
        // A request time-out says nothing about the work; every other 4xx was turned away before it.
        (408, _) => Err(Failed::new(Failure::Unknown, "408")),
        (401, _) => Err(Failed::new(Failure::Refused, "401: the API key is not the service's")),
        (400..=499, _) => Err(Failed::new(Failure::Refused, format!("{status} without a reason"))),
        _ => Err(Failed::new(Failure::Unknown, format!("{status} without a JSON error"))),
    }
}

/// Success is 200 and an integer `inbox_id`; a web widget must also have its embed code.
fn read_resources(body: &Map<String, Json>, kind: &str) -> Answer {
    let Some(inbox_id) = integer(body.get("inbox_id")) else {
        return Err(Failed::new(Failure::Unknown, "200 without an integer inbox_id"));
    };
    let embed_code = match body.get("embed_code") {
        Some(Json::String(code)) if code.len() <= MAX_EMBED_CODE => code.clone(),
        None | Some(Json::Null) => String::new(),
        Some(_) => {
            return Err(Failed::new(Failure::Unknown, "200 with an unusable embed_code"));
        }
    };
    if embed_code.trim().is_empty() && kind == "web_widget" {
        return Err(Failed::new(
            Failure::Unknown,
            format!("200 for inbox {inbox_id}, but without an embed code"),
        ));
    }
    Ok(Done::Provisioned(Box::new(Resources {
        inbox_id,
        inbox_token: text(body.get("inbox_token")),
        team_id: integer(body.get("team_id")),
        agent_id: text(body.get("agent_id")),
        agent_cw_id: integer(body.get("agent_cw_id")),
        agent_cw_password: text(body.get("agent_cw_password")).map(Secret::new),
        agent_name: text(body.get("inbox_name")),
        embed_code,
    })))
}

/// An integer that its column takes.
fn integer(value: Option<&Json>) -> Option<i32> {
    value.and_then(Json::as_i64).and_then(|n| i32::try_from(n).ok())
}

/// A text that its column takes; a longer one is useless when cut, so it is left out.
fn text(value: Option<&Json>) -> Option<String> {
    let text = match value? {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        _ => return None,
    };
    (text.chars().count() <= MAX_TEXT).then_some(text)
}

/// Somebody else's words in our log: short, and on one line.
fn quoted(error: &Json) -> String {
    let text = error.as_str().map_or_else(|| error.to_string(), str::to_owned);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provision() -> Call {
        Call::Provision {
            name: "Acme".into(),
            domain: "acme.example".into(),
            email: "a@acme.example".into(),
            kind: "web_widget",
            max_agents: 1,
            agent_id: None,
        }
    }

    fn answer(status: u16, body: &str) -> Answer {
        let body = body.as_bytes().to_vec();
        read_answer(&provision(), &http::Response { status, headers: Vec::new(), body })
    }

    #[test]
    fn success_is_200_with_an_integer_inbox() {
        let Ok(Done::Provisioned(made)) = answer(200, r#"{"inbox_id":7,"embed_code":"<x>"}"#)
        else {
            panic!("refused")
        };
        assert_eq!((made.inbox_id, made.embed_code.as_str()), (7, "<x>"));
    }

    #[test]
    fn what_each_other_answer_means() {
        use Failure::{Refused, Unknown};
        for (status, body, failure) in [
            (200, r#"{"error":"boom"}"#, Refused),
            (200, r#"{"inbox_id":7,"embed_code":"<x>","error":"boom"}"#, Refused),
            (200, r#"{"inbox_id":"7","embed_code":"<x>"}"#, Unknown),
            (200, r#"{"inbox_id":7.5,"embed_code":"<x>"}"#, Unknown),
            (200, r#"{"inbox_id":99999999999,"embed_code":"<x>"}"#, Unknown),
            (200, r#"{"inbox_id":7}"#, Unknown),
            (200, "{}", Unknown),
            (200, "[]", Unknown),
            (200, "<html>", Unknown),
            (200, "", Unknown),
            (201, r#"{"inbox_id":7,"embed_code":"<x>"}"#, Unknown),
            (302, "", Unknown),
            (400, r#"{"error":"name"}"#, Refused),
            (401, r#"{"error":"key"}"#, Refused),
            (401, "<html>", Refused),
            (404, "<html>", Refused),
            (408, "", Unknown),
            (500, r#"{"error":"boom","detail":"x"}"#, Refused),
            (502, r#"{"error":"chatwoot"}"#, Refused),
            (500, "<html>", Unknown),
            (502, "", Unknown),
            (503, r#"{"message":"busy"}"#, Unknown),
        ] {
            match answer(status, body) {
                Err(failed) => assert_eq!(failed.failure, failure, "{status} {body}"),
                Ok(_) => panic!("taken for a success: {status} {body}"),
            }
        }
    }

    #[test]
    fn overlong_details_do_not_spoil_a_success() {
        let token = "t".repeat(500);
        let body = format!(r#"{{"inbox_id":7,"embed_code":"<x>","inbox_token":"{token}"}}"#);
        let Ok(Done::Provisioned(made)) = answer(200, &body) else { panic!("refused") };
        assert_eq!(made.inbox_token, None);
    }
}
