//! How credentials are kept: 12-byte random nonce ‖ AES-256-GCM ciphertext ‖ 16-byte tag, without
//! associated data. The gateway takes bytes that are valid UTF-8 for plain JSON, so a sealed blob never
//! is: where chance makes it so, another nonce is drawn.

use std::{fs::File, io::Read, path::Path};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::{Error, Kind, Result, random};

const KEY_LEN: usize = 32;
const TAG_LEN: usize = 16;
/// A key file holds 44 characters; whatever is much longer is another file.
const FILE_MAX: u64 = 4096;
/// A blob of 30 bytes is valid UTF-8 once in some ten million, a longer one much less often.
const DRAWS: usize = 64;

/// One key, or during a rotation the current one and the one before.
pub struct Vault {
    current: Key,
    old: Option<Key>,
}

struct Key {
    key: LessSafeKey,
    mark: String,
}

/// With which key a blob was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenedBy {
    Current,
    Old,
}

impl Vault {
    /// `current` and `old` as they are configured: standard base64 of 32 bytes, or `file:/abs/path`
    /// of a file that holds it. An empty `old` is none.
    pub fn load(current: &str, old: &str) -> Result<Self> {
        let current = Key::load("gateway_aes_key", current)?;
        let old = match old.trim() {
            "" => None,
            old => Some(Key::load("gateway_aes_key_old", old)?),
        };
        // The same key twice is one key.
        let old = old.filter(|old| old.mark != current.mark);
        Ok(Self { current, old })
    }

    /// Names the current key without giving anything of it away: 16 hexadecimal digits.
    pub fn mark(&self) -> &str {
        &self.current.mark
    }

    /// As [`mark`](Self::mark), of the key before.
    pub fn old_mark(&self) -> Option<&str> {
        self.old.as_ref().map(|old| old.mark.as_str())
    }

    /// Seals with the current key. Twice the same text never gives the same blob.
    pub fn seal(&self, plain: &[u8]) -> Result<Vec<u8>> {
        self.seal_with(plain, random::bytes)
    }

    fn seal_with(
        &self,
        plain: &[u8],
        mut draw: impl FnMut() -> Result<[u8; NONCE_LEN]>,
    ) -> Result<Vec<u8>> {
        for _ in 0..DRAWS {
            let blob = self.current.seal(plain, draw()?)?;
            if !is_plain(&blob) {
                return Ok(blob);
            }
        }
        Err(Error::storage("the system's random numbers are not random"))
    }

    /// Opens what either key has sealed. What was changed by as much as a bit does not open.
    pub fn open(&self, blob: &[u8]) -> Result<(Zeroizing<Vec<u8>>, OpenedBy)> {
        if blob.len() < NONCE_LEN + TAG_LEN {
            return Err(unreadable("it is too short to be a sealed one"));
        }
        let keys = [(Some(&self.current), OpenedBy::Current), (self.old.as_ref(), OpenedBy::Old)];
        for (key, by) in keys {
            if let Some(plain) = key.and_then(|key| key.open(blob)) {
                return Ok((plain, by));
            }
        }
        Err(unreadable(match self.old {
            Some(_) => "neither key opens it, or it was changed",
            None => "it was sealed with another key, or changed",
        }))
    }
}

/// What the gateway takes for plain JSON.
pub fn is_plain(blob: &[u8]) -> bool {
    std::str::from_utf8(blob).is_ok()
}

fn unreadable(why: &str) -> Error {
    Error::new(
        Kind::Config,
        "credentials_unreadable",
        "已保存的店铺凭据无法解密，请联系客服处理",
        format!("the credentials cannot be opened: {why}"),
    )
}

impl Key {
    fn load(field: &'static str, text: &str) -> Result<Self> {
        let bytes = Self::bytes(text.trim())
            .map_err(|(key, why)| Error::config(key, format!("{field}: {why}")).in_field(field))?;
        let mut hash = Sha256::new();
        hash.update(b"chathub vault key\0");
        hash.update(*bytes);
        let mark = hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
        let key = UnboundKey::new(&AES_256_GCM, &*bytes)
            .map_err(|_| Error::config("vault_key", format!("{field}: not a key of 32 bytes")))?;
        Ok(Self { key: LessSafeKey::new(key), mark })
    }

    /// The key's bytes, or why there are none: nothing of the text itself is repeated.
    fn bytes(text: &str) -> std::result::Result<Zeroizing<[u8; KEY_LEN]>, (&'static str, String)> {
        let read;
        let text = match text.strip_prefix("file:") {
            Some(path) => {
                read = read_file(path.trim()).map_err(|why| ("vault_key_file", why))?;
                read.trim()
            }
            None => text,
        };
        let wrong = |why: &str| ("vault_key", why.to_owned());
        if text.is_empty() {
            return Err((
                "vault_missing",
                "no key is set: `openssl rand -base64 32` makes one, and the gateway's \
                 GATEWAY_AES_KEY must be the same"
                    .into(),
            ));
        }
        if text.starts_with("-----") {
            return Err(wrong(
                "a PEM text stands here; standard base64 of 32 random bytes belongs here",
            ));
        }
        let hexadecimal = text.len() == 2 * KEY_LEN && text.bytes().all(|b| b.is_ascii_hexdigit());
        if hexadecimal {
            return Err(wrong("these are 32 bytes in hexadecimal; write them in standard base64"));
        }
        if text.contains(['-', '_']) {
            return Err(wrong("this is base64 of the URL kind; the standard kind has + and /"));
        }
        if text.starts_with(['"', '\'']) {
            return Err(wrong("quotation marks stand around the key; leave them out"));
        }
        let decoded = STANDARD.decode(text).map(Zeroizing::new).map_err(|_| {
            wrong("this is not standard base64: 44 characters that end in one = are 32 bytes")
        })?;
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        if decoded.len() != KEY_LEN {
            return Err(wrong(&format!(
                "it decodes to {} bytes, and must decode to exactly {KEY_LEN}",
                decoded.len()
            )));
        }
        bytes.copy_from_slice(&decoded);
        Ok(bytes)
    }

    fn seal(&self, plain: &[u8], nonce: [u8; NONCE_LEN]) -> Result<Vec<u8>> {
        // With room for all of it, so that no copy of the plain text is left behind by growing.
        let mut blob = Vec::with_capacity(NONCE_LEN + plain.len() + TAG_LEN);
        blob.extend_from_slice(&nonce);
        blob.extend_from_slice(plain);
        let sealed = self.key.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::empty(),
            &mut blob[NONCE_LEN..],
        );
        match sealed {
            Ok(tag) => {
                blob.extend_from_slice(tag.as_ref());
                Ok(blob)
            }
            Err(_) => {
                blob.zeroize();
                Err(Error::storage("the credentials could not be sealed"))
            }
        }
    }

    fn open(&self, blob: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = blob.split_first_chunk::<NONCE_LEN>()?;
        let mut bytes = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self.key.open_in_place(nonce, Aad::empty(), &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }
}

fn read_file(path: &str) -> std::result::Result<Zeroizing<String>, String> {
    if !path.starts_with('/') || path.contains('\0') {
        return Err("a key file is written file:/absolute/path".into());
    }
    let unreadable = |error: std::io::Error| format!("{path} cannot be read by PHP: {error}");
    // Reading a pipe or a device could wait for ever.
    if !Path::new(path).metadata().map_err(unreadable)?.is_file() {
        return Err(format!("{path} is not a regular file"));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_MAX as usize + 1));
    File::open(path)
        .and_then(|file| file.take(FILE_MAX + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > FILE_MAX {
        return Err(format!("{path} is longer than {FILE_MAX} bytes"));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) if !text.trim().is_empty() => Ok(Zeroizing::new(text.to_owned())),
        Ok(_) => Err(format!("{path} is empty")),
        Err(_) => Err(format!("{path} holds raw bytes; write them in standard base64")),
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    #[test]
    fn where_chance_makes_it_utf_8_another_nonce_is_drawn() {
        let vault = Vault::load(KEY, "").unwrap();
        let nonce =
            |n: u32| -> [u8; NONCE_LEN] { format!("{n:012}").into_bytes().try_into().unwrap() };
        let misread = (0..10_000_000)
            .map(nonce)
            .find(|nonce| is_plain(&vault.current.seal(b"", *nonce).unwrap()))
            .unwrap();
        let mut drawn = [misread, misread, [255; NONCE_LEN]].into_iter();
        let blob = vault.seal_with(b"", || Ok(drawn.next().unwrap())).unwrap();
        assert_eq!((&blob[..NONCE_LEN], drawn.next()), (&[255; NONCE_LEN][..], None));
        assert_eq!(vault.open(&blob).unwrap().0.as_slice(), b"");
        assert!(vault.seal_with(b"", || Ok(misread)).is_err(), "never such a blob");
    }
}
