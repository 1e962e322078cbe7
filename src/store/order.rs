//! `chathub_order`.

use jiff::civil::DateTime;
use mysql::{Row, params};

use super::{Db, datetime_column, datetime_param, db::take, readable};
use crate::{
    Error, Result,
    domain::{Fen, Order, OrderStatus, Plan, order::TradeId},
};

/// An order as it is stored.
#[derive(Clone, Debug)]
pub struct OrderRow {
    pub id: u32,
    pub order_no: String,
    pub tenant_id: u32,
    pub user_id: u32,
    /// As stored; old rows may name a plan that is not sold.
    pub plan: String,
    pub amount: Fen,
    pub pay_method: Option<String>,
    pub state: Order,
    /// The `status` column as it stands.
    pub stored_status: Option<String>,
    /// What the QR code of WeChat Pay says, once there is one.
    pub code_url: Option<String>,
    pub paid_at: Option<DateTime>,
    /// End of the service that this order paid for.
    pub expire_at: Option<DateTime>,
    /// Unix seconds.
    pub createtime: i64,
    /// Its buyer was sent to Alipay.
    pub alipay_begun: bool,
    /// When the providers are asked next, Unix seconds by the server's clock; none: not any more.
    pub query_at: Option<i64>,
    /// How often they were asked in this phase.
    pub queries: u32,
}

impl OrderRow {
    /// Whether payment was begun with `provider`. Old rows say it by their `pay_method` alone.
    pub fn begun_with(&self, provider: &str) -> bool {
        self.pay_method.as_deref() == Some(provider)
            || match provider {
                "alipay" => self.alipay_begun,
                "wechat" => self.state.wechat_charge.is_some(),
                _ => false,
            }
    }
}

const COLUMNS: &str = "id, order_no, tenant_id, user_id, plan, CAST(amount AS CHAR) AS amount, \
    pay_method, pay_trade_no, status, charged_fen, late, code_url, paid_at, \
    expire_at, createtime, alipay_begun, query_at, queries";

fn from_row(mut row: Row) -> Result<OrderRow> {
    let order_no: String = take(&mut row, "order_no")?;
    let amount: String = take(&mut row, "amount")?;
    let amount = Fen::from_yuan(&amount).ok_or_else(|| {
        Error::storage(format!("order {order_no}: the amount is no sum of money"))
    })?;
    let stored_status: Option<String> = take(&mut row, "status")?;
    // Old rows may hold none: nobody has credited them.
    let status = stored_status.as_deref().and_then(OrderStatus::parse);
    let status = status.unwrap_or(OrderStatus::Pending);
    let pay_method: Option<String> = take(&mut row, "pay_method")?;
    let trade_no: Option<String> = take(&mut row, "pay_trade_no")?;
    let trade = match (&pay_method, trade_no) {
        (Some(provider), Some(trade_no)) => Some(TradeId { provider: provider.clone(), trade_no }),
        _ => None,
    };
    let wechat_charge = take::<Option<u32>>(&mut row, "charged_fen")?.map(Fen::new);
    let late = take::<u8>(&mut row, "late")? != 0;
    Ok(OrderRow {
        id: take(&mut row, "id")?,
        tenant_id: take(&mut row, "tenant_id")?,
        user_id: take(&mut row, "user_id")?,
        plan: take(&mut row, "plan")?,
        amount,
        pay_method,
        state: Order { status, amount, wechat_charge, trade, late },
        stored_status,
        code_url: take(&mut row, "code_url")?,
        paid_at: datetime_column(take(&mut row, "paid_at")?)?,
        expire_at: datetime_column(take(&mut row, "expire_at")?)?,
        createtime: take::<Option<i64>>(&mut row, "createtime")?.unwrap_or(0),
        alipay_begun: take::<u8>(&mut row, "alipay_begun")? != 0,
        query_at: take(&mut row, "query_at")?,
        queries: take(&mut row, "queries")?,
        order_no,
    })
}

pub fn lock(db: &mut Db<'_>, order_no: &str) -> Result<Option<OrderRow>> {
    let sql =
        format!("SELECT {COLUMNS} FROM `__PREFIX__chathub_order` WHERE order_no = ? FOR UPDATE");
    db.row(&sql, (order_no,))?.map(from_row).transpose()
}

pub fn find(db: &mut Db<'_>, order_no: &str) -> Result<Option<OrderRow>> {
    let sql = format!("SELECT {COLUMNS} FROM `__PREFIX__chathub_order` WHERE order_no = ?");
    db.row(&sql, (order_no,))?.map(from_row).transpose()
}

/// The member's orders, newest first.
pub fn of_user(db: &mut Db<'_>, user_id: u32, limit: u32) -> Result<Vec<OrderRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM `__PREFIX__chathub_order` WHERE user_id = ? ORDER BY id DESC LIMIT ?"
    );
    Ok(readable(db.rows(&sql, (user_id, limit))?, from_row))
}

/// The newest order of the tenant that can still be paid as it stands: same plan, same amount, by
/// WeChat Pay not begun with another charge, made after `since` (Unix seconds). Call it with the
/// tenant locked.
pub fn find_open(
    db: &mut Db<'_>,
    tenant_id: u32,
    plan: Plan,
    (amount, wechat_charge): (Fen, Fen),
    since: i64,
) -> Result<Option<OrderRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM `__PREFIX__chathub_order` \
         WHERE tenant_id = ? AND status = 'pending' AND plan = ? AND amount = ? AND createtime > ? \
         AND (charged_fen IS NULL OR charged_fen = ?) ORDER BY id DESC LIMIT 1"
    );
    let values = (tenant_id, plan.code(), amount.to_string(), since, wechat_charge.get());
    db.row(&sql, values)?.map(from_row).transpose()
}

/// A new pending order, about which the providers are asked last in `query_in` seconds; `false` when
/// the number is taken.
pub fn insert(
    db: &mut Db<'_>,
    order_no: &str,
    (tenant_id, user_id): (u32, u32),
    plan: Plan,
    amount: Fen,
    query_in: i64,
    now: i64,
) -> Result<bool> {
    let inserted = db.insert(
        "INSERT INTO `__PREFIX__chathub_order` \
         (order_no, tenant_id, user_id, plan, amount, status, query_at, createtime, updatetime) \
         VALUES (:order_no, :tenant_id, :user_id, :plan, :amount, 'pending', \
         UNIX_TIMESTAMP() + :query_in, :now, :now)",
        params! {
            "order_no" => order_no,
            "tenant_id" => tenant_id,
            "user_id" => user_id,
            "plan" => plan.code(),
            "amount" => amount.to_string(),
            "query_in" => query_in,
            "now" => now,
        },
    )?;
    Ok(inserted.is_some())
}

/// With payment begun the questions begin, too; one that comes sooner stays.
const QUESTIONS_BEGIN: &str = "queries = 0, query_at = IF(query_at > UNIX_TIMESTAMP(), \
    LEAST(query_at, UNIX_TIMESTAMP() + :query_in), UNIX_TIMESTAMP() + :query_in)";

/// Remembers that the buyer of a pending order is sent to Alipay, which is asked in `query_in` seconds.
pub fn begin_alipay(
    db: &mut Db<'_>,
    id: u32,
    provider: &str,
    query_in: i64,
    now: i64,
) -> Result<bool> {
    let sql = format!(
        "UPDATE `__PREFIX__chathub_order` SET pay_method = :provider, alipay_begun = 1, \
         {QUESTIONS_BEGIN}, updatetime = :now WHERE id = :id AND status = 'pending'"
    );
    let values =
        params! { "provider" => provider, "query_in" => query_in, "now" => now, "id" => id };
    Ok(db.write(&sql, values)? == 1)
}

/// Remembers what WeChat Pay is about to be asked to charge for a pending order; it is asked what
/// became of it in `query_in` seconds.
pub fn begin_wechat(
    db: &mut Db<'_>,
    id: u32,
    provider: &str,
    charge: Fen,
    query_in: i64,
    now: i64,
) -> Result<bool> {
    // Assignments run from left to right: orders of the version before say it by `pay_method` alone.
    let sql = format!(
        "UPDATE `__PREFIX__chathub_order` \
         SET alipay_begun = IF(pay_method = 'alipay', 1, alipay_begun), \
         pay_method = :provider, charged_fen = :charge, {QUESTIONS_BEGIN}, updatetime = :now \
         WHERE id = :id AND status = 'pending' AND (charged_fen IS NULL OR charged_fen = :charge)"
    );
    let values = params! {
        "provider" => provider,
        "charge" => charge.get(),
        "query_in" => query_in,
        "now" => now,
        "id" => id,
    };
    Ok(db.write(&sql, values)? == 1)
}

/// Keeps the content of an order's QR code, so that looking again asks nobody.
pub fn set_code_url(db: &mut Db<'_>, id: u32, code_url: &str) -> Result<()> {
    db.write(
        "UPDATE `__PREFIX__chathub_order` SET code_url = ? WHERE id = ? AND status = 'pending'",
        (code_url, id),
    )?;
    Ok(())
}

/// Writes what the rules made of the order. Fails when its state is no longer `before`'s.
pub fn update(db: &mut Db<'_>, before: &OrderRow, after: &OrderRow, now: i64) -> Result<()> {
    let trade = after.state.trade.as_ref();
    let changed = db.write(
        "UPDATE `__PREFIX__chathub_order` SET status = :status, late = :late, \
         pay_method = :pay_method, pay_trade_no = COALESCE(:trade_no, pay_trade_no), \
         paid_at = :paid_at, expire_at = :expire_at, alipay_begun = :alipay_begun, \
         query_at = :query_at, queries = :queries, updatetime = :now \
         WHERE id = :id AND status <=> :expected",
        params! {
            "status" => after.state.status.code(),
            "late" => u8::from(after.state.late),
            "pay_method" => trade.map(|t| t.provider.as_str()).or(after.pay_method.as_deref()),
            "trade_no" => trade.map(|t| t.trade_no.as_str()),
            "paid_at" => datetime_param(after.paid_at),
            "expire_at" => datetime_param(after.expire_at),
            // What the old method alone said is not lost with it.
            "alipay_begun" => u8::from(before.begun_with("alipay")),
            "query_at" => after.query_at,
            "queries" => after.queries,
            "now" => now,
            "id" => before.id,
            "expected" => &before.stored_status,
        },
    )?;
    if changed == 1 {
        return Ok(());
    }
    Err(Error::storage(format!("order {} changed while it was locked", before.order_no)))
}
