//! `chathub_order`, as far as it says about which orders the providers are to be asked.

use super::{
    Db,
    db::take,
    order::{OrderRow, lock},
};
use crate::Result;

/// Pending, or of none of the states, as old sites have it.
const UNPAID: &str = "(status IN ('pending', '') OR status IS NULL)";
const UNBEGUN: &str = "(alipay_begun = 0 AND charged_fen IS NULL \
    AND (pay_method IS NULL OR pay_method NOT IN ('alipay', 'wechat')))";
/// What can be read as an order at all; others are left for a person to look at.
const READABLE: &str = "amount BETWEEN 0 AND 42949672.95";
/// Unix seconds of a row that may have none.
const MADE_AT: &str = "COALESCE(createtime, 0)";

/// Numbers of the orders that are due, the longest waiting first.
pub fn due(db: &mut Db<'_>, limit: u32) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT order_no FROM `__PREFIX__chathub_order` \
         WHERE query_at <= UNIX_TIMESTAMP() AND {READABLE} ORDER BY query_at LIMIT ?"
    );
    let rows = db.rows(&sql, (limit,))?;
    rows.into_iter().map(|mut row| take(&mut row, "order_no")).collect()
}

/// Numbers of unpaid orders older than `age` seconds whose payment was never begun.
pub fn unbegun(db: &mut Db<'_>, age: i64, limit: u32) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT order_no FROM `__PREFIX__chathub_order` WHERE {UNPAID} AND {UNBEGUN} \
         AND {READABLE} AND {MADE_AT} <= UNIX_TIMESTAMP() - ? LIMIT ?"
    );
    let rows = db.rows(&sql, (age, limit))?;
    rows.into_iter().map(|mut row| take(&mut row, "order_no")).collect()
}

/// Unpaid orders older than `age` seconds that were begun, and about which nobody means to ask:
/// those of earlier versions. Written so that the index on `query_at` is no choice: most rows of an
/// old table hold a null there.
pub fn old_begun(db: &mut Db<'_>, age: i64, limit: u32) -> Result<Vec<u32>> {
    let sql = format!(
        "SELECT id FROM `__PREFIX__chathub_order` WHERE {UNPAID} AND NOT {UNBEGUN} \
         AND COALESCE(query_at, 0) = 0 AND {READABLE} AND {MADE_AT} <= UNIX_TIMESTAMP() - ? LIMIT ?"
    );
    let rows = db.rows(&sql, (age, limit))?;
    rows.into_iter().map(|mut row| take(&mut row, "id")).collect()
}

/// Makes such orders due. By their ids, so that only their rows are locked.
pub fn adopt(db: &mut Db<'_>, ids: &[u32]) -> Result<()> {
    let sql = format!(
        "UPDATE `__PREFIX__chathub_order` SET query_at = UNIX_TIMESTAMP(), queries = 0 \
         WHERE id = ? AND query_at IS NULL AND {UNPAID}"
    );
    for id in ids {
        db.write(&sql, (*id,))?;
    }
    Ok(())
}

/// How many orders older than `age` seconds are still being asked about.
pub fn in_question_count(db: &mut Db<'_>, age: i64) -> Result<i64> {
    let sql = format!(
        "SELECT COUNT(*) FROM `__PREFIX__chathub_order` \
         WHERE query_at IS NOT NULL AND {MADE_AT} <= UNIX_TIMESTAMP() - ?"
    );
    db.number(&sql, (age,))
}

/// Takes the order's turn for `lease` seconds: its row, locked, with the lease's end as `query_at`.
/// `None`: not due, or somebody else was first.
pub fn claim(db: &mut Db<'_>, order_no: &str, lease: u32) -> Result<Option<OrderRow>> {
    let changed = db.write(
        "UPDATE `__PREFIX__chathub_order` \
         SET query_at = UNIX_TIMESTAMP() + ?, queries = LEAST(queries, 1000000) + 1 \
         WHERE order_no = ? AND query_at <= UNIX_TIMESTAMP()",
        (lease, order_no),
    )?;
    if changed == 1 { lock(db, order_no) } else { Ok(None) }
}

/// Sets the next question of an order whose lease ends at `expected`. One that was changed meanwhile
/// keeps what it was given.
pub fn reschedule(db: &mut Db<'_>, id: u32, expected: i64, at: i64, asked: u32) -> Result<()> {
    db.write(
        "UPDATE `__PREFIX__chathub_order` SET query_at = ?, queries = ? \
         WHERE id = ? AND query_at = ?",
        (at, asked, id, expected),
    )?;
    Ok(())
}
