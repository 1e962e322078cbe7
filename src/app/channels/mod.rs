//! Shop accounts of the five platforms: what the page shows, and what a member does with one.

mod bind;
mod bound;
mod care;
mod manual;
mod records;
mod refresh;
mod seal;
mod statistics;

pub use bind::Completed;
pub use care::Refreshed;
pub use manual::{FieldView, FormView};
pub use seal::Rekeyed;
pub use statistics::{Period, Statistics};

use records::write_log;

use super::{App, orders::own_tenant, written};
use crate::{
    Error, Kind, Result,
    channel::{Credentials, Platform, Vault},
    domain::channel::{AccountStatus, Channel, Tokens},
    store::{
        Db,
        channel::{self, AccountRow},
        tenant::{self, TenantRow},
    },
};

/// Whether credentials can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultState {
    Ready,
    /// No key is set.
    Missing,
    /// One is set that cannot be used.
    Bad,
}

impl VaultState {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Missing => "missing",
            Self::Bad => "bad",
        }
    }
}

pub struct ChannelsView {
    /// All of the member's, newest first.
    pub tenants: Vec<TenantRow>,
    /// The one that is shown; 0 where the member has none.
    pub tenant_id: u32,
    pub vault: VaultState,
    pub channels: Vec<ChannelView>,
}

pub struct ChannelView {
    pub channel: Channel,
    /// The site has the application's keys, so accounts can be bound at the platform.
    pub oauth: bool,
    pub accounts: Vec<AccountView>,
    pub statistics: Statistics,
}

/// An account without anything secret.
#[derive(Clone, Debug)]
pub struct AccountView {
    pub id: u32,
    pub shop_id: Option<String>,
    pub shop_name: Option<String>,
    pub status: AccountStatus,
    /// The gateway uses this one: the newest active one of its channel.
    pub in_use: bool,
    /// As things stand the worker renews it, and its end is nobody's worry.
    pub renews: bool,
    pub authorised_at: String,
    pub expires_at: Option<String>,
    pub last_refresh_at: Option<String>,
    /// A key, or an older version's words.
    pub error: Option<String>,
}

/// Keys that begin an account's `last_error`.
pub(super) mod trouble {
    /// Only authorising it again helps.
    pub const REFUSED: &str = "refresh_refused";
    /// It is tried again by itself.
    pub const FAILING: &str = "refresh_failing";
    /// The platform does not take the site's application keys.
    pub const APP: &str = "app_refused";
    /// It was authorised for another application than the one that the site has now.
    pub const APP_CHANGED: &str = "app_changed";
    /// It cannot be renewed.
    pub const ENDED: &str = "token_expired";
    pub const UNREADABLE: &str = "credentials_unreadable";
    pub const TOO_LONG: &str = "credentials_too_long";
    const ALL: [&str; 7] = [REFUSED, FAILING, APP, APP_CHANGED, ENDED, UNREADABLE, TOO_LONG];

    /// The key that a `last_error` begins with; old rows hold anything.
    pub fn key(text: &str) -> Option<&'static str> {
        let first = text.split(':').next().unwrap_or_default();
        ALL.into_iter().find(|key| *key == first)
    }
}

impl App {
    /// The member's channels. `tenant_id` 0: the newest tenant.
    pub fn channels(&self, user_id: u32, tenant_id: u32) -> Result<ChannelsView> {
        self.seal_some()?;
        let tenants = self.database.read(|db| tenant::of_user(db, user_id))?;
        let chosen = match tenant_id {
            0 => tenants.first(),
            id => tenants.iter().find(|row| row.id == id),
        };
        let tenant_id = match chosen {
            Some(row) => row.id,
            None if tenant_id == 0 => 0,
            None => return Err(Error::not_found("tenant")),
        };
        // A dirty row may belong to tenant 0, and so to nobody.
        let rows = match tenant_id {
            0 => Vec::new(),
            id => self.database.read(|db| channel::of_tenant(db, id))?,
        };
        let mut statistics = self.statistics(tenant_id)?;
        let channels = Channel::ALL.map(|channel| {
            let mut accounts: Vec<AccountView> = rows
                .iter()
                .filter(|row| row.channel == channel)
                .map(|row| self.account_view(row))
                .collect();
            if let Some(used) = accounts.iter_mut().find(|a| a.status == AccountStatus::Active) {
                used.in_use = true;
            }
            ChannelView {
                channel,
                oauth: self.config.app_keys(Platform::of(channel)).is_some(),
                accounts,
                statistics: statistics.remove(&channel).unwrap_or_default(),
            }
        });
        Ok(ChannelsView {
            tenants,
            tenant_id,
            vault: self.vault_state(),
            channels: channels.into(),
        })
    }

    fn account_view(&self, row: &AccountRow) -> AccountView {
        let at = self.local(row.authorised_at);
        AccountView {
            id: row.id,
            shop_id: row.shop_id.clone(),
            shop_name: row.shop_name.clone(),
            status: row.status,
            in_use: false,
            renews: self.renews(row),
            authorised_at: written(at),
            expires_at: row.expires_at.map(written),
            last_refresh_at: row.last_refresh_at.map(written),
            error: row.last_error.as_deref().map(public_error),
        }
    }

    fn renews(&self, row: &AccountRow) -> bool {
        let cared_for = matches!(row.status, AccountStatus::Active | AccountStatus::Paused)
            && row.refresh_at.is_some();
        let credentials = match (row.blob(), self.config.vault()) {
            (Some(blob), Ok(vault)) if cared_for => Credentials::read(&vault, blob),
            _ => return false,
        };
        let now = self.now().unix();
        credentials.is_ok_and(|(credentials, _)| {
            credentials.refresh_token().is_some()
                && credentials.refresh_until().is_none_or(|until| until > now)
        })
    }

    pub(super) fn vault_state(&self) -> VaultState {
        match self.config.vault() {
            Ok(_) => VaultState::Ready,
            Err(error) if error.key() == "vault_missing" => VaultState::Missing,
            Err(_) => VaultState::Bad,
        }
    }

    /// A DATETIME of the site in Unix seconds.
    fn unix(&self, at: jiff::civil::DateTime) -> Option<i64> {
        let zoned = self.config.zone().to_ambiguous_timestamp(at).compatible();
        zoned.ok().map(jiff::Timestamp::as_second)
    }

    /// The vault, or what a member may read where there is none.
    fn vault(&self) -> Result<Vault> {
        self.config.vault().map_err(|error| {
            const PUBLIC: &str = "网站尚未设置店铺凭据的加密密钥，暂时不能绑定店铺，请联系客服";
            let told = Error::new(Kind::Config, error.key(), PUBLIC, error.to_string());
            match error.field() {
                Some(field) => told.in_field(field),
                None => told,
            }
        })
    }

    /// Switches an account off: the gateway does not use it, its tokens are kept fresh.
    pub fn pause_channel(&self, user_id: u32, account_id: u32) -> Result<()> {
        self.switch(user_id, account_id, AccountStatus::Active, AccountStatus::Paused)
    }

    pub fn resume_channel(&self, user_id: u32, account_id: u32) -> Result<()> {
        self.switch(user_id, account_id, AccountStatus::Paused, AccountStatus::Active)
    }

    /// A second click finds it done.
    fn switch(
        &self,
        user_id: u32,
        account_id: u32,
        from: AccountStatus,
        to: AccountStatus,
    ) -> Result<()> {
        let now = self.now();
        self.database.transaction(|db| {
            let (row, _) = own_account(db, user_id, account_id)?;
            if row.status == to {
                return Ok(());
            }
            // It ended while it was switched off: then nobody cares for it any more.
            let known = row.last_error.as_deref().is_some_and(|text| trouble::key(text).is_some());
            let ended = to == AccountStatus::Active && row.refresh_at.is_none() && known;
            let to = if ended { AccountStatus::Expired } else { to };
            if row.status != from || !channel::set_status(db, row.id, from, to, now.unix())? {
                return Err(Error::new(
                    Kind::Forbidden,
                    "channel_status",
                    "店铺当前的状态不能进行此操作，请刷新页面后再试",
                    format!("account {account_id} is {}", row.status.code()),
                ));
            }
            let action =
                if to == AccountStatus::Paused { "channel_pause" } else { "channel_resume" };
            write_log(db, &row, action, user_id, now)
        })
    }

    /// Forgets an account and its credentials. They are gone for good.
    pub fn unbind_channel(&self, user_id: u32, account_id: u32) -> Result<()> {
        let now = self.now();
        self.database.transaction(|db| {
            let (row, tenant) = own_account(db, user_id, account_id)?;
            if channel::delete(db, row.id, tenant.id)? {
                write_log(db, &row, "channel_unbind", user_id, now)?;
            }
            Ok(())
        })
    }
}

/// The account, locked behind its tenant, if it is the member's.
fn own_account(db: &mut Db<'_>, user_id: u32, account_id: u32) -> Result<(AccountRow, TenantRow)> {
    let missing = || Error::not_found("channel_account");
    let found = channel::find(db, account_id)?.ok_or_else(missing)?;
    let tenant = own_tenant(tenant::lock(db, found.tenant_id)?, user_id).map_err(|_| missing())?;
    let row = channel::lock(db, account_id)?.filter(|row| row.tenant_id == tenant.id);
    Ok((row.ok_or_else(missing)?, tenant))
}

/// What a member may read of `last_error`.
fn public_error(text: &str) -> String {
    match trouble::key(text) {
        Some(key) => key.to_owned(),
        None => crate::channel::oauth::plain(text, &[]),
    }
}

/// The times of a set of tokens whose access token ends at `expires_at`.
fn times(credentials: &Credentials, expires_at: i64) -> Tokens {
    Tokens {
        expires_at,
        refreshable: credentials.refresh_token().is_some(),
        refresh_until: credentials.refresh_until(),
    }
}
