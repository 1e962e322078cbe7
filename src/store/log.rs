//! `chathub_log`: what happened, for the administrator. Never holds a secret or an unverified body.

use super::Db;
use crate::Result;

pub struct Entry<'a> {
    /// 0 for the system.
    pub tenant_id: u32,
    pub action: &'a str,
    pub detail: &'a str,
    pub success: bool,
    /// Who did it: `member:7`, `alipay`, `system`.
    pub operator: &'a str,
}

pub fn insert(db: &mut Db<'_>, entry: &Entry<'_>, now: i64) -> Result<()> {
    let status = if entry.success { "success" } else { "failed" };
    db.write(
        "INSERT INTO `__PREFIX__chathub_log` \
         (tenant_id, action, detail, status, operator, createtime) VALUES (?, ?, ?, ?, ?, ?)",
        (entry.tenant_id, entry.action, entry.detail, status, entry.operator, now),
    )?;
    Ok(())
}
