//! Parsed keys, per process: parsing costs several times what a verification does.

use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// A site uses two keys; more appear only while someone tries out configurations.
const ENTRIES: usize = 16;
/// Longest key text or file, in bytes. A root certificate bundle takes about 7,000.
const TEXT_MAX: u64 = 65_536;

pub(super) struct Cache<T> {
    /// The most recently used first.
    entries: Mutex<Vec<Entry<T>>>,
}

struct Entry<T> {
    /// SHA-256 of the configured text, so that the cache holds no second copy of a secret.
    id: [u8; 32],
    stamp: Option<Stamp>,
    key: Arc<T>,
}

impl<T> Cache<T> {
    pub(super) const fn new() -> Self {
        Self { entries: Mutex::new(Vec::new()) }
    }

    /// The parsed key of `text`, which may be `file:/abs/path`; a changed file is read again.
    pub(super) fn get_or_parse(
        &self,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T>,
    ) -> Result<Arc<T>> {
        let id: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let file = text.trim().strip_prefix("file:").map(KeyFile::find).transpose()?;
        let stamp = file.as_ref().map(|file| file.stamp);
        if let Some(key) = self.get(&id, stamp) {
            return Ok(key);
        }
        let key = Arc::new(match file {
            Some(file) => parse(&file.read()?)?,
            None if text.len() as u64 > TEXT_MAX => return Err(too_long("the key")),
            None => parse(text)?,
        });
        self.put(Entry { id, stamp, key: key.clone() });
        Ok(key)
    }

    fn get(&self, id: &[u8; 32], stamp: Option<Stamp>) -> Option<Arc<T>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let at = entries.iter().position(|entry| entry.id == *id && entry.stamp == stamp)?;
        entries[..=at].rotate_right(1);
        entries.first().map(|entry| entry.key.clone())
    }

    fn put(&self, entry: Entry<T>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|other| other.id != entry.id);
        entries.insert(0, entry);
        entries.truncate(ENTRIES);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.lock().unwrap().len()
    }
}

/// What changes when a file does, also within one second and at the same size.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device_inode: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(meta: &Metadata) -> Self {
        Self {
            device_inode: (meta.dev(), meta.ino()),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

struct KeyFile<'a> {
    path: &'a str,
    stamp: Stamp,
}

impl<'a> KeyFile<'a> {
    fn find(path: &'a str) -> Result<Self> {
        let path = path.trim();
        if !path.starts_with('/') || path.contains('\0') {
            let why = "a key file is written file:/absolute/path";
            return Err(Error::config("key_file", why));
        }
        let meta = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?;
        // Reading a pipe or a device could wait for ever.
        if !meta.is_file() {
            return Err(Error::config("key_file", format!("{path} is not a regular file")));
        }
        Ok(Self { path, stamp: Stamp::of(&meta) })
    }

    fn read(&self) -> Result<Zeroizing<String>> {
        read_text(self.path)
    }
}

/// The text of a key or certificate file.
pub(in crate::pay) fn read_text(path: &str) -> Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path)
        .and_then(|file| file.take(TEXT_MAX + 1).read_to_end(&mut bytes))
        .map_err(|e| unreadable(path, &e))?;
    if bytes.len() as u64 > TEXT_MAX {
        return Err(too_long(path));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        // Certificates are also handed out as bare DER.
        Err(_) => {
            use base64::{Engine, engine::general_purpose::STANDARD};
            Ok(Zeroizing::new(STANDARD.encode(&*bytes)))
        }
    }
}

fn unreadable(path: &str, error: &std::io::Error) -> Error {
    Error::config("key_file", format!("{path} cannot be read by PHP: {error}"))
}

fn too_long(what: &str) -> Error {
    Error::config("key_not_base64", format!("{what} is longer than {TEXT_MAX} bytes"))
}
