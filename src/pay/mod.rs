//! Payment providers: wire bytes in, verified facts out.
//!
//! Only the verification code in here can make a [`VerifiedPayment`] or a [`VerifiedRefund`];
//! whoever holds one need not ask again whether the provider really said so.

pub mod alipay;
pub mod keys;
pub mod wechat;

use crate::domain::Fen;
use crate::error::{Error, Kind, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    Alipay,
    Wechat,
}

impl Provider {
    /// The word in URLs and in the `pay_method` column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alipay => "alipay",
            Self::Wechat => "wechat",
        }
    }

    pub const ALL: [Self; 2] = [Self::Alipay, Self::Wechat];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == text)
    }

    pub const fn other(self) -> Self {
        match self {
            Self::Alipay => Self::Wechat,
            Self::Wechat => Self::Alipay,
        }
    }
}

/// What to sell, in the words that both providers share.
#[derive(Clone, Copy, Debug)]
pub struct OrderRequest<'a> {
    pub order_no: &'a str,
    pub amount: Fen,
    /// Shown to the buyer; characters that a provider refuses are replaced.
    pub subject: &'a str,
    pub notify_url: &'a str,
    /// Where the buyer's browser comes back to, where the provider has such a thing.
    pub return_url: Option<&'a str>,
    /// Unix seconds; after that the provider takes no money.
    pub expires_at: i64,
}

/// The provider says, provably, that this order was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedPayment {
    provider: Provider,
    order_no: String,
    trade_no: String,
    amount: Fen,
    notify_id: Option<String>,
}

impl VerifiedPayment {
    /// Private to `pay`: call it only with fields whose signature holds.
    fn new(provider: Provider, order_no: &str, trade_no: &str, amount: Fen) -> Result<Self> {
        Ok(Self {
            provider,
            order_no: number("order_no", order_no)?,
            trade_no: number("trade_no", trade_no)?,
            amount,
            notify_id: None,
        })
    }

    fn with_notify_id(mut self, notify_id: Option<&str>) -> Self {
        self.notify_id = notify_id.and_then(|id| number("notify_id", id).ok());
        self
    }

    pub fn provider(&self) -> Provider {
        self.provider
    }

    pub fn order_no(&self) -> &str {
        &self.order_no
    }

    /// The provider's own number of the payment, 64 characters at most.
    pub fn trade_no(&self) -> &str {
        &self.trade_no
    }

    /// What the order was charged, before the buyer's discounts.
    pub fn amount(&self) -> Fen {
        self.amount
    }

    /// The same over all retries of one notification; none when the payment was asked for.
    pub fn notify_id(&self) -> Option<&str> {
        self.notify_id.as_deref()
    }
}

/// The provider says, provably, that money of this order went back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedRefund {
    provider: Provider,
    order_no: String,
    trade_no: String,
    refunded: Fen,
    total: Fen,
}

impl VerifiedRefund {
    fn new(
        provider: Provider,
        order_no: &str,
        trade_no: &str,
        refunded: Fen,
        total: Fen,
    ) -> Result<Self> {
        if refunded > total {
            let why = format!("refunded {refunded} of {total}: more than was paid");
            return Err(Error::provider("bad_amount", why));
        }
        Ok(Self {
            provider,
            order_no: number("order_no", order_no)?,
            trade_no: number("trade_no", trade_no)?,
            refunded,
            total,
        })
    }

    pub fn provider(&self) -> Provider {
        self.provider
    }

    pub fn order_no(&self) -> &str {
        &self.order_no
    }

    pub fn trade_no(&self) -> &str {
        &self.trade_no
    }

    /// All refunds of this payment so far.
    pub fn refunded(&self) -> Fen {
        self.refunded
    }

    /// What had been paid.
    pub fn total(&self) -> Fen {
        self.total
    }

    /// Nothing of the payment is left.
    pub fn full(&self) -> bool {
        self.refunded == self.total
    }
}

/// What a verified notification says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notification {
    Paid(VerifiedPayment),
    /// Never a payment, whatever its status field says.
    Refund(VerifiedRefund),
    /// The trade exists and waits for the buyer, or has a status that means nothing here.
    NotPaid {
        order_no: String,
        status: String,
    },
    /// Timed out or closed without money.
    Closed {
        order_no: String,
    },
    /// Genuine, and about something that is no order of ours: acknowledged, and that is all.
    Other {
        event: String,
    },
}

impl Notification {
    /// None when it is not about an order.
    pub fn order_no(&self) -> Option<&str> {
        match self {
            Self::Paid(payment) => Some(payment.order_no()),
            Self::Refund(refund) => Some(refund.order_no()),
            Self::NotPaid { order_no, .. } | Self::Closed { order_no } => Some(order_no),
            Self::Other { .. } => None,
        }
    }
}

/// What the provider answers when asked about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trade {
    /// Normal until the buyer has reached the provider's page.
    NotFound,
    Waiting,
    Paid(VerifiedPayment),
    /// Closed without money.
    Closed,
    Refunded(VerifiedRefund),
}

/// What came of closing an order at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    Closed,
    /// The buyer never reached the provider's page: nothing to close, but also nothing that stops
    /// a later payment with a link that is still valid.
    NotFound,
    /// Paid, finished or closed already: ask what became of it.
    NotClosable,
}

/// Longest order or trade number that is stored or believed.
const NUMBER_MAX: usize = 64;

/// A number as the providers make them: visible ASCII, bounded. A signature does not make
/// an absurd value harmless.
fn number(what: &'static str, value: &str) -> Result<String> {
    let plausible = (1..=NUMBER_MAX).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_graphic());
    if plausible {
        return Ok(value.to_owned());
    }
    let why = format!("{what} is not 1 to {NUMBER_MAX} visible ASCII characters");
    Err(Error::new(Kind::Provider, "bad_number", "支付信息有误，请联系客服处理", why))
}

/// A configuration field that has to be filled.
fn missing(field: &'static str, what: &str) -> Error {
    Error::config("missing", format!("{field}: empty; {what} belongs here")).in_field(field)
}

/// Parses a key or certificate of the configuration; an error names its field.
fn load<T>(field: &'static str, text: &str, parse: impl FnOnce(&str) -> Result<T>) -> Result<T> {
    parse(text).map_err(|error| {
        let key = error.key();
        Error::config(key, format!("{field}: {error}")).in_field(field)
    })
}

/// A provider's text for a log line: bounded, without control characters.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_by_name() {
        for provider in [Provider::Alipay, Provider::Wechat] {
            assert_eq!(Provider::parse(provider.as_str()), Some(provider));
        }
        assert_eq!(Provider::parse("Alipay"), None);
    }

    #[test]
    fn absurd_numbers_are_refused() {
        let long = "9".repeat(65);
        for bad in ["", " ", "a b", "a\0", "订单", long.as_str()] {
            let fen = Fen::new(1);
            for (order, trade) in [(bad, "1"), ("1", bad)] {
                let error = VerifiedPayment::new(Provider::Alipay, order, trade, fen).unwrap_err();
                assert_eq!(error.key(), "bad_number");
                VerifiedRefund::new(Provider::Alipay, order, trade, fen, fen).unwrap_err();
            }
        }
        let longest = "9".repeat(64);
        VerifiedPayment::new(Provider::Wechat, &longest, &longest, Fen::new(1)).unwrap();
    }

    #[test]
    fn a_refund_is_full_when_nothing_is_left() {
        let refund = |refunded, total| {
            VerifiedRefund::new(Provider::Alipay, "1", "2", Fen::new(refunded), Fen::new(total))
        };
        assert!(refund(5000, 5000).unwrap().full());
        assert!(!refund(4999, 5000).unwrap().full());
        assert_eq!(refund(5001, 5000).unwrap_err().key(), "bad_amount");
    }
}
