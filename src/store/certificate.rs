//! `chathub_certificate`: the platform certificates of WeChat Pay, for all processes.

use mysql::params;

use super::{Db, db::take};
use crate::Result;

/// Clocks differ a little: a certificate counts this many seconds before its time.
const EARLY: i64 = 300;

pub struct Certificate<'a> {
    pub serial: &'a str,
    pub pem: &'a str,
    /// Unix seconds.
    pub effective_at: i64,
    pub expires_at: i64,
}

/// The PEM text of a certificate that is valid now.
pub fn find(db: &mut Db<'_>, mch_id: &str, serial: &str, now: i64) -> Result<Option<String>> {
    let row = db.row(
        "SELECT pem FROM `__PREFIX__chathub_certificate` \
         WHERE mch_id = ? AND serial = ? AND effective_at <= ? AND expires_at > ?",
        (mch_id, serial, now.saturating_add(EARLY), now),
    )?;
    row.map(|mut row| take(&mut row, "pem")).transpose()
}

/// The list holds every valid certificate. One that has not been in it for so long was withdrawn, and
/// what it signed before has been told again or asked for since.
const WITHDRAWN_SECONDS: i64 = 2 * 86_400;

/// Keeps what was just fetched, and forgets what has expired or was withdrawn; not at once, for
/// notifications signed with the certificate before this one are still on their way.
pub fn keep(
    db: &mut Db<'_>,
    mch_id: &str,
    certificates: &[Certificate<'_>],
    now: i64,
) -> Result<()> {
    for certificate in certificates {
        db.write(
            "INSERT INTO `__PREFIX__chathub_certificate` \
             (mch_id, serial, pem, effective_at, expires_at, fetched_at) \
             VALUES (:mch_id, :serial, :pem, :effective_at, :expires_at, :now) \
             ON DUPLICATE KEY UPDATE pem = VALUES(pem), effective_at = VALUES(effective_at), \
             expires_at = VALUES(expires_at), fetched_at = VALUES(fetched_at)",
            params! {
                "mch_id" => mch_id,
                "serial" => certificate.serial,
                "pem" => certificate.pem,
                "effective_at" => seconds(certificate.effective_at),
                "expires_at" => seconds(certificate.expires_at),
                "now" => seconds(now),
            },
        )?;
    }
    db.write(
        "DELETE FROM `__PREFIX__chathub_certificate` \
         WHERE mch_id = ? AND (expires_at <= ? OR fetched_at < ?)",
        (mch_id, now, now - WITHDRAWN_SECONDS),
    )?;
    Ok(())
}

/// When the merchant's certificates were last fetched; 0 when there are none.
pub fn fetched_at(db: &mut Db<'_>, mch_id: &str) -> Result<i64> {
    db.number(
        "SELECT MAX(fetched_at) FROM `__PREFIX__chathub_certificate` WHERE mch_id = ?",
        (mch_id,),
    )
}

/// What an unsigned column holds.
fn seconds(unix: i64) -> u32 {
    u32::try_from(unix.max(0)).unwrap_or(u32::MAX)
}
