//! The manual form: credentials that a member types in.

use super::{super::Input, AccountView, App, VaultState, own_tenant, records::write_log};
use crate::{
    Error, Result,
    channel::{Credentials, Platform, Vault, platforms::Field},
    domain::{
        TenantStatus,
        channel::{AccountStatus, Channel},
    },
    store::{
        channel::{self, AccountRow, Written},
        tenant,
    },
};

/// Longer ones are no key or token of any platform.
const VALUE_MAX: usize = 1900;

pub struct FormView {
    pub channel: Channel,
    pub oauth: bool,
    pub vault: VaultState,
    /// What is changed by the form; `None`: a new one is made.
    pub account: Option<AccountView>,
    pub fields: Vec<FieldView>,
}

pub struct FieldView {
    pub field: &'static Field,
    /// There is a value; it is never shown again.
    pub has_value: bool,
}

impl App {
    /// The form for one of the tenant's accounts; without `account_id` for the one that it would change.
    pub fn channel_form(
        &self,
        user_id: u32,
        tenant_id: u32,
        code: &str,
        account_id: Option<u32>,
    ) -> Result<FormView> {
        let platform = platform(code)?;
        let rows = self.database.read(|db| {
            own_tenant(tenant::find(db, tenant_id)?, user_id)?;
            channel::of_tenant(db, tenant_id)
        })?;
        let rows: Vec<AccountRow> =
            rows.into_iter().filter(|row| row.channel == platform.channel).collect();
        let row = target(&rows, account_id)?;
        // Without a key, or with another one, there is nothing to keep.
        let kept = match (row, self.config.vault()) {
            (Some(row), Ok(vault)) => kept(&vault, row).unwrap_or_default(),
            _ => Credentials::default(),
        };
        Ok(FormView {
            channel: platform.channel,
            oauth: self.config.app_keys(platform).is_some(),
            vault: self.vault_state(),
            account: row.map(|row| self.account_view(row)),
            fields: platform
                .fields
                .iter()
                .map(|field| FieldView { field, has_value: kept.has(field.keys) })
                .collect(),
        })
    }

    /// Stores what was typed. An empty field of an account that there is keeps its value.
    pub fn save_channel(
        &self,
        user_id: u32,
        tenant_id: u32,
        code: &str,
        input: &Input,
    ) -> Result<AccountView> {
        let platform = platform(code)?;
        let vault = self.vault()?;
        let account_id = account_id(input)?;
        let now = self.now();
        let id = self.database.transaction(|db| {
            let tenant = own_tenant(tenant::lock(db, tenant_id)?, user_id)?;
            if tenant.state.status == TenantStatus::Disabled {
                return Err(super::super::orders::disabled(tenant_id));
            }
            let rows = channel::lock_of_channel(db, tenant_id, platform.channel)?;
            let row = target(&rows, account_id)?;
            let mut credentials = match row {
                // What no key opens is typed in anew as a whole.
                Some(row) => kept(&vault, row).unwrap_or_default(),
                None => Credentials::default(),
            };
            let before = (credentials.tokens_mark(platform), credentials.grant_mark());
            for (field, value) in values(platform.fields.iter(), input, Some(&credentials))? {
                set(&mut credentials, field, &value);
            }
            let refreshable = credentials.refresh_token().is_some();
            let new_grant = credentials.grant_mark() != before.1;
            let new_tokens =
                new_grant || !refreshable && credentials.tokens_mark(platform) != before.0;
            if new_tokens {
                // Whose end nobody has told.
                credentials.forget_refresh_until();
            }
            let blob = sealed(&credentials, &vault, platform)?;
            let server = db.now()?;
            let status = match row.map(|row| row.status) {
                Some(AccountStatus::Paused) => AccountStatus::Paused,
                _ => AccountStatus::Active,
            };
            let written = Written {
                shop_id: row.and_then(|row| row.shop_id.as_deref()),
                shop_name: row.and_then(|row| row.shop_name.as_deref()),
                blob: &blob,
                sealed_with: vault.mark(),
                expires_at: None,
                status,
                authorised_at: Some(now.unix()),
                last_refresh_at: row.and_then(|row| row.last_refresh_at),
                // A renewal tells whether it works, and until when.
                refresh_at: refreshable.then_some(server),
            };
            let id = match row {
                Some(row) if new_tokens => {
                    channel::write(db, row, &written, now.unix())?;
                    row.id
                }
                Some(row) => {
                    let given_up = row.status == AccountStatus::Expired;
                    let wake = given_up && refreshable;
                    channel::edit(db, row, &blob, vault.mark(), status, wake, now.unix())?;
                    row.id
                }
                None => channel::insert(db, tenant_id, platform.channel, &written, now.unix())?,
            };
            let stored =
                channel::find(db, id)?.ok_or_else(|| Error::storage("the account is gone"))?;
            write_log(db, &stored, "channel_save", user_id, now)?;
            Ok(id)
        })?;
        let row = self.database.read(|db| channel::find(db, id))?;
        let row = row.ok_or_else(|| Error::not_found("channel_account"))?;
        Ok(self.account_view(&row))
    }
}

pub(super) fn platform(code: &str) -> Result<&'static Platform> {
    Channel::parse(code)
        .map(Platform::of)
        .ok_or_else(|| Error::input("channel", "unknown_channel", "没有这个平台"))
}

/// Which of a tenant's accounts of a channel is meant, when they are given newest first: the one that was
/// named, or the one that the gateway uses, or the newest.
pub(super) fn target(rows: &[AccountRow], account_id: Option<u32>) -> Result<Option<&AccountRow>> {
    match account_id {
        Some(id) => rows
            .iter()
            .find(|row| row.id == id)
            .map(Some)
            .ok_or_else(|| Error::not_found("channel_account")),
        None => {
            let active = rows.iter().find(|row| row.status == AccountStatus::Active);
            Ok(active.or_else(|| rows.first()))
        }
    }
}

/// The form's `account`: an account's id; empty or absent for none in particular.
pub(super) fn account_id(input: &Input) -> Result<Option<u32>> {
    match input.text("account").map(str::trim) {
        Some("") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| Error::not_found("channel_account")),
        None => Err(Error::not_found("channel_account")),
    }
}

pub(super) fn kept(vault: &Vault, row: &AccountRow) -> Result<Credentials> {
    match row.blob() {
        Some(blob) => Credentials::read(vault, blob).map(|(credentials, _)| credentials),
        None => Ok(Credentials::default()),
    }
}

/// The fields' values as typed, without those that are left as they are.
pub(super) fn values(
    fields: impl Iterator<Item = &'static Field>,
    input: &Input,
    kept: Option<&Credentials>,
) -> Result<Vec<(&'static Field, String)>> {
    let mut values = Vec::new();
    for field in fields {
        let wrong = |key, public: &str| Err(Error::input(field.name, key, public));
        let Some(text) = input.text(field.name).map(str::trim) else {
            return wrong("not_text", "格式不正确");
        };
        if text.is_empty() {
            let has = kept.is_some_and(|kept| kept.has(field.keys));
            match field.options.first() {
                _ if has => {}
                Some(default) => {
                    values.push((field, (*default).to_owned()));
                }
                None if field.required => return wrong("required", "请填写此项"),
                None => {}
            }
            continue;
        }
        if text.len() > VALUE_MAX {
            return wrong("too_long", "内容太长");
        }
        // What was copied with a line break or a blank in it would never work.
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return wrong("bad_characters", "只能包含英文字母、数字和符号，中间不能有空格或换行");
        }
        let text = match field.options {
            [] => text.to_owned(),
            options => match options.iter().find(|option| option.eq_ignore_ascii_case(text)) {
                Some(option) => (*option).to_owned(),
                None => return wrong("unknown_option", "请从列表中选择"),
            },
        };
        values.push((field, text));
    }
    Ok(values)
}

/// Under the name that the gateway reads first, and under no other.
pub(super) fn set(credentials: &mut Credentials, field: &Field, value: &str) {
    let Some((first, others)) = field.keys.split_first() else { return };
    credentials.set(first, value);
    others.iter().for_each(|other| credentials.remove(other));
}

/// As [`Credentials::seal`]; what is too long is named by its field.
pub(super) fn sealed(
    credentials: &Credentials,
    vault: &Vault,
    platform: &Platform,
) -> Result<Vec<u8>> {
    credentials.seal(vault).map_err(|error| {
        let longest = credentials.longest().unwrap_or_default();
        let field = platform.fields.iter().find(|field| field.keys.contains(&longest));
        match field {
            Some(field) if error.key() == "credentials_too_long" => error.in_field(field.name),
            _ => error,
        }
    })
}
