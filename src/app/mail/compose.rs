//! From a row of the outbox to a letter: the facts as the tables have them now. What nobody needs any
//! more by now is not sent.

use jiff::civil::DateTime;
use serde_json::Value as Json;

use super::super::{App, Moment, account::same_address};
use crate::{
    Result, Secret,
    domain::{
        Fen, OrderStatus, SuspendReason, TenantStatus,
        lifecycle::{Stage, grace_ends},
        order::TradeId,
    },
    mail::{Address, Language, Letter, MailFailure, Review, TenantFacts, address},
    store::{
        Db,
        account::{self, Account},
        job,
        mail::{self, MailRow},
        member, order, payment,
        tenant::{self, TenantRow},
        token::{self, TokenKind},
    },
};

/// What is to become of a row.
pub(super) enum Composed {
    Letter {
        to: Address,
        letter: Letter,
        language: Language,
    },
    /// Nobody is to get it, or nobody can: why.
    Skip(String),
}

fn skip<T>(why: impl Into<String>) -> std::result::Result<T, Composed> {
    Err(Composed::Skip(why.into()))
}

/// A member who gets a letter.
struct Recipient {
    to: Address,
    language: Language,
}

/// What a step gives, or why the letter ends here; a failure of the database is the outer error.
type Step<T> = Result<std::result::Result<T, Composed>>;

/// Goes on with what a step gave.
macro_rules! go_on {
    ($step:expr) => {
        match $step {
            Ok(value) => value,
            Err(ended) => return Ok(Err(ended)),
        }
    };
}

impl App {
    pub(super) fn compose(&self, row: &MailRow, now: Moment) -> Result<Composed> {
        let data = serde_json::from_str(&row.data).unwrap_or(Json::Null);
        let step = match row.kind.as_str() {
            "registered" | "payment_to_review" | "dead_job" | "mail_failed" => {
                self.support_letter(row, &data)
            }
            "password_reset" => self.password_letter(&data, now),
            "confirm_email" => self.confirmation(row, now),
            _ => self.member_letter(row, &data, now),
        };
        Ok(step?.unwrap_or_else(|ended| ended))
    }

    fn member_letter(&self, row: &MailRow, data: &Json, now: Moment) -> Step<Composed> {
        let grace_days = self.config.grace_days();
        self.database.read(|db| {
            let tenant = tenant::find(db, row.tenant_id)?;
            let to = go_on!(recipient(db, row, tenant.as_ref())?);
            let letter = match row.kind.as_str() {
                "account_created" => Letter::AccountCreated {
                    email: to.to.to_string(),
                    company: tenant.map(|tenant| tenant.name),
                },
                "tenant_ready" => go_on!(tenant_ready(tenant)),
                "receipt" => go_on!(receipt(db, text(data, "order_no"), tenant)?),
                "expiry" => go_on!(expiry(data, tenant, grace_days, now)),
                "suspended" => go_on!(suspended(data, tenant)),
                _ => return Ok(skip("a kind of letter that this version does not know")),
            };
            Ok(Ok(Composed::Letter { to: to.to, letter, language: to.language }))
        })
    }

    /// The link's half hour begins now, whenever it was asked for.
    fn password_letter(&self, data: &Json, now: Moment) -> Step<Composed> {
        if self.config.links().is_none() {
            return Ok(skip(NO_LINKS));
        }
        let typed = text(data, "email");
        let accounts = self.database.read(|db| account::by_email(db, typed))?;
        // As for signing in: the column's comparison forgives more than it should.
        let mut accounts = accounts
            .into_iter()
            .filter(|account| !account.hidden && same_address(&account.email, typed));
        let Some(account) = accounts.next() else {
            return Ok(skip("no account has this address"));
        };
        self.with_token(&account, TokenKind::PasswordReset, now, |email, token| {
            let minutes = TokenKind::PasswordReset.seconds() / 60;
            Letter::PasswordReset { email, token, minutes }
        })
    }

    fn confirmation(&self, row: &MailRow, now: Moment) -> Step<Composed> {
        if self.config.links().is_none() {
            return Ok(skip(NO_LINKS));
        }
        let (account, member) = self
            .database
            .read(|db| Ok((account::find(db, row.user_id)?, member::find(db, row.user_id)?)))?;
        let Some(account) = account.filter(|account| !account.hidden) else {
            return Ok(skip("the account is gone or locked"));
        };
        let confirmed = member.and_then(|member| member.confirmed_email);
        if confirmed.is_some_and(|confirmed| same_address(&confirmed, &account.email)) {
            return Ok(skip("the address is confirmed already"));
        }
        self.with_token(&account, TokenKind::ConfirmEmail, now, |email, token| {
            Letter::ConfirmEmail { email, token }
        })
    }

    fn with_token(
        &self,
        account: &Account,
        kind: TokenKind,
        now: Moment,
        letter: impl FnOnce(String, Secret) -> Letter,
    ) -> Step<Composed> {
        let Some(to) = address(&account.email) else { return Ok(skip(NO_ADDRESS)) };
        let (language, token) = self.database.transaction(|db| {
            let token = token::issue(db, kind, account.id, &account.email, now.unix())?;
            Ok((language(db, account.id)?, token))
        })?;
        Ok(Ok(Composed::Letter { to, letter: letter(account.email.clone(), token), language }))
    }

    fn support_letter(&self, row: &MailRow, data: &Json) -> Step<Composed> {
        let Some(to) = self.config.support_address() else {
            return Ok(skip("support_email is not set, or is no e-mail address"));
        };
        self.database.read(|db| {
            let tenant = tenant::find(db, row.tenant_id)?;
            let letter = match row.kind.as_str() {
                "registered" => {
                    let Some(tenant) = tenant else { return Ok(skip(NO_TENANT)) };
                    Letter::Registered {
                        email: tenant.email.clone(),
                        plan: tenant.subscription.plan().code().to_owned(),
                        seats: tenant.subscription.seats(),
                        tenant: facts(tenant),
                    }
                }
                "dead_job" => go_on!(dead_job(db, data, tenant)?),
                "payment_to_review" => payment_to_review(db, data, tenant)?,
                _ => go_on!(mail_failed(db, data, tenant)?),
            };
            Ok(Ok(Composed::Letter { to: to.clone(), letter, language: Language::Chinese }))
        })
    }
}

const NO_LINKS: &str = "public_base_url is not set: a link cannot be made";
const NO_TENANT: &str = "the tenant is gone";
const NO_ADDRESS: &str = "the member has no usable e-mail address";
const OTHER_END: &str = "out of date: the end of service has changed";

fn text<'a>(data: &'a Json, name: &str) -> &'a str {
    data.get(name).and_then(Json::as_str).unwrap_or_default()
}

fn id(data: &Json, name: &str) -> u32 {
    data.get(name).and_then(Json::as_u64).and_then(|id| u32::try_from(id).ok()).unwrap_or(0)
}

fn facts(tenant: TenantRow) -> TenantFacts {
    TenantFacts { id: tenant.id, company: tenant.name, domain: tenant.domain }
}

fn language(db: &mut Db<'_>, user_id: u32) -> Result<Language> {
    let member = member::find(db, user_id)?;
    Ok(Language::parse(member.as_ref().map_or("", |member| &member.language)))
}

/// The account's address; the tenant's where there never was an account, or its row is gone.
fn recipient(db: &mut Db<'_>, row: &MailRow, tenant: Option<&TenantRow>) -> Step<Recipient> {
    let account = account::find(db, row.user_id)?;
    let email = match (&account, tenant) {
        (Some(account), _) if account.hidden => return Ok(skip("the account is locked")),
        (Some(account), _) => account.email.as_str(),
        (None, Some(tenant)) if row.kind != "account_created" => tenant.email.as_str(),
        (None, _) => return Ok(skip("the account is gone")),
    };
    let Some(to) = address(email) else { return Ok(skip(NO_ADDRESS)) };
    Ok(Ok(Recipient { to, language: language(db, row.user_id)? }))
}

fn tenant_ready(tenant: Option<TenantRow>) -> std::result::Result<Letter, Composed> {
    let Some(tenant) = tenant else { return skip(NO_TENANT) };
    if !tenant.state.provisioned {
        return skip("out of date: the tenant has no resources");
    }
    let embed_code = tenant.embed_code.clone();
    Ok(Letter::TenantReady { tenant: facts(tenant), embed_code })
}

fn receipt(db: &mut Db<'_>, order_no: &str, tenant: Option<TenantRow>) -> Step<Letter> {
    let Some(order) = order::find(db, order_no)? else { return Ok(skip("the order is gone")) };
    if order.state.status != OrderStatus::Paid {
        return Ok(skip("out of date: the order is not paid any more"));
    }
    let provider = order.state.trade.map(|trade| trade.provider).or(order.pay_method);
    let by_wechat = provider.as_deref() == Some("wechat");
    let charged = order.state.wechat_charge.filter(|charge| by_wechat && *charge != order.amount);
    Ok(Ok(Letter::Receipt {
        company: tenant.map(|tenant| tenant.name),
        order_no: order.order_no,
        plan: order.plan,
        amount: order.amount,
        charged_in_test: charged,
        paid_at: order.paid_at,
        service_until: order.expire_at,
        provider,
    }))
}

/// The end of service that a notice was about, if it is still the tenant's.
fn same_end(data: &Json, tenant: &TenantRow) -> Option<DateTime> {
    let about = text(data, "expire_at").parse::<DateTime>().ok();
    about.filter(|about| tenant.state.expire_at == Some(*about))
}

fn expiry(
    data: &Json,
    tenant: Option<TenantRow>,
    grace_days: u32,
    now: Moment,
) -> std::result::Result<Letter, Composed> {
    let Some(tenant) = tenant else { return skip(NO_TENANT) };
    let Some(expire_at) = same_end(data, &tenant) else { return skip(OTHER_END) };
    if matches!(tenant.state.status, TenantStatus::Suspended | TenantStatus::Disabled) {
        return skip("out of date: the tenant is switched off");
    }
    let days = data.get("days").and_then(Json::as_u64).and_then(|days| u8::try_from(days).ok());
    match days.and_then(Stage::parse) {
        None => skip("a notice that this version does not know"),
        Some(Stage::Ended) => {
            let told = tenant.notice.filter(|notice| notice.about == expire_at);
            let suspended_from =
                told.map(|notice| grace_ends(expire_at, notice.given_at, grace_days));
            Ok(Letter::Ended { tenant: facts(tenant), expire_at, suspended_from })
        }
        Some(_) if expire_at <= now.local => skip("out of date: the end has come"),
        Some(_) => {
            let days_left = now.local.date().until(expire_at.date()).map_or(0, |s| s.get_days());
            Ok(Letter::Expiring { tenant: facts(tenant), expire_at, days_left })
        }
    }
}

fn suspended(data: &Json, tenant: Option<TenantRow>) -> std::result::Result<Letter, Composed> {
    let Some(tenant) = tenant else { return skip(NO_TENANT) };
    let Some(expire_at) = same_end(data, &tenant) else { return skip(OTHER_END) };
    let state = &tenant.state;
    let still = state.status == TenantStatus::Suspended
        && state.suspend_reason == Some(SuspendReason::Expired);
    if !still {
        return skip("out of date: the tenant is not suspended any more");
    }
    Ok(Letter::Suspended { tenant: facts(tenant), expire_at })
}

fn dead_job(db: &mut Db<'_>, data: &Json, tenant: Option<TenantRow>) -> Step<Letter> {
    let Some(job) = job::find_dead(db, id(data, "job_id"))? else {
        return Ok(skip("out of date: the job was opened again"));
    };
    let Some(tenant) = tenant else { return Ok(skip(NO_TENANT)) };
    Ok(Ok(Letter::DeadJob {
        tenant: facts(tenant),
        kind: job.kind.code().to_owned(),
        attempts: job.attempts,
        error: job.last_error.unwrap_or_default(),
    }))
}

fn payment_to_review(db: &mut Db<'_>, data: &Json, tenant: Option<TenantRow>) -> Result<Letter> {
    let owned = |name| text(data, name).to_owned();
    let trade = TradeId { provider: owned("provider"), trade_no: owned("trade_no") };
    let amount: Option<Fen> = payment::amount(db, &trade)?;
    Ok(Letter::PaymentToReview(Review {
        provider: trade.provider,
        trade_no: trade.trade_no,
        order_no: owned("order_no"),
        outcome: owned("outcome"),
        amount,
        tenant: tenant.map(facts),
    }))
}

fn mail_failed(db: &mut Db<'_>, data: &Json, tenant: Option<TenantRow>) -> Step<Letter> {
    let Some(failed) = mail::find(db, id(data, "mail_id"))? else {
        return Ok(skip("out of date: the letter is gone"));
    };
    Ok(Ok(Letter::MailFailed(MailFailure {
        kind: failed.kind,
        recipient: failed.recipient.unwrap_or_default(),
        error: failed.last_error.unwrap_or_default(),
        tenant: tenant.map(facts),
    })))
}
