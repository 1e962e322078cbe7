//! Letters to the site's support, in Chinese.

use super::{
    letter::{Language, Letter, MailFailure, Review, Site, TenantFacts, plan_name, provider_name},
    page::{Block, Page, Tone, one_line},
};

const ZH: Language = Language::Chinese;

pub(super) fn reason(site: &Site) -> String {
    format!("这是 {} 发给站点客服邮箱的系统通知。", site.name)
}

pub(super) fn write(letter: &Letter, site: &Site) -> Page {
    match letter {
        Letter::Registered { tenant, email, plan, seats } => {
            registered(site, tenant, email, plan, *seats)
        }
        Letter::PaymentToReview(review) => payment(site, review),
        Letter::OrderUnclear { order_no, provider, amount, tenant } => {
            order_unclear(site, order_no, provider, &format!("¥{amount}"), tenant.as_ref())
        }
        Letter::DeadJob { tenant, kind, attempts, error } => {
            dead_job(site, tenant, kind, *attempts, error)
        }
        Letter::MailFailed(failure) => mail_failed(site, failure),
        // Members' letters have words of their own.
        _ => page(site, "系统通知".into(), String::new()),
    }
}

fn page(site: &Site, title: String, preheader: String) -> Page {
    Page {
        language: ZH,
        subject: format!("{title} - {}", site.name),
        preheader,
        title,
        blocks: Vec::new(),
    }
}

fn about(tenant: Option<&TenantFacts>) -> Vec<(&'static str, String)> {
    match tenant {
        Some(tenant) => vec![
            ("公司", tenant.company.clone()),
            ("网站", tenant.domain.clone()),
            ("租户编号", tenant.id.to_string()),
        ],
        None => Vec::new(),
    }
}

fn registered(site: &Site, tenant: &TenantFacts, email: &str, plan: &str, seats: u32) -> Page {
    let plan = plan_name(plan, ZH);
    let mut page = page(
        site,
        format!("新注册：{}", tenant.company),
        format!("{email}，{plan}，{seats} 个坐席。"),
    );
    let mut facts = about(Some(tenant));
    facts.push(("邮箱", email.to_owned()));
    facts.push(("套餐", format!("{plan}，{seats} 个坐席")));
    page.blocks.push(Block::Text("有公司完成了注册，30 天试用已经开始。".into()));
    page.blocks.push(Block::Facts(facts));
    page
}

fn payment(site: &Site, review: &Review) -> Page {
    let (what, todo) = match review.outcome.as_str() {
        "duplicate" => (
            "重复付款",
            "这张订单已经由另一笔付款支付，本次属于重复付款，没有入账。请在支付平台的商户后台按交易号核对，并把这笔款项原路退回。",
        ),
        "mismatch" => (
            "金额不符",
            "到账金额与订单应付金额不一致，订单没有入账，服务也没有延长。请在商户后台核对后把这笔款项原路退回，并请客户重新下单。",
        ),
        "unknown_order" => (
            "未知订单",
            "付款的签名已验证，钱是真的，但订单号不属于本站。常见原因：多个站点共用一个商户号，或订单记录已被删除。请确认归属；不属于任何订单的，请原路退款。",
        ),
        "other_order" => (
            "同一笔付款对应另一张订单",
            "这笔交易已经记在另一张订单上，一笔钱不能支付两张订单，本订单没有入账。请在商户后台核对两张订单；如果客户确实多付，请退款。",
        ),
        "credited_flagged" => (
            "已入账，需要人工确认",
            "款项已经记入订单，但对应的租户已被停用、暂停或删除，或者这笔付款曾部分退款，服务没有自动恢复。请决定：恢复该租户的服务，或把款项退回。",
        ),
        _ => ("需要人工核对的付款", "请在支付平台的商户后台按交易号核对这笔付款。"),
    };
    let provider = provider_name(&review.provider, ZH);
    let amount = review.amount.map(|fen| format!("¥{fen}"));
    let mut page = page(
        site,
        format!("付款待处理：{what}"),
        format!("{provider} {}，订单 {}。", amount.as_deref().unwrap_or(""), review.order_no),
    );
    let mut facts = vec![("支付平台", provider)];
    facts.extend(amount.map(|amount| ("到账金额", amount)));
    facts.push(("交易号", review.trade_no.clone()));
    facts.push(("订单号", review.order_no.clone()));
    facts.extend(about(review.tenant.as_ref()));
    page.blocks.push(Block::Note { tone: Tone::Warning, text: todo.into(), link: None });
    page.blocks.push(Block::Facts(facts));
    page.blocks.push(Block::Text(
        "退款完成后，支付平台会通知本站，记录会自动更新为已退款，不需要另行登记。".into(),
    ));
    page
}

fn order_unclear(
    site: &Site,
    order_no: &str,
    provider: &str,
    amount: &str,
    tenant: Option<&TenantFacts>,
) -> Page {
    let provider = match provider {
        "" => "支付平台".to_owned(),
        code => provider_name(code, ZH),
    };
    let mut page = page(
        site,
        format!("订单状态无法确认：{provider}"),
        format!("多次查询{provider}都没有得到答复，订单 {order_no}。"),
    );
    let mut facts = vec![("支付平台", provider.clone()), ("订单号", order_no.to_owned())];
    facts.push(("订单金额", amount.to_owned()));
    facts.extend(about(tenant));
    page.blocks.push(Block::Text(format!(
        "系统多次向{provider}查询这张订单，始终没有得到可信的答复，已停止查询。客户可能已经付款。"
    )));
    page.blocks.push(Block::Facts(facts));
    page.blocks.push(Block::Steps(vec![
        "检查插件配置里的商户号、密钥和证书，以及服务器到支付平台的网络。".into(),
        "到商户后台按订单号核对：如果已付款而本站没有入账，请联系客户并退款，或为其顺延服务。"
            .into(),
    ]));
    page.blocks.push(Block::Note {
        tone: Tone::Calm,
        text: "同一支付平台每天只通知一次，只列出第一张订单；其他订单可能也受影响。".into(),
        link: None,
    });
    page
}

fn dead_job(site: &Site, tenant: &TenantFacts, kind: &str, attempts: u32, error: &str) -> Page {
    let what = match kind {
        "provision" => "开通资源",
        "suspend" => "暂停服务",
        "activate" => "恢复服务",
        other => other,
    };
    let mut page = page(
        site,
        format!("任务已放弃：{what}"),
        format!("{} 的「{what}」尝试 {attempts} 次后仍未成功。", tenant.company),
    );
    let mut facts = vec![("任务", what.to_owned())];
    facts.extend(about(Some(tenant)));
    facts.push(("尝试次数", attempts.to_string()));
    page.blocks.push(Block::Text(
        "对开通服务的调用多次失败，自动重试已经停止。客户可能已经付款，请尽快处理。".into(),
    ));
    page.blocks.push(Block::Facts(facts));
    page.blocks.push(Block::Code { caption: "最后一次的错误", code: one_line(error) });
    page.blocks.push(Block::Steps(vec![
        "确认开通服务（provision_server_url）在运行，地址和密钥正确。".into(),
        "排除故障后，让任务重新执行：客户在会员中心点「重新开通」，或下一次付款，都会再次触发。"
            .into(),
    ]));
    page
}

fn mail_failed(site: &Site, failure: &MailFailure) -> Page {
    let what = match failure.kind.as_str() {
        "account_created" => "账号开通通知",
        "confirm_email" => "邮箱确认",
        "password_reset" => "重设密码",
        "tenant_ready" => "坐席开通通知",
        "receipt" => "收款通知",
        "expiry" => "到期提醒",
        "suspended" => "暂停通知",
        "channel_expiring" => "店铺授权到期提醒",
        "channel_expired" => "店铺授权失效通知",
        other => other,
    };
    let mut page =
        page(site, format!("邮件未能送达：{what}"), format!("收件人 {}。", failure.recipient));
    let mut facts = vec![("邮件", what.to_owned()), ("收件人", failure.recipient.clone())];
    facts.extend(about(failure.tenant.as_ref()));
    page.blocks.push(Block::Text(
        "给会员的一封邮件没有送达，系统不会再尝试。请核对会员的邮箱，必要时用其他方式通知对方。"
            .into(),
    ));
    page.blocks.push(Block::Facts(facts));
    page.blocks
        .push(Block::Code { caption: "邮件服务器的答复", code: one_line(&failure.error) });
    page
}
