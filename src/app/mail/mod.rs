//! Letters: what is written to whom, and when. They go into an outbox, in the transaction of what they
//! tell about, and are sent by the worker or after an answer.

mod compose;
mod delivery;

pub use delivery::{Delivered, Sender};

use jiff::civil::DateTime;

use super::Moment;
use crate::{
    Result,
    domain::{lifecycle::Stage, order::TradeId},
    random,
    store::{
        Db,
        channel::AccountRow,
        mail::{self, NewMail},
    },
};

const HOUR: u32 = 3600;
const DAY: u32 = 24 * HOUR;

/// What a letter tells. To whom it goes, and in which language, is looked up when it is sent.
#[derive(Clone)]
pub(super) enum Letter<'a> {
    /// To the member: the account is made.
    AccountCreated { user_id: u32, tenant_id: u32 },
    /// To the member: please show that the address is yours.
    ConfirmEmail { user_id: u32, tenant_id: u32 },
    /// To whoever has an account with the address that was typed; nobody else gets anything.
    PasswordReset { email: &'a str },
    /// To the member: the embed code.
    TenantReady { user_id: u32, tenant_id: u32 },
    /// To the member: the order is paid.
    Receipt { user_id: u32, tenant_id: u32, order_no: &'a str },
    /// To the member: the service ends soon, or has just ended.
    Expiry { user_id: u32, tenant_id: u32, expire_at: DateTime, stage: Stage },
    /// To the member: the service was switched off because it had ended.
    Suspended { user_id: u32, tenant_id: u32, expire_at: DateTime },
    /// To the member: a shop account ends soon, and cannot be renewed by itself. `mark`: which tokens.
    ChannelExpiring { user_id: u32, tenant_id: u32, account: &'a AccountRow, mark: &'a str },
    /// To the member: a shop account has to be authorised again.
    ChannelExpired { user_id: u32, tenant_id: u32, account: &'a AccountRow, mark: &'a str },
    /// To `support_email`.
    Registered { tenant_id: u32 },
    /// To `support_email`: money that somebody has to look at. `outcome`: the ledger's.
    PaymentToReview { tenant_id: u32, trade: &'a TradeId, order_no: &'a str, outcome: &'a str },
    /// To `support_email`: a provider never answered what became of an order, and was given up. One a
    /// day, which names the first: what keeps one from being asked about keeps all.
    OrderUnclear { tenant_id: u32, order_no: &'a str, provider: &'a str },
    /// To `support_email`: a call was given up.
    DeadJob { tenant_id: u32, job_id: u32 },
    /// To `support_email`: a letter to a member was given up. `about`: what there is one notice for.
    MailFailed { tenant_id: u32, mail_id: u32, about: &'a str },
}

/// Puts a letter into the outbox, unless there is one about the same already.
pub(super) fn post(db: &mut Db<'_>, letter: &Letter<'_>, now: Moment) -> Result<()> {
    let at = |moment: &DateTime| moment.strftime("%Y%m%d%H%M%S").to_string();
    let (kind, key, useful_for, data) = match letter {
        Letter::AccountCreated { user_id, .. } => {
            ("account_created", user_id.to_string(), 3 * DAY, None)
        }
        Letter::ConfirmEmail { user_id, .. } => {
            ("confirm_email", format!("{user_id}:{}", random::code::<16>()?), DAY, None)
        }
        Letter::PasswordReset { email } => (
            "password_reset",
            random::code::<26>()?,
            HOUR / 2,
            Some(serde_json::json!({"email": email})),
        ),
        Letter::TenantReady { tenant_id, .. } => {
            ("tenant_ready", tenant_id.to_string(), 7 * DAY, None)
        }
        Letter::Receipt { order_no, .. } => (
            "receipt",
            // Old order numbers may hold anything.
            super::limits::bucket("order", order_no),
            7 * DAY,
            Some(serde_json::json!({"order_no": order_no})),
        ),
        Letter::Expiry { tenant_id, expire_at, stage, .. } => (
            "expiry",
            format!("{tenant_id}:{}:{}", at(expire_at), stage.days()),
            3 * DAY,
            Some(
                serde_json::json!({"expire_at": super::written(*expire_at), "days": stage.days()}),
            ),
        ),
        Letter::Suspended { tenant_id, expire_at, .. } => (
            "suspended",
            format!("{tenant_id}:{}", at(expire_at)),
            3 * DAY,
            Some(serde_json::json!({"expire_at": super::written(*expire_at)})),
        ),
        Letter::ChannelExpiring { account, mark, .. } => (
            "channel_expiring",
            format!("{}:{mark}", account.id),
            3 * DAY,
            Some(channel_data(account)),
        ),
        Letter::ChannelExpired { account, mark, .. } => (
            "channel_expired",
            format!("{}:{mark}", account.id),
            7 * DAY,
            Some(channel_data(account)),
        ),
        Letter::Registered { tenant_id } => ("registered", tenant_id.to_string(), 3 * DAY, None),
        Letter::PaymentToReview { trade, order_no, outcome, .. } => (
            "payment_to_review",
            format!("{}:{}:{outcome}", trade.provider, trade.trade_no),
            30 * DAY,
            Some(serde_json::json!({
                "provider": trade.provider, "trade_no": trade.trade_no,
                "order_no": order_no, "outcome": outcome,
            })),
        ),
        Letter::OrderUnclear { order_no, provider, .. } => (
            "order_unclear",
            format!("{provider}:{}", now.local.strftime("%Y%m%d")),
            30 * DAY,
            Some(serde_json::json!({"order_no": order_no, "provider": provider})),
        ),
        Letter::DeadJob { job_id, .. } => (
            "dead_job",
            // A job that was opened again may die again.
            format!("{job_id}:{}", now.unix()),
            30 * DAY,
            Some(serde_json::json!({"job_id": job_id})),
        ),
        Letter::MailFailed { mail_id, about, .. } => (
            "mail_failed",
            // A mail server that refuses everything is told of once an hour.
            format!("{about}:{}", now.local.strftime("%Y%m%d%H")),
            3 * DAY,
            Some(serde_json::json!({"mail_id": mail_id})),
        ),
    };
    let mail = NewMail {
        dedupe_key: &format!("{kind}:{key}"),
        kind,
        user_id: letter.user_id(),
        tenant_id: letter.tenant_id(),
        data: &data.unwrap_or_else(|| serde_json::json!({})).to_string(),
        useful_for,
        urgent: matches!(letter, Letter::PasswordReset { .. } | Letter::ConfirmEmail { .. }),
    };
    mail::enqueue(db, &mail, now.unix())?;
    Ok(())
}

/// Which shop it is; the account may be gone when the letter is written.
fn channel_data(account: &AccountRow) -> serde_json::Value {
    serde_json::json!({
        "account_id": account.id, "channel": account.channel.code(),
        "shop": account.shop_name.as_ref().or(account.shop_id.as_ref()),
        "expires_at": account.expires_at.map(super::written),
    })
}

impl Letter<'_> {
    fn user_id(&self) -> u32 {
        match self {
            Self::AccountCreated { user_id, .. }
            | Self::ConfirmEmail { user_id, .. }
            | Self::TenantReady { user_id, .. }
            | Self::Receipt { user_id, .. }
            | Self::Expiry { user_id, .. }
            | Self::Suspended { user_id, .. }
            | Self::ChannelExpiring { user_id, .. }
            | Self::ChannelExpired { user_id, .. } => *user_id,
            Self::PasswordReset { .. }
            | Self::Registered { .. }
            | Self::PaymentToReview { .. }
            | Self::OrderUnclear { .. }
            | Self::DeadJob { .. }
            | Self::MailFailed { .. } => 0,
        }
    }

    fn tenant_id(&self) -> u32 {
        match self {
            Self::PasswordReset { .. } => 0,
            Self::AccountCreated { tenant_id, .. }
            | Self::ConfirmEmail { tenant_id, .. }
            | Self::TenantReady { tenant_id, .. }
            | Self::Receipt { tenant_id, .. }
            | Self::Expiry { tenant_id, .. }
            | Self::Suspended { tenant_id, .. }
            | Self::ChannelExpiring { tenant_id, .. }
            | Self::ChannelExpired { tenant_id, .. }
            | Self::Registered { tenant_id }
            | Self::PaymentToReview { tenant_id, .. }
            | Self::OrderUnclear { tenant_id, .. }
            | Self::DeadJob { tenant_id, .. }
            | Self::MailFailed { tenant_id, .. } => *tenant_id,
        }
    }
}
