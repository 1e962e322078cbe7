//! Both directions, in numbers; and what was changed does not open.

use base64::{Engine, engine::general_purpose::STANDARD};
use chathub_core::{
    channel::{
        Credentials, Vault,
        credentials::BLOB_MAX,
        vault::{OpenedBy, is_plain},
    },
    random,
};
use serde_json::json;

use crate::python::gateway;

const NUMBER: usize = 10_000;

pub fn key() -> String {
    STANDARD.encode(random::bytes::<32>().unwrap())
}

/// Credentials of every length, with every sort of character.
fn credentials(number: usize) -> String {
    let token = STANDARD.encode(random::bytes::<48>().unwrap()).repeat(number % 20 + 1);
    let shop = ["旗舰店", "Ünïcode \"quoted\" \\ back", "😀\u{0}\u{7f}\u{2028}", ""][number % 4];
    let mut map =
        json!({"access_token": token, "shop": shop, "expires": number, "nested": [shop, null]});
    if number.is_multiple_of(7) {
        map = json!({});
    }
    map.to_string()
}

#[test]
fn ten_thousand_credentials_each_way() {
    let keys: Vec<String> = (0..20).map(|_| key()).collect();
    let vaults: Vec<Vault> = keys.iter().map(|key| Vault::load(key, "").unwrap()).collect();
    let texts: Vec<String> = (0..NUMBER).map(credentials).collect();
    let mut requests = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        let blob = vaults[number % 20].seal(text.as_bytes()).unwrap();
        assert!(!is_plain(&blob));
        assert_eq!(blob.len(), text.len() + 28);
        requests.push(json!({"key": keys[number % 20], "open": STANDARD.encode(blob)}));
        requests.push(json!({"key": keys[number % 20], "seal": text}));
    }
    for (number, answers) in gateway(&requests).chunks(2).enumerate() {
        assert_eq!(answers[0]["text"].as_str(), Some(texts[number].as_str()), "they open ours");
        let blob = STANDARD.decode(answers[1]["blob"].as_str().unwrap()).unwrap();
        let (text, by) = vaults[number % 20].open(&blob).unwrap();
        assert_eq!((text.as_slice(), by), (texts[number].as_bytes(), OpenedBy::Current));
    }
    println!("{NUMBER} credentials sealed here and opened there, and as many the other way");
}

#[test]
fn no_two_blobs_are_alike() {
    let vault = Vault::load(&key(), "").unwrap();
    let blobs: std::collections::HashSet<Vec<u8>> =
        (0..NUMBER).map(|_| vault.seal(b"{}").unwrap()).collect();
    assert_eq!(blobs.len(), NUMBER);
    assert!(blobs.iter().all(|blob| !is_plain(blob)));
}

#[test]
fn no_byte_may_be_changed_left_out_or_added() {
    let key = key();
    let vault = Vault::load(&key, "").unwrap();
    let blob = vault.seal(credentials(3).as_bytes()).unwrap();
    let mut requests = Vec::new();
    let mut refuse = |changed: Vec<u8>, what: String| {
        let error = vault.open(&changed).unwrap_err();
        assert_eq!(error.key(), "credentials_unreadable", "{what}");
        requests.push(json!({"key": key, "open": STANDARD.encode(changed)}));
    };
    for place in 0..blob.len() {
        for bit in 0..8 {
            let mut changed = blob.clone();
            changed[place] ^= 1 << bit;
            refuse(changed, format!("bit {bit} of byte {place}"));
        }
        let mut shorter = blob.clone();
        shorter.remove(place);
        refuse(shorter, format!("without byte {place}"));
        refuse(blob[..place].to_vec(), format!("cut off at {place}"));
    }
    for more in [0, 255] {
        refuse([blob.as_slice(), &[more]].concat(), "one more at the end".into());
        refuse([&[more], blob.as_slice()].concat(), "one more at the beginning".into());
    }
    for (request, answer) in requests.iter().zip(gateway(&requests)) {
        let changed = STANDARD.decode(request["open"].as_str().unwrap()).unwrap();
        // The first bytes alone may happen to be a text, which opens nothing.
        let short_text = changed.len() < 12 && is_plain(&changed);
        assert!(short_text || answer["refused"] == true, "{request}");
    }
}

#[test]
fn either_key_opens_and_the_current_one_seals() {
    let (old, new) = (key(), key());
    let (before, both, after) = (
        Vault::load(&old, "").unwrap(),
        Vault::load(&new, &old).unwrap(),
        Vault::load(&new, "").unwrap(),
    );
    let blob = before.seal(b"{}").unwrap();
    assert_eq!(both.open(&blob).unwrap().1, OpenedBy::Old);
    assert!(after.open(&blob).is_err(), "the wrong key");
    let again = both.seal(b"{}").unwrap();
    assert_eq!(after.open(&again).unwrap().1, OpenedBy::Current);
    assert!(before.open(&again).is_err());
    assert_eq!(both.old_mark(), Some(before.mark()));
    assert_eq!(both.mark(), after.mark());
    assert_ne!(both.mark(), before.mark());
    let same = Vault::load(&new, &new).unwrap();
    assert_eq!(same.old_mark(), None, "the same key twice is one key");
}

#[test]
fn what_the_column_takes_and_no_more() {
    let vault = Vault::load(&key(), "").unwrap();
    let mut credentials = Credentials::default();
    let rest = br#"{"access_token":""}"#.len() + 28;
    credentials.set("access_token", "a".repeat(BLOB_MAX - rest));
    assert_eq!(credentials.seal(&vault).unwrap().len(), BLOB_MAX);
    credentials.set("access_token", "a".repeat(BLOB_MAX - rest + 1));
    let error = credentials.seal(&vault).unwrap_err();
    assert_eq!((error.key(), error.field()), ("credentials_too_long", Some("credentials")));
    assert_eq!(format!("{credentials:?}{vault:?}"), "Credentials(***)Vault(***)");
}
