//! From the layout that is there to the one that is wanted, by at most two statements a table: all
//! columns in one, so that a server that has to copy the table does so once; then all indexes, which
//! no server copies a table for. (Together they would cost a copy where columns alone cost none.)

use super::{
    Action, Step,
    found::{self, Table},
    wanted,
};

/// What a table lacks. `instant`: this server adds columns without copying the table.
pub fn steps(found: &Table, wanted: &wanted::Table, instant: bool) -> Vec<Step> {
    let mut columns = Change { instant, ..Change::default() };
    engine_and_charset(found, &mut columns);
    for column in &wanted.columns {
        one_column(found, column, &mut columns);
    }
    if !found.indexes.iter().any(|index| index.name == "PRIMARY") {
        for index in wanted.indexes.iter().filter(|index| index.name == "PRIMARY") {
            add_index(found, index, &mut columns);
        }
    }
    let ours = |name: &str| wanted.columns.iter().any(|c| c.name.eq_ignore_ascii_case(name));
    for own in found.columns.iter().filter(|column| !ours(&column.name)) {
        one_of_their_own(own, &mut columns);
    }
    let mut indexes = Change::default();
    for index in wanted.indexes.iter().filter(|index| index.name != "PRIMARY") {
        one_index(found, index, &mut indexes);
    }
    let step = |change: Change| change.into_step(&wanted.name, found);
    [columns, indexes].into_iter().filter_map(step).collect()
}

/// One ALTER under construction.
#[derive(Default)]
struct Change {
    clauses: Vec<String>,
    words: Vec<String>,
    instant: bool,
    copies: bool,
    /// Columns that get a unique index.
    unique: Vec<Vec<String>>,
}

impl Change {
    fn add(&mut self, word: String, clause: String) {
        self.words.push(word);
        self.clauses.push(clause);
    }

    fn into_step(self, table: &str, found: &Table) -> Option<Step> {
        if self.clauses.is_empty() {
            return None;
        }
        Some(Step {
            what: format!("{table}: {}", self.words.join(", ")),
            row_count: found.row_count,
            copies: self.copies,
            action: Action::Alter {
                table: table.to_owned(),
                clauses: self.clauses.join(", "),
                unique: self.unique,
            },
        })
    }
}

/// Without row locks no payment is safe, and without the fourth byte no rare character fits.
fn engine_and_charset(found: &Table, change: &mut Change) {
    let (engine, charset) = (found.engine != "InnoDB", found.charset != "utf8mb4");
    if engine {
        change.add("to InnoDB".into(), "ENGINE=InnoDB ROW_FORMAT=DEFAULT".into());
        change.copies = true;
    }
    if charset {
        change.add("to utf8mb4".into(), "DEFAULT CHARACTER SET utf8mb4".into());
        change.copies = true;
        // The old formats take no index on 255 characters of four bytes.
        if !engine && matches!(found.row_format.as_str(), "Compact" | "Redundant") {
            change.clauses.push("ROW_FORMAT=DYNAMIC".into());
        }
    }
}

fn one_column(found: &Table, wanted: &wanted::Column, change: &mut Change) {
    let name = &wanted.name;
    let Some(there) = found.column(name) else {
        change.add(format!("add {name}"), format!("ADD COLUMN `{name}` {}", wanted.definition()));
        change.copies |= !change.instant;
        return;
    };
    if wanted.counts_up() && !there.extra.contains("auto_increment") {
        let kind = &there.kind;
        change.add(
            format!("count up {name}"),
            format!("MODIFY COLUMN `{name}` {kind} NOT NULL AUTO_INCREMENT"),
        );
        change.copies = true;
        return;
    }
    let foreign = |charset: &(String, String)| charset.0 != "utf8mb4" && wanted.charset().is_none();
    let foreign = there.charset.as_ref().is_some_and(foreign);
    let wider = wider(&there.kind, &wanted.kind);
    if wider.is_some() || foreign {
        let word = if wider.is_some() { "widen" } else { "recode" };
        let kind = wider.unwrap_or_else(|| there.kind.clone());
        let definition = redefined(there, wanted, &kind, foreign);
        change.add(format!("{word} {name}"), format!("MODIFY COLUMN `{name}` {definition}"));
        change.copies = true;
    } else if let (false, Some(default)) = (there.has_default, wanted.default()) {
        change.add(
            format!("default of {name}"),
            format!("ALTER COLUMN `{name}` SET DEFAULT {default}"),
        );
    }
}

/// The column as it is, but for its type and character set.
fn redefined(there: &found::Column, wanted: &wanted::Column, kind: &str, foreign: bool) -> String {
    let mut definition = kind.to_owned();
    match (&there.charset, wanted.charset()) {
        (_, Some(own)) => definition += &format!(" {own}"),
        (Some((charset, collation)), None) if !foreign => {
            definition += &format!(" CHARACTER SET {charset} COLLATE {collation}");
        }
        (Some((_, collation)), None) => {
            definition += " CHARACTER SET utf8mb4";
            // What was told apart is told apart; other collations may not exist with four bytes.
            if let Some((_, kind @ ("bin" | "general_ci" | "unicode_ci"))) =
                collation.split_once('_')
            {
                definition += &format!(" COLLATE utf8mb4_{kind}");
            }
        }
        (None, None) => {}
    }
    definition += if there.nullable { " NULL" } else { " NOT NULL" };
    if let Some(default) = wanted.default() {
        definition += &format!(" DEFAULT {default}");
    }
    match (there.comment.as_str(), wanted.comment()) {
        ("", None) => {}
        ("", Some(comment)) => definition += &format!(" COMMENT {comment}"),
        (comment, _) => definition += &format!(" COMMENT {}", quoted(comment)),
    }
    definition
}

/// A site's own column that has to be named in each INSERT would stop registrations; it gets what
/// servers that are not strict fill in.
fn one_of_their_own(own: &found::Column, change: &mut Change) {
    if own.has_default || !own.extra.is_empty() {
        return;
    }
    let name = own.name.replace('`', "``");
    let base = own.kind.split(['(', ' ']).next().unwrap_or_default();
    let default = match base {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "float"
        | "double" => "0".to_owned(),
        "char" | "varchar" | "binary" | "varbinary" => "''".to_owned(),
        "enum" => match members(&own.kind).into_iter().next() {
            Some(first) => first,
            None => return,
        },
        _ => {
            let charset = own.charset.as_ref();
            let charset = charset.map(|(charset, collation)| {
                format!(" CHARACTER SET {charset} COLLATE {collation}")
            });
            let (kind, charset) = (&own.kind, charset.unwrap_or_default());
            let comment = quoted(&own.comment);
            change.add(
                format!("no value needed for {}", own.name),
                format!("MODIFY COLUMN `{name}` {kind}{charset} NULL COMMENT {comment}"),
            );
            change.copies = true;
            return;
        }
    };
    change.add(
        format!("default of {}", own.name),
        format!("ALTER COLUMN `{name}` SET DEFAULT {default}"),
    );
}

fn add_index(found: &Table, index: &wanted::Index, change: &mut Change) {
    let word = if index.name == "PRIMARY" {
        "primary key".into()
    } else {
        format!("index {}", index.name)
    };
    change.add(word, format!("ADD {}", index.definition));
    if index.unique && index.columns.iter().all(|name| found.column(name).is_some()) {
        change.unique.push(index.columns.clone());
    }
}

/// An index serves, whatever it is called, if it begins with these columns; a unique one has these
/// and no more.
fn one_index(found: &Table, index: &wanted::Index, change: &mut Change) {
    let serves = |there: &found::Index| match index.unique {
        true => there.unique && !there.partial && there.columns == index.columns,
        false => there.columns.starts_with(&index.columns),
    };
    if found.indexes.iter().any(serves) {
        return;
    }
    // One that lost a column with the column is made anew.
    if found.indexes.iter().any(|there| there.name == index.name) {
        change.clauses.push(format!("DROP INDEX `{}`", index.name));
    }
    add_index(found, index, change);
}

/// The type that holds all of both; `None` when the one that is there does. Types of other families
/// (an administrator's own choice) stay as they are.
fn wider(there: &str, wanted: &str) -> Option<String> {
    let base = |kind: &str| kind.split(['(', ' ']).next().unwrap_or_default().to_owned();
    let length = |kind: &str| -> u64 {
        let digits = kind.split(['(', ')']).nth(1);
        digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
    };
    match (base(there).as_str(), base(wanted).as_str()) {
        ("enum", "enum") => {
            let (old, new) = (members(there), members(wanted));
            if new.iter().all(|value| old.contains(value)) {
                return None;
            }
            let own = old.into_iter().filter(|value| !new.contains(value)).collect::<Vec<_>>();
            let all = new.iter().chain(&own).map(String::as_str).collect::<Vec<_>>();
            Some(format!("enum({})", all.join(",")))
        }
        ("varchar" | "char", "varchar")
        | ("char", "char")
        | ("varbinary" | "binary", "varbinary") => {
            (length(there) < length(wanted)).then(|| wanted.to_owned())
        }
        ("varchar" | "char" | "tinytext", "text") => Some(wanted.to_owned()),
        _ => None,
    }
}

/// The values of an enum as SQL, with their quotes.
fn members(kind: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut rest = kind;
    while let Some((_, begun)) = rest.split_once('\'') {
        let mut end = 0;
        // A quote within a value is written twice.
        while let Some(quote) = begun.get(end..).and_then(|text| text.find('\'')) {
            end += quote + 1;
            match begun.get(end..) {
                Some(after) if after.starts_with('\'') => end += 1,
                _ => break,
            }
        }
        let (value, after) = begun.split_at(end);
        values.push(format!("'{value}"));
        rest = after;
    }
    values
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_widened_by_what_it_lacks_and_keeps_what_it_has() {
        for (there, wanted, expected) in [
            ("enum('a','b')", "enum('a','x','b')", Some("enum('a','x','b')")),
            ("enum('a','own','it''s,')", "enum('a','b')", Some("enum('a','b','own','it''s,')")),
            ("enum('b','a','own')", "enum('a','b')", None),
            ("varchar(50)", "varchar(100)", Some("varchar(100)")),
            ("varchar(200)", "varchar(100)", None),
            ("char(20)", "varchar(100)", Some("varchar(100)")),
            ("varbinary(255)", "varbinary(2048)", Some("varbinary(2048)")),
            ("blob", "varbinary(2048)", None),
            ("varchar(500)", "text", Some("text")),
            ("mediumtext", "text", None),
            ("int(10) unsigned", "int unsigned", None),
            ("bigint(20)", "int", None),
            ("varchar(20)", "enum('a')", None),
        ] {
            assert_eq!(wider(there, wanted).as_deref(), expected, "{there}, {wanted}");
        }
    }

    #[test]
    fn values_of_an_enum() {
        assert_eq!(members("enum('a','b')"), ["'a'", "'b'"]);
        assert_eq!(
            members("enum('it''s','''',',',')','')"),
            ["'it''s'", "''''", "','", "')'", "''"]
        );
        assert_eq!(members("int"), [""; 0]);
    }
}
