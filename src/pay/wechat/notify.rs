//! What a notification says, checked as far as that goes without the order.

use jiff::Timestamp;
use serde::Deserialize;

use super::config::Wechat;
use super::resource::Resource;
use super::verify::Signed;
use super::{FindCertificate, PUBLIC_KEY_PREFIX};
use crate::domain::Fen;
use crate::error::{Error, Result};
use crate::pay::{Notification, Provider, VerifiedPayment, VerifiedRefund, number};

#[derive(Deserialize)]
struct Envelope {
    id: Option<String>,
    event_type: String,
    resource: Option<Resource>,
}

/// An order as WeChat Pay tells of it, in a notification or when asked.
#[derive(Deserialize)]
pub(super) struct Transaction {
    appid: Option<String>,
    mchid: Option<String>,
    pub(super) out_trade_no: Option<String>,
    transaction_id: Option<String>,
    pub(super) trade_state: Option<String>,
    amount: Option<Amount>,
}

#[derive(Deserialize)]
struct Amount {
    /// Fen; what the order was charged. `payer_total`, after the buyer's coupons, is not it.
    total: Option<u32>,
    currency: Option<String>,
}

#[derive(Deserialize)]
struct Refund {
    mchid: Option<String>,
    out_trade_no: Option<String>,
    transaction_id: Option<String>,
    refund_status: Option<String>,
    amount: Option<RefundAmount>,
}

#[derive(Deserialize)]
struct RefundAmount {
    total: u32,
    refund: u32,
}

impl Wechat {
    /// Verifies, decrypts and reads a notification: its headers and its raw body. What remains for
    /// the caller: the order is ours, and its amount is the payment's.
    pub fn notification<'a>(
        &self,
        header: impl Fn(&str) -> Option<&'a str>,
        body: &[u8],
        now: Timestamp,
        find: FindCertificate,
    ) -> Result<Notification> {
        let signed = Signed::read(header, now)?;
        let key = self.key(signed.serial(), find)?.ok_or_else(|| signed.unknown())?;
        signed.check(body, &key)?;
        let envelope: Envelope = read(body)?;
        match envelope.event_type.as_str() {
            "TRANSACTION.SUCCESS" => {
                let text = self.contents(&envelope)?;
                self.transaction(&read(&text)?, envelope.id.as_deref())
            }
            event if event.starts_with("REFUND.") => {
                self.refund(event, &read(&self.contents(&envelope)?)?)
            }
            event => Ok(Notification::Other { event: number("event_type", event)? }),
        }
    }

    fn contents(&self, envelope: &Envelope) -> Result<Vec<u8>> {
        let resource = envelope.resource.as_ref().ok_or_else(|| missing("resource"))?;
        self.api_key.decrypt(resource)
    }

    /// Whether a notification's key might be had by fetching the platform certificates again.
    pub fn is_certificate_serial(serial: &str) -> bool {
        !serial.starts_with(PUBLIC_KEY_PREFIX)
            && (8..=40).contains(&serial.len())
            && serial.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b))
    }

    fn transaction(&self, transaction: &Transaction, id: Option<&str>) -> Result<Notification> {
        match required("trade_state", &transaction.trade_state)? {
            "SUCCESS" => self
                .payment(transaction)
                .map(|payment| Notification::Paid(payment.with_notify_id(id))),
            other => Ok(Notification::NotPaid {
                order_no: order_no(&transaction.out_trade_no)?,
                status: number("trade_state", other)?,
            }),
        }
    }

    /// The payment of an order whose state says that it was paid.
    pub(super) fn payment(&self, transaction: &Transaction) -> Result<VerifiedPayment> {
        self.check_merchant(&transaction.mchid)?;
        if required("appid", &transaction.appid)? != self.app_id {
            return Err(foreign("foreign_app", "appid is not the configured wechat_app_id"));
        }
        let amount = transaction.amount.as_ref().ok_or_else(|| missing("amount"))?;
        if required("amount.currency", &amount.currency)? != "CNY" {
            return Err(Error::provider("foreign_currency", "the payment is not in CNY"));
        }
        let total = amount.total.ok_or_else(|| missing("amount.total"))?;
        VerifiedPayment::new(
            Provider::Wechat,
            required("out_trade_no", &transaction.out_trade_no)?,
            required("transaction_id", &transaction.transaction_id)?,
            Fen::new(total),
        )
    }

    fn refund(&self, event: &str, refund: &Refund) -> Result<Notification> {
        self.check_merchant(&refund.mchid)?;
        if event != "REFUND.SUCCESS" || refund.refund_status.as_deref() != Some("SUCCESS") {
            // Refused or gone wrong: the money stayed.
            return Ok(Notification::NotPaid {
                order_no: order_no(&refund.out_trade_no)?,
                status: number("event_type", event)?,
            });
        }
        let amount = refund.amount.as_ref().ok_or_else(|| missing("amount"))?;
        VerifiedRefund::new(
            Provider::Wechat,
            required("out_trade_no", &refund.out_trade_no)?,
            required("transaction_id", &refund.transaction_id)?,
            Fen::new(amount.refund),
            Fen::new(amount.total),
        )
        .map(Notification::Refund)
    }

    fn check_merchant(&self, mchid: &Option<String>) -> Result<()> {
        match required("mchid", mchid)? == self.mch_id {
            true => Ok(()),
            false => Err(foreign("foreign_merchant", "mchid is not the configured wechat_mch_id")),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T> {
    serde_json::from_slice(text).map_err(|_| {
        Error::provider("bad_notification", "the notification is not of the known form")
    })
}

fn foreign(key: &'static str, operator: &str) -> Error {
    Error::provider(key, format!("the message is genuine, but its {operator}"))
}

fn order_no(value: &Option<String>) -> Result<String> {
    number("out_trade_no", required("out_trade_no", value)?)
}

fn required<'a>(name: &str, value: &'a Option<String>) -> Result<&'a str> {
    value.as_deref().filter(|value| !value.is_empty()).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Error {
    Error::provider("missing_field", format!("{name} is missing in what WeChat Pay says"))
}
