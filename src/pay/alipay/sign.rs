//! Signing: the text that a signature covers, and making one.

use crate::error::{Error, Result};
use crate::pay::keys::PrivateKey;

/// Signs request parameters: drops `sign` and empty values, keeps `sign_type`, sorts by byte,
/// joins `k=v` with `&` unescaped; SHA256withRSA, base64.
///
/// `private_key` is a text as [`PrivateKey::load`] takes it; parsed keys are kept.
pub fn sign_params<K, V>(
    params: impl IntoIterator<Item = (K, V)>,
    private_key: &str,
) -> Result<String>
where
    K: AsRef<str>,
    V: AsRef<str>,
{
    let params: Vec<(K, V)> = params.into_iter().collect();
    let pairs = params.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
    let pairs: Vec<_> =
        pairs.filter(|(name, value)| *name != "sign" && !value.is_empty()).collect();
    if pairs.is_empty() {
        return Err(Error::input("params", "nothing_to_sign", "没有可签名的参数"));
    }
    if pairs.iter().any(|(name, _)| name.is_empty() || name.contains(['=', '&'])) {
        return Err(Error::input("params", "bad_parameter_name", "参数名不能为空或含有 = 与 &"));
    }
    PrivateKey::load(private_key)?.sign(join_sorted(pairs).as_bytes())
}

/// The text that a signature covers.
pub(super) fn join_sorted(mut pairs: Vec<(&str, &str)>) -> String {
    pairs.sort_unstable();
    let size = pairs.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    let mut text = String::with_capacity(size);
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text
}
