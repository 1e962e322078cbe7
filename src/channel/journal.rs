//! Renewed tokens are on this machine's disk before anything else is done with them: the ones that they
//! replace are dead, and the database may be away, or the process killed, before they are stored.
//!
//! One file per renewal, made and given its space before the request leaves, so that a full disk or
//! wrong permissions show while nothing is lost yet. What it holds is sealed like the rows themselves.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Error, Result, random};

/// More than any entry: two tokens of 2 KB each, sealed, in base64.
const SPACE: usize = 16 * 1024;
const PREFIX: &str = "refresh-";
const SUFFIX: &str = ".journal";
/// A file without an entry is of a renewal that did not come to its answer. Nobody is at it any more
/// after so long.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// The folder of a machine's journal.
pub struct Journal {
    folder: PathBuf,
}

/// Tokens on their way to a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub account_id: u32,
    /// Names the refresh token that they were obtained with.
    pub replaces: String,
    /// A JSON object, sealed: what changes in the credentials.
    #[serde(with = "base64_text")]
    pub sealed: Vec<u8>,
    /// The access token's end in Unix seconds.
    pub expires_at: i64,
    /// When they were obtained, in Unix seconds.
    pub obtained_at: i64,
}

mod base64_text {
    use super::{Engine, STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Space on the disk for one entry, held while the request is under way.
pub struct Page {
    file: File,
    path: PathBuf,
}

/// An entry that was found.
pub struct Found {
    pub entry: Entry,
    path: PathBuf,
}

fn trouble(what: &str, path: &Path, error: &io::Error) -> Error {
    let user = fs::metadata("/proc/self").map(|m| std::os::unix::fs::MetadataExt::uid(&m));
    let user = user.map_or_else(|_| String::new(), |uid| format!(" (as user {uid})"));
    Error::config("runtime_path", format!("{} {what}{user}: {error}", path.display()))
}

impl Journal {
    /// In the addon's runtime folder; made when it is missing, for its owner's eyes only.
    pub fn open(runtime_path: &str) -> Result<Self> {
        if !runtime_path.starts_with('/') || runtime_path.contains('\0') {
            return Err(Error::config(
                "runtime_path",
                "runtime_path is not set to an absolute folder; without one no token can be renewed safely",
            ));
        }
        let folder = PathBuf::from(runtime_path);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(|error| trouble("cannot be made", &folder, &error))?;
        // Where it was there before. Somebody else's folder may be as its owner wants it.
        if let Ok(meta) = fs::metadata(&folder)
            && meta.permissions().mode() & 0o077 != 0
        {
            let _ = fs::set_permissions(&folder, fs::Permissions::from_mode(0o700));
        }
        Ok(Self { folder })
    }

    /// A page for the answer of one renewal.
    pub fn prepare(&self, account_id: u32) -> Result<Page> {
        let name = format!("{PREFIX}{account_id}-{}{SUFFIX}", random::code::<12>()?);
        let path = self.folder.join(name);
        let make = || {
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(&[b' '; SPACE])?;
            file.sync_all()?;
            // The name has to be on the disk as well.
            File::open(&self.folder)?.sync_all()?;
            Ok(file)
        };
        match make() {
            Ok(file) => Ok(Page { file, path }),
            Err(error) => {
                let _ = fs::remove_file(&path);
                Err(trouble("cannot be written", &self.folder, &error))
            }
        }
    }

    /// The entries of one account, or of all; files without one are left alone.
    pub fn entries(&self, account_id: Option<u32>) -> Result<Vec<Found>> {
        let wanted = match account_id {
            Some(id) => format!("{PREFIX}{id}-"),
            None => PREFIX.to_owned(),
        };
        let list = fs::read_dir(&self.folder)
            .map_err(|error| trouble("cannot be read", &self.folder, &error))?;
        let mut found = Vec::new();
        for file in list.flatten() {
            let name = file.file_name();
            let Some(name) = name.to_str() else { continue };
            if !name.starts_with(&wanted) || !name.ends_with(SUFFIX) {
                continue;
            }
            let path = file.path();
            match read(&path) {
                Ok(Some(entry)) if account_id.is_none_or(|id| id == entry.account_id) => {
                    found.push(Found { entry, path });
                }
                Ok(_) => drop_abandoned(&path),
                // Somebody else's, or gone meanwhile.
                Err(_) => {}
            }
        }
        // Of one account, in the order in which they were obtained.
        found.sort_by_key(|found| found.entry.obtained_at);
        Ok(found)
    }
}

/// `None`: there is no whole entry in it.
fn read(path: &Path) -> io::Result<Option<Entry>> {
    let mut text = String::new();
    File::open(path)?.take(2 * SPACE as u64).read_to_string(&mut text)?;
    let Some((sum, json)) = text.trim_end().split_once(' ') else { return Ok(None) };
    if sum != checksum(json) {
        return Ok(None);
    }
    Ok(serde_json::from_str(json).ok())
}

/// A page that was written half is none.
fn checksum(json: &str) -> String {
    Sha256::digest(json).iter().map(|b| format!("{b:02x}")).collect()
}

fn drop_abandoned(path: &Path) {
    let age = fs::metadata(path)
        .and_then(|meta| meta.modified())
        .map(|at| SystemTime::now().duration_since(at).unwrap_or_default());
    if age.is_ok_and(|age| age > ABANDONED) {
        let _ = fs::remove_file(path);
    }
}

impl Page {
    /// On the disk when this returns.
    pub fn write(&mut self, entry: &Entry) -> Result<()> {
        let json = serde_json::to_string(entry)
            .map_err(|_| Error::config("runtime_path", "the entry cannot be written as JSON"))?;
        let line = format!("{} {json}\n", checksum(&json));
        let mut write = || {
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(line.as_bytes())?;
            self.file.sync_data()
        };
        write().map_err(|error| trouble("cannot be written", &self.path, &error))
    }

    /// The tokens are where they belong, or there are none.
    pub fn done(self) {
        // What cannot be removed is found to be stored already when it is read again.
        let _ = fs::remove_file(&self.path);
    }
}

impl Found {
    /// As [`Page::done`].
    pub fn done(self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> PathBuf {
        std::env::temp_dir().join(format!("chathub-journal-{}", random::code::<12>().unwrap()))
    }

    fn entry(account_id: u32) -> Entry {
        Entry {
            account_id,
            replaces: "x".into(),
            sealed: vec![255, 0, 7],
            expires_at: 9,
            obtained_at: 5,
        }
    }

    #[test]
    fn what_is_written_is_found_by_another_process() {
        let path = folder();
        let journal = Journal::open(path.to_str().unwrap()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let (mut one, two) = (journal.prepare(1).unwrap(), journal.prepare(2).unwrap());
        assert!(journal.entries(None).unwrap().is_empty(), "pages without an entry");
        one.write(&entry(1)).unwrap();
        assert_eq!(fs::metadata(&one.path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = Journal::open(path.to_str().unwrap()).unwrap();
        let found = again.entries(None).unwrap();
        assert_eq!(found.iter().map(|f| f.entry.clone()).collect::<Vec<_>>(), [entry(1)]);
        assert!(again.entries(Some(12)).unwrap().is_empty());
        again.entries(Some(1)).unwrap().into_iter().for_each(Found::done);
        one.done();
        two.done();
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
        fs::remove_dir(&path).unwrap();
    }

    #[test]
    fn half_an_entry_is_none() {
        let path = folder();
        let journal = Journal::open(path.to_str().unwrap()).unwrap();
        let mut page = journal.prepare(7).unwrap();
        page.write(&entry(7)).unwrap();
        let whole = fs::read(&page.path).unwrap();
        let length = whole.iter().position(|b| *b == b'\n').unwrap();
        for cut in [1, 30, 64, 66, length - 1] {
            let mut half = whole[..cut].to_vec();
            half.resize(SPACE, b' ');
            fs::write(&page.path, &half).unwrap();
            assert!(journal.entries(Some(7)).unwrap().is_empty(), "{cut}");
        }
        fs::write(&page.path, &whole).unwrap();
        assert_eq!(journal.entries(Some(7)).unwrap().len(), 1);
        fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_folder_that_is_none_is_named() {
        for bad in ["", "runtime", "/proc/nowhere/chathub"] {
            let error = Journal::open(bad).err().unwrap();
            assert_eq!(error.key(), "runtime_path");
        }
    }
}
