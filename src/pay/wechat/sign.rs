//! Signing requests: the `Authorization` header.

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::pay::keys::PrivateKey;
use crate::random;

/// The name of the scheme: SHA256withRSA (PKCS#1 v1.5) over five lines.
pub(super) const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";

/// The value of `Authorization` for a request that is then sent with exactly this method, path,
/// query and body. `url` is absolute or begins at the path.
///
/// `private_key` is a text as [`PrivateKey::load`] takes it; parsed keys are kept.
pub fn authorization(
    method: &str,
    url: &str,
    body: &[u8],
    mch_id: &str,
    serial: &str,
    private_key: &str,
    now: Timestamp,
) -> Result<String> {
    let key = PrivateKey::load(private_key)?;
    sign(method, path_and_query(url)?, body, (mch_id, serial), &key, now)
}

pub(super) fn sign(
    method: &str,
    path: &str,
    body: &[u8],
    (mch_id, serial): (&str, &str),
    key: &PrivateKey,
    now: Timestamp,
) -> Result<String> {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
    if method.is_empty() || !method.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(Error::input("method", "bad_method", "请求方法须为大写字母，例如 GET"));
    }
    if mch_id.is_empty() || serial.is_empty() || !plain(mch_id) || !plain(serial) {
        return Err(Error::input("serialNo", "bad_number", "商户号与证书序列号只含字母和数字"));
    }
    let timestamp = now.as_second().to_string();
    let nonce = random::code::<32>()?;
    let mut message = format!("{method}\n{path}\n{timestamp}\n{nonce}\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    let signature = key.sign(&message)?;
    Ok(format!(
        "{SCHEME} mchid=\"{mch_id}\",nonce_str=\"{nonce}\",signature=\"{signature}\",\
         timestamp=\"{timestamp}\",serial_no=\"{serial}\""
    ))
}

/// What the request line carries; the fragment never leaves the client.
fn path_and_query(url: &str) -> Result<&str> {
    let bad = || Error::input("url", "bad_url", "网址须为完整的 http(s) 地址或以 / 开头的路径");
    let rest = match url.split_once("://") {
        Some(("http" | "https", rest)) if !url.starts_with('/') => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            if end == 0 {
                return Err(bad());
            }
            &rest[end..]
        }
        _ => url,
    };
    let path = rest.split('#').next().unwrap_or_default();
    match path {
        "" if url.contains("://") => Ok("/"),
        path if path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic()) => Ok(path),
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_what_the_request_line_carries() {
        for (url, path) in [
            ("https://api.mch.weixin.qq.com/v3/certificates", "/v3/certificates"),
            ("https://a.example/v3/x?mchid=1&b=%20", "/v3/x?mchid=1&b=%20"),
            ("http://127.0.0.1:8080/x#y", "/x"),
            ("https://a.example", "/"),
            ("/v3/pay?next=https://b.example/", "/v3/pay?next=https://b.example/"),
        ] {
            assert_eq!(path_and_query(url).unwrap(), path);
        }
        for bad in ["", "v3/x", "ftp://a/x", "https:///x", "/a b", "/a\n/b", "/订单"] {
            assert!(path_and_query(bad).is_err(), "{bad:?}");
        }
    }
}
