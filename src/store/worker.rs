//! `chathub_worker`: who works in the background, and their signs of life.

use mysql::{Row, params};

use super::{Db, db::take};
use crate::Result;

/// A worker that was not heard of for so many seconds does not count as alive.
pub const SILENT_SECONDS: u32 = 60;
/// Rows of workers that ended are kept for so long.
const KEPT_SECONDS: u32 = 7 * 24 * 3600;

/// A worker's sign of life.
pub struct Beat<'a> {
    /// Host, pid and a random part, in ASCII.
    pub name: &'a str,
    pub version: &'a str,
    pub concurrency: u32,
    pub in_flight: u32,
    /// Steps since it started.
    pub done: u32,
    pub failed: u32,
    /// It ends in good order with this one.
    pub last: bool,
}

/// A worker as it is on record.
#[derive(Clone, Debug)]
pub struct WorkerRow {
    pub name: String,
    pub version: String,
    pub concurrency: u32,
    pub in_flight: u32,
    pub done: u32,
    pub failed: u32,
    /// Unix seconds, like the next two.
    pub started_at: i64,
    pub beat_at: i64,
    pub stopped_at: Option<i64>,
    /// Seconds since it was last heard of, by the server's clock.
    pub silent_for: i64,
}

impl WorkerRow {
    pub fn is_alive(&self) -> bool {
        self.stopped_at.is_none() && self.silent_for < i64::from(SILENT_SECONDS)
    }
}

pub fn beat(db: &mut Db<'_>, beat: &Beat<'_>) -> Result<()> {
    db.write(
        "INSERT INTO `__PREFIX__chathub_worker` \
         (name, version, concurrency, in_flight, done, failed, started_at, beat_at, stopped_at) \
         VALUES (:name, :version, :concurrency, :in_flight, :done, :failed, UNIX_TIMESTAMP(), \
         UNIX_TIMESTAMP(), IF(:last, UNIX_TIMESTAMP(), NULL)) ON DUPLICATE KEY UPDATE \
         in_flight = :in_flight, done = :done, failed = :failed, beat_at = UNIX_TIMESTAMP(), \
         stopped_at = IF(:last, UNIX_TIMESTAMP(), NULL)",
        params! {
            "name" => beat.name,
            "version" => beat.version,
            "concurrency" => beat.concurrency,
            "in_flight" => beat.in_flight,
            "done" => beat.done,
            "failed" => beat.failed,
            "last" => beat.last,
        },
    )?;
    Ok(())
}

/// Whether any worker gave a sign of life lately.
pub fn any_alive(db: &mut Db<'_>) -> Result<bool> {
    let alive = db.number(
        "SELECT COUNT(*) FROM `__PREFIX__chathub_worker` \
         WHERE stopped_at IS NULL AND beat_at > UNIX_TIMESTAMP() - ?",
        (SILENT_SECONDS,),
    )?;
    Ok(alive > 0)
}

/// The workers heard of last, newest first.
pub fn list(db: &mut Db<'_>, limit: u32) -> Result<Vec<WorkerRow>> {
    let rows = db.rows(
        "SELECT name, version, concurrency, in_flight, done, failed, started_at, beat_at, \
         stopped_at, CAST(UNIX_TIMESTAMP() AS SIGNED) - CAST(beat_at AS SIGNED) AS silent_for \
         FROM `__PREFIX__chathub_worker` ORDER BY beat_at DESC, name LIMIT ?",
        (limit,),
    )?;
    rows.into_iter().map(from_row).collect()
}

fn from_row(mut row: Row) -> Result<WorkerRow> {
    Ok(WorkerRow {
        name: take(&mut row, "name")?,
        version: take(&mut row, "version")?,
        concurrency: take(&mut row, "concurrency")?,
        in_flight: take(&mut row, "in_flight")?,
        done: take(&mut row, "done")?,
        failed: take(&mut row, "failed")?,
        started_at: take(&mut row, "started_at")?,
        beat_at: take(&mut row, "beat_at")?,
        stopped_at: take(&mut row, "stopped_at")?,
        silent_for: take(&mut row, "silent_for")?,
    })
}

/// Drops workers that ended long ago; a few at a time.
pub fn sweep(db: &mut Db<'_>) -> Result<()> {
    db.write(
        "DELETE FROM `__PREFIX__chathub_worker` WHERE beat_at < UNIX_TIMESTAMP() - ? LIMIT 100",
        (KEPT_SECONDS,),
    )?;
    Ok(())
}
