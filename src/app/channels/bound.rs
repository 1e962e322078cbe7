//! What a platform gave, on its way to a row: the one of the same shop, or a new one.

use serde_json::{Map, Value};

use super::{
    super::Input,
    super::Moment,
    App,
    manual::{kept, sealed, set, values},
    own_tenant,
    records::write_log,
    times,
};
use crate::{
    Error, Result,
    channel::{
        Credentials, Platform, Vault,
        oauth::{AppKeys, Granted},
    },
    domain::channel::{AccountStatus, care_at, life},
    random,
    store::{
        Db,
        channel::{self, AccountRow, Written},
        oauth_state::StateRow,
        tenant,
    },
};

/// What came back from a platform, on its way to a row.
pub(super) struct Bound<'a> {
    pub platform: &'static Platform,
    pub keys: &'a AppKeys,
    pub granted: &'a Granted,
    pub shop_id: Option<String>,
    pub vault: &'a Vault,
}

impl Bound<'_> {
    /// The row of this shop; or one of a shop that is not known, which then is this one.
    fn row<'r>(&self, rows: &'r [AccountRow]) -> Option<&'r AccountRow> {
        let same = rows.iter().find(|row| row.shop_id == self.shop_id);
        same.or_else(|| rows.iter().find(|row| row.shop_id.is_none()))
    }

    /// The application's keys, which the gateway needs as well, and what the page asked for.
    fn fill(&self, credentials: &mut Credentials, extra: &str) {
        let keys = [
            (self.platform.id_keys, self.keys.id.as_str()),
            (self.platform.secret_keys, self.keys.secret.reveal()),
        ];
        for (names, value) in keys {
            if let Some((first, others)) = names.split_first() {
                credentials.set(first, value);
                others.iter().for_each(|other| credentials.remove(other));
            }
        }
        let extra: Map<String, Value> = serde_json::from_str(extra).unwrap_or_default();
        for field in self.platform.fields.iter().filter(|field| field.oauth) {
            let value = |which: &str| extra.get(which)?.get(field.name)?.as_str();
            if let Some(value) = value("set") {
                set(credentials, field, value);
            } else if let Some(value) = value("else")
                && !credentials.has(field.keys)
            {
                set(credentials, field, value);
            }
        }
    }
}

/// What OAuth does not bring: as typed (`set`), or as the account that the page was about has it, for a
/// shop that turns out to be another one (`else`).
pub(super) fn extra(platform: &Platform, input: &Input, before: &Credentials) -> Result<Value> {
    let asked = || platform.fields.iter().filter(|field| field.oauth);
    let set: Map<String, Value> = values(asked(), input, Some(before))?
        .into_iter()
        .map(|(field, value)| (field.name.to_owned(), value.into()))
        .collect();
    let kept: Map<String, Value> = asked()
        .filter_map(|field| Some((field.name.to_owned(), before.first(field.keys)?.into())))
        .collect();
    Ok(serde_json::json!({"set": set, "else": kept}))
}

impl App {
    /// Gives the account's id.
    pub(super) fn store_bound(
        &self,
        user_id: u32,
        state: &StateRow,
        bound: &Bound<'_>,
    ) -> Result<u32> {
        let now = self.now();
        let jitter = random::fraction();
        let tenant_id = state.tenant_id;
        self.database.transaction(|db| {
            own_tenant(tenant::lock(db, tenant_id)?, user_id)?;
            let rows = channel::lock_of_channel(db, tenant_id, state.channel)?;
            let row = bound.row(&rows);
            let mut credentials = match row {
                Some(row) => kept(bound.vault, row).unwrap_or_default(),
                None => Credentials::default(),
            };
            bound.fill(&mut credentials, &state.extra);
            credentials.forget_tokens(bound.platform);
            // What becomes due becomes so by the server's clock.
            let server = db.now()?;
            let changes = Credentials::changes(bound.platform, bound.granted, server);
            credentials.apply(bound.platform, &changes);
            let expires_at = server + life(bound.granted.life, bound.platform.default_life);
            let times = times(&credentials, expires_at);
            let blob = sealed(&credentials, bound.vault, bound.platform)?;
            let written = Written {
                shop_id: bound.shop_id.as_deref(),
                shop_name: bound.granted.shop_name.as_deref(),
                blob: &blob,
                sealed_with: bound.vault.mark(),
                expires_at: Some(self.local(times.expires_at)),
                status: AccountStatus::Active,
                authorised_at: Some(now.unix()),
                last_refresh_at: Some(self.local(server)),
                refresh_at: Some(care_at(server, times, jitter)),
            };
            store(db, row, state, &written, user_id, now)
        })
    }
}

fn store(
    db: &mut Db<'_>,
    row: Option<&AccountRow>,
    state: &StateRow,
    written: &Written<'_>,
    user_id: u32,
    now: Moment,
) -> Result<u32> {
    let id = match row {
        Some(row) => {
            channel::write(db, row, written, now.unix())?;
            row.id
        }
        None => channel::insert(db, state.tenant_id, state.channel, written, now.unix())?,
    };
    let stored = channel::find(db, id)?.ok_or_else(|| Error::storage("the account is gone"))?;
    write_log(db, &stored, "channel_bind", user_id, now)?;
    Ok(id)
}
