//! The layout that is there.

use mysql::Row;

use super::{Db, take};
use crate::Result;

pub struct Table {
    /// The server's own estimate.
    pub row_count: u64,
    pub engine: String,
    pub row_format: String,
    pub charset: String,
    pub columns: Vec<Column>,
    pub indexes: Vec<Index>,
}

pub struct Column {
    pub name: String,
    pub kind: String,
    pub nullable: bool,
    /// Some value, or NULL: a row can be inserted without naming this column.
    pub has_default: bool,
    /// Character set and collation of a text.
    pub charset: Option<(String, String)>,
    pub comment: String,
    /// `auto_increment`, `VIRTUAL GENERATED`, …
    pub extra: String,
}

pub struct Index {
    pub name: String,
    pub unique: bool,
    pub columns: Vec<String>,
    /// Some column with its first characters only.
    pub partial: bool,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }
}

/// `name` is without the prefix.
pub fn table(db: &mut Db<'_>, name: &str) -> Result<Option<Table>> {
    let sql = format!(
        "SELECT COALESCE(TABLE_ROWS, 0) AS row_count, CAST(COALESCE(ENGINE, '') AS CHAR) AS kind, \
         CAST(COALESCE(ROW_FORMAT, '') AS CHAR) AS row_form, \
         CAST(COALESCE(TABLE_COLLATION, '') AS CHAR) AS collation_name \
         FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
         AND TABLE_NAME = '__PREFIX__{name}'"
    );
    let Some(mut row) = db.row(&sql, ())? else { return Ok(None) };
    let collation: String = take(&mut row, "collation_name")?;
    Ok(Some(Table {
        row_count: take(&mut row, "row_count")?,
        engine: take(&mut row, "kind")?,
        row_format: take(&mut row, "row_form")?,
        charset: collation.split('_').next().unwrap_or_default().to_owned(),
        columns: columns(db, name)?,
        indexes: indexes(db, name)?,
    }))
}

fn columns(db: &mut Db<'_>, table: &str) -> Result<Vec<Column>> {
    let sql = format!(
        "SELECT CAST(COLUMN_NAME AS CHAR) AS name, CAST(COLUMN_TYPE AS CHAR) AS kind, \
         IS_NULLABLE = 'YES' AS nullable, COLUMN_DEFAULT IS NULL AS bare, \
         CAST(CHARACTER_SET_NAME AS CHAR) AS charset_name, \
         CAST(COLLATION_NAME AS CHAR) AS collation_name, CAST(COLUMN_COMMENT AS CHAR) AS remark, \
         CAST(EXTRA AS CHAR) AS extra FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '__PREFIX__{table}' \
         ORDER BY ORDINAL_POSITION"
    );
    let one = |mut row: Row| {
        let nullable: bool = take(&mut row, "nullable")?;
        let charset: Option<String> = take(&mut row, "charset_name")?;
        let collation: Option<String> = take(&mut row, "collation_name")?;
        Ok(Column {
            name: take(&mut row, "name")?,
            kind: take(&mut row, "kind")?,
            nullable,
            has_default: nullable || !take::<bool>(&mut row, "bare")?,
            charset: charset.zip(collation),
            comment: take(&mut row, "remark")?,
            extra: take(&mut row, "extra")?,
        })
    };
    db.rows(&sql, ())?.into_iter().map(one).collect()
}

fn indexes(db: &mut Db<'_>, table: &str) -> Result<Vec<Index>> {
    // Full-text indexes find no order number.
    let sql = format!(
        "SELECT CAST(INDEX_NAME AS CHAR) AS name, NON_UNIQUE = 0 AS single, \
         CAST(COALESCE(COLUMN_NAME, '') AS CHAR) AS part, SUB_PART IS NOT NULL AS partial \
         FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() \
         AND TABLE_NAME = '__PREFIX__{table}' AND INDEX_TYPE IN ('BTREE', 'HASH') \
         ORDER BY INDEX_NAME, SEQ_IN_INDEX"
    );
    let mut indexes: Vec<Index> = Vec::new();
    for mut row in db.rows(&sql, ())? {
        let name: String = take(&mut row, "name")?;
        let (column, partial) = (take(&mut row, "part")?, take(&mut row, "partial")?);
        match indexes.last_mut() {
            Some(index) if index.name == name => {
                index.columns.push(column);
                index.partial |= partial;
            }
            _ => {
                let unique = take(&mut row, "single")?;
                indexes.push(Index { name, unique, columns: vec![column], partial });
            }
        }
    }
    Ok(indexes)
}
