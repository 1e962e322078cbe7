//! `ChatHub\WechatPay`.

// PHP callers may name arguments, so parameters are written as PHP writes them.
#![allow(non_snake_case)]

use chathub_core::{
    Error,
    pay::{
        keys::PublicKey,
        wechat::{self, ApiKey, Resource},
    },
};
use ext_php_rs::{binary::Binary, prelude::*, types::ZendHashTable};
use jiff::Timestamp;

use crate::{
    convert::{Bytes, OrThrow, fields, headers, settings, utf8},
    exceptions::exception,
};

/// WeChat Pay API v3, pure and stateless.
#[php_class]
#[php(name = "ChatHub\\WechatPay")]
#[php(flags = ext_php_rs::flags::ClassFlags::Final)]
pub struct WechatPay;

#[php_impl]
impl WechatPay {
    /// The value of the `Authorization` header of a request.
    #[php(name = "authorization")]
    pub fn authorization(
        method: Bytes<'_>,
        url: Bytes<'_>,
        body: Bytes<'_>,
        mchId: Bytes<'_>,
        serialNo: Bytes<'_>,
        privateKey: Bytes<'_>,
    ) -> PhpResult<String> {
        wechat::authorization(
            utf8(&method, "method")?,
            utf8(&url, "url")?,
            &body,
            utf8(&mchId, "mchId")?,
            utf8(&serialNo, "serialNo")?,
            utf8(&privateKey, "privateKey")?,
            Timestamp::now(),
        )
        .or_throw()
    }

    /// Verifies a notification, or the answer to a request.
    #[php(name = "verify")]
    pub fn verify(
        headers: &ZendHashTable,
        body: Bytes<'_>,
        keys: &ZendHashTable,
        now: Option<i64>,
    ) -> PhpResult<()> {
        let headers = self::headers(headers);
        let header = |name: &str| {
            let mut found = headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
            found.next().map(|(_, value)| value.as_str())
        };
        let keys = fields(keys, "keys")?;
        let find = |serial: &str| {
            let mut found = keys.iter().filter(|(name, _)| name == serial);
            found.next().map(|(_, pem)| PublicKey::load(pem)).transpose()
        };
        let now = match now.map(Timestamp::from_second) {
            None => Timestamp::now(),
            Some(Ok(now)) => now,
            Some(Err(_)) => {
                return Err(exception(&Error::input("now", "bad_time", "时间超出范围")));
            }
        };
        wechat::verify(header, &body, now, find).or_throw()
    }

    /// Decrypts the `resource` of a notification or an `encrypt_certificate`.
    #[php(name = "decrypt")]
    pub fn decrypt(resource: &ZendHashTable, apiV3Key: Bytes<'_>) -> PhpResult<Binary<u8>> {
        let key = ApiKey::load(utf8(&apiV3Key, "apiV3Key")?).or_throw()?;
        // What is not text is as good as missing; PHP's null is a usual way to write no associated data.
        let mut parts = settings(resource);
        let mut part = |name: &str| parts.remove(name);
        let resource = Resource {
            algorithm: part("algorithm").unwrap_or_default(),
            ciphertext: part("ciphertext").unwrap_or_default(),
            nonce: part("nonce").unwrap_or_default(),
            associated_data: part("associated_data"),
        };
        key.decrypt(&resource).or_throw().map(Binary::from)
    }
}
