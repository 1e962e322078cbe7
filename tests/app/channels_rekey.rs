//! Rotation of the key: cut off by SIGKILL, taken up again, while a reader with both keys reads.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use mysql::prelude::Queryable;
use serde_json::{Value as Json, json};

use crate::{
    channels::site,
    support::{
        child, eventually,
        gateway::{KEY, OTHER_KEY, read, seal},
        site::Site,
    },
};

const ROWS: usize = 3000;

#[test]
#[ignore = "the command of the other tests: a process of its own"]
fn rekey_process() {
    let Some(app) = child::app() else { return };
    let mut after = 0;
    loop {
        let done = app.rekey(after).unwrap();
        after = done.after;
        if done.done {
            return;
        }
    }
}

fn credentials(number: usize) -> Json {
    json!({"app_key": format!("app-{number}"), "app_secret": "CANARY-s", "access_token": "t".repeat(number % 900)})
}

fn filled(site: &Site, tenant: u32, key: &str) {
    let table = "INSERT INTO `fa_chathub_channel_account` (tenant_id, channel, credentials_encrypted, \
        updatetime) VALUES (?, 'jd', ?, 17)";
    let mut session = site.session();
    session.query_drop("START TRANSACTION").unwrap();
    let rows = (0..ROWS).map(|number| (tenant, seal(key, &credentials(number))));
    session.exec_batch(table, rows).unwrap();
    session.query_drop("COMMIT").unwrap();
}

fn blobs(site: &Site) -> Vec<Vec<u8>> {
    let sql = "SELECT credentials_encrypted FROM `fa_chathub_channel_account` ORDER BY id";
    site.session().query(sql).unwrap()
}

fn readable(site: &Site, key: &str) -> usize {
    blobs(site).iter().filter(|blob| read(key, blob).is_some()).count()
}

/// A run that is killed in the middle, and a second one that comes to the end.
fn rotate(site: &Site, new: &str, old: &str) {
    let more = [("gateway_aes_key", new), ("gateway_aes_key_old", old)];
    let start = || child::start("channels_rekey::rekey_process", site, "", &more);
    let mut first = start();
    eventually("some are done", || (readable(site, new) >= 300).then_some(()));
    first.kill().unwrap();
    first.wait().unwrap();
    let done = readable(site, new);
    println!("killed with {done} of {ROWS} rows under the new key");
    assert!(done < ROWS, "it was too quick to be killed in the middle");
    assert!(start().wait().unwrap().success());
    assert_eq!((readable(site, new), readable(site, old)), (ROWS, 0));
}

#[test]
fn two_rotations_with_kills_while_a_reader_reads() {
    let (site, id) = site();
    let third = STANDARD.encode([7; 32]);
    filled(&site, id, KEY);
    let (over, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            let keys = [KEY, OTHER_KEY, third.as_str()];
            let mut session = site.session();
            let mut number = 0;
            while !over.load(Ordering::Relaxed) {
                number = (number + 7) % ROWS;
                let sql = format!(
                    "SELECT credentials_encrypted FROM `fa_chathub_channel_account` ORDER BY id LIMIT {number}, 1"
                );
                let blob: Vec<u8> = session.query_first(sql).unwrap().unwrap();
                let opened = keys.iter().find_map(|key| read(key, &blob));
                assert_eq!(opened, Some(credentials(number)), "row {number}");
                reads.fetch_add(1, Ordering::Relaxed);
            }
        });
        // Also when a round fails, so that the reader comes to its end.
        let rounds = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            rotate(&site, OTHER_KEY, KEY);
            rotate(&site, &third, OTHER_KEY);
        }));
        over.store(true, Ordering::Relaxed);
        rounds.unwrap();
    });
    println!("{} reads, none failed", reads.load(Ordering::Relaxed));
    for (number, blob) in blobs(&site).iter().enumerate() {
        assert_eq!(read(&third, blob), Some(credentials(number)));
    }
    assert_eq!(site.count("#channel_account WHERE updatetime <> 17"), 0, "nothing else has moved");
    let site = site.configured(&[("gateway_aes_key", &third), ("gateway_aes_key_old", OTHER_KEY)]);
    let again = site.app().rekey(0).unwrap();
    assert_eq!((again.resealed, again.left_old, again.unreadable), (0, 0, 0));
}

#[test]
fn what_a_run_finds_and_says() {
    let (site, id) = site();
    let json = json!({"app_key": "k", "n": 1.50});
    let plain = "{\"app_key\" :\"CANARY\"}";
    site.account(id, "jd", &seal(KEY, &json), "");
    site.account(id, "pdd", &seal(OTHER_KEY, &json), ", status = 'paused'");
    site.account(id, "taobao", plain.as_bytes(), "");
    site.account(id, "tiktok", &seal(&STANDARD.encode([9; 32]), &json), "");
    site.account(id, "amazon", b"", "");
    let site = site.configured(&[("gateway_aes_key", OTHER_KEY), ("gateway_aes_key_old", KEY)]);
    // Looked at, but not re-sealed: then the count says what is left.
    site.app().channels(1, id).unwrap();
    assert_eq!(site.gateway_reads(KEY, id, "jd"), Some(json.clone()));
    let done = site.app().rekey(0).unwrap();
    assert_eq!(
        (done.seen, done.resealed, done.unreadable, done.left_old, done.done),
        (5, 1, 1, 0, true)
    );
    assert_eq!(site.gateway_reads(OTHER_KEY, id, "jd"), Some(json));
    assert_eq!(site.app().rekey(0).unwrap().resealed, 0);
    // A process that still has the old key writes.
    let late = site.config_with(&[("gateway_aes_key", KEY), ("gateway_aes_key_old", "")]);
    let app = chathub_core::app::App::new(site.database(), late);
    let form = [("app_id", "a"), ("app_secret", "b")];
    app.save_channel(1, id, "pdd", &crate::support::site::input(&form)).unwrap();
    let again = site.app().rekey(0).unwrap();
    assert_eq!((again.resealed, again.left_old), (1, 0));
    // Without the old key its rows are counted, too.
    app.save_channel(1, id, "pdd", &crate::support::site::input(&form)).unwrap();
    let site = site.configured(&[("gateway_aes_key_old", "")]);
    let blind = site.app().rekey(0).unwrap();
    assert_eq!((blind.unreadable, blind.left_old), (2, 0));
}
