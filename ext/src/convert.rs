//! Between PHP's values and the core's.

use std::collections::HashMap;

use chathub_core::{Error, app::Input};
use ext_php_rs::{
    binary_slice::BinarySlice,
    boxed::ZBox,
    convert::IntoZval,
    exception::{PhpException, PhpResult},
    types::{ZendHashTable, ZendStr, Zval},
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

unsafe extern "C" {
    /// The engine's own `(string) $float`.
    fn zend_double_to_str(number: f64) -> *mut ZendStr;
}

/// A float as PHP writes it, so that the text that is signed is the text that is sent.
fn float(number: f64) -> String {
    // SAFETY: the engine gives a new string, which the box releases.
    let text = unsafe { ZBox::from_raw(zend_double_to_str(number)) };
    String::from_utf8_lossy(text.as_bytes()).into_owned()
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
    value.double().map(float)
}

/// An array's names and values; a name that is no UTF-8 is `None`, where the library's own iterator
/// over names panics.
fn entries(array: &ZendHashTable) -> impl Iterator<Item = (Option<String>, &Zval)> {
    let mut entries = array.iter();
    std::iter::from_fn(move || entries.next_zval()).map(|(name, value)| (text(&name), value))
}

/// Raw request values; `null` counts as missing, and a name that is not text names nothing.
pub fn input(array: &ZendHashTable) -> Input {
    entries(array)
        .filter(|(_, value)| !value.dereference().is_null())
        .filter_map(|(name, value)| Some((name?, text(value))))
        .collect()
}

/// Configuration: what has no text is as good as absent.
pub fn settings(array: &ZendHashTable) -> HashMap<String, String> {
    entries(array).filter_map(|(name, value)| Some((name?, text(value)?))).collect()
}

/// Request headers; a list of values, as some frameworks give them, counts when it has one.
pub fn headers(array: &ZendHashTable) -> Vec<(String, String)> {
    let only = |value: &Zval| match value.dereference().array() {
        Some(list) if list.len() == 1 => list.iter().find_map(|(_, value)| text(value)),
        Some(_) => None,
        None => text(value),
    };
    entries(array).filter_map(|(name, value)| Some((name?, only(value)?))).collect()
}

/// Fields that must all be text.
pub fn fields(array: &ZendHashTable, field: &'static str) -> PhpResult<Vec<(String, String)>> {
    let refused = |why: String| exception(&Error::input(field, "not_text", why));
    let convert = |(name, value): (Option<String>, &Zval)| {
        let name = name.ok_or_else(|| refused("字段名不是 UTF-8 文本".into()))?;
        match text(value) {
            Some(text) => Ok((name, text)),
            None => Err(refused(format!("字段 {name} 不是 UTF-8 文本"))),
        }
    };
    entries(array).map(convert).collect()
}

/// A `string` parameter that must be UTF-8.
pub fn utf8<'a>(bytes: &Bytes<'a>, field: &'static str) -> PhpResult<&'a str> {
    std::str::from_utf8(**bytes as &'a [u8])
        .map_err(|_| exception(&Error::input(field, "not_text", "格式不正确")))
}
