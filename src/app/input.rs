//! Raw values from a request, before anything is known about them.

use std::collections::BTreeMap;

/// Field name to value. A value that is not text (an array, invalid UTF-8) is kept as `None`, so
/// that it is refused where it is used and not mistaken for a missing one.
#[derive(Clone, Default)]
pub struct Input(BTreeMap<String, Option<String>>);

impl Input {
    pub fn insert(&mut self, field: impl Into<String>, value: Option<String>) {
        self.0.insert(field.into(), value);
    }

    /// The text of a field; empty when it is missing; `None` when it is not text.
    pub(super) fn text(&self, field: &str) -> Option<&str> {
        match self.0.get(field) {
            None => Some(""),
            Some(value) => value.as_deref(),
        }
    }
}

impl FromIterator<(String, Option<String>)> for Input {
    fn from_iter<I: IntoIterator<Item = (String, Option<String>)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}
