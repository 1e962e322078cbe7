//! Brings the tables of any earlier version to this version's layout. Each step looks before it
//! acts, so a run may be repeated, and one that was cut off goes on where it stopped.

use super::{Database, Db, db::take};
use crate::Result;

/// What install.sql creates on a new site is what an old site is brought to.
const INSTALL_SQL: &str = include_str!("../../install.sql");

/// Columns that earlier layouts lack, in an order in which each may be added after its neighbour.
const COLUMNS: [(&str, &str, &str); 23] = [
    ("chathub_tenant", "user_id", "int unsigned DEFAULT NULL AFTER `id`"),
    ("chathub_tenant", "team_id", "int DEFAULT NULL AFTER `inbox_token`"),
    ("chathub_tenant", "max_agents", "int DEFAULT 3 AFTER `agent_name`"),
    ("chathub_tenant", "expire_at", "datetime DEFAULT NULL AFTER `provisioned_at`"),
    ("chathub_tenant", "suspend_reason", "varchar(20) DEFAULT NULL AFTER `last_active_at`"),
    ("chathub_tenant", "notice_for", "datetime DEFAULT NULL AFTER `suspend_reason`"),
    ("chathub_tenant", "notice_stage", "tinyint unsigned DEFAULT NULL AFTER `notice_for`"),
    ("chathub_tenant", "notice_at", "datetime DEFAULT NULL AFTER `notice_stage`"),
    ("chathub_order", "charged_fen", "int unsigned DEFAULT NULL AFTER `status`"),
    ("chathub_order", "late", "tinyint unsigned NOT NULL DEFAULT 0 AFTER `charged_fen`"),
    ("chathub_order", "code_url", "varchar(255) DEFAULT NULL AFTER `late`"),
    ("chathub_order", "alipay_begun", "tinyint unsigned NOT NULL DEFAULT 0 AFTER `code_url`"),
    ("chathub_order", "query_at", "int unsigned DEFAULT NULL AFTER `alipay_begun`"),
    ("chathub_order", "queries", "int unsigned NOT NULL DEFAULT 0 AFTER `query_at`"),
    ("chathub_order", "paid_at", "datetime DEFAULT NULL AFTER `late`"),
    ("chathub_order", "expire_at", "datetime DEFAULT NULL AFTER `paid_at`"),
    (
        "chathub_channel_account",
        "authorised_at",
        "int unsigned DEFAULT NULL AFTER `rate_limit_per_sec`",
    ),
    (
        "chathub_channel_account",
        "sealed_with",
        "char(16) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL AFTER `authorised_at`",
    ),
    ("chathub_channel_account", "refresh_at", "int unsigned DEFAULT NULL AFTER `sealed_with`"),
    (
        "chathub_channel_account",
        "refresh_failures",
        "int unsigned NOT NULL DEFAULT 0 AFTER `refresh_at`",
    ),
    (
        "chathub_channel_account",
        "uncertain_since",
        "int unsigned DEFAULT NULL AFTER `refresh_failures`",
    ),
    ("chathub_channel_account", "lease_owner", "varchar(100) DEFAULT NULL AFTER `uncertain_since`"),
    (
        "chathub_channel_account",
        "lease_until",
        "int unsigned NOT NULL DEFAULT 0 AFTER `lease_owner`",
    ),
];

/// Column types that earlier layouts have narrower: table, column, what the type must contain, the type.
const TYPES: [(&str, &str, &str, &str); 3] = [
    (
        "chathub_tenant",
        "status",
        "'provisioning'",
        "enum('pending','provisioning','active','suspended','disabled') DEFAULT 'pending'",
    ),
    (
        "chathub_tenant",
        "channel_type",
        "'tiktok'",
        "enum('web_widget','api','amazon','jd','taobao','pdd','tiktok') DEFAULT 'web_widget'",
    ),
    ("chathub_job", "lease_owner", "varchar(100)", "varchar(100) DEFAULT NULL"),
];

const INDEXES: [(&str, &str, &str); 7] = [
    ("chathub_tenant", "idx_user_id", "`user_id`"),
    ("chathub_tenant", "idx_status_expire", "`status`, `expire_at`"),
    ("chathub_order", "idx_query_at", "`query_at`"),
    // The gateway and the pages look for a tenant's accounts; earlier sites may lack it.
    ("chathub_channel_account", "idx_tenant_channel", "`tenant_id`, `channel`, `status`"),
    ("chathub_channel_account", "idx_sealed_with", "`sealed_with`"),
    ("chathub_channel_account", "idx_refresh_at", "`refresh_at`"),
    (
        "chathub_gateway_log",
        "idx_statistics",
        "`tenant_id`, `channel`, `createtime`, `status`, `latency_ms`",
    ),
];

/// Runs what is missing; gives one line for each thing done.
pub fn run(database: &Database) -> Result<Vec<String>> {
    database.exclusive(|db| {
        let mut done = Vec::new();
        create_tables(db, &mut done)?;
        for (table, column, definition) in COLUMNS {
            if column_type(db, table, column)?.is_none() {
                db.command(&format!(
                    "ALTER TABLE `__PREFIX__{table}` ADD COLUMN `{column}` {definition}"
                ))?;
                done.push(format!("{table}: added {column}"));
            }
        }
        for (table, column, must_contain, definition) in TYPES {
            if column_type(db, table, column)?.is_some_and(|kind| !kind.contains(must_contain)) {
                db.command(&format!(
                    "ALTER TABLE `__PREFIX__{table}` MODIFY COLUMN `{column}` {definition}"
                ))?;
                done.push(format!("{table}: widened {column}"));
            }
        }
        give_log_a_default(db, &mut done)?;
        make_room_for_bcrypt(db, &mut done)?;
        for (table, index, columns) in INDEXES {
            let (found, wanted) = (index_columns(db, table, index)?, columns.split(',').count());
            if found == wanted {
                continue;
            }
            // One that lost a column with the column is made anew.
            let drop = if found > 0 { format!("DROP INDEX `{index}`, ") } else { String::new() };
            db.command(&format!(
                "ALTER TABLE `__PREFIX__{table}` {drop}ADD INDEX `{index}` ({columns})"
            ))?;
            done.push(format!("{table}: added index {index}"));
        }
        Ok(done)
    })
}

fn create_tables(db: &mut Db<'_>, done: &mut Vec<String>) -> Result<()> {
    for statement in statements(INSTALL_SQL) {
        let Some(table) = statement.split('`').nth(1).and_then(|t| t.strip_prefix("__PREFIX__"))
        else {
            continue;
        };
        if !has_table(db, table)? {
            db.command(&statement)?;
            done.push(format!("created {table}"));
        }
    }
    Ok(())
}

/// The statements of install.sql, read by FastAdmin's own rules: comment lines are dropped, and a
/// statement ends where a line does with `;`.
fn statements(sql: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut current = String::new();
    for line in sql.lines().filter(|line| !line.starts_with("--")) {
        current.push_str(line);
        current.push('\n');
        if line.trim_end().ends_with(';') {
            statements.push(std::mem::take(&mut current).trim().trim_end_matches(';').to_owned());
        }
    }
    statements
}

fn give_log_a_default(db: &mut Db<'_>, done: &mut Vec<String>) -> Result<()> {
    let without = db.number(
        "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() \
         AND TABLE_NAME = '__PREFIX__chathub_log' AND COLUMN_NAME = 'tenant_id' \
         AND COLUMN_DEFAULT IS NULL",
        (),
    )?;
    if without > 0 {
        db.command(
            "ALTER TABLE `__PREFIX__chathub_log` \
             MODIFY COLUMN `tenant_id` int unsigned NOT NULL DEFAULT 0",
        )?;
        done.push("chathub_log: tenant_id defaults to 0".into());
    }
    Ok(())
}

/// FastAdmin's `user.password` holds 32 characters, the length of an MD5 sum; bcrypt has 60. The
/// column keeps everything else that it has. FastAdmin itself never notices a longer column.
fn make_room_for_bcrypt(db: &mut Db<'_>, done: &mut Vec<String>) -> Result<()> {
    let column = db.row(
        "SELECT CAST(CHARACTER_SET_NAME AS CHAR) AS charset, \
         CAST(COLLATION_NAME AS CHAR) AS collation_name, CAST(COLUMN_COMMENT AS CHAR) AS remark, \
         CAST(IS_NULLABLE AS CHAR) AS nullable FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '__PREFIX__user' \
         AND COLUMN_NAME = 'password' AND CHARACTER_MAXIMUM_LENGTH < 60",
        (),
    )?;
    let Some(mut column) = column else { return Ok(()) };
    let mut text = |name: &str| take::<String>(&mut column, name);
    let (charset, collation) = (text("charset")?, text("collation_name")?);
    let null = if text("nullable")? == "YES" { "NULL" } else { "NOT NULL" };
    let remark = text("remark")?.replace('\\', "\\\\").replace('\'', "''");
    db.command(&format!(
        "ALTER TABLE `__PREFIX__user` MODIFY COLUMN `password` varchar(255) \
         CHARACTER SET {charset} COLLATE {collation} {null} DEFAULT '' COMMENT '{remark}'"
    ))?;
    done.push("user: made room for bcrypt in password".into());
    Ok(())
}

fn has_table(db: &mut Db<'_>, table: &str) -> Result<bool> {
    let sql = format!(
        "SELECT COUNT(*) FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '__PREFIX__{table}'"
    );
    Ok(db.number(&sql, ())? > 0)
}

fn column_type(db: &mut Db<'_>, table: &str, column: &str) -> Result<Option<String>> {
    let sql = format!(
        "SELECT CAST(COLUMN_TYPE AS CHAR) AS kind FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '__PREFIX__{table}' AND COLUMN_NAME = ?"
    );
    db.row(&sql, (column,))?.map(|mut row| take(&mut row, "kind")).transpose()
}

/// How many columns an index has; 0 when there is none.
fn index_columns(db: &mut Db<'_>, table: &str, index: &str) -> Result<usize> {
    let sql = format!(
        "SELECT COUNT(*) FROM information_schema.STATISTICS \
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '__PREFIX__{table}' AND INDEX_NAME = ?"
    );
    Ok(usize::try_from(db.number(&sql, (index,))?).unwrap_or(0))
}
