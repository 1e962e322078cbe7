//! Certificate mode: the serial numbers (SN) that name certificates in requests and answers.

use md5::{Digest, Md5};
use x509_cert::Certificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{
    BmpString, Ia5StringRef, ObjectIdentifier, PrintableStringRef, TeletexStringRef, Utf8StringRef,
};
use x509_cert::der::{Decode, Tag, Tagged};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::pay::keys;

/// All algorithms that sign with RSA (PKCS#1: sha1, sha256, …).
const PKCS1: &str = "1.2.840.113549.1.1.";

/// What a request in certificate mode carries, and what its answer is expected to name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificates {
    pub(super) app_cert_sn: String,
    pub(super) root_cert_sn: String,
    pub(super) alipay_cert_sn: Option<String>,
}

pub(super) fn read(path: &str) -> Result<Zeroizing<String>> {
    keys::read_text(path.strip_prefix("file:").unwrap_or(path))
}

/// SN of a certificate: hex MD5 of its issuer's name (last part first) and its decimal serial.
/// Of several certificates in the text it is the one that issued none of the others.
pub fn app_cert_sn(text: &str) -> Result<String> {
    let key = keys::PublicKey::load(text)?;
    let der = key.certificate().ok_or_else(|| {
        Error::config("not_a_certificate", "this is a key, but a certificate is needed here")
    })?;
    sn_of_der(der)
}

/// SNs of the bundle's RSA-signed certificates, joined by `_`; EC and SM2 ones do not count.
pub fn root_cert_sn(text: &str) -> Result<String> {
    let mut found = Vec::new();
    for der in keys::blocks(text)? {
        let certificate = parse(&der)?;
        if certificate.signature_algorithm.oid.to_string().starts_with(PKCS1) {
            found.push(sn(&certificate));
        }
    }
    match found.is_empty() {
        false => Ok(found.join("_")),
        true => Err(Error::config(
            "not_a_certificate",
            "no RSA-signed certificate in it: Alipay's root bundle (alipayRootCert.crt) is needed",
        )),
    }
}

pub(super) fn sn_of_der(der: &[u8]) -> Result<String> {
    parse(der).map(|certificate| sn(&certificate))
}

fn parse(der: &[u8]) -> Result<Certificate> {
    Certificate::from_der(der).map_err(|_| {
        Error::config("not_a_certificate", "this is not an X.509 certificate, or a damaged one")
    })
}

fn sn(certificate: &Certificate) -> String {
    let tbs = &certificate.tbs_certificate;
    let parts = tbs.issuer.0.iter().rev().flat_map(|rdn| rdn.0.iter());
    let name = parts.map(part).collect::<Vec<_>>().join(",");
    let mut hash = Md5::new();
    hash.update(name.as_bytes());
    hash.update(decimal(tbs.serial_number.as_bytes()).as_bytes());
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `CN=…`, the value without escaping.
fn part(attribute: &AttributeTypeAndValue) -> String {
    format!("{}={}", short_name(attribute.oid), value(attribute))
}

fn short_name(oid: ObjectIdentifier) -> String {
    let name = match oid.to_string().as_str() {
        "2.5.4.3" => "CN",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "1.2.840.113549.1.9.1" => "emailAddress",
        other => return other.to_owned(),
    };
    name.to_owned()
}

fn value(attribute: &AttributeTypeAndValue) -> String {
    let any = &attribute.value;
    let text = match any.tag() {
        Tag::Utf8String => Utf8StringRef::try_from(any).map(|s| s.as_str().to_owned()),
        Tag::PrintableString => PrintableStringRef::try_from(any).map(|s| s.as_str().to_owned()),
        Tag::Ia5String => Ia5StringRef::try_from(any).map(|s| s.as_str().to_owned()),
        Tag::TeletexString => TeletexStringRef::try_from(any).map(|s| s.as_str().to_owned()),
        Tag::BmpString => any.decode_as::<BmpString>().map(|s| s.to_string()),
        _ => return String::new(),
    };
    text.unwrap_or_default()
}

/// Big-endian bytes as a decimal number.
fn decimal(bytes: &[u8]) -> String {
    let mut digits = vec![0u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let n = u32::from(*digit) * 256 + carry;
            *digit = (n % 10) as u8;
            carry = n / 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimal_of_long_serials() {
        assert_eq!(decimal(&[]), "0");
        assert_eq!(decimal(&[0, 0, 9]), "9");
        assert_eq!(decimal(&[0x01, 0, 0, 0, 0, 0, 0, 0, 0]), "18446744073709551616");
    }

    proptest! {
        #[test]
        fn decimal_is_what_the_integer_prints(n in any::<u128>()) {
            prop_assert_eq!(decimal(&n.to_be_bytes()), n.to_string());
        }
    }
}
