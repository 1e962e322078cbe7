//! Orders of a member: the page that offers payment, and asking for missing resources.

use super::{
    App, Moment,
    confirm::confirm_first,
    member::{OrderView, TenantView},
    outbox,
    waiting::Attempt,
};
use crate::{
    Error, Kind, Result,
    domain::{
        Fen, OrderStatus, TenantEvent, TenantStatus,
        order::{PAYABLE_SECONDS, REUSE_MARGIN_SECONDS, wechat_charge},
        reconcile,
    },
    random,
    store::{
        Db, log,
        order::{self, OrderRow},
        tenant::{self, TenantRow},
    },
};

/// What the order page shows.
pub struct RenewView {
    pub order: OrderView,
    pub tenant: TenantView,
    pub alipay: bool,
    pub alipay_sandbox: bool,
    pub wechat: bool,
    pub wechat_test_mode: bool,
    /// What WeChat Pay will charge.
    pub wechat_amount: Fen,
    /// Until the order can no longer be paid.
    pub seconds_left: i64,
}

impl App {
    /// The tenant's open order, or a new one. Old links are GET, so looking twice must not make
    /// two: the tenant's row lock keeps two visits apart.
    pub fn renew(&self, user_id: u32, tenant_id: u32) -> Result<RenewView> {
        let now = self.now();
        let test_mode = self.wechat_test_mode();
        let (row, open) = self.database.transaction(|db| {
            let row = own_tenant(tenant::lock(db, tenant_id)?, user_id)?;
            if row.state.status == TenantStatus::Disabled {
                return Err(disabled(tenant_id));
            }
            let since = now.unix() - PAYABLE_SECONDS + REUSE_MARGIN_SECONDS;
            let (plan, price) = (row.subscription.plan(), row.subscription.price());
            let sums = (price, wechat_charge(price, test_mode));
            let open = match order::find_open(db, row.id, plan, sums, since)? {
                Some(open) => open,
                None => create(db, &row, user_id, now)?,
            };
            Ok((row, open))
        })?;
        Ok(RenewView {
            wechat: self.config.is_on("wechat_enabled", false),
            wechat_test_mode: test_mode,
            wechat_amount: wechat_charge(open.amount, test_mode),
            seconds_left: (open.createtime + PAYABLE_SECONDS - now.unix()).max(0),
            order: OrderView::new(open, row.name.clone(), now),
            tenant: TenantView::new(row, None, now),
            alipay: self.config.is_on("alipay_enabled", false),
            alipay_sandbox: self.config.is_on("alipay_sandbox", true),
        })
    }

    /// One order of the member.
    pub fn order(&self, user_id: u32, order_no: &str) -> Result<OrderView> {
        let now = self.now();
        self.database.read(|db| {
            let row = own_order(order::find(db, order_no)?, user_id)?;
            let name = tenant::find(db, row.tenant_id)?.map_or_else(String::new, |t| t.name);
            Ok(OrderView::new(row, name, now))
        })
    }

    /// Another attempt at a tenant's missing resources, within the time that a page may wait.
    /// `true`: done; `false`: under way.
    pub fn reprovision(&self, user_id: u32, tenant_id: u32) -> Result<bool> {
        let now = self.now();
        self.database.read(|db| own_tenant(tenant::find(db, tenant_id)?, user_id))?;
        self.count_attempt(&[self.reprovision_limit(tenant_id)])?;
        self.database.transaction(|db| {
            let row = own_tenant(tenant::lock(db, tenant_id)?, user_id)?;
            let Ok((_, effects)) = row.state.apply(TenantEvent::ProvisionRequested) else {
                return Err(not_to_reprovision(&row));
            };
            let all = tenant::of_user(db, user_id)?;
            if self.waiting_tenants(db, user_id, &all)?.contains(&row.id) {
                return Err(confirm_first(row.id));
            }
            outbox::enqueue_effects(db, row.id, &effects, now)?;
            let entry = log::Entry {
                tenant_id,
                action: "reprovision",
                detail: "{}",
                success: true,
                operator: &format!("member:{user_id}"),
            };
            log::insert(db, &entry, now.unix())
        })?;
        match self.attempt_within(tenant_id, self.config.provision_wait())? {
            Attempt::Done => Ok(true),
            Attempt::UnderWay => Ok(false),
            Attempt::Refused(why) => Err(Error::new(
                Kind::Provider,
                "provision_refused",
                "开通暂未成功，我们会自动重试，也请稍后再试",
                why,
            )),
        }
    }
}

/// The tenant, if it is the member's: somebody else's looks like none.
pub(super) fn own_tenant(row: Option<TenantRow>, user_id: u32) -> Result<TenantRow> {
    row.filter(|row| row.user_id == user_id && user_id != 0)
        .ok_or_else(|| Error::not_found("tenant"))
}

pub(super) fn own_order(row: Option<OrderRow>, user_id: u32) -> Result<OrderRow> {
    row.filter(|row| row.user_id == user_id && user_id != 0)
        .ok_or_else(|| Error::not_found("order"))
}

fn create(db: &mut Db<'_>, row: &TenantRow, user_id: u32, now: Moment) -> Result<OrderRow> {
    const TRIES: usize = 3;
    let (plan, price) = (row.subscription.plan(), row.subscription.price());
    let query_in = reconcile::last_wait(random::fraction());
    for _ in 0..TRIES {
        let order_no = order_no(now)?;
        if order::insert(db, &order_no, (row.id, user_id), plan, price, query_in, now.unix())? {
            let detail = serde_json::json!({"order_no": order_no, "amount": price.to_string()});
            let entry = log::Entry {
                tenant_id: row.id,
                action: "renew",
                detail: &detail.to_string(),
                success: true,
                operator: &format!("member:{user_id}"),
            };
            log::insert(db, &entry, now.unix())?;
            return order::find(db, &order_no)?.ok_or_else(|| Error::not_found("order"));
        }
    }
    Err(Error::storage("no free order number was found"))
}

/// `CH`, the second in the site's zone, and 60 random bits: 28 characters, within what both
/// providers take. The unique key decides in the end.
fn order_no(now: Moment) -> Result<String> {
    Ok(format!("CH{}{}", now.local.strftime("%Y%m%d%H%M%S"), random::code::<12>()?))
}

pub(super) fn disabled(tenant_id: u32) -> Error {
    Error::new(
        Kind::Forbidden,
        "tenant_disabled",
        "该服务已被停用，请联系客服",
        format!("tenant {tenant_id} is disabled"),
    )
}

fn not_to_reprovision(row: &TenantRow) -> Error {
    match row.state.status {
        TenantStatus::Disabled => disabled(row.id),
        TenantStatus::Suspended => Error::new(
            Kind::Forbidden,
            "tenant_suspended",
            "该服务已暂停，不能重新开通",
            format!("tenant {} is suspended", row.id),
        ),
        _ => Error::new(
            Kind::Forbidden,
            "already_provisioned",
            "该服务已经开通",
            format!("tenant {} has its resources", row.id),
        ),
    }
}

/// Why an order cannot be paid (any more).
pub(super) fn check_payable(row: &OrderRow, now: Moment) -> Result<()> {
    let (key, public) = match row.state.status {
        OrderStatus::Paid | OrderStatus::Refunded => ("order_paid", "该订单已支付"),
        OrderStatus::Failed => ("order_closed", "该订单已关闭，请重新下单"),
        OrderStatus::Pending if now.unix() >= row.createtime + PAYABLE_SECONDS => {
            ("order_closed", "该订单已过期，请重新下单")
        }
        OrderStatus::Pending => return Ok(()),
    };
    Err(Error::new(Kind::Forbidden, key, public, format!("order {} is {key}", row.order_no)))
}
