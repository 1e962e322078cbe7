//! RSA keys as merchants paste them, parsed once per process.
//!
//! Every signature is made and checked by aws-lc-rs. What a key is, its DER decides, not its label.

mod cache;
pub(in crate::pay) mod der;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Error, Result};
use cache::Cache;
pub(in crate::pay) use cache::read_text;
use der::{Algorithm, Numbers, Shape};
pub(in crate::pay) use text::blocks;

static PRIVATE: Cache<PrivateKey> = Cache::new();
static PUBLIC: Cache<PublicKey> = Cache::new();

/// The merchant's key. Prints nothing of itself.
pub struct PrivateKey {
    pair: KeyPair,
    numbers: Numbers,
}

impl PrivateKey {
    /// PKCS#1 or PKCS#8, PEM or bare base64, or `file:/abs/path` of such a text.
    pub fn load(text: &str) -> Result<Arc<Self>> {
        PRIVATE.get_or_parse(text, Self::parse)
    }

    fn parse(text: &str) -> Result<Self> {
        let blocks = blocks(text)?;
        let mut shapes = blocks.iter().map(|block| der::shape(block));
        // EC PARAMETERS or a certificate may stand before the key.
        let key = shapes.clone().find(|shape| shape.is_private()).or_else(|| shapes.next());
        let inner = match key {
            Some(Shape::PrivatePkcs1(inner)) => inner,
            Some(Shape::PrivatePkcs8(Algorithm::Rsa, inner)) => inner,
            Some(other) => return Err(other.unfit_as_private()),
            None => return Err(empty()),
        };
        let numbers = der::private_numbers(inner).ok_or_else(broken)?;
        numbers.check_size()?;
        let pair = KeyPair::from_der(inner).map_err(|_| broken())?;
        Ok(Self { pair, numbers })
    }

    /// SHA256withRSA (PKCS#1 v1.5), base64.
    pub fn sign(&self, message: &[u8]) -> Result<String> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::config("key_broken", "the private key cannot sign"))?;
        Ok(STANDARD.encode(signature))
    }
}

/// A key to check signatures with.
pub struct PublicKey {
    parsed: ParsedPublicKey,
    numbers: Numbers,
    certificate: Option<Vec<u8>>,
}

impl PublicKey {
    /// SPKI, PKCS#1 or an X.509 certificate, PEM or bare base64, or `file:/abs/path` of such a text.
    /// Of several certificates it is the one that issued none of the others.
    pub fn load(text: &str) -> Result<Arc<Self>> {
        PUBLIC.get_or_parse(text, Self::parse)
    }

    fn parse(text: &str) -> Result<Self> {
        let blocks = blocks(text)?;
        let certificates: Vec<&[u8]> = blocks
            .iter()
            .map(|block| block.as_slice())
            .filter(|block| matches!(der::shape(block), Shape::Certificate))
            .collect();
        let chosen = match certificates.is_empty() {
            true => blocks.first().map(|block| block.as_slice()),
            false => der::leaf(&certificates),
        };
        Self::from_der(chosen.ok_or_else(empty)?)
    }

    /// One DER document.
    pub(in crate::pay) fn from_der(document: &[u8]) -> Result<Self> {
        let certificate = match der::shape(document) {
            Shape::Certificate => Some(document.to_vec()),
            _ => None,
        };
        let spki = certificate.as_deref().map(der::spki_of_certificate);
        let document = match &spki {
            Some(spki) => spki.as_deref().ok_or_else(broken)?,
            None => document,
        };
        let inner = match der::shape(document) {
            Shape::PublicPkcs1(inner) => inner,
            Shape::PublicSpki(Algorithm::Rsa, inner) => inner,
            other => return Err(other.unfit_as_public()),
        };
        let numbers = der::public_numbers(inner).ok_or_else(broken)?;
        numbers.check_size()?;
        let parsed =
            ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, inner).map_err(|_| broken())?;
        Ok(Self { parsed, numbers, certificate })
    }

    /// Always SHA-256, whatever a message says about itself.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(message, signature).is_ok()
    }

    /// Whether this is the public half of `private`.
    pub fn belongs_to(&self, private: &PrivateKey) -> bool {
        self.numbers == private.numbers
    }

    /// The certificate's DER, when the key came in one.
    pub fn certificate(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(***)")
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({} bits)", self.numbers.bits())
    }
}

fn empty() -> Error {
    Error::config("key_empty", "the key is empty")
}

fn broken() -> Error {
    Error::config(
        "key_broken",
        "the key has the right form but its numbers are damaged: copy it again",
    )
}
