//! `chathub_throttle`: counters per address and account, shared by all processes.

use super::Db;
use crate::Result;

/// Counts one use of `bucket` (a hash) in its window and gives how many that makes.
/// The window opens with the first use and lasts `seconds`.
pub fn count(db: &mut Db<'_>, bucket: &str, seconds: u32) -> Result<i64> {
    // Assignments run from left to right: `used` still sees the old end of the window.
    db.write(
        "INSERT INTO `__PREFIX__chathub_throttle` (bucket, used, resets_at) \
         VALUES (?, 1, UNIX_TIMESTAMP() + ?) ON DUPLICATE KEY UPDATE \
         used = IF(resets_at <= UNIX_TIMESTAMP(), 1, LEAST(used + 1, 1000000)), \
         resets_at = IF(resets_at <= UNIX_TIMESTAMP(), UNIX_TIMESTAMP() + ?, resets_at)",
        (bucket, seconds, seconds),
    )?;
    db.number("SELECT used FROM `__PREFIX__chathub_throttle` WHERE bucket = ?", (bucket,))
}

/// Whether the bucket's window is open.
pub fn is_counting(db: &mut Db<'_>, bucket: &str) -> Result<bool> {
    let open = db.number(
        "SELECT COUNT(*) FROM `__PREFIX__chathub_throttle` \
         WHERE bucket = ? AND resets_at > UNIX_TIMESTAMP()",
        (bucket,),
    )?;
    Ok(open > 0)
}

/// Takes one use back.
pub fn uncount(db: &mut Db<'_>, bucket: &str) -> Result<()> {
    db.write(
        "UPDATE `__PREFIX__chathub_throttle` SET used = used - 1 WHERE bucket = ? AND used > 0",
        (bucket,),
    )?;
    Ok(())
}

/// Begins anew.
pub fn forget(db: &mut Db<'_>, bucket: &str) -> Result<()> {
    db.write("DELETE FROM `__PREFIX__chathub_throttle` WHERE bucket = ?", (bucket,))?;
    Ok(())
}

/// Drops counters whose window is over; a few at a time.
pub fn sweep(db: &mut Db<'_>) -> Result<()> {
    db.write(
        "DELETE FROM `__PREFIX__chathub_throttle` WHERE resets_at < UNIX_TIMESTAMP() LIMIT 100",
        (),
    )?;
    Ok(())
}
