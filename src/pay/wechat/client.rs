//! One exchange with WeChat Pay: signed request, verified answer.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::config::Wechat;
use super::sign::sign;
use super::verify::{PROBE, verify};
use super::{FindCertificate, PUBLIC_KEY_PREFIX};
use crate::error::{Error, Kind, Result};
use crate::http::{Agent, Failure, Limits, Method, Request, Response};
use crate::pay::plain;

const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Answers have about 1 KB; the list of certificates about 5.
const BODY_MAX: usize = 262_144;

/// A request: path and query exactly as they are sent.
pub(super) struct Call<'a> {
    pub method: Method,
    pub path: &'a str,
    pub body: &'a str,
}

/// What was verified, or a refusal, which is believed only so far as being one.
pub(super) enum Outcome {
    Success(Vec<u8>),
    Refused { code: String, error: Error },
}

impl Wechat {
    /// Sends `call` and verifies the answer. A signature probe is answered by asking once more:
    /// every request that we send may be repeated.
    pub(super) fn ask(
        &self,
        http: &Agent,
        call: &Call,
        now: Timestamp,
        find: FindCertificate,
    ) -> Result<Outcome> {
        let once = || {
            let response = self.send(http, call, now)?;
            self.read(&response, now, |response, now| self.check(response, now, find))
        };
        match once() {
            Err(error) if error.key() == PROBE => once(),
            outcome => outcome,
        }
    }

    pub(super) fn send(&self, http: &Agent, call: &Call, now: Timestamp) -> Result<Response> {
        let method = match call.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let who = (self.mch_id.as_str(), self.serial.as_str());
        let body = call.body.as_bytes();
        let signature = sign(method, call.path, body, who, &self.private_key, now)?;
        let mut headers =
            vec![("Accept", "application/json"), ("Authorization", signature.as_str())];
        if call.method == Method::Post {
            headers.push(("Content-Type", "application/json"));
        }
        // Says with which key the answer shall be signed, and that we can check it.
        if let Some((id, _)) = &self.public_key {
            headers.push(("Wechatpay-Serial", id));
        }
        let request = Request {
            method: call.method,
            url: &format!("{}{}", self.base, call.path),
            headers: &headers,
            body: (call.method == Method::Post).then_some(body),
        };
        let limits = Limits {
            connect: self.timeout.min(CONNECT_MAX),
            total: self.timeout,
            max_body: BODY_MAX,
        };
        http.send(&request, &limits).map_err(|failure| unreachable(&failure))
    }

    pub(super) fn read(
        &self,
        response: &Response,
        now: Timestamp,
        check: impl FnOnce(&Response, Timestamp) -> Result<()>,
    ) -> Result<Outcome> {
        let request_id = plain(response.header("Request-ID").unwrap_or("-"));
        // Not every 2xx says that it was done: 202 is "the buyer is paying just now".
        if !matches!(response.status, 200 | 204) {
            return Ok(refusal(response, &request_id));
        }
        check(response, now).map_err(|error| {
            let why = format!("WeChat Pay's answer (Request-ID {request_id}): {error}");
            Error::new(error.kind(), error.key(), error.public(), why)
        })?;
        Ok(Outcome::Success(response.body.clone()))
    }

    fn check(&self, response: &Response, now: Timestamp, find: FindCertificate) -> Result<()> {
        verify(|name| response.header(name), &response.body, now, |serial| self.key(serial, find))
    }

    /// The configured public key, or a platform certificate.
    pub(super) fn key(
        &self,
        serial: &str,
        find: FindCertificate,
    ) -> Result<Option<std::sync::Arc<crate::pay::keys::PublicKey>>> {
        if !serial.starts_with(PUBLIC_KEY_PREFIX) {
            return find(serial);
        }
        match &self.public_key {
            Some((id, key)) if id == serial => Ok(Some(key.clone())),
            Some((id, _)) => Err(other_public_key(&format!(
                "{serial}, and {id} is configured: copy id and file again from the merchant \
                 platform into wechat_public_key_id and wechat_public_key_path"
            ))),
            None => Err(other_public_key(&format!(
                "{serial}: set wechat_public_key_id and wechat_public_key_path to it"
            ))),
        }
    }
}

fn other_public_key(why: &str) -> Error {
    Error::signature(super::UNKNOWN_SERIAL, format!("signed with the WeChat Pay public key {why}"))
}

/// Reads a verified answer.
pub(super) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|_| {
        Error::provider("wechat_bad_answer", "WeChat Pay's answer is not of the known form")
    })
}

fn unreachable(failure: &Failure) -> Error {
    let key = match failure {
        Failure::NotSent(_) => "wechat_unreachable",
        Failure::Unknown(_) => "wechat_no_answer",
    };
    Error::provider(key, format!("WeChat Pay: {failure}"))
}

/// What WeChat Pay says of a request that it did not do: `{code, message, detail}`.
fn refusal(response: &Response, request_id: &str) -> Outcome {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Refusal {
        code: String,
        message: String,
    }
    let said: Refusal = serde_json::from_slice(&response.body).unwrap_or_default();
    let (code, message) = (plain(&said.code), plain(&said.message));
    let (key, hint) = meaning(response.status, &code);
    let why = format!(
        "WeChat Pay refused the request: HTTP {} {code} {message} (Request-ID {request_id}){hint}",
        response.status
    );
    let public = match key {
        "wechat_order_paid" => "该订单已支付，请稍后刷新查看",
        "wechat_order_used" => "该订单无法再次发起支付，请重新下单",
        _ => "服务暂时不可用，请稍后重试",
    };
    Outcome::Refused { error: Error::new(Kind::Provider, key, public, why), code }
}

fn meaning(status: u16, code: &str) -> (&'static str, &'static str) {
    match code {
        "SIGN_ERROR" => (
            "wechat_sign_error",
            " (wechat_cert_path, wechat_key_path and wechat_mch_id do not belong together, the \
             certificate was revoked, or this server's clock is wrong)",
        ),
        "APPID_MCHID_NOT_MATCH" => {
            ("wechat_app_mismatch", " (wechat_app_id is not bound to wechat_mch_id)")
        }
        "MCH_NOT_EXISTS" => ("wechat_no_merchant", " (wechat_mch_id is wrong)"),
        "NO_AUTH" => ("wechat_no_auth", " (the merchant has not been granted Native payment)"),
        "ORDERPAID" | "ORDER_PAID" => ("wechat_order_paid", ""),
        "OUT_TRADE_NO_USED" => ("wechat_order_used", ""),
        "ORDER_CLOSED" => ("wechat_order_closed", ""),
        "RESOURCE_NOT_EXISTS" => ("wechat_not_found", ""),
        "USERPAYING" | "USER_PAYING" => ("wechat_paying", ""),
        "PARAM_ERROR" | "INVALID_REQUEST" => ("wechat_bad_request", ""),
        "FREQUENCY_LIMITED"
        | "FREQUENCY_LIMIT_EXCEED"
        | "RATELIMIT_EXCEEDED"
        | "RATELIMIT_EXCEED"
        | "RULELIMIT"
        | "RULE_LIMIT" => ("wechat_too_often", ""),
        _ if status == 429 => ("wechat_too_often", ""),
        _ if status >= 500 => ("wechat_system_error", ""),
        _ => ("wechat_refused", ""),
    }
}
