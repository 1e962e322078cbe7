//! Members sign in and change their password.

use bcrypt::Version;
use md5::{Digest, Md5};
use subtle::ConstantTimeEq;

use super::{App, Input, validate};
use crate::{
    Error, Kind, Result,
    store::{
        account::{self, Account},
        token::{self, TokenKind},
    },
};

/// What `password_hash()` of PHP uses.
const BCRYPT_COST: u32 = 10;
/// No address is longer; more is not worth a query.
const MAX_LOGIN: usize = 255;
/// The hash of a password that nobody has: an unknown address takes as long as a wrong password.
const NOBODY: &str = "$2y$10$usesomesillystringforeDP.aoTyEzkYQXPWCmGMRUXwgTVJdq0y";

impl App {
    /// The account of an address and password. The error does not say which of the two was wrong.
    pub fn login(&self, email: &str, password: &str, ip: &str) -> Result<Account> {
        let email = email.trim();
        if email.is_empty()
            || password.is_empty()
            || email.len() > MAX_LOGIN
            || email.contains('\0')
        {
            return Err(wrong_password());
        }
        let limits = self.login_limits(ip, email);
        self.count_attempt(&limits)?;
        let mut accounts = self.database.read(|db| account::by_email(db, email))?;
        // The limit per account counts what was typed.
        accounts.retain(|account| account.has_email(email));
        if accounts.is_empty() {
            let _ = bcrypt::verify(password, NOBODY);
        }
        let Some(account) = accounts.into_iter().find(|a| matches(a, password)) else {
            return Err(wrong_password());
        };
        self.uncount_attempt(&limits)?;
        if account.hidden {
            return Err(Error::new(
                Kind::Forbidden,
                "account_disabled",
                "账号已被停用，请联系客服",
                format!("account {} is hidden", account.id),
            ));
        }
        Ok(account)
    }

    /// The account behind a session; `None` when it is gone or locked.
    pub fn account(&self, user_id: u32) -> Result<Option<Account>> {
        let account = self.database.read(|db| account::find(db, user_id))?;
        Ok(account.filter(|account| !account.hidden))
    }

    /// Changes with the password: a session that remembers another one is over.
    pub fn session_mark(account: &Account) -> String {
        super::limits::bucket("session", &account.password_hash)[..16].to_owned()
    }

    pub fn change_password(&self, user_id: u32, input: &Input, ip: &str) -> Result<()> {
        let (old, new) = validate::password_change(input)?;
        let account = self.account(user_id)?.ok_or_else(|| Error::not_found("account"))?;
        let limits = self.login_limits(ip, &account.email);
        self.count_attempt(&limits)?;
        if !matches(&account, old) {
            return Err(Error::input("old_password", "wrong_old_password", "当前密码不正确"));
        }
        self.uncount_attempt(&limits)?;
        let hash = hash(new)?;
        let now = self.now().unix();
        let changed = self.database.transaction(|db| {
            // Whoever asked for a link meanwhile may not have been the member.
            token::void_all(db, TokenKind::PasswordReset, account.id)?;
            account::set_password(db, &account, &hash, now)
        })?;
        if changed {
            return Ok(());
        }
        Err(Error::input("old_password", "wrong_old_password", "密码刚刚已被修改，请重新输入"))
    }
}

fn wrong_password() -> Error {
    Error::new(Kind::Forbidden, "wrong_password", "邮箱或密码不正确", "wrong address or password")
}

/// bcrypt, in the form that PHP writes.
pub(super) fn hash(password: &str) -> Result<String> {
    bcrypt::hash_with_result(password, BCRYPT_COST)
        .map(|parts| parts.format_for_version(Version::TwoY))
        .map_err(|_| Error::storage("the password could not be hashed"))
}

/// Both forms that are in the wild: bcrypt with an empty salt, and FastAdmin's
/// `md5(md5(password).salt)`.
fn matches(account: &Account, password: &str) -> bool {
    let stored = account.password_hash.as_str();
    if stored.starts_with("$2") {
        return bcrypt::verify(password, stored).unwrap_or(false);
    }
    let salted = md5_hex(&(md5_hex(password) + &account.salt));
    stored.len() == 32 && bool::from(salted.as_bytes().ct_eq(stored.to_lowercase().as_bytes()))
}

fn md5_hex(text: &str) -> String {
    Md5::digest(text).iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(password_hash: &str, salt: &str) -> Account {
        Account {
            id: 1,
            email: String::new(),
            nickname: String::new(),
            password_hash: password_hash.into(),
            salt: salt.into(),
            hidden: false,
        }
    }

    #[test]
    fn both_password_forms() {
        // What PHP 8.2 gives for password_hash('secret-1', PASSWORD_BCRYPT) and
        // md5(md5('secret-1') . 'Ab12Cd').
        let php = "$2y$10$xJdisUqJMXBe14CWCrmhu.y3YhEQ/9TfvXw1i.1Tsq8ybVMd9uCJi";
        assert!(matches(&account(php, ""), "secret-1"));
        let fastadmin = account("a4003a46995adccbd749c5ff0fd6e568", "Ab12Cd");
        assert!(matches(&fastadmin, "secret-1"));
        assert!(!matches(&fastadmin, "secret-2"));
        let made = hash("secret-1").unwrap();
        assert!(made.starts_with("$2y$10$"));
        assert!(matches(&account(&made, ""), "secret-1"));
        assert!(!matches(&account(&made, ""), "secret-2"));
        assert!(!matches(&account("", ""), ""));
    }

    #[test]
    fn the_dummy_hash_costs_as_much_as_a_real_one() {
        assert!(matches!(bcrypt::verify("anything", NOBODY), Ok(false)));
        assert!(NOBODY.starts_with(&format!("$2y${BCRYPT_COST}$")));
    }
}
