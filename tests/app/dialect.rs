//! The SQL must run on MySQL 5.7, MySQL 8 and MariaDB 10.3 alike.

use std::{fs, path::Path};

/// What one of them does not know, or understands differently.
const FOREIGN: [&str; 53] = [
    "RETURNING",
    "SKIP LOCKED",
    "NOWAIT",
    "FOR SHARE",
    "OVER (",
    "OVER(",
    "ROW_NUMBER",
    "LAG(",
    "LEAD(",
    "WITH RECURSIVE",
    "INTERSECT",
    "EXCEPT ",
    "LATERAL",
    "JSON_TABLE",
    "JSON_VALUE",
    "->>",
    "REGEXP_REPLACE",
    "ON CONFLICT",
    "ADD COLUMN IF NOT EXISTS",
    "MODIFY COLUMN IF EXISTS",
    "CREATE OR REPLACE",
    "AS NEW ON DUPLICATE",
    "DEFAULT (",
    "DEFAULT UUID",
    "CHECK (",
    "INVISIBLE",
    "RENAME COLUMN",
    "RENAME INDEX IF",
    "DROP CONSTRAINT",
    "DROP COLUMN IF EXISTS",
    "DROP INDEX IF EXISTS",
    "ADD INDEX IF NOT EXISTS",
    "ALGORITHM=INSTANT",
    "ALGORITHM=NOCOPY",
    "ALTER INDEX",
    "SYSTEM VERSIONING",
    "CREATE SEQUENCE",
    "SET STATEMENT",
    "VALUES ROW",
    "ANY_VALUE(",
    "GROUPING(",
    "REGEXP_LIKE",
    "BIN_TO_UUID",
    "UUID_TO_BIN",
    "JSON_ARRAYAGG",
    "JSON_OBJECTAGG",
    "JSON_MERGE_P",
    "MEMBER OF",
    "GEN_CLUST",
    "UTF8MB4_0900",
    "UCA1400",
    "UTF8MB3",
    "NO_AUTO_CREATE_USER",
];

/// Words that MySQL 8 keeps for itself: no name in our statements may be one without its quotes.
const RESERVED: [&str; 14] = [
    "CUBE",
    "EMPTY",
    "FUNCTION",
    "GROUPS",
    "LAST_VALUE",
    "NTILE",
    "OF",
    "RANK",
    "RECURSIVE",
    "ROWS",
    "STACKED",
    "SYSTEM",
    "WINDOW",
    "LEAD",
];

/// Names that a statement gives: after AS.
fn reserved(text: &str) -> Vec<String> {
    let text = text.to_uppercase();
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '`');
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        if word == "AS"
            && let Some(name) = words.next()
            && RESERVED.contains(&name)
        {
            found.push(name.to_owned());
        }
    }
    found
}

fn foreign(text: &str) -> Vec<&'static str> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    FOREIGN.into_iter().filter(|word| text.contains(word)).collect()
}

/// Code without comments, which may well name what the code avoids.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines =
        text.lines().map(str::trim).filter(|l| !l.starts_with("//") && !l.starts_with("--"));
    // A statement that goes on in the next line of the source is one statement.
    lines.collect::<Vec<_>>().join(" ").replace("\\ ", "")
}

#[test]
fn the_check_finds_what_it_looks_for() {
    assert_eq!(foreign("select 1 for update  skip\n locked"), ["SKIP LOCKED"]);
    assert_eq!(foreign("INSERT INTO t VALUES (1) RETURNING id"), ["RETURNING"]);
    assert!(foreign("SELECT id FROM t WHERE a <=> b FOR UPDATE").is_empty());
    assert_eq!(reserved("SELECT COUNT(*) AS rows, 1 AS `rank`, 2 as b"), ["ROWS"]);
}

#[test]
fn no_statement_needs_a_newer_server() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("install.sql")];
    let mut folders = vec![root.join("src/store")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    assert!(files.len() > 20);
    for file in files {
        let code = code(&file);
        assert_eq!(foreign(&code), [""; 0], "{}", file.display());
        assert_eq!(reserved(&code), [""; 0], "{}", file.display());
    }
}

#[test]
fn sql_stands_in_the_store_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for room in ["app", "channel", "domain", "pay", "provision"] {
        let mut folders = vec![root.join(room)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = code(&path);
                for verb in ["SELECT ", "INSERT INTO", "UPDATE `", "DELETE FROM", "__PREFIX__"] {
                    assert!(!text.contains(verb), "{verb} in {}", path.display());
                }
            }
        }
    }
}
