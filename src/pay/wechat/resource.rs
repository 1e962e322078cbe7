//! Encrypted contents: AES-256-GCM with the merchant's APIv3 key.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::pay::keys;

const ALGORITHM: &str = "AEAD_AES_256_GCM";
const KEY_LEN: usize = 32;

/// The APIv3 key: 32 characters that the merchant chose. Prints nothing of itself.
#[derive(Clone)]
pub struct ApiKey(Zeroizing<[u8; KEY_LEN]>);

/// The `resource` of a notification and the `encrypt_certificate` of a certificate.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Resource {
    pub algorithm: String,
    pub ciphertext: String,
    pub nonce: String,
    pub associated_data: Option<String>,
}

impl ApiKey {
    /// The key itself, or `file:/abs/path` of a file that holds it.
    pub fn load(text: &str) -> Result<Self> {
        match text.trim().strip_prefix("file:") {
            Some(path) => Self::parse(keys::read_text(path.trim())?.trim()),
            None => Self::parse(text.trim()),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let bytes: [u8; KEY_LEN] = text.as_bytes().try_into().map_err(|_| {
            let why = match text.len() {
                0 => "the APIv3 key is empty".to_owned(),
                n => format!(
                    "the APIv3 key has {n} bytes, and must have exactly {KEY_LEN}: copy the one \
                     that was set as APIv3 key in the merchant platform (it is shown only once)"
                ),
            };
            Error::config("api_v3_key_length", why)
        })?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// The plain text; an error when it was changed or is encrypted with another key.
    pub fn decrypt(&self, resource: &Resource) -> Result<Vec<u8>> {
        if resource.algorithm != ALGORITHM {
            let why = format!("the contents are encrypted with another algorithm than {ALGORITHM}");
            return Err(Error::signature("decrypt_algorithm", why));
        }
        let nonce: [u8; NONCE_LEN] = resource.nonce.as_bytes().try_into().map_err(|_| {
            let why =
                format!("the nonce has {} bytes instead of {NONCE_LEN}", resource.nonce.len());
            Error::signature("decrypt_malformed", why)
        })?;
        let mut bytes = STANDARD.decode(&resource.ciphertext).map_err(|_| {
            Error::signature("decrypt_malformed", "the encrypted contents are not base64")
        })?;
        let aad = resource.associated_data.as_deref().unwrap_or_default();
        let length = UnboundKey::new(&AES_256_GCM, &*self.0)
            .map(LessSafeKey::new)
            .and_then(|key| {
                let nonce = Nonce::assume_unique_for_key(nonce);
                key.open_in_place(nonce, Aad::from(aad.as_bytes()), &mut bytes)
                    .map(|text| text.len())
            })
            .map_err(|_| {
                Error::signature(
                    "decrypt_failed",
                    "the contents cannot be decrypted: wechat_api_v3_key is not the merchant's \
                     APIv3 key (was it changed in the merchant platform?), or they were changed",
                )
            })?;
        bytes.truncate(length);
        Ok(bytes)
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey(***)")
    }
}
