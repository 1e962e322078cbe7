//! Settling: what a provider's word about money does, in one transaction.

use super::{
    App, Moment,
    mail::{self, Letter},
    outbox,
};
use crate::{
    Result,
    domain::{
        Effect, TenantEvent,
        order::{PaymentOutcome, RefundOutcome, TradeId},
        reconcile,
    },
    pay::{Provider, VerifiedPayment, VerifiedRefund},
    store::{
        Db, log,
        order::{self, OrderRow},
        payment, tenant,
    },
};

/// How we heard of a payment; kept in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Notify,
    Return,
    /// A page that waits for the money asked, or the worker.
    Query,
}

impl Source {
    const fn code(self) -> &'static str {
        match self {
            Self::Notify => "notify",
            Self::Return => "return",
            Self::Query => "query",
        }
    }
}

/// What settling came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Payment(PaymentOutcome),
    /// Credited to an order whose tenant is switched off or gone: somebody has to look.
    Flagged,
    /// The money is real, the order is not ours.
    UnknownOrder,
    /// This very payment is on record for another order: it cannot pay two.
    OtherOrder,
    Refund(RefundOutcome),
    Closed,
    /// The trade exists and waits for its buyer.
    NotPaid,
    /// Genuine, and nothing of ours.
    Ignored,
}

impl Settled {
    /// The name in the ledger, the log and the acknowledgement.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Payment(outcome) => outcome.code(),
            Self::Flagged => "credited_flagged",
            Self::UnknownOrder => "unknown_order",
            Self::OtherOrder => "other_order",
            Self::Refund(outcome) => outcome.code(),
            Self::Closed => "closed",
            Self::NotPaid => "not_paid",
            Self::Ignored => "ignored",
        }
    }

    /// Whether the provider may stop telling us. What a person has to look into is on record, but
    /// stays unacknowledged: the provider then shows it as undelivered, too.
    pub(super) const fn is_acknowledged(self) -> bool {
        !matches!(
            self,
            Self::UnknownOrder | Self::OtherOrder | Self::Payment(PaymentOutcome::Mismatch { .. })
        )
    }
}

/// The outcome, and the tenant for whom there is work in the outbox now.
pub(super) type Settlement = (Settled, Option<u32>);

impl App {
    pub(super) fn settle_payment(
        &self,
        paid: &VerifiedPayment,
        source: Source,
    ) -> Result<Settlement> {
        let now = self.now();
        let trade = trade_id(paid.provider(), paid.trade_no());
        self.database.transaction(|db| {
            let known = order::lock(db, paid.order_no())?;
            let on_record = payment::find(db, &trade)?;
            if on_record.as_ref().is_some_and(|known| known.order_no != paid.order_no()) {
                let tenant_id = known.as_ref().map_or(0, |row| row.tenant_id);
                write_log(db, tenant_id, paid.order_no(), &trade, Settled::OtherOrder, now)?;
                post_for_review(db, tenant_id, paid.order_no(), &trade, Settled::OtherOrder, now)?;
                return Ok((Settled::OtherOrder, None));
            }
            let entry = |outcome, tenant_id| payment::Entry {
                trade: &trade,
                order_no: paid.order_no(),
                tenant_id,
                amount: paid.amount(),
                outcome,
                source: source.code(),
            };
            let Some(before) = known else {
                let settled = Settled::UnknownOrder;
                // No row is locked here: of many at once only the first puts it on record.
                if on_record.is_none()
                    && payment::insert(db, &entry(settled.code(), 0), now.unix())?
                {
                    write_log(db, 0, paid.order_no(), &trade, settled, now)?;
                    post_for_review(db, 0, paid.order_no(), &trade, settled, now)?;
                }
                return Ok((settled, None));
            };
            let refunded_before =
                on_record.as_ref().is_some_and(|known| known.outcome == payment::REFUNDED);
            let (after, outcome) = before.state.pay(&trade, paid.amount(), refunded_before);
            let PaymentOutcome::Credited { .. } = outcome else {
                let settled = Settled::Payment(outcome);
                if after != before.state {
                    let adopted = OrderRow { state: after, ..before.clone() };
                    order::update(db, &before, &adopted, now.unix())?;
                }
                if on_record.is_none() {
                    payment::insert(db, &entry(settled.code(), before.tenant_id), now.unix())?;
                    write_log(db, before.tenant_id, paid.order_no(), &trade, settled, now)?;
                    post_for_review(db, before.tenant_id, paid.order_no(), &trade, settled, now)?;
                }
                return Ok((settled, None));
            };
            let query_at = ask_the_other(db, &before, paid.provider())?;
            let paid_at = Some(now.local);
            let credited =
                OrderRow { state: after, paid_at, query_at, queries: 0, ..before.clone() };
            let (mut settled, work) = credit(db, &before, credited, outcome, now)?;
            if on_record.as_ref().is_some_and(|known| known.outcome == payment::REFUNDED_IN_PART) {
                // Nobody told how much of it is left: served, and looked at.
                settled = Settled::Flagged;
            }
            if on_record.is_some() {
                payment::set_outcome(db, &trade, settled.code(), now.unix())?;
            } else if !payment::insert(db, &entry(settled.code(), before.tenant_id), now.unix())? {
                // Another process put this very payment on record for another order meanwhile.
                return Err(crate::Error::storage("the payment was credited elsewhere meanwhile"));
            }
            write_log(db, before.tenant_id, paid.order_no(), &trade, settled, now)?;
            let receipt = Letter::Receipt {
                user_id: before.user_id,
                tenant_id: before.tenant_id,
                order_no: &before.order_no,
            };
            mail::post(db, &receipt, now)?;
            post_for_review(db, before.tenant_id, paid.order_no(), &trade, settled, now)?;
            Ok((settled, work.then_some(before.tenant_id)))
        })
    }

    pub(super) fn settle_refund(
        &self,
        refund: &VerifiedRefund,
        source: Source,
    ) -> Result<Settlement> {
        let now = self.now();
        let trade = trade_id(refund.provider(), refund.trade_no());
        self.database.transaction(|db| {
            let Some(before) = order::lock(db, refund.order_no())? else {
                return Ok((Settled::UnknownOrder, None));
            };
            let on_record = payment::find(db, &trade)?;
            if on_record.as_ref().is_some_and(|known| known.order_no != refund.order_no()) {
                return Ok((Settled::OtherOrder, None));
            }
            let (after, outcome) = before.state.refund(&trade, refund.full());
            let settled = Settled::Refund(outcome);
            let changed = after != before.state;
            if changed {
                let query_at = match outcome {
                    RefundOutcome::NeverCredited => ask_the_other(db, &before, refund.provider())?,
                    _ => before.query_at,
                };
                let after = OrderRow { state: after, query_at, ..before.clone() };
                order::update(db, &before, &after, now.unix())?;
            }
            let entry = |outcome, amount| payment::Entry {
                trade: &trade,
                order_no: refund.order_no(),
                tenant_id: before.tenant_id,
                amount,
                outcome,
                source: source.code(),
            };
            let news = match (refund.full(), on_record) {
                (true, Some(_)) => payment::set_outcome(db, &trade, payment::REFUNDED, now.unix())?,
                (true, None) => {
                    payment::insert(db, &entry(payment::REFUNDED, refund.refunded()), now.unix())?
                }
                (false, None) if outcome == RefundOutcome::OtherPayment => {
                    let entry = entry(payment::REFUNDED_IN_PART, refund.total());
                    payment::insert(db, &entry, now.unix())?
                }
                (false, _) => false,
            };
            let news = news || changed;
            if news {
                write_log(db, before.tenant_id, refund.order_no(), &trade, settled, now)?;
            }
            Ok((settled, None))
        })
    }

    /// The provider says that the trade ended unpaid. An order that was begun with the other one as
    /// well can still be paid there.
    pub(super) fn settle_closed(&self, order_no: &str, provider: Provider) -> Result<Settlement> {
        let now = self.now();
        self.database.transaction(|db| {
            let Some(before) = order::lock(db, order_no)? else {
                return Ok((Settled::UnknownOrder, None));
            };
            let state = before.state.close();
            let after = OrderRow { state, query_at: None, queries: 0, ..before.clone() };
            if after.state != before.state && !before.begun_with(provider.other().as_str()) {
                order::update(db, &before, &after, now.unix())?;
            }
            Ok((Settled::Closed, None))
        })
    }
}

/// Credits the order to its tenant: more time, and back into service where that was the reason.
/// `true` when there is work in the outbox now.
fn credit(
    db: &mut Db<'_>,
    before: &OrderRow,
    mut credited: OrderRow,
    outcome: PaymentOutcome,
    now: Moment,
) -> Result<(Settled, bool)> {
    let mut settled = Settled::Payment(outcome);
    let mut work = false;
    match tenant::lock(db, before.tenant_id)? {
        Some(row) => {
            let event = TenantEvent::Paid { now: now.local };
            if let Ok((state, effects)) = row.state.apply(event) {
                credited.expire_at = state.expire_at;
                tenant::update_state(db, &row, &state, now.unix())?;
                work = outbox::enqueue_effects(db, row.id, &effects, now)?;
                if effects.contains(&Effect::FlagPayment) {
                    settled = Settled::Flagged;
                }
            }
        }
        None => settled = Settled::Flagged,
    }
    order::update(db, before, &credited, now.unix())?;
    Ok((settled, work))
}

/// When the order is asked about next, after `provider` said how it ended there: soon, if the other
/// one's trade may have been paid, too, or may still be; else not any more.
fn ask_the_other(db: &mut Db<'_>, row: &OrderRow, provider: Provider) -> Result<Option<i64>> {
    if row.begun_with(provider.other().as_str()) {
        return Ok(Some(db.now()? + i64::from(reconcile::OTHER_SECONDS)));
    }
    Ok(None)
}

fn trade_id(provider: Provider, trade_no: &str) -> TradeId {
    TradeId { provider: provider.as_str().to_owned(), trade_no: trade_no.to_owned() }
}

/// Tells the site's support about money that somebody has to look at.
fn post_for_review(
    db: &mut Db<'_>,
    tenant_id: u32,
    order_no: &str,
    trade: &TradeId,
    settled: Settled,
    now: Moment,
) -> Result<()> {
    let to_review = matches!(
        settled,
        Settled::UnknownOrder
            | Settled::OtherOrder
            | Settled::Flagged
            | Settled::Payment(PaymentOutcome::Duplicate | PaymentOutcome::Mismatch { .. })
    );
    if !to_review {
        return Ok(());
    }
    let letter = Letter::PaymentToReview { tenant_id, trade, order_no, outcome: settled.code() };
    mail::post(db, &letter, now)
}

fn write_log(
    db: &mut Db<'_>,
    tenant_id: u32,
    order_no: &str,
    trade: &TradeId,
    settled: Settled,
    now: Moment,
) -> Result<()> {
    let detail = serde_json::json!({
        "order_no": order_no,
        "trade_no": trade.trade_no,
        "outcome": settled.code(),
    });
    let entry = log::Entry {
        tenant_id,
        action: &format!("pay_notify_{}", trade.provider),
        detail: &detail.to_string(),
        success: matches!(
            settled,
            Settled::Payment(PaymentOutcome::Credited { .. })
                | Settled::Refund(
                    RefundOutcome::OrderRefunded
                        | RefundOutcome::Partial
                        | RefundOutcome::AlreadyRefunded
                )
        ),
        operator: &trade.provider,
    };
    log::insert(db, &entry, now.unix())
}
