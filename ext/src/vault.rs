//! `ChatHub\Vault`.

// PHP callers may name arguments, so parameters are written as PHP writes them.
#![allow(non_snake_case)]

use chathub_core::{Error, channel};
use ext_php_rs::{
    binary::Binary,
    boxed::ZBox,
    exception::PhpResult,
    prelude::*,
    types::{ZendCallable, ZendHashTable, Zval},
};

use crate::{
    convert::{Bytes, OrThrow, utf8},
    exceptions::exception,
};

/// JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION.
const ENCODE_FLAGS: i64 = 64 | 256 | 1024;
const DEPTH: i64 = 32;

/// Credentials as the gateway keeps them; see the stub.
#[php_class]
#[php(name = "ChatHub\\Vault")]
#[php(flags = ext_php_rs::flags::ClassFlags::Final)]
pub struct Vault {
    vault: channel::Vault,
}

#[php_impl]
impl Vault {
    pub fn __construct(base64Key: Bytes<'_>) -> PhpResult<Self> {
        Ok(Self { vault: channel::Vault::load(utf8(&base64Key, "base64Key")?, "").or_throw()? })
    }

    /// Seals credentials; gives the blob.
    pub fn seal(&self, credentials: &ZendHashTable) -> PhpResult<Binary<u8>> {
        let refused = || {
            let why = "须为可以写成 JSON 的数组（UTF-8 文本、数字、布尔值或数组）";
            exception(&Error::input("credentials", "not_text", why))
        };
        // PHP's own writer: what it makes of an array is what PHP's reader gives back.
        let encode = ZendCallable::try_from_name("json_encode").map_err(|_| refused())?;
        let flags = if credentials.is_empty() { ENCODE_FLAGS | 16 } else { ENCODE_FLAGS };
        let mut array = Zval::new();
        array.set_hashtable(credentials.to_owned());
        let json = encode.try_call(vec![&array, &flags, &DEPTH])?;
        let json = json.zend_str().ok_or_else(refused)?;
        // A list has no names, and the gateway looks for names.
        if json.as_bytes().first() != Some(&b'{') {
            return Err(refused());
        }
        self.vault.seal(json.as_bytes()).or_throw().map(Binary::from)
    }

    /// Opens a blob; gives the credentials.
    pub fn open(&self, blob: Bytes<'_>) -> PhpResult<ZBox<ZendHashTable>> {
        let (json, _) = self.vault.open(&blob).or_throw()?;
        let unreadable = || {
            let why = "the blob opens, but what it holds is no JSON object";
            exception(&Error::config("credentials_unreadable", why))
        };
        let text = std::str::from_utf8(&json).map_err(|_| unreadable())?;
        if !text.trim_start().starts_with('{') {
            return Err(unreadable());
        }
        let decode = ZendCallable::try_from_name("json_decode").map_err(|_| unreadable())?;
        let array = decode.try_call(vec![&text, &true, &512_i64])?;
        array.array().map(ToOwned::to_owned).ok_or_else(unreadable)
    }
}
