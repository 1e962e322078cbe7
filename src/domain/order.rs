//! An order: `pending → paid | failed`, `failed → paid` (late money), `paid → refunded`.

use super::Fen;

/// How long an unpaid order may be paid, in seconds. Both providers get it as their own limit.
pub const PAYABLE_SECONDS: i64 = 2 * 3600;

/// An open order with less time left than this is not offered again; the member gets a fresh one.
pub const REUSE_MARGIN_SECONDS: i64 = 15 * 60;

const TEST_CHARGE: Fen = Fen::new(1);

/// The provider's name in a [`TradeId`].
const WECHAT: &str = "wechat";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderStatus {
    Pending,
    Paid,
    Failed,
    Refunded,
}

impl OrderStatus {
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Pending, Self::Paid, Self::Failed, Self::Refunded]
            .into_iter()
            .find(|status| status.code() == code)
    }

    /// The value of the `status` column.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Refunded => "refunded",
        }
    }
}

/// Names one payment at one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeId {
    /// `alipay` or `wechat`.
    pub provider: String,
    /// The provider's own number of the payment.
    pub trade_no: String,
}

/// What of an order the rules look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub status: OrderStatus,
    /// What it costs.
    pub amount: Fen,
    /// What WeChat Pay was asked to charge, once it was asked: one fen in test mode. Any other
    /// provider charges the amount.
    pub wechat_charge: Option<Fen>,
    /// The payment that was credited, once there is one.
    pub trade: Option<TradeId>,
    /// The credited money came after the order had been closed.
    pub late: bool,
}

/// What a verified payment means for an order. Sending it again would change nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentOutcome {
    /// Pays this order. `late`: it had been closed as unpaid.
    Credited { late: bool },
    /// This very payment was credited before.
    AlreadyCredited,
    /// This very payment was refunded before; a late or reordered message about it.
    AlreadyRefunded,
    /// Another payment pays this order already: to be refunded.
    Duplicate,
    /// The amount is not the order's: to be looked at and refunded.
    Mismatch { expected: Fen },
}

impl PaymentOutcome {
    /// The value of the ledger's `outcome` column and of the log.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Credited { late: false } => "credited",
            Self::Credited { late: true } => "credited_late",
            Self::AlreadyCredited => "already_credited",
            Self::AlreadyRefunded => "already_refunded",
            Self::Duplicate => "duplicate",
            Self::Mismatch { .. } => "mismatch",
        }
    }
}

/// What a verified refund means for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The credited payment went back whole: the order is refunded.
    OrderRefunded,
    /// Part of the credited payment went back: the order stays paid.
    Partial,
    /// A payment that had not been credited (a duplicate, a mismatch) went back.
    OtherPayment,
    /// Paid and refunded before we heard of either: nothing to credit, the order is closed.
    NeverCredited,
    /// Told again.
    AlreadyRefunded,
}

impl RefundOutcome {
    pub const fn code(self) -> &'static str {
        match self {
            Self::OrderRefunded => "order_refunded",
            Self::Partial => "refunded_in_part",
            Self::OtherPayment => "other_payment_refunded",
            Self::NeverCredited => "refunded_before_credit",
            Self::AlreadyRefunded => "already_refunded",
        }
    }
}

/// What an order of `amount` is charged by WeChat Pay, which has no sandbox: in test mode real
/// requests are made for one fen.
pub const fn wechat_charge(amount: Fen, test_mode: bool) -> Fen {
    if test_mode { TEST_CHARGE } else { amount }
}

impl Order {
    /// The only sum that pays this order when it comes from `provider`.
    pub fn expected_from(&self, provider: &str) -> Fen {
        match self.wechat_charge {
            Some(charge) if provider == WECHAT => charge,
            _ => self.amount,
        }
    }

    /// WeChat Pay is about to be asked for `charge`. An order keeps the charge that it was begun
    /// with, because its first QR code can still be paid: for another one (`None`) it takes a new order.
    #[must_use]
    pub fn begin_wechat(&self, charge: Fen) -> Option<Self> {
        let next = Self { wechat_charge: Some(charge), ..self.clone() };
        (self.wechat_charge.is_none() || self == &next).then_some(next)
    }

    /// Begun in test mode: WeChat Pay charges less than it costs.
    pub fn is_test(&self) -> bool {
        self.wechat_charge.is_some_and(|charge| charge != self.amount)
    }

    /// Applies a verified payment. `refunded_before`: this payment is known to have gone back.
    /// The amount is checked first, so that a payment of the wrong sum never counts as anything.
    #[must_use]
    pub fn pay(
        &self,
        trade: &TradeId,
        amount: Fen,
        refunded_before: bool,
    ) -> (Self, PaymentOutcome) {
        let same = self.is_paid_by(trade);
        let expected = self.expected_from(&trade.provider);
        let outcome = match self.status {
            _ if refunded_before => PaymentOutcome::AlreadyRefunded,
            OrderStatus::Paid if same => PaymentOutcome::AlreadyCredited,
            OrderStatus::Refunded if same => PaymentOutcome::AlreadyRefunded,
            _ if amount != expected => PaymentOutcome::Mismatch { expected },
            // Old paid orders do not say by which payment: it is the first that fits.
            OrderStatus::Paid if self.trade.is_none() => PaymentOutcome::AlreadyCredited,
            OrderStatus::Paid | OrderStatus::Refunded => PaymentOutcome::Duplicate,
            OrderStatus::Pending => PaymentOutcome::Credited { late: false },
            OrderStatus::Failed => PaymentOutcome::Credited { late: true },
        };
        let next = match outcome {
            PaymentOutcome::Credited { late } => {
                Self { status: OrderStatus::Paid, trade: Some(trade.clone()), late, ..self.clone() }
            }
            PaymentOutcome::AlreadyCredited => Self { trade: Some(trade.clone()), ..self.clone() },
            _ => self.clone(),
        };
        (next, outcome)
    }

    fn is_paid_by(&self, trade: &TradeId) -> bool {
        self.trade.as_ref() == Some(trade)
    }

    /// Applies a verified refund; `full`: nothing of that payment is left.
    #[must_use]
    pub fn refund(&self, trade: &TradeId, full: bool) -> (Self, RefundOutcome) {
        let same = self.is_paid_by(trade) || self.trade.is_none();
        let (status, outcome) = match self.status {
            OrderStatus::Paid if same && full => {
                (OrderStatus::Refunded, RefundOutcome::OrderRefunded)
            }
            OrderStatus::Paid if same => (OrderStatus::Paid, RefundOutcome::Partial),
            OrderStatus::Refunded if same => {
                (OrderStatus::Refunded, RefundOutcome::AlreadyRefunded)
            }
            OrderStatus::Pending if full => (OrderStatus::Failed, RefundOutcome::NeverCredited),
            OrderStatus::Failed if full => (OrderStatus::Failed, RefundOutcome::NeverCredited),
            other => (other, RefundOutcome::OtherPayment),
        };
        (Self { status, ..self.clone() }, outcome)
    }

    /// The provider closed the trade unpaid, or its time ran out. Only a pending order fails by it.
    #[must_use]
    pub fn close(&self) -> Self {
        match self.status {
            OrderStatus::Pending => Self { status: OrderStatus::Failed, ..self.clone() },
            _ => self.clone(),
        }
    }
}
