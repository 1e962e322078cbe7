//! `GET /v3/certificates`: the certificates that WeChat Pay signs with.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::client::{Call, Outcome, parse};
use super::config::{Wechat, serial};
use super::resource::Resource;
use super::verify::verify;
use crate::error::{Error, Result};
use crate::http::{Agent, Method, Response};
use crate::pay::keys::PublicKey;

/// A platform certificate that WeChat Pay gave us under our APIv3 key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformCertificate {
    /// Upper-case hex.
    pub serial: String,
    pub pem: String,
    /// Unix seconds.
    pub effective_at: i64,
    pub expires_at: i64,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    serial_no: String,
    effective_time: String,
    expire_time: String,
    encrypt_certificate: Resource,
}

impl Wechat {
    /// All platform certificates that have not expired. The list is believed when one of them (or
    /// the WeChat Pay public key) signed it; that they are genuine, the APIv3 key says already.
    pub fn certificates(&self, http: &Agent, now: Timestamp) -> Result<Vec<PlatformCertificate>> {
        let call = Call { method: Method::Get, path: "/v3/certificates", body: "" };
        let once = || {
            let response = self.send(http, &call, now)?;
            let mut found = Vec::new();
            let outcome = self.read(&response, now, |response, now| {
                found = self.open(response, now)?;
                self.check_list(response, now, &found)
            })?;
            match outcome {
                Outcome::Success(_) => Ok(found),
                Outcome::Refused { code, error } => Err(no_certificates(&code, error)),
            }
        };
        match once() {
            Err(error) if error.key() == super::PROBE => once(),
            result => result,
        }
    }

    fn open(&self, response: &Response, now: Timestamp) -> Result<Vec<PlatformCertificate>> {
        // Nothing is decrypted for a message that nobody signed, or that is a repeat.
        super::Signed::read(|name| response.header(name), now)?;
        let list: List = parse(&response.body)?;
        let mut found = Vec::new();
        let mut unusable = None;
        for item in &list.data {
            match self.open_item(item) {
                Ok(certificate) if now.as_second() < certificate.expires_at => {
                    found.push(certificate);
                }
                Ok(_) => {}
                // An entry of a new kind must not take the others with it.
                Err(error) if error.key() == "decrypt_algorithm" => unusable = Some(error),
                Err(error) => return Err(error),
            }
        }
        match unusable {
            Some(error) if found.is_empty() => Err(error),
            _ => Ok(found),
        }
    }

    fn open_item(&self, item: &Item) -> Result<PlatformCertificate> {
        let text = self.api_key.decrypt(&item.encrypt_certificate)?;
        let text = String::from_utf8(text).map_err(|_| unreadable(&item.serial_no))?;
        certificate(item, text)
    }

    fn check_list(
        &self,
        response: &Response,
        now: Timestamp,
        found: &[PlatformCertificate],
    ) -> Result<()> {
        let inside = |serial: &str| -> Result<Option<Arc<PublicKey>>> {
            let by_serial = found.iter().find(|certificate| certificate.serial == serial);
            by_serial.map(|certificate| PublicKey::load(&certificate.pem)).transpose()
        };
        verify(
            |name| response.header(name),
            &response.body,
            now,
            |serial| self.key(serial, &inside),
        )
    }
}

/// The narrower of what the list and what the certificate itself say about its time.
fn certificate(item: &Item, pem: String) -> Result<PlatformCertificate> {
    let unreadable = || unreadable(&item.serial_no);
    let key = PublicKey::load(&pem).map_err(|_| unreadable())?;
    let der = key.certificate().ok_or_else(unreadable)?;
    if serial(der).as_deref() != Some(item.serial_no.as_str()) {
        let why = "a platform certificate has another serial than the list says";
        return Err(Error::signature("wechat_certificate_serial", why));
    }
    let validity = Certificate::from_der(der).map_err(|_| unreadable())?.tbs_certificate.validity;
    let seconds = |time: x509_cert::time::Time| {
        i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
    };
    let listed =
        |text: &str| text.parse::<Timestamp>().map(Timestamp::as_second).map_err(|_| unreadable());
    Ok(PlatformCertificate {
        serial: item.serial_no.clone(),
        effective_at: listed(&item.effective_time)?.max(seconds(validity.not_before)),
        expires_at: listed(&item.expire_time)?.min(seconds(validity.not_after)),
        pem,
    })
}

fn unreadable(serial: &str) -> Error {
    let serial: String = serial.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    let why = format!("the platform certificate {serial} cannot be read");
    Error::provider("wechat_bad_answer", why)
}

fn no_certificates(code: &str, error: Error) -> Error {
    match code {
        "RESOURCE_NOT_EXISTS" => Error::config(
            "wechat_no_platform_certificates",
            format!(
                "this merchant has no platform certificates: WeChat Pay signs for it with the \
                 WeChat Pay public key only; set wechat_public_key_id and wechat_public_key_path \
                 ({error})"
            ),
        ),
        _ => error,
    }
}
