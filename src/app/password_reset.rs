//! A forgotten password: a letter with a link, and the link's way to a new password.

use super::{
    App, Input, Moment,
    limits::bucket,
    mail::{self, Letter},
    validate,
};
use crate::{
    Error, Kind, Result,
    store::{
        Db,
        account::{self, Account},
        log, throttle,
        token::{self, TokenKind},
    },
};

/// Letters that one typed address can cause within an hour.
const MOST_LETTERS: i64 = 3;
const HOUR: u32 = 3600;

impl App {
    /// Whether letters can be sent; without that nobody gets a link.
    pub fn can_mail(&self) -> bool {
        self.config.can_mail()
    }

    /// Asks for a link. Whether there is an account is looked up when the letter is written, so
    /// neither this answer nor its time says anything about that.
    pub fn forgot_password(&self, email: &str, ip: &str) -> Result<()> {
        if !self.config.can_mail() {
            return Err(mail_off());
        }
        let email = validate::address(email)?;
        self.count_attempt(&[self.forgot_limit(ip)])?;
        let now = self.now();
        self.database.transaction(|db| {
            let asked = throttle::count(db, &bucket("forgot_address", email), HOUR)?;
            if asked > MOST_LETTERS {
                return Ok(());
            }
            mail::post(db, &Letter::PasswordReset { email }, now)
        })
    }

    /// Whether the link still leads to an account.
    pub fn reset_token_is_good(&self, token: &str) -> Result<bool> {
        self.database.read(|db| token_is_good(db, TokenKind::PasswordReset, token))
    }

    /// Sets the password by way of a link, once.
    pub fn reset_password(&self, token: &str, input: &Input, ip: &str) -> Result<Account> {
        let new = validate::new_password(input)?;
        let limits = [self.link_limit(ip)];
        self.count_attempt(&limits)?;
        // Hashing takes a while: not for links that are over, and before any row is locked.
        if !self.reset_token_is_good(token)? {
            return Err(link_over());
        }
        let hash = super::account::hash(new)?;
        let now = self.now();
        let account = self.database.transaction(|db| {
            let account = spend(db, TokenKind::PasswordReset, token)?;
            if !account::set_password(db, &account, &hash, now.unix())? {
                return Err(Error::storage("the account changed while it was locked"));
            }
            token::void_all(db, TokenKind::PasswordReset, account.id)?;
            Self::forgive_login(db, &account.email)?;
            self.note_confirmed(db, &account, now)?;
            write_log(db, "password_reset", account.id, now)?;
            Ok(Account { password_hash: hash.clone(), salt: String::new(), ..account })
        })?;
        self.uncount_attempt(&limits)?;
        Ok(account)
    }
}

/// Uses a link up and gives its account, locked. An account that is locked by an administrator, gone,
/// or at another address by now has no use for it.
pub(super) fn spend(db: &mut Db<'_>, kind: TokenKind, token: &str) -> Result<Account> {
    let found = token::find(db, kind, token)?.ok_or_else(link_over)?;
    if !token::spend(db, kind, token)? {
        return Err(link_over());
    }
    account::lock(db, found.user_id)?
        .filter(|account| !account.hidden && account.has_email(&found.email))
        .ok_or_else(link_over)
}

pub(super) fn token_is_good(db: &mut Db<'_>, kind: TokenKind, token: &str) -> Result<bool> {
    let Some(found) = token::find(db, kind, token)? else { return Ok(false) };
    let account = account::find(db, found.user_id)?;
    Ok(account.is_some_and(|account| !account.hidden && account.has_email(&found.email)))
}

pub(super) fn write_log(
    db: &mut Db<'_>,
    action: &'static str,
    user_id: u32,
    now: Moment,
) -> Result<()> {
    let operator = format!("member:{user_id}");
    let entry =
        log::Entry { tenant_id: 0, action, detail: "{}", success: true, operator: &operator };
    log::insert(db, &entry, now.unix())
}

fn link_over() -> Error {
    Error::new(
        Kind::Forbidden,
        "link_over",
        "链接已失效，请重新获取",
        "the link was used, is too old, or leads to no account",
    )
}

fn mail_off() -> Error {
    Error::new(
        Kind::Config,
        "mail_off",
        "站点没有开通邮件，请联系客服",
        "no mail can be sent: fill in FastAdmin's mail settings and public_base_url",
    )
}
