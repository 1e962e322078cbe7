//! From a row of the outbox to a letter: the facts as the tables have them now. What nobody needs any
//! more by now is not sent.

mod channel;
mod support;

use jiff::civil::DateTime;
use serde_json::Value as Json;

use super::super::{App, Moment};
use crate::{
    Error, Result, Secret,
    domain::{
        OrderStatus, SuspendReason, TenantStatus,
        lifecycle::{Stage, grace_ends},
    },
    mail::{Address, Language, Letter, TenantFacts, address},
    store::{
        Db,
        account::{self, Account},
        mail::MailRow,
        member, order,
        tenant::{self, TenantRow},
        token::{self, TokenKind},
    },
};

/// A letter and who gets it.
pub(super) struct Composed {
    pub to: Address,
    pub letter: Letter,
    pub language: Language,
}

/// Why there is no letter.
enum Ended {
    /// Nobody is to get it, or nobody can.
    Skip(String),
    Failed(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

type Step<T> = std::result::Result<T, Ended>;

fn skip<T>(why: &str) -> Step<T> {
    Err(Ended::Skip(why.to_owned()))
}

/// Whoever works on the database has to see its failures apart from the rest.
fn apart<T>(step: Step<T>) -> Result<std::result::Result<T, String>> {
    match step {
        Ok(value) => Ok(Ok(value)),
        Err(Ended::Skip(why)) => Ok(Err(why)),
        Err(Ended::Failed(error)) => Err(error),
    }
}

impl App {
    /// The letter of a row, or why nobody gets it.
    pub(super) fn compose(
        &self,
        row: &MailRow,
        now: Moment,
    ) -> Result<std::result::Result<Composed, String>> {
        let data = serde_json::from_str(&row.data).unwrap_or(Json::Null);
        match row.kind.as_str() {
            "registered" | "payment_to_review" | "order_unclear" | "dead_job" | "mail_failed" => {
                let to = self.config.support_address();
                self.database.read(|db| apart(support::for_support(db, row, &data, to.clone())))
            }
            "password_reset" => apart(self.password_letter(&data, now)),
            "confirm_email" => apart(self.confirmation(row, now)),
            _ => {
                let grace_days = self.config.grace_days();
                self.database.read(|db| apart(for_member(db, row, &data, grace_days, now)))
            }
        }
    }

    /// The link's half hour begins now, whenever it was asked for.
    fn password_letter(&self, data: &Json, now: Moment) -> Step<Composed> {
        if self.config.links().is_none() {
            return skip(NO_LINKS);
        }
        let typed = text(data, "email");
        let accounts = self.database.read(|db| account::by_email(db, typed))?;
        // As for signing in: the column's comparison forgives more than it should.
        let mut accounts =
            accounts.into_iter().filter(|account| !account.hidden && account.has_email(typed));
        let Some(account) = accounts.next() else {
            return skip("no account has this address");
        };
        self.with_token(&account, TokenKind::PasswordReset, now, |email, token| {
            let minutes = TokenKind::PasswordReset.seconds() / 60;
            Letter::PasswordReset { email, token, minutes }
        })
    }

    fn confirmation(&self, row: &MailRow, now: Moment) -> Step<Composed> {
        if self.config.links().is_none() {
            return skip(NO_LINKS);
        }
        let (account, member) = self
            .database
            .read(|db| Ok((account::find(db, row.user_id)?, member::find(db, row.user_id)?)))?;
        let Some(account) = account.filter(|account| !account.hidden) else {
            return skip("the account is gone or locked");
        };
        if member.is_some_and(|member| member.has_confirmed(&account.email)) {
            return skip("the address is confirmed already");
        }
        self.with_token(&account, TokenKind::ConfirmEmail, now, |email, token| {
            Letter::ConfirmEmail { email, token }
        })
    }

    /// A letter with a fresh link. Only the link's hash is stored.
    fn with_token(
        &self,
        account: &Account,
        kind: TokenKind,
        now: Moment,
        letter: impl FnOnce(String, Secret) -> Letter,
    ) -> Step<Composed> {
        let Some(to) = address(&account.email) else { return skip(NO_ADDRESS) };
        let (language, token) = self.database.transaction(|db| {
            let token = token::issue(db, kind, account.id, &account.email, now.unix())?;
            Ok((language(db, account.id)?, token))
        })?;
        Ok(Composed { to, letter: letter(account.email.clone(), token), language })
    }
}

fn for_member(
    db: &mut Db<'_>,
    row: &MailRow,
    data: &Json,
    grace_days: u32,
    now: Moment,
) -> Step<Composed> {
    let tenant = tenant::find(db, row.tenant_id)?;
    let to = recipient(db, row, tenant.as_ref())?;
    let letter = match row.kind.as_str() {
        "account_created" => Letter::AccountCreated {
            email: to.to_string(),
            company: tenant.map(|tenant| tenant.name),
        },
        "tenant_ready" => tenant_ready(tenant)?,
        "receipt" => receipt(db, text(data, "order_no"), tenant)?,
        "expiry" => expiry(data, tenant, grace_days, now)?,
        "suspended" => suspended(data, tenant)?,
        "channel_expiring" => channel::expiring(db, row, data, tenant, now)?,
        "channel_expired" => channel::expired(db, row, data, tenant, now)?,
        _ => return skip("a kind of letter that this version does not know"),
    };
    Ok(Composed { to, letter, language: language(db, row.user_id)? })
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
fn recipient(db: &mut Db<'_>, row: &MailRow, tenant: Option<&TenantRow>) -> Step<Address> {
    let account = account::find(db, row.user_id)?;
    let email = match (&account, tenant) {
        (Some(account), _) if account.hidden => return skip("the account is locked"),
        (Some(account), _) => account.email.as_str(),
        (None, Some(tenant)) if row.kind != "account_created" => tenant.email.as_str(),
        (None, _) => return skip("the account is gone"),
    };
    match address(email) {
        Some(to) => Ok(to),
        None => skip(NO_ADDRESS),
    }
}

fn tenant_ready(tenant: Option<TenantRow>) -> Step<Letter> {
    let Some(tenant) = tenant else { return skip(NO_TENANT) };
    if !tenant.state.provisioned {
        return skip("out of date: the tenant has no resources");
    }
    let embed_code = tenant.embed_code.clone();
    Ok(Letter::TenantReady { tenant: facts(tenant), embed_code })
}

fn receipt(db: &mut Db<'_>, order_no: &str, tenant: Option<TenantRow>) -> Step<Letter> {
    let Some(order) = order::find(db, order_no)? else { return skip("the order is gone") };
    if order.state.status != OrderStatus::Paid {
        return skip("out of date: the order is not paid any more");
    }
    let provider = order.state.trade.map(|trade| trade.provider).or(order.pay_method);
    let by_wechat = provider.as_deref() == Some("wechat");
    let charged = order.state.wechat_charge.filter(|charge| by_wechat && *charge != order.amount);
    Ok(Letter::Receipt {
        company: tenant.map(|tenant| tenant.name),
        order_no: order.order_no,
        plan: order.plan,
        amount: order.amount,
        charged_in_test: charged,
        paid_at: order.paid_at,
        service_until: order.expire_at,
        provider,
    })
}

/// The end of service that a notice was about, if it is still the tenant's.
fn same_end(data: &Json, tenant: &TenantRow) -> Option<DateTime> {
    let about = text(data, "expire_at").parse::<DateTime>().ok();
    about.filter(|about| tenant.state.expire_at == Some(*about))
}

fn expiry(data: &Json, tenant: Option<TenantRow>, grace_days: u32, now: Moment) -> Step<Letter> {
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

fn suspended(data: &Json, tenant: Option<TenantRow>) -> Step<Letter> {
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
