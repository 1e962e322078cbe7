//! `chathub_payment`: the ledger. Each verified payment once, by the provider's own number, so
//! that crediting one twice would break a unique key.

use mysql::params;

use super::{Db, db::take};
use crate::{
    Result,
    domain::{Fen, order::TradeId},
};

/// The outcome that a ledger row carries once the payment went back whole.
pub const REFUNDED: &str = "refunded";

/// Part of it went back before we heard of the payment itself.
pub const REFUNDED_IN_PART: &str = "refunded_in_part";

pub struct Entry<'a> {
    pub trade: &'a TradeId,
    pub order_no: &'a str,
    /// 0 when the order is not known.
    pub tenant_id: u32,
    pub amount: Fen,
    pub outcome: &'a str,
    /// How we heard of it: notify, return, query.
    pub source: &'a str,
}

/// What is on record for a payment.
pub struct Recorded {
    pub order_no: String,
    pub outcome: String,
}

/// Call it with the order locked: that, and the unique key, keep two writers apart; a lock on the
/// absent row would only make deadlocks.
pub fn find(db: &mut Db<'_>, trade: &TradeId) -> Result<Option<Recorded>> {
    let row = db.row(
        "SELECT order_no, outcome FROM `__PREFIX__chathub_payment` \
         WHERE provider = ? AND trade_no = ?",
        (&trade.provider, &trade.trade_no),
    )?;
    row.map(|mut row| {
        Ok(Recorded { order_no: take(&mut row, "order_no")?, outcome: take(&mut row, "outcome")? })
    })
    .transpose()
}

/// The sum of a payment that is on record.
pub fn amount(db: &mut Db<'_>, trade: &TradeId) -> Result<Option<Fen>> {
    let row = db.row(
        "SELECT amount_fen FROM `__PREFIX__chathub_payment` WHERE provider = ? AND trade_no = ?",
        (&trade.provider, &trade.trade_no),
    )?;
    row.map(|mut row| Ok(Fen::new(take(&mut row, "amount_fen")?))).transpose()
}

/// `false` when the payment is on record already.
pub fn insert(db: &mut Db<'_>, entry: &Entry<'_>, now: i64) -> Result<bool> {
    let inserted = db.insert(
        "INSERT INTO `__PREFIX__chathub_payment` \
         (provider, trade_no, order_no, tenant_id, amount_fen, outcome, source, createtime, updatetime) \
         VALUES (:provider, :trade_no, :order_no, :tenant_id, :amount, :outcome, :source, :now, :now)",
        params! {
            "provider" => &entry.trade.provider,
            "trade_no" => &entry.trade.trade_no,
            "order_no" => entry.order_no,
            "tenant_id" => entry.tenant_id,
            "amount" => entry.amount.get(),
            "outcome" => entry.outcome,
            "source" => entry.source,
            "now" => now,
        },
    )?;
    Ok(inserted.is_some())
}

/// `true` when the payment was on record with another outcome before.
pub fn set_outcome(db: &mut Db<'_>, trade: &TradeId, outcome: &str, now: i64) -> Result<bool> {
    let changed = db.write(
        "UPDATE `__PREFIX__chathub_payment` SET outcome = ?, updatetime = ? \
         WHERE provider = ? AND trade_no = ? AND outcome <> ?",
        (outcome, now, &trade.provider, &trade.trade_no, outcome),
    )?;
    Ok(changed == 1)
}
