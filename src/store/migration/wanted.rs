//! The layout that is wanted: what install.sql creates on a new site. There is no second list.

const INSTALL_SQL: &str = include_str!("../../../install.sql");

pub struct Table {
    /// Without the prefix.
    pub name: String,
    /// The whole CREATE statement.
    pub create: String,
    pub columns: Vec<Column>,
    pub indexes: Vec<Index>,
}

pub struct Column {
    pub name: String,
    /// The type, as in `varchar(100)` or `int unsigned`.
    pub kind: String,
    /// What follows it: NULL or not, the default, the comment.
    rest: String,
}

pub struct Index {
    /// `PRIMARY` for the primary key.
    pub name: String,
    pub unique: bool,
    pub columns: Vec<String>,
    /// As an ALTER adds it.
    pub definition: String,
}

impl Column {
    pub fn definition(&self) -> String {
        format!("{} {}", self.kind, self.rest).trim_end().to_owned()
    }

    fn clauses(&self) -> &str {
        self.rest.split("COMMENT ").next().unwrap_or_default()
    }

    /// The default as SQL; `None` when there is none, or NULL.
    pub fn default(&self) -> Option<&str> {
        let value = self.clauses().split("DEFAULT ").nth(1)?.split(' ').next()?;
        (value != "NULL").then_some(value)
    }

    /// The comment as SQL, with its quotes.
    pub fn comment(&self) -> Option<&str> {
        self.rest.split_once("COMMENT ").map(|(_, comment)| comment)
    }

    /// `CHARACTER SET … COLLATE …` where it is not the table's.
    pub fn charset(&self) -> Option<&str> {
        let clauses = self.clauses();
        let begin = clauses.find("CHARACTER SET ")?;
        let end = clauses.find(" NOT NULL").or_else(|| clauses.find(" DEFAULT "))?;
        clauses.get(begin..end)
    }

    pub fn counts_up(&self) -> bool {
        self.clauses().contains("AUTO_INCREMENT")
    }
}

pub fn tables() -> Vec<Table> {
    statements(INSTALL_SQL).iter().filter_map(|statement| table(statement)).collect()
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

fn table(create: &str) -> Option<Table> {
    let name = create.split('`').nth(1)?.strip_prefix("__PREFIX__")?.to_owned();
    let lines = || create.lines().skip(1).map(|line| line.trim().trim_end_matches(','));
    Some(Table {
        name,
        create: create.to_owned(),
        columns: lines().filter_map(column).collect(),
        indexes: lines().filter_map(index).collect(),
    })
}

/// `` `status` enum('a','b') DEFAULT 'a' ``
fn column(line: &str) -> Option<Column> {
    let (name, definition) = line.strip_prefix('`')?.split_once("` ")?;
    // Types hold no space, but for the one word that may follow.
    let (mut kind, mut rest) = definition.split_once(' ').unwrap_or((definition, ""));
    if rest == "unsigned" || rest.starts_with("unsigned ") {
        kind = definition.get(..kind.len() + " unsigned".len())?;
        rest = definition.get(kind.len()..)?.trim_start();
    }
    Some(Column { name: name.into(), kind: kind.into(), rest: rest.into() })
}

/// `` UNIQUE KEY `uk_open` (`tenant_id`,`kind`) ``
fn index(line: &str) -> Option<Index> {
    let (unique, rest) = match line.strip_prefix("UNIQUE ") {
        Some(rest) => (true, rest),
        None => (line.starts_with("PRIMARY "), line),
    };
    let rest = rest.strip_prefix("PRIMARY ").unwrap_or(rest).strip_prefix("KEY ")?;
    let (name, parts) = match rest.strip_prefix('`') {
        Some(rest) => rest.split_once("` ")?,
        None => ("PRIMARY", rest),
    };
    let columns = parts.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    Some(Index { name: name.into(), unique, columns, definition: line.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_install_sql_is_understood() {
        let tables = tables();
        let mut lines = 0;
        for table in &tables {
            lines += table.columns.len() + table.indexes.len();
            assert!(table.indexes.iter().any(|index| index.name == "PRIMARY"), "{}", table.name);
            for index in &table.indexes {
                let known = |name: &String| table.columns.iter().any(|column| column.name == *name);
                assert!(index.columns.iter().all(known), "{}.{}", table.name, index.name);
            }
            for column in &table.columns {
                assert_eq!(
                    table
                        .create
                        .matches(&format!("`{}` {}", column.name, column.definition()))
                        .count(),
                    1
                );
            }
        }
        let written = INSTALL_SQL.lines().filter(|line| line.starts_with("  ")).count();
        assert_eq!(lines, written);
        assert_eq!(tables.len(), INSTALL_SQL.matches("CREATE TABLE IF NOT EXISTS").count());
    }

    #[test]
    fn what_a_line_says() {
        let line = "`a` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'x' COMMENT 'DEFAULT 3'";
        let one = column(line).unwrap();
        assert_eq!((one.name.as_str(), one.kind.as_str()), ("a", "varchar(64)"));
        assert_eq!(one.charset(), Some("CHARACTER SET ascii COLLATE ascii_bin"));
        assert_eq!((one.default(), one.comment()), (Some("'x'"), Some("'DEFAULT 3'")));
        let one = column("`a` int unsigned NOT NULL AUTO_INCREMENT").unwrap();
        assert_eq!(one.definition(), "int unsigned NOT NULL AUTO_INCREMENT");
        assert_eq!(
            (one.kind.as_str(), one.default(), one.counts_up()),
            ("int unsigned", None, true)
        );
        let one = column("`a` text").unwrap();
        assert_eq!((one.definition().as_str(), one.default(), one.charset()), ("text", None, None));
        let one = index("UNIQUE KEY `u` (`a`,`b`(191))").unwrap();
        assert_eq!((one.name.as_str(), one.unique, one.columns.len()), ("u", true, 2));
    }
}
