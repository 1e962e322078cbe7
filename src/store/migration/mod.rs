//! Brings the tables of any earlier version to this version's layout. What has to be done is read
//! off the tables each time, so a run may be repeated, and one that was cut off goes on where it
//! stopped. `chathub_migration` only tells what ran.

mod alter;
mod config;
mod found;
mod host;
mod wanted;

use std::time::{Duration, Instant};

use mysql::params;

use super::{Database, Db, db::take};
use crate::{Error, Result};

/// Something that is to be done.
#[derive(Clone, Debug)]
pub struct Step {
    /// One line for the administrator: the table (without prefix), and what happens to it.
    pub what: String,
    /// About how many rows it has to do with.
    pub row_count: u64,
    /// The server will probably copy the table for it.
    pub copies: bool,
    action: Action,
}

#[derive(Clone, Debug)]
enum Action {
    Create(String),
    /// `unique`: columns that get a unique index.
    Alter {
        table: String,
        clauses: String,
        unique: Vec<Vec<String>>,
    },
    CleanConfigs,
}

/// What a run tells while it runs.
pub enum News<'a> {
    /// `number` counts from 1.
    Begin {
        step: &'a Step,
        number: usize,
        of: usize,
    },
    /// So many rows of it are done.
    Rows(u64),
    Done {
        took: Duration,
    },
}

/// The table that tells what ran; made first.
const RECORD: &str = "chathub_migration";

/// What a run would do. Changes nothing.
pub fn plan(database: &Database) -> Result<Vec<Step>> {
    database.patiently(steps)
}

/// Does what is missing; gives one line for each thing done.
pub fn run(database: &Database, hear: &mut dyn FnMut(News<'_>)) -> Result<Vec<String>> {
    database.exclusive(|db| {
        let steps = steps(db)?;
        for (index, step) in steps.iter().enumerate() {
            hear(News::Begin { step, number: index + 1, of: steps.len() });
            let began = Instant::now();
            act(db, step, hear).map_err(|error| {
                Error::storage_as(error.key(), format!("{}: {error}", step.what))
            })?;
            let took = began.elapsed();
            record(db, step, took)?;
            hear(News::Done { took });
        }
        match layout(db)?.first() {
            None => Ok(steps.into_iter().map(|step| step.what).collect()),
            Some(left) => Err(Error::storage(format!("still to be done: {}", left.what))),
        }
    })
}

fn steps(db: &mut Db<'_>) -> Result<Vec<Step>> {
    let mut steps = layout(db)?;
    for step in &steps {
        if let Action::Alter { table, unique, .. } = &step.action {
            for columns in unique {
                refuse_duplicates(db, table, columns)?;
            }
        }
    }
    if found::table(db, "chathub_tenant")?.is_some_and(|found| found.column("config").is_some()) {
        let row_count = config::count(db)?;
        if row_count > 0 {
            steps.push(Step {
                what: "chathub_tenant: clean config".into(),
                row_count,
                copies: false,
                action: Action::CleanConfigs,
            });
        }
    }
    Ok(steps)
}

fn layout(db: &mut Db<'_>) -> Result<Vec<Step>> {
    let instant = adds_columns_instantly(db)?;
    let mut steps = Vec::new();
    for wanted in wanted::tables() {
        match found::table(db, &wanted.name)? {
            Some(found) => steps.extend(alter::steps(&found, &wanted, instant)),
            None => steps.push(Step {
                what: format!("create {}", wanted.name),
                row_count: 0,
                copies: false,
                action: Action::Create(wanted.create),
            }),
        }
    }
    steps.extend(found::table(db, "user")?.as_ref().and_then(host::room_for_bcrypt));
    steps.sort_by_key(|step| !step.what.contains(RECORD));
    Ok(steps)
}

/// MariaDB since 10.3 and MySQL since 8.0.12. Only an estimate hangs on it.
fn adds_columns_instantly(db: &mut Db<'_>) -> Result<bool> {
    let Some(mut row) = db.row("SELECT VERSION() AS version", ())? else { return Ok(false) };
    let version: String = take(&mut row, "version")?;
    let since = if version.contains("MariaDB") { [10, 3, 0] } else { [8, 0, 12] };
    // Some MariaDB servers call themselves 5.5.5-10.x.
    let version = version.strip_prefix("5.5.5-").unwrap_or(&version);
    let digits = |c: char| !c.is_ascii_digit();
    let numbers: Vec<u32> = version.split(digits).take(3).flat_map(str::parse).collect();
    Ok(numbers.as_slice() >= &since[..])
}

/// A unique index that is missing cannot be added over rows that are the same there. Which of them is
/// right is for the administrator to say; nothing is deleted.
fn refuse_duplicates(db: &mut Db<'_>, table: &str, columns: &[String]) -> Result<()> {
    let quoted = columns.iter().map(|name| format!("`{name}`"));
    let columns = quoted.clone().collect::<Vec<_>>().join(", ");
    let known = quoted.map(|name| format!("{name} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
    let sql = format!(
        "SELECT {columns}, COUNT(*) FROM `__PREFIX__{table}` WHERE {known} GROUP BY {columns} \
         HAVING COUNT(*) > 1"
    );
    let doubled = db.number(&format!("SELECT COUNT(*) FROM ({sql}) doubled"), ())?;
    if doubled == 0 {
        return Ok(());
    }
    let sql = db.sql(&sql);
    Err(Error::storage_as(
        "duplicate_rows",
        format!(
            "{table}: {doubled} values of {columns} stand in several rows; find them with: {sql}"
        ),
    ))
}

fn act(db: &mut Db<'_>, step: &Step, hear: &mut dyn FnMut(News<'_>)) -> Result<()> {
    match &step.action {
        Action::Create(statement) => db.command(statement),
        Action::Alter { table, clauses, .. } => {
            db.command(&format!("ALTER TABLE `__PREFIX__{table}` {clauses}"))
        }
        Action::CleanConfigs => config::clean(db, &mut |done| hear(News::Rows(done))),
    }
}

fn record(db: &mut Db<'_>, step: &Step, took: Duration) -> Result<()> {
    db.write(
        "INSERT INTO `__PREFIX__chathub_migration` (step, version, took_ms, createtime) \
         VALUES (:step, :version, :took, UNIX_TIMESTAMP())",
        params! {
            "step" => step.what.chars().take(500).collect::<String>(),
            "version" => env!("CARGO_PKG_VERSION"),
            "took" => u32::try_from(took.as_millis()).unwrap_or(u32::MAX),
        },
    )?;
    Ok(())
}
