//! `chathub_gateway_log`, written by the gateway: counted once by the hour into `chathub_gateway_hour`,
//! so that a page with ten million calls behind it reads a few hundred rows.

use mysql::{Row, params};

use super::{Db, db::take};
use crate::{
    Error, Result,
    domain::{
        channel::Channel,
        latency::{EXACT, STEP},
    },
};

/// A group of calls: those of one hour that took about as long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Hours since 1970.
    pub hour: i64,
    /// See `domain::latency`; `None`: nothing is known of how long they took.
    pub bucket: Option<u32>,
    pub calls: u64,
    /// Answered, from the platform or from the cache.
    pub good: u64,
}

/// Which end of the time is counted first, and how many calls at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    Oldest(u32),
    Newest(u32),
}

fn channel_of(row: &mut Row) -> Result<Channel> {
    let code: String = take(row, "channel")?;
    Channel::parse(&code).ok_or_else(|| Error::storage("calls of an unknown channel"))
}

/// Counts the calls from `from` until before `until` (Unix seconds). The index holds all that is
/// needed, and no more than the limit of it is read.
pub fn count(
    db: &mut Db<'_>,
    tenant_id: u32,
    channel: Channel,
    from: i64,
    until: i64,
    first: First,
) -> Result<Vec<Group>> {
    let (order, limit) = match first {
        First::Oldest(limit) => ("ASC", limit),
        First::Newest(limit) => ("DESC", limit),
    };
    let sql = format!(
        "SELECT hour, bucket, CAST(COUNT(*) AS UNSIGNED) AS calls, CAST(SUM(good) AS UNSIGNED) AS good \
         FROM (SELECT createtime DIV 3600 AS hour, status IN ('success', 'cache_hit') AS good, \
         CAST(IF(latency_ms < {EXACT}, latency_ms, \
         {EXACT} + FLOOR(LN(latency_ms / {EXACT}) / LN({STEP}))) AS SIGNED) AS bucket FROM `__PREFIX__chathub_gateway_log` FORCE INDEX (idx_statistics) \
         WHERE tenant_id = :tenant_id AND channel = :channel AND createtime >= :since \
         AND createtime < :before ORDER BY createtime {order} LIMIT {limit}) AS picked \
         GROUP BY hour, bucket"
    );
    let rows = db.rows(
        &sql,
        params! {
            "tenant_id" => tenant_id,
            "channel" => channel.code(),
            "since" => from,
            "before" => until,
        },
    )?;
    rows.into_iter()
        .map(|mut row| {
            Ok(Group {
                hour: take(&mut row, "hour")?,
                bucket: take::<Option<u32>>(&mut row, "bucket")?,
                calls: take(&mut row, "calls")?,
                good: take(&mut row, "good")?,
            })
        })
        .collect()
}

/// A whole hour, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourRow {
    pub channel: Channel,
    /// Its begin in Unix seconds.
    pub hour_at: i64,
    pub calls: u64,
    pub good: u64,
    /// JSON: bucket to calls.
    pub latencies: String,
}

/// The tenant's hours that begin at `from` or later.
pub fn hours(db: &mut Db<'_>, tenant_id: u32, from: i64) -> Result<Vec<HourRow>> {
    let rows = db.rows(
        "SELECT channel, hour_at, calls, good, latencies FROM `__PREFIX__chathub_gateway_hour` \
         WHERE tenant_id = ? AND hour_at >= ?",
        (tenant_id, from),
    )?;
    rows.into_iter()
        .map(|mut row| {
            Ok(HourRow {
                channel: channel_of(&mut row)?,
                hour_at: take(&mut row, "hour_at")?,
                calls: take(&mut row, "calls")?,
                good: take(&mut row, "good")?,
                latencies: take(&mut row, "latencies")?,
            })
        })
        .collect()
}

/// Stores a counted hour; once more is the same.
pub fn keep_hour(db: &mut Db<'_>, tenant_id: u32, hour: &HourRow) -> Result<()> {
    db.write(
        "INSERT INTO `__PREFIX__chathub_gateway_hour` \
         (tenant_id, channel, hour_at, calls, good, latencies) \
         VALUES (:tenant_id, :channel, :hour_at, :calls, :good, :latencies) \
         ON DUPLICATE KEY UPDATE calls = :calls, good = :good, latencies = :latencies",
        params! {
            "tenant_id" => tenant_id,
            "channel" => hour.channel.code(),
            "hour_at" => hour.hour_at,
            "calls" => hour.calls.min(u64::from(u32::MAX)),
            "good" => hour.good.min(u64::from(u32::MAX)),
            "latencies" => &hour.latencies,
        },
    )?;
    Ok(())
}

/// Between these two (Unix seconds, whole hours) a channel's calls are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: i64,
    pub until: i64,
}

pub fn spans(db: &mut Db<'_>, tenant_id: u32) -> Result<Vec<(Channel, Span)>> {
    let rows = db.rows(
        "SELECT channel, from_at, until_at FROM `__PREFIX__chathub_gateway_span` \
         WHERE tenant_id = ?",
        (tenant_id,),
    )?;
    rows.into_iter()
        .map(|mut row| {
            let span =
                Span { from: take(&mut row, "from_at")?, until: take(&mut row, "until_at")? };
            Ok((channel_of(&mut row)?, span))
        })
        .collect()
}

/// Stores how far it is counted. Where somebody else got further meanwhile, theirs stays: what lies
/// between is counted once more.
pub fn keep_span(
    db: &mut Db<'_>,
    tenant_id: u32,
    channel: Channel,
    before: Option<Span>,
    after: Span,
) -> Result<()> {
    match before {
        None => {
            db.insert(
                "INSERT INTO `__PREFIX__chathub_gateway_span` \
                 (tenant_id, channel, from_at, until_at) VALUES (?, ?, ?, ?)",
                (tenant_id, channel.code(), after.from, after.until),
            )?;
        }
        Some(before) => {
            db.write(
                "UPDATE `__PREFIX__chathub_gateway_span` SET from_at = ?, until_at = ? \
                 WHERE tenant_id = ? AND channel = ? AND from_at = ? AND until_at = ?",
                (after.from, after.until, tenant_id, channel.code(), before.from, before.until),
            )?;
        }
    }
    Ok(())
}

/// Tenants with a shop account, or whose page was looked at, that are not counted over all of `whole`.
pub fn behind(db: &mut Db<'_>, whole: Span, limit: u32) -> Result<Vec<u32>> {
    let rows = db.rows(
        "SELECT DISTINCT tenant_id FROM ((SELECT tenant_id FROM `__PREFIX__chathub_gateway_span` \
         WHERE until_at < :before OR from_at > :since LIMIT :most) UNION ALL \
         (SELECT a.tenant_id FROM `__PREFIX__chathub_channel_account` a WHERE NOT EXISTS (\
         SELECT 1 FROM `__PREFIX__chathub_gateway_span` s WHERE s.tenant_id = a.tenant_id \
         AND s.channel = a.channel) LIMIT :most)) AS wanting",
        params! { "before" => whole.until, "since" => whole.from, "most" => limit },
    )?;
    rows.into_iter().map(|mut row| take(&mut row, "tenant_id")).collect()
}

/// Drops hours that no page shows any more; some at a time.
pub fn sweep(db: &mut Db<'_>) -> Result<()> {
    db.write(
        "DELETE FROM `__PREFIX__chathub_gateway_hour` \
         WHERE hour_at < UNIX_TIMESTAMP() - 9 * 86400 LIMIT 5000",
        (),
    )?;
    Ok(())
}
