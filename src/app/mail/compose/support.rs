//! Letters to the site's support.

use serde_json::Value as Json;

use super::{Composed, NO_TENANT, Step, facts, id, skip, text};
use crate::{
    domain::{OrderStatus, order::TradeId},
    mail::{Address, Language, Letter, MailFailure, Review},
    store::{
        Db, job,
        mail::{self, MailRow},
        order, payment,
        tenant::{self, TenantRow},
    },
};

pub(super) fn for_support(
    db: &mut Db<'_>,
    row: &MailRow,
    data: &Json,
    to: Option<Address>,
) -> Step<Composed> {
    let Some(to) = to else { return skip("support_email is not set, or is no e-mail address") };
    let tenant = tenant::find(db, row.tenant_id)?;
    let letter = match row.kind.as_str() {
        "registered" => registered(tenant)?,
        "dead_job" => dead_job(db, data, tenant)?,
        "order_unclear" => order_unclear(db, data, tenant)?,
        "payment_to_review" => payment_to_review(db, data, tenant)?,
        _ => mail_failed(db, data, tenant)?,
    };
    Ok(Composed { to, letter, language: Language::Chinese })
}

fn registered(tenant: Option<TenantRow>) -> Step<Letter> {
    let Some(tenant) = tenant else { return skip(NO_TENANT) };
    Ok(Letter::Registered {
        email: tenant.email.clone(),
        plan: tenant.subscription.plan().code().to_owned(),
        seats: tenant.subscription.seats(),
        tenant: facts(tenant),
    })
}

fn dead_job(db: &mut Db<'_>, data: &Json, tenant: Option<TenantRow>) -> Step<Letter> {
    let Some(job) = job::find_dead(db, id(data, "job_id"))? else {
        return skip("out of date: the job was opened again");
    };
    let Some(tenant) = tenant else { return skip(NO_TENANT) };
    Ok(Letter::DeadJob {
        tenant: facts(tenant),
        kind: job.kind.code().to_owned(),
        attempts: job.attempts,
        error: job.last_error.unwrap_or_default(),
    })
}

fn payment_to_review(db: &mut Db<'_>, data: &Json, tenant: Option<TenantRow>) -> Step<Letter> {
    let owned = |name| text(data, name).to_owned();
    let trade = TradeId { provider: owned("provider"), trade_no: owned("trade_no") };
    let amount = payment::amount(db, &trade)?;
    Ok(Letter::PaymentToReview(Review {
        provider: trade.provider,
        trade_no: trade.trade_no,
        order_no: owned("order_no"),
        outcome: owned("outcome"),
        amount,
        tenant: tenant.map(facts),
    }))
}

fn order_unclear(db: &mut Db<'_>, data: &Json, tenant: Option<TenantRow>) -> Step<Letter> {
    let Some(order) = order::find(db, text(data, "order_no"))? else {
        return skip("the order is gone");
    };
    if matches!(order.state.status, OrderStatus::Paid | OrderStatus::Refunded) {
        return skip("out of date: the order was paid after all");
    }
    Ok(Letter::OrderUnclear {
        order_no: order.order_no,
        provider: text(data, "provider").to_owned(),
        amount: order.amount,
        tenant: tenant.map(facts),
    })
}

fn mail_failed(db: &mut Db<'_>, data: &Json, tenant: Option<TenantRow>) -> Step<Letter> {
    let Some(failed) = mail::find(db, id(data, "mail_id"))? else {
        return skip("out of date: the letter is gone");
    };
    Ok(Letter::MailFailed(MailFailure {
        kind: failed.kind,
        recipient: failed.recipient.unwrap_or_default(),
        error: failed.last_error.unwrap_or_default(),
        tenant: tenant.map(facts),
    }))
}
