//! `ChatHub\Alipay`.

// PHP callers may name arguments, so parameters are written as PHP writes them.
#![allow(non_snake_case)]

use chathub_core::{Error, pay::alipay};
use ext_php_rs::{
    boxed::ZBox,
    prelude::*,
    types::{ZendHashTable, Zval},
};

use crate::{
    convert::{Array, Bytes, OrThrow, fields, utf8},
    exceptions::exception,
};

/// Alipay RSA2 (SHA256withRSA, PKCS#1 v1.5), pure and stateless.
#[php_class]
#[php(name = "ChatHub\\Alipay")]
#[php(flags = ext_php_rs::flags::ClassFlags::Final)]
pub struct Alipay;

#[php_impl]
impl Alipay {
    /// Signs request parameters; gives the base64 signature.
    #[php(name = "sign")]
    pub fn sign(params: &ZendHashTable, privateKey: Bytes<'_>) -> PhpResult<String> {
        let params = fields(params, "params")?;
        alipay::sign_params(params, utf8(&privateKey, "privateKey")?).or_throw()
    }

    /// Verifies a notification or a synchronous return; gives its decoded fields.
    #[php(name = "verify")]
    pub fn verify(form: &Zval, publicKey: Bytes<'_>) -> PhpResult<ZBox<ZendHashTable>> {
        let key = utf8(&publicKey, "publicKey")?;
        let verified = if let Some(body) = form.zend_str() {
            alipay::verify_raw(body.as_bytes(), key).or_throw()?
        } else if let Some(array) = form.array() {
            let decoded = alipay::Fields::from_decoded(fields(array, "form")?).or_throw()?;
            alipay::verify_fields(decoded, key).or_throw()?
        } else {
            let error = Error::input("form", "not_text", "须为原始表单字符串或字段数组");
            return Err(exception(&error));
        };
        let mut array = Array::new();
        for (name, value) in verified.iter() {
            array = array.with(name, value)?;
        }
        Ok(array.done())
    }
}
