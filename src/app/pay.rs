//! Payment: the way to the provider's cashier, its notification, and the buyer's return.

use super::{
    App,
    orders::{check_payable, own_order},
    settle::{Settled, Settlement, Source},
};
use crate::{
    Error, Kind, Result,
    domain::{OrderStatus, TenantStatus, order::PAYABLE_SECONDS},
    pay::{
        Notification, OrderRequest, Provider, Trade,
        alipay::{self, Alipay, AlipayConfig},
    },
    store::{log, order, tenant, throttle},
};

/// Where providers and buyers come in; FastAdmin's addon router fixes the path.
const INDEX: &str = "/addons/chathub/index";
/// Refused notifications that are logged per hour: anybody can send them.
const LOGGED_REFUSALS: i64 = 60;
const HOUR: u32 = 3600;
/// How often the provider is asked about one order because its buyer came back.
const ASK_SECONDS: u32 = 3;
/// Pages that may wait for a provider's answer at once.
const MOST_ASKING: i64 = 3;
/// A page that died while it waited is counted for so long.
const ASKING_SECONDS: u32 = 60;

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
    /// The signed address of Alipay's cashier for a pending order.
    pub fn pay_alipay(&self, user_id: u32, order_no: &str, user_agent: &str) -> Result<String> {
        let alipay = self.alipay()?;
        let now = self.now();
        let production = !self.config.is_on("alipay_sandbox", true);
        let base = self.config.base_url(production)?;
        let (row, tenant) = self.database.transaction(|db| {
            let row = own_order(order::lock(db, order_no)?, user_id)?;
            check_payable(&row, now)?;
            let tenant = tenant::find(db, row.tenant_id)?;
            if tenant.as_ref().is_some_and(|t| t.state.status == TenantStatus::Disabled) {
                return Err(super::orders::disabled(row.tenant_id));
            }
            order::set_pay_method(db, row.id, Provider::Alipay.as_str(), now.unix())?;
            Ok((row, tenant))
        })?;
        let plan = crate::domain::Plan::parse(&row.plan).map_or(row.plan.as_str(), |p| p.name());
        let name = tenant.map_or_else(String::new, |t| t.name);
        let site = self.config.text_or("site_name", "ChatHub");
        let request = OrderRequest {
            order_no: &row.order_no,
            amount: row.state.charged,
            subject: &format!("{site} {plan} {name}"),
            notify_url: &format!("{base}{INDEX}/payNotify/pay_method/alipay"),
            return_url: Some(&format!("{base}{INDEX}/payReturn/order/{}", row.order_no)),
            expires_at: row.createtime + PAYABLE_SECONDS,
        };
        alipay.cashier_url(&request, alipay::is_mobile(user_agent), now.timestamp)
    }

    /// Takes a notification. Whatever happens has an answer: only what is stored is acknowledged.
    pub fn pay_notify(&self, provider: &str, body: &[u8]) -> Acknowledgement {
        let result = match Provider::parse(provider) {
            Some(Provider::Alipay) => self.alipay_notified(body),
            Some(Provider::Wechat) | None => {
                Err(Error::new(Kind::InvalidInput, "unknown_provider", "", "unknown pay_method"))
            }
        };
        match result {
            Ok((settled, tenant_id)) if settled.is_acknowledged() => {
                Acknowledgement::alipay(200, "success", tenant_id, settled.code())
            }
            Ok((settled, _)) => Acknowledgement::alipay(400, "fail", None, settled.code()),
            Err(error) => {
                if let Some(provider) = Provider::parse(provider) {
                    self.log_refusal("pay_notify", provider, &error);
                }
                let status = match error.kind() {
                    Kind::Storage | Kind::Config => 500,
                    _ => 400,
                };
                Acknowledgement::alipay(status, "fail", None, error.key())
            }
        }
    }

    fn alipay_notified(&self, body: &[u8]) -> Result<Settlement> {
        match self.alipay_keys()?.notification(body)? {
            Notification::Paid(paid) => self.settle_payment(&paid, Source::Notify),
            Notification::Refund(refund) => self.settle_refund(&refund, Source::Notify),
            Notification::Closed { order_no } => self.settle_closed(&order_no),
            Notification::NotPaid { .. } => Ok((Settled::NotPaid, None)),
        }
    }

    /// The buyer came back. What the address says proves nothing, so an order that is still unpaid
    /// is asked for at the provider; if that fails, the page goes on asking.
    pub fn pay_return(&self, order_no: &str) -> Result<(ReturnState, Option<u32>)> {
        let find = || self.database.read(|db| order::find(db, order_no));
        // The column's comparison forgives blanks, case and accents; a number is one or it is not.
        let known = find()?.filter(|row| row.order_no == order_no);
        let Some(mut row) = known else { return Ok((ReturnState::Unknown, None)) };
        let unpaid = |status| matches!(status, OrderStatus::Pending | OrderStatus::Failed);
        let mut work = None;
        if unpaid(row.state.status)
            && self.config.is_on("alipay_enabled", false)
            && self.first_within("ask_alipay", order_no, ASK_SECONDS)?
        {
            match self.one_of_few(|| self.ask_alipay(order_no)) {
                Ok(settlement) => work = settlement.and_then(|(_, tenant_id)| tenant_id),
                Err(error) => self.log_refusal("pay_query", Provider::Alipay, &error),
            }
            row = find()?.ok_or_else(|| Error::not_found("order"))?;
        }
        if unpaid(row.state.status) {
            return Ok((ReturnState::Pending, None));
        }
        let tenant = self.database.read(|db| tenant::find(db, row.tenant_id))?;
        let state = match tenant {
            Some(tenant) if !tenant.state.provisioned => ReturnState::Provisioning,
            _ => ReturnState::JustPaid,
        };
        Ok((state, work))
    }

    /// Runs `ask` unless as many pages as may are waiting for a provider already: a slow one must
    /// not take every PHP worker.
    fn one_of_few<T>(&self, ask: impl FnOnce() -> Result<T>) -> Result<Option<T>> {
        let bucket = super::limits::bucket("asking", "");
        let asking =
            self.database.transaction(|db| throttle::count(db, &bucket, ASKING_SECONDS))?;
        let answer = if asking > MOST_ASKING { Ok(None) } else { ask().map(Some) };
        self.database.transaction(|db| throttle::uncount(db, &bucket))?;
        answer
    }

    /// Asks Alipay about an order and settles what it says.
    fn ask_alipay(&self, order_no: &str) -> Result<Settlement> {
        match self.alipay()?.query(&self.http, order_no, self.now().timestamp)? {
            Trade::Paid(paid) => self.settle_payment(&paid, Source::Return),
            Trade::Refunded(refund) => self.settle_refund(&refund, Source::Return),
            Trade::Closed => self.settle_closed(order_no),
            Trade::NotFound | Trade::Waiting => Ok((Settled::NotPaid, None)),
        }
    }

    /// Alipay for new payments: only where it is switched on.
    fn alipay(&self) -> Result<Alipay> {
        if self.config.is_on("alipay_enabled", false) {
            return self.alipay_keys();
        }
        Err(Error::new(
            Kind::Config,
            "alipay_off",
            "本站暂未开通支付宝付款",
            "alipay_enabled is off",
        ))
    }

    /// Alipay as configured. Money that is on its way counts even after Alipay was switched off.
    fn alipay_keys(&self) -> Result<Alipay> {
        let text = |name| self.config.text(name);
        Alipay::new(&AlipayConfig {
            app_id: text("alipay_app_id"),
            private_key: text("alipay_merchant_private_key"),
            public_key: text("alipay_public_key"),
            seller_id: text("alipay_seller_id"),
            sandbox: self.config.is_on("alipay_sandbox", true),
            gateway: &self.config.ini().alipay_gateway,
            app_cert_path: text("alipay_app_cert_path"),
            root_cert_path: text("alipay_root_cert_path"),
            timeout: self.config.ini().http_timeout,
        })
    }

    /// A line in the log for what was refused, without anything that was sent. Anybody can make us
    /// write it, so only so many an hour are written.
    fn log_refusal(&self, what: &str, provider: Provider, error: &Error) {
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
    fn alipay(
        status: u16,
        body: &'static str,
        tenant_id: Option<u32>,
        outcome: &'static str,
    ) -> Self {
        Self { status, body, content_type: "text/plain; charset=utf-8", tenant_id, outcome }
    }
}
