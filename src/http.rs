//! The one HTTP agent: explicit limits, no proxies from the environment, no redirects, no cookies,
//! no retries and no kept connections. Every status is an answer; only silence is a failure.

mod connect;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ureq::http as wire;

/// Bounds of one exchange.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For name resolution, and then again for the TCP and TLS handshakes.
    pub connect: Duration,
    /// For everything, until the last byte of the body.
    pub total: Duration,
    /// Bytes of the response body; a longer one is a failure, not a truncation.
    pub max_body: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

pub struct Request<'a> {
    pub method: Method,
    pub url: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    /// Sent with `Content-Length`; a POST without one has an empty body.
    pub body: Option<&'a [u8]>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// Names in lower case, in the order received; values that are not UTF-8 are replaced by U+FFFD.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that name, in any letter case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// Bodies and headers may hold secrets, so only their sizes show.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (status, headers, body) = (self.status, self.headers.len(), self.body.len());
        write!(f, "Response {{ status: {status}, {headers} headers, {body} bytes }}")
    }
}

/// Why there is no answer. The texts hold no URL, header or body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Certainly nothing reached the server's application: safe to repeat.
    NotSent(String),
    /// The request may have arrived, and may have had its effect.
    Unknown(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NotSent(why) => write!(f, "request not sent: {why}"),
            Failure::Unknown(why) => write!(f, "no usable answer: {why}"),
        }
    }
}

impl std::error::Error for Failure {}

/// Costs nothing to make; the TLS configuration is built by the first HTTPS request of the process.
#[derive(Clone, Debug, Default)]
pub struct Agent;

impl Agent {
    pub fn new() -> Self {
        Self
    }

    pub fn send(&self, request: &Request, limits: &Limits) -> Result<Response, Failure> {
        let not_sent = |why: &str| Failure::NotSent(why.to_owned());
        let uri: wire::Uri =
            request.url.parse().map_err(|_| not_sent("the URL cannot be parsed"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(not_sent("the URL is not http:// or https://"));
        }
        let message = message(uri, request).map_err(|_| not_sent("a header cannot be sent"))?;

        // One agent per exchange: nothing of it is shared, so no stale connection is ever reused.
        let sent = Arc::new(AtomicBool::new(false));
        let agent = connect::agent(limits, sent.clone());
        let failure = |error: ureq::Error| {
            let why = explain(&error, limits);
            match sent.load(Ordering::Relaxed) {
                true => Failure::Unknown(why),
                false => Failure::NotSent(why),
            }
        };
        let answer = agent.run(message).map_err(failure)?;
        let (head, body) = answer.into_parts();
        let limit = limits.max_body as u64;
        let mut bytes = Vec::new();
        body.into_with_config()
            .limit(limit)
            .reader()
            .read_to_end(&mut bytes)
            .map_err(|error| failure(error.into()))?;
        Ok(Response { status: head.status.as_u16(), headers: headers(&head.headers), body: bytes })
    }
}

fn message(uri: wire::Uri, request: &Request) -> wire::Result<wire::Request<Vec<u8>>> {
    let method = match request.method {
        Method::Get => wire::Method::GET,
        Method::Post => wire::Method::POST,
    };
    let mut builder = wire::Request::builder().method(method).uri(uri);
    for (name, value) in request.headers {
        builder = builder.header(*name, *value);
    }
    builder.body(request.body.unwrap_or_default().to_vec())
}

fn headers(map: &wire::HeaderMap) -> Vec<(String, String)> {
    map.iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect()
}

/// ureq's own texts may quote the URL, so they are not passed on.
fn explain(error: &ureq::Error, limits: &Limits) -> String {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Resolve) => "time-out resolving the name".into(),
        ureq::Error::Timeout(ureq::Timeout::Connect) => "time-out connecting".into(),
        ureq::Error::Timeout(_) => format!("time-out after {:?}", limits.total),
        ureq::Error::HostNotFound => "the host name does not resolve".into(),
        ureq::Error::Io(error) => match error.get_ref().and_then(|e| e.downcast_ref()) {
            Some(tls) => tls_text(tls),
            None => format!("connection: {error}"),
        },
        ureq::Error::Rustls(error) => tls_text(error),
        ureq::Error::Tls(text) => format!("TLS: {text}"),
        ureq::Error::BodyExceedsLimit(_) => {
            format!("the body is larger than {} bytes", limits.max_body)
        }
        ureq::Error::LargeResponseHeader(..) => "the response headers are too large".into(),
        ureq::Error::Protocol(_) | ureq::Error::Http(_) => "not a valid HTTP answer".into(),
        ureq::Error::BadUri(_) => "the URL cannot be used".into(),
        _ => "the exchange failed".into(),
    }
}

fn tls_text(error: &rustls::Error) -> String {
    format!("TLS: {error}")
}
