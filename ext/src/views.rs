//! The core's results as PHP arrays; the stub documents their shapes.

use chathub_core::{
    app::{
        Account, Acknowledgement, App, Confirmed, MemberView, MigrationNews, MigrationStep,
        OrderView, Registered, RenewView, StatusView, TenantView, WaitingView, WechatView,
        WorkView,
    },
    domain::{Plan, plan},
    qr,
};
use ext_php_rs::exception::PhpResult;

use crate::convert::{Array, OrThrow, list};

pub fn plan(plan: Plan) -> PhpResult<Array> {
    let extra = plan::EXTRA_SEAT_PRICE;
    Array::new()
        .with("plan", plan.code())?
        .with("name", plan.name())?
        .with("seats", plan.included_seats())?
        .with("max_extra_seats", plan.max_extra_seats())?
        .with("price", plan.price().to_string())?
        .with("price_fen", plan.price().get())?
        .with("extra_seat_price", extra.to_string())?
        .with("extra_seat_price_fen", extra.get())
}

pub fn account(account: &Account) -> PhpResult<Array> {
    Array::new()
        .with("user_id", account.id)?
        .with("email", account.email.as_str())?
        .with("nickname", account.nickname.as_str())?
        .with("session_mark", App::session_mark(account))
}

pub fn registered(made: &Registered) -> PhpResult<Array> {
    let plan = made.subscription.plan();
    Array::new()
        .with("tenant_id", made.tenant_id)?
        .with("user_id", made.user_id)?
        .with("company_name", made.company_name.as_str())?
        .with("email", made.email.as_str())?
        .with("plan", plan.code())?
        .with("plan_name", plan.name())?
        .with("price", made.subscription.price().to_string())?
        .with("seats", made.subscription.seats())?
        .with("status", made.status.code())?
        .with("embed_code", made.embed_code.as_deref())?
        .with("initial_password", made.initial_password.as_ref().map(|p| p.reveal()))?
        .with("expire_at", made.expire_at.strftime("%Y-%m-%d %H:%M:%S").to_string())?
        .with("expire_date", made.expire_at.strftime("%Y-%m-%d").to_string())?
        .with("awaits_confirmation", made.awaits_confirmation)
}

pub fn confirmed(done: Confirmed) -> PhpResult<Array> {
    Array::new()
        .with("user_id", done.user_id)?
        .with("email", done.email)?
        .with("tenant_ids", done.tenants)
}

pub fn tenant(view: TenantView) -> PhpResult<Array> {
    let expire_at = view.expire_at();
    let row = view.row;
    let plan = row.subscription.plan();
    Array::new()
        .with("id", row.id)?
        .with("tenant_name", row.name)?
        .with("domain", row.domain)?
        .with("email", row.email)?
        .with("status", row.state.status.code())?
        .with("plan", plan.code())?
        .with("plan_name", plan.name())?
        .with("price", row.subscription.price().to_string())?
        .with("seats", row.subscription.seats())?
        .with("expire_at", expire_at)?
        .with("days_left", view.days_left)?
        .with("expired", view.expired)?
        .with("embed_code", row.embed_code)?
        .with("provisioned", row.state.provisioned)?
        .with("can_renew", view.can_renew)?
        .with("can_reprovision", view.can_reprovision)?
        .with("last_attempt_failed", view.last_attempt_failed)?
        .with("awaits_confirmation", view.awaits_confirmation)?
        .with("createtime", row.createtime)
}

pub fn order(view: OrderView) -> PhpResult<Array> {
    let (paid_at, expire_at) = (view.paid_at(), view.expire_at());
    let row = view.row;
    Array::new()
        .with("order_no", row.order_no)?
        .with("tenant_id", row.tenant_id)?
        .with("tenant_name", view.tenant_name)?
        .with("plan", row.plan)?
        .with("plan_name", view.plan_name)?
        .with("amount", row.amount.to_string())?
        .with("status", row.state.status.code())?
        .with("pay_method", row.pay_method)?
        .with("test_mode", row.state.is_test())?
        .with("createtime", row.createtime)?
        .with("paid_at", paid_at)?
        .with("expire_at", expire_at)?
        .with("payable", view.payable)
}

pub fn member(view: MemberView) -> PhpResult<Array> {
    let totals = Array::new()
        .with("tenants", count(view.tenants.len()))?
        .with("active", count(view.active))?
        .with("expiring", count(view.expiring))?
        .with("seats", view.seats)?;
    Array::new()
        .with("account", account(&view.account)?.done())?
        .with("language", view.language)?
        .with("can_mail", view.can_mail)?
        .with("totals", totals.done())?
        .with("tenants", list(view.tenants, tenant)?)?
        .with("orders", list(view.orders, order)?)
}

pub fn status(view: StatusView) -> PhpResult<Array> {
    let tenants = list(view.tenants, |row| {
        Array::new()
            .with("id", row.id)?
            .with("status", row.state.status.code())?
            .with("has_embed_code", row.embed_code.is_some())?
            .with(
                "expire_at",
                row.state.expire_at.map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string()),
            )
    })?;
    Array::new().with("tenants", tenants)?.with("pending_work", view.pending_work)
}

pub fn renew(view: RenewView) -> PhpResult<Array> {
    let providers = Array::new().with("alipay", view.alipay)?.with("wechat", view.wechat)?;
    Array::new()
        .with("order", order(view.order)?.done())?
        .with("tenant", tenant(view.tenant)?.done())?
        .with("providers", providers.done())?
        .with("alipay_sandbox", view.alipay_sandbox)?
        .with("wechat_test_mode", view.wechat_test_mode)?
        .with("wechat_amount", view.wechat_amount.to_string())?
        .with("seconds_left", view.seconds_left)
}

/// What a screen reader says instead of the code.
const QR_TITLE: &str = "微信支付二维码，请用微信扫一扫";

pub fn wechat(view: WechatView) -> PhpResult<Array> {
    Array::new()
        .with("qr_svg", qr::svg(&view.code_url, QR_TITLE).or_throw()?)?
        .with("order", order(view.order)?.done())?
        .with("code_url", view.code_url)?
        .with("amount", view.amount.to_string())?
        .with("test_mode", view.test_mode)?
        .with("seconds_left", view.seconds_left)
}

pub fn waiting(view: &WaitingView) -> PhpResult<Array> {
    Array::new()
        .with("status", view.status.code())?
        .with("state", view.state.code())?
        .with("seconds_left", view.seconds_left)?
        .with("tenant_id", view.tenant_id)
}

pub fn acknowledgement(ack: &Acknowledgement) -> PhpResult<Array> {
    Array::new()
        .with("status", ack.status)?
        .with("body", ack.body)?
        .with("content_type", ack.content_type)?
        .with("tenant_id", ack.tenant_id)?
        .with("outcome", ack.outcome)
}

pub fn work(view: &WorkView) -> PhpResult<Array> {
    let workers = list(&view.workers, |worker| {
        Array::new()
            .with("name", worker.name.as_str())?
            .with("version", worker.version.as_str())?
            .with("alive", worker.is_alive())?
            .with("concurrency", worker.concurrency)?
            .with("in_flight", worker.in_flight)?
            .with("done", worker.done)?
            .with("failed", worker.failed)?
            .with("starttime", worker.started_at)?
            .with("beattime", worker.beat_at)?
            .with("silent_for", worker.silent_for)?
            .with("stopped", worker.stopped_at.is_some())
    })?;
    let jobs = Array::new()
        .with("due", view.backlog.due)?
        .with("waiting", view.backlog.waiting)?
        .with("in_flight", view.backlog.in_flight)?
        .with("dead", view.backlog.dead)?;
    Array::new().with("workers", workers)?.with("jobs", jobs.done())
}

pub fn migration_step(step: &MigrationStep) -> PhpResult<Array> {
    add_step(Array::new(), step)
}

fn add_step(array: Array, step: &MigrationStep) -> PhpResult<Array> {
    array
        .with("step", step.what.as_str())?
        .with("rows", whole(step.row_count))?
        .with("copies", step.copies)
}

pub fn migration_news(news: &MigrationNews<'_>) -> PhpResult<Array> {
    let event = |name: &str| Array::new().with("event", name);
    match news {
        MigrationNews::Begin { step, number, of } => {
            let begin = event("begin")?.with("number", count(*number))?.with("of", count(*of))?;
            add_step(begin, step)
        }
        MigrationNews::Rows(done) => event("rows")?.with("done", whole(*done)),
        MigrationNews::Done { took } => {
            let millis = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
            event("done")?.with("took_ms", millis)
        }
    }
}

fn whole(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
