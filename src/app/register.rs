//! A company registers: account, tenant with a trial, resources.

use jiff::civil::DateTime;

use super::{
    App, Moment, confirm,
    limits::bucket,
    mail::{self, Letter},
    outbox, validate,
    waiting::Attempt,
};
use crate::{
    Error, Result, Secret,
    domain::{JobKind, Subscription, TenantStatus, tenant::extended},
    random,
    store::{
        Db,
        account::{self, NewAccount},
        job, log, member,
        tenant::{self, NewTenant, TenantRow},
        throttle,
    },
};

const HOUR: u32 = 3600;
/// `user.username` of the host.
const MAX_USERNAME: usize = 32;
const MAX_NICKNAME: usize = 50;

/// What a registration came to.
pub struct Registered {
    pub tenant_id: u32,
    pub user_id: u32,
    pub company_name: String,
    pub email: String,
    pub subscription: Subscription,
    pub status: TenantStatus,
    pub embed_code: Option<String>,
    /// Only when the account was made just now; it is shown once and stored nowhere.
    pub initial_password: Option<Secret>,
    pub expire_at: DateTime,
    /// Nothing is made before the member has confirmed the address; a letter is on its way.
    pub awaits_confirmation: bool,
}

/// A password that was just made, with its hash.
struct Fresh {
    password: Secret,
    hash: String,
}

impl App {
    /// `user_id`: the member who is signed in, if the request is known to be the member's own.
    pub fn register(
        &self,
        input: &super::Input,
        ip: &str,
        user_id: Option<u32>,
    ) -> Result<Registered> {
        let form = validate::registration(input)?;
        self.count_attempt(&[self.registration_limit(ip)])?;
        // Hashing takes a while, so it is done before any row is locked.
        let fresh = match user_id {
            Some(_) => None,
            None => Some(fresh_password()?),
        };
        let now = self.now();
        let expire_at = extended(None, now.local);
        let (tenant_id, user_id, is_new, awaits_confirmation) =
            self.database.transaction(|db| {
                // Locks the address: two registrations of it at once come one after the other.
                throttle::count(db, &bucket("register_email", &form.email), HOUR)?;
                let (user_id, is_new) =
                    owner(db, &form, user_id, fresh.as_ref().map(|f| f.hash.as_str()), ip, now)?;
                let known = tenant::of_user(db, user_id)?;
                if known.iter().any(|t| t.domain == form.domain && t.name == form.company_name) {
                    return Err(Error::input(
                        "domain",
                        "tenant_exists",
                        "该公司与域名已登记，请在会员中心查看",
                    ));
                }
                if is_new {
                    member::set_language(db, user_id, self.config.language(), now.unix())?;
                }
                let awaits = self.must_confirm_to_register(db, user_id, &known, now)?;
                let tenant_id = store_tenant(db, &form, user_id, expire_at, now)?;
                if awaits {
                    confirm::post_letter(db, user_id, tenant_id, now)?;
                } else {
                    let key = outbox::fresh_key(tenant_id)?;
                    job::enqueue(db, tenant_id, JobKind::Provision, &key, now.unix())?;
                    if is_new {
                        mail::post(db, &Letter::AccountCreated { user_id, tenant_id }, now)?;
                    }
                }
                mail::post(db, &Letter::Registered { tenant_id }, now)?;
                Ok((tenant_id, user_id, is_new, awaits))
            })?;
        // The registration stands whatever happens now; the outbox holds what is left to do.
        let attempt = (!awaits_confirmation)
            .then(|| self.attempt_within(tenant_id, self.config.provision_wait()));
        let stored = self.database.read(|db| tenant::find(db, tenant_id)).ok().flatten();
        Ok(Registered {
            tenant_id,
            user_id,
            company_name: form.company_name,
            email: form.email,
            subscription: form.subscription,
            status: match (&stored, attempt) {
                (Some(row), _) => row.state.status,
                (None, None | Some(Ok(Attempt::Refused(_)))) => TenantStatus::Pending,
                (None, _) => TenantStatus::Provisioning,
            },
            embed_code: stored.and_then(|row| row.embed_code),
            initial_password: fresh.filter(|_| is_new).map(|fresh| fresh.password),
            expire_at,
            awaits_confirmation,
        })
    }

    /// Whether the address has to be confirmed before anything is made. The member's row is locked, so
    /// a confirmation either comes first and is seen, or finds the tenant that is about to be stored.
    fn must_confirm_to_register(
        &self,
        db: &mut Db<'_>,
        user_id: u32,
        known: &[TenantRow],
        now: Moment,
    ) -> Result<bool> {
        if !self.must_confirm(db, user_id, known)? {
            return Ok(false);
        }
        let member = member::lock(db, user_id, self.config.language(), now.unix())?;
        let account = account::find(db, user_id)?;
        Ok(account.is_some_and(|account| !member.has_confirmed(&account.email)))
    }
}

/// The account that the tenant will belong to, and whether it was made now.
fn owner(
    db: &mut Db<'_>,
    form: &validate::Registration,
    signed_in: Option<u32>,
    hash: Option<&str>,
    ip: &str,
    now: Moment,
) -> Result<(u32, bool)> {
    let accounts = account::by_email(db, &form.email)?;
    if let Some(user_id) = signed_in {
        if accounts.iter().any(|account| account.id == user_id && !account.hidden) {
            return Ok((user_id, false));
        }
        return Err(Error::input(
            "email",
            "other_account",
            "当前登录的账号不是这个邮箱，请先退出登录",
        ));
    }
    if !accounts.is_empty() {
        return Err(Error::input("email", "email_taken", "该邮箱已注册，请先登录再开通新的坐席"));
    }
    let username = match form.email.len() {
        0..=MAX_USERNAME => form.email.clone(),
        _ => format!("ch_{}", random::code::<16>()?.to_lowercase()),
    };
    let nickname: String = form.company_name.chars().take(MAX_NICKNAME).collect();
    let account = NewAccount {
        username: &username,
        email: &form.email,
        nickname: &nickname,
        password_hash: hash.ok_or_else(|| Error::storage("no password was made"))?,
        ip,
    };
    Ok((account::insert(db, &account, now.unix())?, true))
}

fn store_tenant(
    db: &mut Db<'_>,
    form: &validate::Registration,
    user_id: u32,
    expire_at: DateTime,
    now: Moment,
) -> Result<u32> {
    let tenant = NewTenant {
        user_id,
        name: &form.company_name,
        domain: &form.domain,
        email: &form.email,
        subscription: form.subscription,
        notes: &form.notes,
        registered_at: now.local,
        expire_at,
    };
    let tenant_id = tenant::insert(db, &tenant, now.unix())?;
    let detail = serde_json::json!({
        "plan": form.subscription.plan().code(),
        "seats": form.subscription.seats(),
    });
    let entry = log::Entry {
        tenant_id,
        action: "register",
        detail: &detail.to_string(),
        success: true,
        operator: &format!("member:{user_id}"),
    };
    log::insert(db, &entry, now.unix())?;
    Ok(tenant_id)
}

/// Twelve characters of five random bits each.
fn fresh_password() -> Result<Fresh> {
    let password = random::code::<12>()?;
    let hash = super::account::hash(&password)?;
    Ok(Fresh { password: Secret::new(password), hash })
}
