//! What a notification says, checked as far as that goes without the order.

use super::config::Alipay;
use super::form::Fields;
use super::verify::verify_with;
use crate::domain::Fen;
use crate::error::{Error, Result};
use crate::pay::{Notification, Provider, VerifiedPayment, VerifiedRefund, number};

/// The fields that decide. The signed text joins fields without escaping, so one that is re-encoded
/// into a neighbour's value (`…&gmt_refund=…`) would vanish without hurting the signature.
const DECIDING: [&str; 9] = [
    "app_id",
    "gmt_refund",
    "notify_id",
    "out_trade_no",
    "refund_fee",
    "seller_id",
    "total_amount",
    "trade_no",
    "trade_status",
];

impl Alipay {
    /// Verifies and reads the raw body of an asynchronous notification. What remains for the
    /// caller: the order is ours, and its amount is the payment's.
    pub fn notification(&self, body: &[u8]) -> Result<Notification> {
        let fields = verify_with(Fields::decode(body)?, &self.public_key)?;
        refuse_swallowed(&fields)?;
        self.check_recipient(&fields)?;
        read(&fields)
    }

    fn check_recipient(&self, fields: &Fields) -> Result<()> {
        if required(fields, "app_id")? != self.app_id {
            return Err(foreign("foreign_app", "app_id is not the configured application's"));
        }
        match &self.seller_id {
            Some(ours) if required(fields, "seller_id")? != ours => {
                Err(foreign("foreign_seller", "seller_id is not the configured seller's"))
            }
            _ => Ok(()),
        }
    }
}

fn foreign(key: &'static str, operator: &str) -> Error {
    Error::provider(key, format!("the notification is genuine, but its {operator}"))
}

fn refuse_swallowed(fields: &Fields) -> Result<()> {
    let swallows = |value: &str| {
        value
            .split('&')
            .skip(1)
            .any(|part| part.split_once('=').is_some_and(|(name, _)| DECIDING.contains(&name)))
    };
    match fields.iter().any(|(_, value)| swallows(value)) {
        false => Ok(()),
        true => Err(Error::signature(
            "ambiguous_fields",
            "a value contains what looks like another field: the message was rearranged",
        )),
    }
}

fn read(fields: &Fields) -> Result<Notification> {
    let status = required(fields, "trade_status")?;
    let order_no = required(fields, "out_trade_no")?;
    if let Some(refunded) = refunded(fields)? {
        let trade_no = required(fields, "trade_no")?;
        let total = amount(fields, "total_amount")?;
        return VerifiedRefund::new(Provider::Alipay, order_no, trade_no, refunded, total)
            .map(Notification::Refund);
    }
    match status {
        // FINISHED may come first, or again when the refund period is over.
        "TRADE_SUCCESS" | "TRADE_FINISHED" => {
            let trade_no = required(fields, "trade_no")?;
            let amount = amount(fields, "total_amount")?;
            VerifiedPayment::new(Provider::Alipay, order_no, trade_no, amount)
                .map(|payment| payment.with_notify_id(fields.get("notify_id")))
                .map(Notification::Paid)
        }
        "TRADE_CLOSED" => Ok(Notification::Closed { order_no: number("out_trade_no", order_no)? }),
        other => Ok(Notification::NotPaid {
            order_no: number("out_trade_no", order_no)?,
            status: number("trade_status", other)?,
        }),
    }
}

/// The refunds so far, when this notification is about a refund. Payments may carry
/// `refund_fee=0.00`; `gmt_refund` they never carry.
fn refunded(fields: &Fields) -> Result<Option<Fen>> {
    let filled = |name| fields.get(name).filter(|value| !value.is_empty());
    let fee = filled("refund_fee").map(|_| amount(fields, "refund_fee")).transpose()?;
    match (filled("gmt_refund"), fee) {
        (None, None) => Ok(None),
        (None, Some(fee)) if fee == Fen::new(0) => Ok(None),
        (_, Some(fee)) => Ok(Some(fee)),
        (Some(_), None) => Err(missing("refund_fee")),
    }
}

fn required<'a>(fields: &'a Fields, name: &str) -> Result<&'a str> {
    fields.get(name).filter(|value| !value.is_empty()).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Error {
    Error::provider("missing_field", format!("{name} is missing: this is no trade notification"))
}

fn amount(fields: &Fields, name: &str) -> Result<Fen> {
    Fen::from_yuan(required(fields, name)?)
        .ok_or_else(|| Error::provider("bad_amount", format!("{name} is not an amount in yuan")))
}
