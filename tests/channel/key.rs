//! Keys as people configure them, and the mistakes that they make.

use std::{fs, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use chathub_core::{channel::Vault, random};

use crate::vault::key;

struct Scratch(PathBuf);

impl Scratch {
    fn new(bytes: &[u8]) -> Self {
        let name = format!("chathub-key-{}", random::code::<12>().unwrap());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, bytes).unwrap();
        Self(path)
    }

    fn text(&self) -> String {
        format!("file:{}", self.0.display())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn a_key_as_it_is_or_in_a_file() {
    let key = key();
    let file = Scratch::new(format!("{key}\n").as_bytes());
    let blob = Vault::load(&key, "").unwrap().seal(b"{}").unwrap();
    for text in [format!("  {key}\n"), file.text(), format!("file: {}", &file.text()[5..])] {
        Vault::load(&text, "").unwrap().open(&blob).unwrap();
    }
}

#[test]
fn the_usual_mistakes_are_named_and_nothing_is_repeated() {
    let bytes = random::bytes::<32>().unwrap();
    let key = STANDARD.encode(bytes);
    let hexadecimal: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let (raw, empty, long) =
        (Scratch::new(&[255; 32]), Scratch::new(b" \n"), Scratch::new(&[b'A'; 5000]));
    for (text, error, word) in [
        (String::new(), "vault_missing", "openssl rand"),
        ("  ".into(), "vault_missing", "GATEWAY_AES_KEY"),
        (hexadecimal, "vault_key", "hexadecimal"),
        (STANDARD.encode([1; 16]), "vault_key", "16 bytes"),
        (STANDARD.encode([1; 33]), "vault_key", "33 bytes"),
        (format!("{}-_", &key[..42]), "vault_key", "URL kind"),
        (format!("\"{key}\""), "vault_key", "quotation marks"),
        (key.trim_end_matches('=').to_owned(), "vault_key", "44 characters"),
        ("-----BEGIN PRIVATE KEY-----".into(), "vault_key", "PEM"),
        ("钥匙".into(), "vault_key", "44 characters"),
        ("file:key.txt".into(), "vault_key_file", "/absolute/path"),
        ("file:/no/such/file".into(), "vault_key_file", "/no/such/file"),
        ("file:/dev/zero".into(), "vault_key_file", "regular file"),
        (raw.text(), "vault_key_file", "raw bytes"),
        (empty.text(), "vault_key_file", "empty"),
        (long.text(), "vault_key_file", "longer"),
    ] {
        let refused = Vault::load(&text, "").unwrap_err();
        assert_eq!(refused.key(), error, "{text}");
        assert!(refused.to_string().contains(word), "{text}: {refused}");
        assert_eq!(refused.field(), Some("gateway_aes_key"));
        let secret = text.trim_matches(['"', ' ']);
        let shows = !text.starts_with("file:") && secret.len() > 8;
        assert!(!shows || !format!("{refused}{refused:?}").contains(secret), "{refused}");
    }
    let error = Vault::load(&key, "nonsense").unwrap_err();
    assert_eq!((error.key(), error.field()), ("vault_key", Some("gateway_aes_key_old")));
    Vault::load(&key, " ").unwrap();
}
