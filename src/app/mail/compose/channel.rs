//! Letters to members about shop accounts, as the accounts are by now.

use jiff::civil::DateTime;
use serde_json::Value as Json;

use super::{NO_TENANT, Step, facts, id, skip, text};
use crate::{
    app::{Moment, channels::trouble},
    domain::channel::AccountStatus,
    mail::{Letter, ShopFacts, WhyEnded},
    store::{
        Db,
        channel::{self, AccountRow},
        mail::MailRow,
        tenant::TenantRow,
    },
};

pub(super) fn expiring(
    db: &mut Db<'_>,
    row: &MailRow,
    data: &Json,
    tenant: Option<TenantRow>,
    now: Moment,
) -> Step<Letter> {
    let (account, shop) = same_account(db, row, data, tenant)?;
    match account.expires_at {
        _ if account.status == AccountStatus::Expired => skip("out of date: the account has ended"),
        Some(expires_at) if expires_at > now.local => {
            Ok(Letter::ChannelExpiring { shop, expires_at })
        }
        _ => skip("out of date: the end has come"),
    }
}

pub(super) fn expired(
    db: &mut Db<'_>,
    row: &MailRow,
    data: &Json,
    tenant: Option<TenantRow>,
    now: Moment,
) -> Step<Letter> {
    let (account, shop) = same_account(db, row, data, tenant)?;
    if account.status != AccountStatus::Expired {
        return skip("out of date: the account works again");
    }
    let why = match account.last_error.as_deref().and_then(trouble::key) {
        Some(trouble::REFUSED) => WhyEnded::Refused,
        Some(trouble::APP_CHANGED) => WhyEnded::AppChanged,
        Some(trouble::TOO_LONG) => WhyEnded::TooLong,
        _ => WhyEnded::Ended,
    };
    // A refusal may come before the end.
    let ended_at = account.expires_at.filter(|at| *at <= now.local);
    Ok(Letter::ChannelExpired { shop, ended_at, why })
}

/// The account, if it is there, in use, and still has the tokens that the letter is about.
fn same_account(
    db: &mut Db<'_>,
    row: &MailRow,
    data: &Json,
    tenant: Option<TenantRow>,
) -> Step<(AccountRow, ShopFacts)> {
    let Some(tenant) = tenant else { return skip(NO_TENANT) };
    let account = channel::find(db, id(data, "account_id"))?;
    let Some(account) = account.filter(|account| account.tenant_id == row.tenant_id) else {
        return skip("the shop account is gone");
    };
    if account.status == AccountStatus::Paused {
        return skip("out of date: the account is switched off");
    }
    let about = text(data, "expires_at").parse::<DateTime>().ok();
    if account.expires_at != about {
        return skip("out of date: the account was authorised again");
    }
    let shop = ShopFacts {
        tenant: facts(tenant),
        channel: account.channel,
        name: account.shop_name.clone().or_else(|| account.shop_id.clone()),
    };
    Ok((account, shop))
}
