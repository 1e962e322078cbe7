//! The `config` column of old tenants: clear-text initial passwords are taken out, and what was
//! encoded twice is encoded once. Every other value stays as it was written.

use std::fmt;

use mysql::{Row, params};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Db, take};
use crate::Result;

const PASSWORD: &str = "initial_password";
/// Rows that are read at once and changed in one transaction.
const BATCH: usize = 500;

/// A row whose `config` changes.
struct Dirty {
    id: u64,
    before: String,
    after: String,
}

/// How many rows will change.
pub fn count(db: &mut Db<'_>) -> Result<u64> {
    let mut found = 0;
    let mut last = None;
    while let Some((end, rows)) = batch(db, last)? {
        found += rows.len() as u64;
        last = Some(end);
    }
    Ok(found)
}

/// Changes them; `hear` gets the number of rows done so far.
pub fn clean(db: &mut Db<'_>, hear: &mut dyn FnMut(u64)) -> Result<()> {
    let mut done = 0;
    let mut last = None;
    while let Some((end, rows)) = batch(db, last)? {
        db.command("START TRANSACTION")?;
        for row in &rows {
            // Whoever changed it meanwhile is not overwritten: the next run looks at it again.
            db.write(
                "UPDATE `__PREFIX__chathub_tenant` SET config = :after \
                 WHERE id = :id AND BINARY config = :before",
                params! { "after" => &row.after, "id" => row.id, "before" => &row.before },
            )?;
        }
        db.command("COMMIT")?;
        done += rows.len() as u64;
        hear(done);
        last = Some(end);
    }
    Ok(())
}

/// The next candidates behind `last`: the id that they end with, and those that change.
fn batch(db: &mut Db<'_>, last: Option<u64>) -> Result<Option<(u64, Vec<Dirty>)>> {
    let behind = if last.is_some() { "id > :last AND" } else { ":last IS NULL AND" };
    let sql = format!(
        "SELECT id, config FROM `__PREFIX__chathub_tenant` WHERE {behind} \
         (config LIKE '\"%' OR config LIKE '%initial\\_password%') ORDER BY id LIMIT {BATCH}"
    );
    let rows = db.rows(&sql, params! { "last" => last })?;
    let mut end = None;
    let mut dirty = Vec::new();
    for row in rows {
        let (id, before) = id_and_config(row)?;
        end = Some(id);
        if let Some(after) = cleaned(&before) {
            dirty.push(Dirty { id, before, after });
        }
    }
    Ok(end.map(|end| (end, dirty)))
}

fn id_and_config(mut row: Row) -> Result<(u64, String)> {
    Ok((take(&mut row, "id")?, take(&mut row, "config")?))
}

/// What `text` becomes; `None` when it stays. What is no JSON stays, too.
fn cleaned(text: &str) -> Option<String> {
    let once = decoded(text);
    let json = once.as_deref().unwrap_or(text);
    without_password(json).or(once)
}

/// The object or list within a JSON string, however often it was encoded.
fn decoded(text: &str) -> Option<String> {
    let inner: String = serde_json::from_str(text).ok()?;
    if let Some(deeper) = decoded(&inner) {
        return Some(deeper);
    }
    let container = inner.trim_start().starts_with(['{', '[']);
    (container && serde_json::from_str::<&RawValue>(&inner).is_ok()).then_some(inner)
}

/// The members of an object in their order, their values as they are written.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The object without its initial password, or the one within it; `None` when there is none.
fn without_password(json: &str) -> Option<String> {
    let Members(members) = serde_json::from_str(json).ok()?;
    let mut changed = false;
    let mut kept = Vec::new();
    for (name, value) in members {
        if name == PASSWORD {
            changed = true;
            continue;
        }
        let inner = without_password(value.get());
        changed |= inner.is_some();
        let name = serde_json::to_string(&name).ok()?;
        kept.push(format!("{name}:{}", inner.as_deref().unwrap_or(value.get())));
    }
    changed.then(|| format!("{{{}}}", kept.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_goes_and_everything_else_stays_as_it_is_written() {
        for (before, after) in [
            (r#"{"initial_password":"x"}"#, "{}"),
            (
                r#"{"plan":"pro","initial_password":"a\"},b","price":1.10,"n":[1, 2],"x":{"\u516c":"\/"}}"#,
                r#"{"plan":"pro","price":1.10,"n":[1, 2],"x":{"\u516c":"\/"}}"#,
            ),
            (
                r#"{"big":123456789012345678901234567890,"initial_password":null}"#,
                r#"{"big":123456789012345678901234567890}"#,
            ),
            (
                r#"{"member":{"initial_password":"x","email":"a@b.cn"}}"#,
                r#"{"member":{"email":"a@b.cn"}}"#,
            ),
            (r#"{"a":1,"a":2,"initial_password":"x","initial_password":"y"}"#, r#"{"a":1,"a":2}"#),
            (r#""{\"plan\":\"pro\",\"n\":\"\\u516c\"}""#, r#"{"plan":"pro","n":"\u516c"}"#),
            (r#""\"{\\\"plan\\\":1}\"""#, r#"{"plan":1}"#),
            (r#""{\"initial_password\":\"x\",\"plan\":\"pro\"}""#, r#"{"plan":"pro"}"#),
            (r#""[]""#, "[]"),
        ] {
            assert_eq!(cleaned(before).as_deref(), Some(after), "{before}");
            assert_eq!(cleaned(after), None, "{after}");
        }
    }

    #[test]
    fn what_is_clean_or_no_json_stays() {
        for text in [
            "",
            "{}",
            "[]",
            "null",
            "{",
            r#"{"initial_password":"x""#,
            "initial_password",
            "\"x\"",
            r#""initial_password""#,
            r#""{""#,
            r#""12""#,
            r#"{"notes":"initial_password: x"}"#,
            r#"{"notes":"{\"plan\":1}"}"#,
            "\"{\\\"a\\\":\\ud800}\"",
        ] {
            assert_eq!(cleaned(text), None, "{text}");
        }
    }
}
