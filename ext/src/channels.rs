//! The channels' results as PHP arrays; the stub documents their shapes.

use chathub_core::app::{
    AccountView, ChannelView, ChannelsView, Completed, FieldView, FormView, Period, Rekeyed,
};
use ext_php_rs::exception::PhpResult;

use crate::convert::{Array, list};

pub fn channels(view: &ChannelsView) -> PhpResult<Array> {
    let tenants = list(&view.tenants, |row| {
        Array::new()
            .with("id", row.id)?
            .with("tenant_name", row.name.as_str())?
            .with("status", row.state.status.code())
    })?;
    Array::new()
        .with("tenants", tenants)?
        .with("tenant_id", view.tenant_id)?
        .with("vault", view.vault.code())?
        .with("channels", list(&view.channels, channel)?)
}

fn channel(view: &ChannelView) -> PhpResult<Array> {
    let statistics = &view.statistics;
    let stats = Array::new()
        .with("day", period(&statistics.day)?.done())?
        .with("week", period(&statistics.week)?.done())?
        .with("counting", statistics.counting)?;
    Array::new()
        .with("channel", view.channel.code())?
        .with("oauth", view.oauth)?
        .with("accounts", list(&view.accounts, account)?)?
        .with("stats", stats.done())
}

fn period(period: &Period) -> PhpResult<Array> {
    Array::new()
        .with("calls", i64::try_from(period.calls).unwrap_or(i64::MAX))?
        .with("success", period.success)?
        .with("median_ms", period.median_ms)
}

pub fn account(view: &AccountView) -> PhpResult<Array> {
    Array::new()
        .with("id", view.id)?
        .with("shop_id", view.shop_id.as_deref())?
        .with("shop_name", view.shop_name.as_deref())?
        .with("status", view.status.code())?
        .with("in_use", view.in_use)?
        .with("renews", view.renews)?
        .with("authorised_at", view.authorised_at.as_str())?
        .with("expires_at", view.expires_at.as_deref())?
        .with("last_refresh_at", view.last_refresh_at.as_deref())?
        .with("error", view.error.as_deref())
}

pub fn form(view: &FormView) -> PhpResult<Array> {
    let account = view.account.as_ref().map(|view| account(view).map(Array::done)).transpose()?;
    Array::new()
        .with("channel", view.channel.code())?
        .with("oauth", view.oauth)?
        .with("vault", view.vault.code())?
        .with("account", account)?
        .with("fields", list(&view.fields, field)?)
}

fn field(view: &FieldView) -> PhpResult<Array> {
    Array::new()
        .with("name", view.field.name)?
        .with("required", view.field.required)?
        .with("secret", view.field.secret)?
        .with("has_value", view.has_value)?
        .with("options", view.field.options.to_vec())?
        .with("oauth", view.field.oauth)
}

pub fn completed(done: &Completed) -> PhpResult<Array> {
    Array::new()
        .with("tenant_id", done.tenant_id)?
        .with("channel", done.channel.code())?
        .with("account_id", done.account_id)?
        .with("state", "bound")
}

pub fn rekeyed(done: &Rekeyed) -> PhpResult<Array> {
    Array::new()
        .with("after", done.after)?
        .with("done", done.done)?
        .with("seen", done.seen)?
        .with("resealed", done.resealed)?
        .with("sealed", done.sealed)?
        .with("left_old", done.left_old)?
        .with("left_plain", done.left_plain)?
        .with("unreadable", done.unreadable)
}
