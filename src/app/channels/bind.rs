//! Binding an account at its platform: OAuth, begun on our page and completed on the way back.

use subtle::ConstantTimeEq;

use super::{
    super::Input,
    App,
    bound::{Bound, extra},
    manual::{account_id, kept, platform, target},
    own_tenant,
};
use crate::{
    Error, Kind, Result,
    channel::{
        Credentials, Platform,
        oauth::{self, AppKeys, Refusal, Trouble},
    },
    domain::{TenantStatus, channel::Channel},
    random,
    store::{
        self,
        channel::{self, AccountRow},
        oauth_state::{self, NewState, StateRow},
        tenant, throttle,
    },
};

/// 32 characters of five random bits each.
const STATE_LENGTH: usize = 32;
/// A code, or a shop's id in the callback; longer ones are no platform's.
const PARAM_MAX: usize = 1024;
/// The window of the counter of exchanges at once.
const EXCHANGE_SECONDS: u32 = 60;

/// An authorisation that came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    pub tenant_id: u32,
    pub channel: Channel,
    pub account_id: u32,
}

impl App {
    /// The address at the platform that the member's browser is sent to. `session` names the
    /// browser's session; only its hash is kept.
    pub fn begin_channel(
        &self,
        user_id: u32,
        tenant_id: u32,
        code: &str,
        session: &str,
        input: &Input,
    ) -> Result<String> {
        let platform = platform(code)?;
        // Before anybody is sent away: what comes back has to be kept.
        let vault = self.vault()?;
        self.app(platform)?;
        let redirect_uri = self.redirect_uri()?;
        if session.is_empty() {
            return Err(Error::input("session", "state_unknown", "登录状态已失效，请重新登录"));
        }
        let wanted = account_id(input)?;
        self.count_attempt(&[self.channel_limit(user_id)])?;
        let state = random::code::<STATE_LENGTH>()?;
        let now = self.now();
        self.database.transaction(|db| {
            let tenant = own_tenant(tenant::find(db, tenant_id)?, user_id)?;
            if tenant.state.status == TenantStatus::Disabled {
                return Err(super::super::orders::disabled(tenant_id));
            }
            let rows = channel::of_tenant(db, tenant_id)?;
            let rows: Vec<AccountRow> =
                rows.into_iter().filter(|row| row.channel == platform.channel).collect();
            let before = match target(&rows, wanted)? {
                Some(row) => kept(&vault, row).unwrap_or_default(),
                None => Credentials::default(),
            };
            let extra = extra(platform, input, &before)?.to_string();
            let new = NewState {
                state: &state,
                user_id,
                tenant_id,
                channel: platform.channel,
                session,
                extra: &extra,
            };
            oauth_state::insert(db, &new, now.unix())
        })?;
        let beta = platform.channel == Channel::Amazon && self.config.is_on("amazon_beta", false);
        let more: &[(&str, &str)] = if beta { &[("version", "beta")] } else { &[] };
        let app_id = self.config.text(platform.authorize_id.1);
        let reach = self.config.reach();
        Ok(oauth::authorize_url(platform, &reach, app_id, &state, &redirect_uri, more))
    }

    /// The member came back. `query`: the callback's parameters as they are.
    pub fn complete_channel(
        &self,
        user_id: u32,
        session: &str,
        query: &Input,
    ) -> Result<Completed> {
        let state = query.text("state").unwrap_or_default();
        let row = self.own_state(user_id, session, state)?;
        let platform = Platform::of(row.channel);
        let param = |name: &str| {
            let text = query.text(name).unwrap_or_default().trim();
            (text.len() <= PARAM_MAX && !text.chars().any(char::is_control)).then_some(text)
        };
        if query.text("error").is_none_or(|error| !error.is_empty()) {
            self.spend(state)?;
            return Err(denied(query.text("error").unwrap_or_default()));
        }
        let code = match param(platform.code_param) {
            Some(code) if !code.is_empty() => code,
            _ => {
                self.spend(state)?;
                return Err(denied(""));
            }
        };
        let vault = self.vault()?;
        let keys = self.app(platform)?;
        let redirect_uri = self.redirect_uri()?;
        let granted = self.one_of_few_exchanges(|| {
            self.spend(state)?;
            let reach = self.config.reach();
            oauth::exchange(&self.http, platform, &reach, &keys, code, &redirect_uri)
                .map_err(|trouble| refused(platform, &trouble))
        })?;
        let shop_id = match platform.shop_param {
            Some(name) => param(name).filter(|text| !text.is_empty()).map(str::to_owned),
            None => granted.shop_id.clone(),
        };
        // As the column keeps it, so that the same shop is found again.
        let shop_id = shop_id.map(|id| id.chars().take(channel::SHOP_ID_LENGTH).collect());
        let bound = Bound { platform, keys: &keys, granted: &granted, shop_id, vault: &vault };
        let account_id = self.store_bound(user_id, &row, &bound)?;
        Ok(Completed { tenant_id: row.tenant_id, channel: row.channel, account_id })
    }

    fn app(&self, platform: &Platform) -> Result<AppKeys> {
        self.config.app_keys(platform).ok_or_else(|| {
            Error::new(
                Kind::Config,
                "oauth_unavailable",
                "网站尚未开通该平台的一键授权，请使用手动填写",
                format!("the application's keys at {} are not set", platform.channel.code()),
            )
        })
    }

    /// Exactly this is registered at the platforms.
    fn redirect_uri(&self) -> Result<String> {
        let production = self.config.ini().oauth_base.is_empty();
        let base = self.config.base_url(production)?;
        Ok(format!("{base}/addons/chathub/index/channelCallback"))
    }

    /// The state, if this member began it in this session and it can still be used. Somebody else's is as
    /// unknown as none, and stays as it is.
    fn own_state(&self, user_id: u32, session: &str, state: &str) -> Result<StateRow> {
        let unknown = || {
            Error::new(
                Kind::InvalidInput,
                "state_unknown",
                "授权链接无效，请从“渠道管理”重新开始授权",
                "the state is not known for this member and session",
            )
        };
        if state.len() != STATE_LENGTH || session.is_empty() {
            return Err(unknown());
        }
        let row = self.database.read(|db| oauth_state::find(db, state))?.ok_or_else(unknown)?;
        let same = row.session_hash.as_bytes().ct_eq(store::hash(session).as_bytes());
        if !bool::from(same) || row.user_id != user_id || user_id == 0 {
            return Err(unknown());
        }
        if row.used {
            return Err(state_used());
        }
        if row.expired {
            return Err(Error::new(
                Kind::InvalidInput,
                "state_expired",
                "授权已超时，请重新授权",
                "the state is older than ten minutes",
            ));
        }
        Ok(row)
    }

    /// Of many at once, one goes on.
    fn spend(&self, state: &str) -> Result<()> {
        match self.database.transaction(|db| oauth_state::spend(db, state))? {
            true => Ok(()),
            false => Err(state_used()),
        }
    }

    /// A platform that hangs must not take every PHP worker: who is turned away has used nothing up.
    fn one_of_few_exchanges<T>(&self, ask: impl FnOnce() -> Result<T>) -> Result<T> {
        let bucket = super::super::limits::bucket("exchanging", "");
        let most = i64::from(self.config.payment_inline_limit());
        let admitted = self.database.transaction(|db| {
            let admitted = throttle::count(db, &bucket, EXCHANGE_SECONDS)? <= most;
            if !admitted {
                throttle::uncount(db, &bucket)?;
            }
            Ok(admitted)
        })?;
        if !admitted {
            return Err(Error::new(
                Kind::Provider,
                "channel_busy",
                "平台响应较慢，请稍后刷新本页",
                "as many exchanges are under way as may be",
            ));
        }
        let answer = ask();
        self.database.transaction(|db| throttle::uncount(db, &bucket))?;
        answer
    }

    fn channel_limit(&self, user_id: u32) -> super::super::limits::Limit {
        self.channel_begin_limit(&user_id.to_string())
    }
}

fn state_used() -> Error {
    Error::new(
        Kind::InvalidInput,
        "state_used",
        "这个授权链接已经使用过，请查看店铺是否已绑定",
        "the state was used before",
    )
}

fn denied(error: &str) -> Error {
    let what = oauth::plain(error, &[]);
    match error {
        "" | "access_denied" => Error::new(
            Kind::InvalidInput,
            "consent_denied",
            "您没有同意授权，店铺未绑定；需要时可以重新授权",
            "the member did not consent",
        ),
        _ => Error::new(
            Kind::InvalidInput,
            "channel_refused",
            "平台没有完成授权，请重新授权",
            format!("the platform came back with the error {what}"),
        ),
    }
}

fn refused(platform: &Platform, trouble: &Trouble) -> Error {
    let channel = platform.channel.code();
    let why = format!("{channel}: {}", trouble.text());
    match trouble {
        Trouble::Refused(Refusal::App, _) => {
            Error::new(Kind::Config, "app_refused", "平台没有接受网站的应用密钥，请联系客服", why)
        }
        Trouble::Refused(Refusal::Grant | Refusal::Other, _) => {
            Error::new(Kind::InvalidInput, "channel_refused", "平台没有完成授权，请重新授权", why)
        }
        Trouble::Refused(Refusal::Busy, _) | Trouble::NotSent(_) | Trouble::Unknown(_) => {
            Error::new(Kind::Provider, "channel_unavailable", "平台暂时没有响应，请重新授权", why)
        }
    }
}
