//! What a DER document is, told by its structure.

use x509_cert::der::asn1::{AnyRef, ObjectIdentifier};
use x509_cert::der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};

use super::text::encrypted;
use crate::error::{Error, Result};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::pay) enum Algorithm {
    Rsa,
    /// EC, SM2, Ed25519, RSA-PSS, …
    Other,
}

/// The slices are PKCS#1 (RSAPrivateKey, RSAPublicKey) where the algorithm is RSA.
#[derive(Clone, Copy)]
pub(in crate::pay) enum Shape<'a> {
    PrivatePkcs1(&'a [u8]),
    PrivatePkcs8(Algorithm, &'a [u8]),
    PrivateEc,
    Encrypted,
    PublicPkcs1(&'a [u8]),
    PublicSpki(Algorithm, &'a [u8]),
    Certificate,
    Unknown,
}

pub(in crate::pay) fn shape(document: &[u8]) -> Shape<'_> {
    use Tag::{BitString, Integer, OctetString, Sequence};
    let Some(parts) = children(document) else { return Shape::Unknown };
    let tags: Vec<Tag> = parts.iter().map(Tagged::tag).collect();
    match tags.as_slice() {
        [Integer, Integer] => Shape::PublicPkcs1(document),
        tags if tags.len() >= 9 && tags[..9].iter().all(|tag| *tag == Integer) => {
            Shape::PrivatePkcs1(document)
        }
        [Integer, Sequence, OctetString, ..] => {
            Shape::PrivatePkcs8(algorithm(parts[1].value()), parts[2].value())
        }
        [Integer, OctetString, ..] => Shape::PrivateEc,
        [Sequence, OctetString] => Shape::Encrypted,
        [Sequence, BitString] => match parts[1].value().split_first() {
            Some((0, bits)) => Shape::PublicSpki(algorithm(parts[0].value()), bits),
            _ => Shape::Unknown,
        },
        [Sequence, Sequence, BitString] => Shape::Certificate,
        _ => Shape::Unknown,
    }
}

impl Shape<'_> {
    pub(super) fn is_private(&self) -> bool {
        matches!(self, Self::PrivatePkcs1(_) | Self::PrivatePkcs8(..) | Self::PrivateEc)
    }

    /// Why this is no RSA private key, in the operator's terms.
    pub(super) fn unfit_as_private(self) -> Error {
        match self {
            Self::PublicPkcs1(_) | Self::PublicSpki(..) => Error::config(
                "key_is_public",
                "this is a public key, but the application's private key belongs here",
            ),
            Self::Certificate => Error::config(
                "key_is_certificate",
                "this is a certificate, but the application's private key belongs here",
            ),
            other => other.unfit(),
        }
    }

    /// Why this is no RSA public key, in the operator's terms.
    pub(super) fn unfit_as_public(self) -> Error {
        match self {
            Self::PrivatePkcs1(_) | Self::PrivatePkcs8(..) | Self::PrivateEc => Error::config(
                "key_is_private",
                "this is a private key, but the provider's public key belongs here; \
                 treat that private key as exposed if others can read this field",
            ),
            other => other.unfit(),
        }
    }

    fn unfit(self) -> Error {
        match self {
            Self::Encrypted => encrypted(),
            Self::PrivateEc | Self::PrivatePkcs8(..) | Self::PublicSpki(..) => Error::config(
                "key_not_rsa",
                "this is not an RSA key (EC, SM2 or another kind): the provider needs RSA 2048",
            ),
            _ => {
                Error::config("key_unknown", "this is base64, but neither a key nor a certificate")
            }
        }
    }
}

/// Modulus and public exponent, big-endian without leading zeros.
#[derive(PartialEq, Eq)]
pub(super) struct Numbers {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl Numbers {
    pub(super) fn bits(&self) -> usize {
        let top = self.modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        (self.modulus.len() * 8).saturating_sub(top)
    }

    pub(super) fn check_size(&self) -> Result<()> {
        match self.bits() {
            2048..=8192 => Ok(()),
            bits => Err(Error::config(
                "key_size",
                format!("the RSA key has {bits} bits: 2048 to 8192 are needed (RSA2)"),
            )),
        }
    }
}

pub(super) fn public_numbers(pkcs1: &[u8]) -> Option<Numbers> {
    match children(pkcs1)?.as_slice() {
        [modulus, exponent] => Some(numbers(modulus, exponent)),
        _ => None,
    }
}

pub(super) fn private_numbers(pkcs1: &[u8]) -> Option<Numbers> {
    match children(pkcs1)?.as_slice() {
        [_, modulus, exponent, ..] => Some(numbers(modulus, exponent)),
        _ => None,
    }
}

fn numbers(modulus: &AnyRef, exponent: &AnyRef) -> Numbers {
    let strip = |value: &[u8]| value.iter().copied().skip_while(|byte| *byte == 0).collect();
    Numbers { modulus: strip(modulus.value()), exponent: strip(exponent.value()) }
}

/// Of several certificates the one that issued none of the others.
pub(super) fn leaf<'a>(certificates: &[&'a [u8]]) -> Option<&'a [u8]> {
    let names: Vec<_> = certificates
        .iter()
        .map(|der| {
            let tbs = x509_cert::Certificate::from_der(der).ok()?.tbs_certificate;
            Some((tbs.subject, tbs.issuer))
        })
        .collect();
    let issued_another = |at: usize| {
        let Some(Some((subject, _))) = names.get(at) else { return true };
        names
            .iter()
            .enumerate()
            .any(|(i, other)| i != at && other.as_ref().is_some_and(|(_, by)| by == subject))
    };
    let at = (0..certificates.len()).find(|at| !issued_another(*at)).unwrap_or(0);
    certificates.get(at).copied()
}

pub(super) fn spki_of_certificate(der: &[u8]) -> Option<Vec<u8>> {
    let certificate = x509_cert::Certificate::from_der(der).ok()?;
    certificate.tbs_certificate.subject_public_key_info.to_der().ok()
}

/// Compares the length that the outermost element declares with what is there.
pub(super) fn check_length(document: &[u8]) -> Result<()> {
    let declared = match document {
        [0x30, n, ..] if *n < 0x80 => 2 + usize::from(*n),
        [0x30, 0x81, n, ..] => 3 + usize::from(*n),
        [0x30, 0x82, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => {
            let why = "this is base64, but neither a key nor a certificate \
                       (or its beginning is missing)";
            return Err(Error::config("key_unknown", why));
        }
    };
    let has = document.len();
    match has {
        _ if has < declared => Err(Error::config(
            "key_truncated",
            format!("the key is cut off: it says {declared} bytes and has {has}; copy it again"),
        )),
        _ if has > declared => Err(Error::config(
            "key_truncated",
            format!("something follows the key: it says {declared} bytes and has {has}"),
        )),
        _ => Ok(()),
    }
}

/// The elements of a SEQUENCE that is the whole document.
fn children(document: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let outer = AnyRef::from_der(document).ok().filter(|outer| outer.tag() == Tag::Sequence)?;
    let mut reader = SliceReader::new(outer.value()).ok()?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        found.push(AnyRef::decode(&mut reader).ok()?);
    }
    Some(found)
}

/// `value` is the content of an AlgorithmIdentifier.
fn algorithm(value: &[u8]) -> Algorithm {
    let oid = SliceReader::new(value).and_then(|mut r| ObjectIdentifier::decode(&mut r));
    match oid {
        Ok(RSA) => Algorithm::Rsa,
        _ => Algorithm::Other,
    }
}
