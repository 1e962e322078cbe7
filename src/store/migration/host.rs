//! FastAdmin's own member table.

use super::{Action, Step, alter::quoted, found};

/// FastAdmin's `password` holds 32 characters, the length of an MD5 sum; bcrypt has 60. The column
/// keeps everything else that it has. FastAdmin itself never notices a longer column.
pub fn room_for_bcrypt(user: &found::Table) -> Option<Step> {
    let column = user.column("password")?;
    let (charset, collation) = column.charset.as_ref()?;
    let length = column.kind.split(['(', ')']).nth(1)?.parse::<u32>().ok()?;
    if length >= 60 {
        return None;
    }
    let null = if column.nullable { "NULL" } else { "NOT NULL" };
    let remark = quoted(&column.comment);
    Some(Step {
        what: "user: room for bcrypt in password".into(),
        row_count: user.row_count,
        copies: !column.kind.starts_with("varchar"),
        action: Action::Alter {
            table: "user".into(),
            // Up to 63 characters of four bytes the length is kept in one byte, as before: no server
            // has to copy the table for that.
            clauses: format!(
                "MODIFY COLUMN `password` varchar(63) CHARACTER SET {charset} COLLATE {collation} \
                 {null} DEFAULT '' COMMENT {remark}"
            ),
            unique: Vec::new(),
        },
    })
}
