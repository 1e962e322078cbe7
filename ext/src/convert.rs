//! Between PHP's values and the core's.

use std::collections::HashMap;

use chathub_core::{Error, app::Input};
use ext_php_rs::{
    binary_slice::BinarySlice,
    boxed::ZBox,
    convert::IntoZval,
    exception::{PhpException, PhpResult},
    types::{ArrayKey, ZendHashTable, Zval},
};

use crate::exceptions::exception;

/// A `string` parameter as its bytes, which need not be UTF-8.
pub type Bytes<'a> = BinarySlice<'a, u8>;

/// A PHP array under construction.
pub struct Array(ZBox<ZendHashTable>);

impl Array {
    pub fn new() -> Self {
        Self(ZendHashTable::new())
    }

    pub fn with(mut self, key: &str, value: impl IntoZval) -> PhpResult<Self> {
        self.0.insert(key, value).map_err(PhpException::from)?;
        Ok(self)
    }

    pub fn push(&mut self, value: impl IntoZval) -> PhpResult<()> {
        self.0.push(value).map_err(PhpException::from)
    }

    pub fn done(self) -> ZBox<ZendHashTable> {
        self.0
    }
}

/// A list of arrays, one per item.
pub fn list<T>(
    items: impl IntoIterator<Item = T>,
    each: impl Fn(T) -> PhpResult<Array>,
) -> PhpResult<ZBox<ZendHashTable>> {
    let mut array = Array::new();
    for item in items {
        array.push(each(item)?.done())?;
    }
    Ok(array.done())
}

/// Results of the core, for PHP.
pub trait OrThrow<T> {
    fn or_throw(self) -> PhpResult<T>;
}

impl<T> OrThrow<T> for chathub_core::Result<T> {
    fn or_throw(self) -> PhpResult<T> {
        self.map_err(|error| exception(&error))
    }
}

/// A scalar as text; `None` for what has none (arrays, objects, invalid UTF-8).
fn text(value: &Zval) -> Option<String> {
    let value = value.dereference();
    if let Some(string) = value.zend_str() {
        return std::str::from_utf8(string.as_bytes()).ok().map(str::to_owned);
    }
    if let Some(number) = value.long() {
        return Some(number.to_string());
    }
    if let Some(flag) = value.bool() {
        return Some(if flag { "1" } else { "" }.to_owned());
    }
    value.double().map(|number| number.to_string())
}

fn name(key: &ArrayKey<'_>) -> String {
    match key {
        ArrayKey::Long(index) => index.to_string(),
        ArrayKey::String(text) => text.clone(),
        ArrayKey::Str(text) => (*text).to_owned(),
        ArrayKey::ZendString(text) => String::from_utf8_lossy(text.as_bytes()).into_owned(),
    }
}

/// Raw request values; `null` counts as missing.
pub fn input(array: &ZendHashTable) -> Input {
    array
        .iter()
        .filter(|(_, value)| !value.dereference().is_null())
        .map(|(key, value)| (name(&key), text(value)))
        .collect()
}

/// Configuration: what has no text is as good as absent.
pub fn settings(array: &ZendHashTable) -> HashMap<String, String> {
    array.iter().filter_map(|(key, value)| Some((name(&key), text(value)?))).collect()
}

/// Fields that must all be text.
pub fn fields(array: &ZendHashTable, field: &'static str) -> PhpResult<Vec<(String, String)>> {
    let convert = |(key, value): (ArrayKey<'_>, &Zval)| {
        let key = name(&key);
        match text(value) {
            Some(text) => Ok((key, text)),
            None => Err(exception(&Error::input(
                field,
                "not_text",
                format!("字段 {key} 不是 UTF-8 文本"),
            ))),
        }
    };
    array.iter().map(convert).collect()
}

/// A `string` parameter that must be UTF-8.
pub fn utf8<'a>(bytes: &Bytes<'a>, field: &'static str) -> PhpResult<&'a str> {
    std::str::from_utf8(**bytes as &'a [u8])
        .map_err(|_| exception(&Error::input(field, "not_text", "格式不正确")))
}
