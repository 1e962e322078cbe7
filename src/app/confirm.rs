//! Confirming an address, where the site asks for it before anything is made: a letter with a link.
//!
//! A tenant waits for it when nobody has ever asked the service for its resources; a payment, or the
//! link, does. Who has a tenant with resources need not confirm anything.

use super::{
    App, Moment,
    limits::{bucket, too_many},
    mail::{self, Letter},
    outbox,
    password_reset::{spend, token_is_good, write_log},
};
use crate::{
    Error, Kind, Result,
    domain::{JobKind, TenantEvent},
    store::{
        Db,
        account::{self, Account},
        job, member,
        tenant::{self, TenantRow},
        throttle,
        token::TokenKind,
    },
};

/// Letters that one member can be sent within an hour: nobody has shown yet that they want any.
const MOST_LETTERS: i64 = 5;
const HOUR: u32 = 3600;

/// An address that was confirmed.
pub struct Confirmed {
    pub user_id: u32,
    pub email: String,
    /// Tenants for whom there is work in the outbox now.
    pub tenants: Vec<u32>,
}

impl App {
    pub fn confirm_token_is_good(&self, token: &str) -> Result<bool> {
        self.database.read(|db| token_is_good(db, TokenKind::ConfirmEmail, token))
    }

    /// Confirms the address that the link was sent to, once; what waited for it is on its way now.
    pub fn confirm_email(&self, token: &str) -> Result<Confirmed> {
        let now = self.now();
        self.database.transaction(|db| {
            let account = spend(db, TokenKind::ConfirmEmail, token)?;
            record(db, &account, self.config.language(), now)?;
            let tenants = release(db, account.id, now)?;
            write_log(db, "confirm_email", account.id, now)?;
            // Put off until somebody had shown that the address is theirs.
            if let Some(&tenant_id) = tenants.first() {
                mail::post(db, &Letter::AccountCreated { user_id: account.id, tenant_id }, now)?;
            }
            Ok(Confirmed { user_id: account.id, email: account.email, tenants })
        })
    }

    /// Another letter with a link, for a member whose tenants wait for it.
    pub fn resend_confirmation(&self, user_id: u32, ip: &str) -> Result<()> {
        self.count_attempt(&[self.confirmation_limit(ip)])?;
        let now = self.now();
        self.database.transaction(|db| {
            let tenants = tenant::of_user(db, user_id)?;
            if let Some(&tenant_id) = self.waiting_tenants(db, user_id, &tenants)?.first() {
                return match post_letter(db, user_id, tenant_id, now)? {
                    true => Ok(()),
                    false => Err(too_many()),
                };
            }
            Err(Error::new(
                Kind::Forbidden,
                "nothing_to_confirm",
                "没有需要确认的邮箱",
                format!("no tenant of member {user_id} waits for a confirmation"),
            ))
        })
    }

    /// Whether the member's present address has to be confirmed first. `tenants`: all of theirs.
    pub(super) fn must_confirm(
        &self,
        db: &mut Db<'_>,
        user_id: u32,
        tenants: &[TenantRow],
    ) -> Result<bool> {
        if !self.config.confirms_email() || tenants.iter().any(|row| row.state.provisioned) {
            return Ok(false);
        }
        let Some(account) = account::find(db, user_id)? else { return Ok(false) };
        let known = member::find(db, user_id)?;
        Ok(!known.is_some_and(|member| member.has_confirmed(&account.email)))
    }

    /// Those of the member's tenants that wait for it. `tenants`: all of theirs.
    pub(super) fn waiting_tenants(
        &self,
        db: &mut Db<'_>,
        user_id: u32,
        tenants: &[TenantRow],
    ) -> Result<Vec<u32>> {
        if !self.must_confirm(db, user_id, tenants)? {
            return Ok(Vec::new());
        }
        let asked_for = job::asked_for_of_user(db, user_id, JobKind::Provision)?;
        let waits = |row: &&TenantRow| {
            row.state.apply(TenantEvent::ProvisionRequested).is_ok() && !asked_for.contains(&row.id)
        };
        Ok(tenants.iter().filter(waits).map(|row| row.id).collect())
    }

    /// Notes that the address is the account's, for whom something may have waited for that.
    pub(super) fn note_confirmed(
        &self,
        db: &mut Db<'_>,
        account: &Account,
        now: Moment,
    ) -> Result<()> {
        let tenants = tenant::of_user(db, account.id)?;
        let waited = self.must_confirm(db, account.id, &tenants)?;
        record(db, account, self.config.language(), now)?;
        if waited {
            release(db, account.id, now)?;
        }
        Ok(())
    }
}

/// The address is the account's. From here to the end of the transaction no registration of the member
/// can come in between.
fn record(db: &mut Db<'_>, account: &Account, language: &str, now: Moment) -> Result<()> {
    member::lock(db, account.id, language, now.unix())?;
    member::confirm(db, account.id, &account.email, now.unix())
}

/// Asks for the resources of the member's tenants for whom nobody has asked yet; gives these.
fn release(db: &mut Db<'_>, user_id: u32, now: Moment) -> Result<Vec<u32>> {
    let tenants = tenant::lock_of_user(db, user_id)?;
    let asked_for = job::asked_for_of_user(db, user_id, JobKind::Provision)?;
    let mut released = Vec::new();
    for row in tenants.iter().filter(|row| !asked_for.contains(&row.id)) {
        if let Ok((_, effects)) = row.state.apply(TenantEvent::ProvisionRequested)
            && outbox::enqueue_effects(db, row.id, &effects, now)?
        {
            released.push(row.id);
        }
    }
    Ok(released)
}

/// `false`: the member was sent as many as there may be.
pub(super) fn post_letter(
    db: &mut Db<'_>,
    user_id: u32,
    tenant_id: u32,
    now: Moment,
) -> Result<bool> {
    let sent = throttle::count(db, &bucket("confirm_member", &user_id.to_string()), HOUR)?;
    if sent > MOST_LETTERS {
        return Ok(false);
    }
    mail::post(db, &Letter::ConfirmEmail { user_id, tenant_id }, now)?;
    Ok(true)
}

pub(super) fn confirm_first(tenant_id: u32) -> Error {
    Error::new(
        Kind::Forbidden,
        "confirm_first",
        "请先确认邮箱，再开通服务",
        format!("tenant {tenant_id} waits for the member's address to be confirmed"),
    )
}
