//! Payment: the way to the provider's cashier, its notification, and asking what became of it.

mod alipay;
mod certificates;
mod trade;
mod wechat;

pub use wechat::WechatView;

use super::{
    App, Moment,
    orders::{check_payable, own_order},
    settle::Source,
};
use crate::{
    Error, Kind, Result,
    domain::{OrderStatus, Plan, TenantStatus, order::PAYABLE_SECONDS},
    pay::{Provider, wechat as protocol},
    store::{
        Db, log,
        order::{self, OrderRow},
        tenant::{self, TenantRow},
        throttle,
    },
};

/// Where providers and buyers come in; FastAdmin's addon router fixes the path.
const INDEX: &str = "/addons/chathub/index";
/// Refused notifications that are logged per hour: anybody can send them.
const LOGGED_REFUSALS: i64 = 60;
const MINUTE: i64 = 60;
const HOUR: u32 = 3600;
/// How often the provider is asked about one order because its buyer came back.
const ASK_SECONDS: u32 = 3;
/// A page that died while it waited is counted for so long.
const ASKING_SECONDS: u32 = 240;

/// The answer to a provider's notification.
pub struct Acknowledgement {
    /// HTTP status.
    pub status: u16,
    pub body: &'static str,
    pub content_type: &'static str,
    /// There is work in the outbox for this tenant: try it after the answer went out.
    pub tenant_id: Option<u32>,
    /// What it came to, by name.
    pub outcome: &'static str,
}

/// What a page that waits for money is told.
pub struct WaitingView {
    pub status: OrderStatus,
    pub state: ReturnState,
    /// Until the order can no longer be paid.
    pub seconds_left: i64,
    /// There is work in the outbox for this tenant: try it after the answer went out.
    pub tenant_id: Option<u32>,
}

/// What the buyer who comes back is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnState {
    Unknown,
    /// Not paid (yet).
    Pending,
    /// Paid, and the resources are on their way.
    Provisioning,
    /// Paid and ready.
    JustPaid,
}

impl ReturnState {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::Provisioning => "provisioning",
            Self::JustPaid => "just_paid",
        }
    }
}

impl App {
    /// Takes a notification: its raw body and its headers. Whatever happens has an answer: only
    /// what is stored is acknowledged.
    pub fn pay_notify(
        &self,
        provider: &str,
        body: &[u8],
        headers: &[(String, String)],
    ) -> Acknowledgement {
        let Some(provider) = Provider::parse(provider) else {
            return Acknowledgement::new(Provider::Alipay, 400, None, "unknown_provider");
        };
        let result = match provider {
            Provider::Alipay => self.alipay_notified(body),
            Provider::Wechat => self.wechat_notified(body, headers),
        };
        match result {
            Ok((settled, tenant_id)) if settled.is_acknowledged() => {
                Acknowledgement::new(provider, 200, tenant_id, settled.code())
            }
            Ok((settled, _)) => Acknowledgement::new(provider, 400, None, settled.code()),
            Err(error) => {
                // A probe looks whether we refuse it: nothing is wrong.
                if error.key() != protocol::PROBE {
                    self.log_refusal("pay_notify", provider, &error);
                }
                let status = match error.kind() {
                    Kind::Storage | Kind::Config => 500,
                    _ => 400,
                };
                Acknowledgement::new(provider, status, None, error.key())
            }
        }
    }

    /// The buyer came back. What the address says proves nothing, so an order that is still unpaid
    /// is asked for at the provider; if that fails, the page goes on asking.
    pub fn pay_return(&self, order_no: &str) -> Result<(ReturnState, Option<u32>)> {
        let known = self.database.read(|db| order::find(db, order_no))?;
        // The column's comparison forgives blanks, case and accents; a number is one or it is not.
        let Some(mut row) = known.filter(|row| row.order_no == order_no) else {
            return Ok((ReturnState::Unknown, None));
        };
        // Only Alipay sends buyers back.
        let begun = [(Provider::Alipay, true), (Provider::Wechat, with_wechat(&row))];
        let work = self.ask_begun(&mut row, begun, Source::Return, ASK_SECONDS)?;
        Ok((self.state_of(&row)?, work))
    }

    /// What became of the member's order, for a page that waits with it: the provider is asked, too,
    /// but not more often than makes sense, however many pages are open.
    pub fn order_status(&self, user_id: u32, order_no: &str) -> Result<WaitingView> {
        let find = || self.database.read(|db| order::find(db, order_no));
        let mut row = own_order(find()?, user_id)?;
        let now = self.now().unix();
        let seconds = match now - row.createtime {
            age if age < 15 * MINUTE => ASK_SECONDS,
            age if age < 45 * MINUTE => 3 * ASK_SECONDS,
            _ => 10 * ASK_SECONDS,
        };
        // The order says with whom payment was begun last; it may have been the other one before.
        let last = |provider: Provider| row.pay_method.as_deref() == Some(provider.as_str());
        let begun = match last(Provider::Alipay) {
            true => [(Provider::Alipay, true), (Provider::Wechat, with_wechat(&row))],
            false => [(Provider::Wechat, with_wechat(&row)), (Provider::Alipay, false)],
        };
        let mut tenant_id = self.ask_begun(&mut row, begun, Source::Query, seconds)?;
        if tenant_id.is_none() {
            let rarely = [(Provider::Alipay, true), (Provider::Wechat, false)];
            tenant_id = self.ask_begun(&mut row, rarely, Source::Query, 10 * seconds)?;
        }
        Ok(WaitingView {
            status: row.state.status,
            state: self.state_of(&row)?,
            seconds_left: seconds_left(&row, now),
            tenant_id,
        })
    }

    /// Asks about an order that is not known to be paid and reads it again; each provider once
    /// within `seconds` over all processes. Gives the tenant for whom there is work now.
    fn ask_begun(
        &self,
        row: &mut OrderRow,
        begun: [(Provider, bool); 2],
        source: Source,
        seconds: u32,
    ) -> Result<Option<u32>> {
        let mut work = None;
        for (provider, begun) in begun {
            let bucket = format!("ask_{}", provider.as_str());
            if !begun
                || !unpaid(row)
                || !self.may_ask(provider)
                || !self.first_within(&bucket, &row.order_no, seconds)?
            {
                continue;
            }
            let answer = self.one_of_few(|| {
                let trade = self.trade(provider, &row.order_no)?;
                self.settle_trade(provider, &row.order_no, &trade, source)
            });
            match answer {
                Ok(settlement) => work = work.or(settlement.and_then(|(_, tenant_id)| tenant_id)),
                Err(error) => self.log_refusal("pay_query", provider, &error),
            }
            let again = self.database.read(|db| order::find(db, &row.order_no))?;
            *row = again.ok_or_else(|| Error::not_found("order"))?;
        }
        Ok(work)
    }

    /// Runs `ask` unless as many pages as may are waiting for a provider already: a slow one must
    /// not take every PHP worker. The row's lock keeps those who are turned away from being counted.
    pub(super) fn one_of_few<T>(&self, ask: impl FnOnce() -> Result<T>) -> Result<Option<T>> {
        let bucket = super::limits::bucket("asking", "");
        let most = i64::from(self.config.payment_inline_limit());
        let admitted = self.database.transaction(|db| {
            let admitted = throttle::count(db, &bucket, ASKING_SECONDS)? <= most;
            if !admitted {
                throttle::uncount(db, &bucket)?;
            }
            Ok(admitted)
        })?;
        if !admitted {
            return Ok(None);
        }
        let answer = ask();
        self.database.transaction(|db| throttle::uncount(db, &bucket))?;
        answer.map(Some)
    }

    fn may_ask(&self, provider: Provider) -> bool {
        match provider {
            Provider::Alipay => self.config.is_on("alipay_enabled", false),
            Provider::Wechat => self.config.is_on("wechat_enabled", false),
        }
    }

    fn state_of(&self, row: &OrderRow) -> Result<ReturnState> {
        if unpaid(row) {
            return Ok(ReturnState::Pending);
        }
        let tenant = self.database.read(|db| tenant::find(db, row.tenant_id))?;
        Ok(match tenant {
            Some(tenant) if !tenant.state.provisioned => ReturnState::Provisioning,
            _ => ReturnState::JustPaid,
        })
    }

    /// The member's order, if it can be paid, with what `remember` wrote to it: done under its lock
    /// and before any provider hears of it.
    fn begin(
        &self,
        user_id: u32,
        order_no: &str,
        now: Moment,
        remember: impl Fn(&mut Db<'_>, &mut OrderRow) -> Result<()>,
    ) -> Result<(OrderRow, Option<TenantRow>)> {
        self.database.transaction(|db| {
            let mut row = own_order(order::lock(db, order_no)?, user_id)?;
            check_payable(&row, now)?;
            let tenant = tenant::find(db, row.tenant_id)?;
            if tenant.as_ref().is_some_and(|t| t.state.status == TenantStatus::Disabled) {
                return Err(super::orders::disabled(row.tenant_id));
            }
            remember(db, &mut row)?;
            Ok((row, tenant))
        })
    }

    /// What the buyer reads at the provider.
    fn subject(&self, row: &OrderRow, tenant: Option<&TenantRow>) -> String {
        let plan = Plan::parse(&row.plan).map_or(row.plan.as_str(), |plan| plan.name());
        let name = tenant.map_or("", |tenant| tenant.name.as_str());
        let site = self.config.text_or("site_name", "ChatHub");
        format!("{site} {plan} {name}")
    }

    /// A line in the log for what was refused, without anything that was sent. Anybody can make us
    /// write it, so only so many an hour are written.
    pub(super) fn log_refusal(&self, what: &str, provider: Provider, error: &Error) {
        let action = format!("{what}_{}", provider.as_str());
        let detail = serde_json::json!({"refused": error.key(), "why": error.to_string()});
        let now = self.now().unix();
        // By reason, so that forgeries do not crowd out what is worth reading.
        let bucket = super::limits::bucket("refused", &format!("{action} {}", error.key()));
        // Nothing depends on it: when the database is the trouble, the acknowledgement says so.
        let _ = self.database.transaction(|db| {
            if throttle::count(db, &bucket, HOUR)? > LOGGED_REFUSALS {
                return Ok(());
            }
            let entry = log::Entry {
                tenant_id: 0,
                action: &action,
                detail: &detail.to_string(),
                success: false,
                operator: provider.as_str(),
            };
            log::insert(db, &entry, now)
        });
    }
}

impl Acknowledgement {
    /// In the provider's own words; what they do not understand, they send again.
    fn new(provider: Provider, status: u16, tenant_id: Option<u32>, outcome: &'static str) -> Self {
        const TEXT: &str = "text/plain; charset=utf-8";
        const JSON: &str = "application/json";
        let (content_type, body) = match (provider, status) {
            (Provider::Alipay, 200) => (TEXT, "success"),
            (Provider::Alipay, _) => (TEXT, "fail"),
            (Provider::Wechat, 200) => (JSON, r#"{"code":"SUCCESS","message":"OK"}"#),
            (Provider::Wechat, _) => (JSON, r#"{"code":"FAIL","message":"not accepted"}"#),
        };
        Self { status, body, content_type, tenant_id, outcome }
    }
}

fn unpaid(row: &OrderRow) -> bool {
    matches!(row.state.status, OrderStatus::Pending | OrderStatus::Failed)
}

/// Whether WeChat Pay was asked for a code.
fn with_wechat(row: &OrderRow) -> bool {
    row.state.wechat_charge.is_some()
}

fn seconds_left(row: &OrderRow, now: i64) -> i64 {
    (row.createtime + PAYABLE_SECONDS - now).max(0)
}
