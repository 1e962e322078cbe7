//! Sites with the tables of an earlier version.

use super::{service::Service, site::Site};

/// The layouts as `interfaces.md` describes them, with rows as they are found in the field.
pub const FIVE: &str = include_str!("../app/layouts/v1.5.sql");
pub const EIGHT: &str = include_str!("../app/layouts/v1.8.sql");

const OURS: &str = "TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE 'fa\\_chathub%'";

pub fn columns(site: &Site) -> Vec<String> {
    site.rows(&format!(
        "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, \
         CHARACTER_SET_NAME FROM information_schema.COLUMNS WHERE {OURS} \
         ORDER BY TABLE_NAME, COLUMN_NAME"
    ))
}

pub fn indexes(site: &Site) -> Vec<String> {
    site.rows(&format!(
        "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME \
         FROM information_schema.STATISTICS WHERE {OURS} \
         ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"
    ))
}

pub fn old(layout: &str) -> Site {
    let site = Site::with_prefix("fa_", &Service::absent());
    for statement in layout.split(";\n").filter(|sql| !sql.trim().is_empty()) {
        site.exec(statement);
    }
    site
}

/// Everything that a run could change: layout, rows and counters.
pub fn everything(site: &Site) -> Vec<String> {
    // Without the server's estimates, which it corrects when it likes.
    let mut all = vec![site.dump()];
    for (table, columns, order) in [
        (
            "TABLES",
            "TABLE_NAME, ENGINE, ROW_FORMAT, AUTO_INCREMENT, CREATE_TIME, UPDATE_TIME, \
             TABLE_COLLATION, CREATE_OPTIONS, TABLE_COMMENT",
            "TABLE_NAME",
        ),
        ("COLUMNS", "*", "TABLE_NAME, ORDINAL_POSITION"),
        (
            "STATISTICS",
            "TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART, INDEX_TYPE",
            "TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
        ),
    ] {
        all.extend(site.rows(&format!(
            "SELECT {columns} FROM information_schema.{table} WHERE TABLE_SCHEMA = DATABASE() \
             ORDER BY {order}"
        )));
    }
    all
}

/// Table, then column, then what it is: the same for all sites of this version.
pub fn layout(site: &Site) -> (Vec<String>, Vec<String>) {
    (columns(site), indexes(site))
}
