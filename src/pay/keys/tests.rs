use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use rsa::RsaPrivateKey;
use rsa::pkcs1::{EncodeRsaPrivateKey, EncodeRsaPublicKey};
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::rand_core::OsRng;

use super::*;

fn key() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| RsaPrivateKey::new(&mut OsRng, 2048).unwrap())
}

fn pkcs8() -> String {
    STANDARD.encode(key().to_pkcs8_der().unwrap().as_bytes())
}

fn pkcs1() -> String {
    STANDARD.encode(key().to_pkcs1_der().unwrap().as_bytes())
}

fn spki() -> String {
    STANDARD.encode(key().to_public_key().to_public_key_der().unwrap().as_bytes())
}

fn ec_private() -> Vec<u8> {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
    let rng = SystemRandom::new();
    EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &rng).unwrap().as_ref().to_vec()
}

fn lines(base64: &str, width: usize) -> String {
    let chunks: Vec<_> = base64.as_bytes().chunks(width).collect();
    chunks.iter().map(|c| String::from_utf8_lossy(c) + "\n").collect()
}

fn pem(label: &str, base64: &str) -> String {
    format!("-----BEGIN {label}-----\n{}-----END {label}-----\n", lines(base64, 64))
}

fn certificate() -> String {
    let vector = include_str!("../../../tests/vectors/alipay_cert_sn.json");
    let vector: serde_json::Value = serde_json::from_str(vector).unwrap();
    vector["certs"][0]["pem"].as_str().unwrap().to_owned()
}

/// The forms of one base64 text that are found in configuration fields.
fn pasted(label: &str, base64: &str) -> Vec<String> {
    let pem = pem(label, base64);
    vec![
        base64.to_owned(),
        format!("  {base64}\r\n"),
        format!("\u{feff}{base64}\u{200b}"),
        base64.trim_end_matches('=').to_owned(),
        lines(base64, 76),
        lines(base64, 64).replace('\n', "\r\n"),
        lines(base64, 64).replace('\n', "\\n"),
        pem.replace('\n', "\r\n"),
        pem.replace('\n', " "),
        pem.replace('\n', "\\n"),
        format!("Bag Attributes\n    friendlyName: x\n{pem}"),
        pem,
        // The label is somebody's guess.
        self::pem("SOMETHING ELSE", base64),
    ]
}

#[test]
fn private_keys_in_every_form() {
    let message = b"app_id=1&method=x";
    let expected = PrivateKey::load(&pkcs8()).unwrap().sign(message).unwrap();
    let texts = [pasted("PRIVATE KEY", &pkcs8()), pasted("RSA PRIVATE KEY", &pkcs1())].concat();
    for text in texts {
        let key = PrivateKey::load(&text).unwrap_or_else(|e| panic!("{e}: {text:?}"));
        assert_eq!(key.sign(message).unwrap(), expected);
    }
}

#[test]
fn public_keys_in_every_form() {
    let private = PrivateKey::load(&pkcs8()).unwrap();
    let pkcs1 = key().to_public_key().to_pkcs1_der().unwrap();
    let pkcs1 = STANDARD.encode(pkcs1.as_bytes());
    for text in [pasted("PUBLIC KEY", &spki()), pasted("RSA PUBLIC KEY", &pkcs1)].concat() {
        let public = PublicKey::load(&text).unwrap_or_else(|e| panic!("{e}: {text:?}"));
        assert!(public.belongs_to(&private));
        assert!(public.certificate().is_none());
    }
    let bare: String = certificate().lines().filter(|l| !l.starts_with("---")).collect();
    for text in pasted("CERTIFICATE", &bare) {
        let public = PublicKey::load(&text).unwrap();
        assert!(!public.belongs_to(&private));
        assert!(public.certificate().is_some());
    }
}

#[test]
fn sign_and_verify() {
    let private = PrivateKey::load(&pkcs1()).unwrap();
    let public = PublicKey::load(&spki()).unwrap();
    let signature = STANDARD.decode(private.sign("测试".as_bytes()).unwrap()).unwrap();
    assert!(public.verify("测试".as_bytes(), &signature));
    assert!(!public.verify(b"other", &signature));
    for bad in [&signature[..255], &[][..], &[0; 256], &[0xff; 1000]] {
        assert!(!public.verify("测试".as_bytes(), bad));
    }
}

#[test]
fn the_usual_mistakes_are_named() {
    let ec = STANDARD.encode(ec_private());
    let small = RsaPrivateKey::new(&mut OsRng, 1024).unwrap();
    let small_private = STANDARD.encode(small.to_pkcs8_der().unwrap().as_bytes());
    let small_public = small.to_public_key().to_public_key_der().unwrap();
    let small_public = STANDARD.encode(small_public.as_bytes());
    let pkcs8 = pkcs8();
    let half = &pkcs8[..pkcs8.len() / 2];
    let encrypted = "MBwwDgYJKoZIhvcNAQUNMAEABAoAAAAAAAAAAAAA";
    let legacy = format!(
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{}\n\
         -----END RSA PRIVATE KEY-----",
        pkcs1()
    );
    let cut_pem = pem("PRIVATE KEY", &pkcs8).split_at(900).0.to_owned();
    for (text, private, public) in [
        ("", "key_empty", "key_empty"),
        (" \r\n", "key_empty", "key_empty"),
        ("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----", "key_empty", "key_empty"),
        ("请填写私钥", "key_not_base64", "key_not_base64"),
        ("MIIE-_", "key_not_base64", "key_not_base64"),
        ("aGVsbG8gd29ybGQ=", "key_unknown", "key_unknown"),
        ("MAA=", "key_unknown", "key_unknown"),
        (half, "key_truncated", "key_truncated"),
        (&pkcs8[4..], "key_unknown", "key_unknown"),
        (
            &format!("{}{}", pkcs8.trim_end_matches('='), "AAAAAAAA"),
            "key_truncated",
            "key_truncated",
        ),
        (&cut_pem, "key_truncated", "key_truncated"),
        (&ec, "key_not_rsa", "key_is_private"),
        (&small_private, "key_size", "key_is_private"),
        (&small_public, "key_is_public", "key_size"),
        (&legacy, "key_encrypted", "key_encrypted"),
        (&pem("ENCRYPTED PRIVATE KEY", encrypted), "key_encrypted", "key_encrypted"),
        (encrypted, "key_encrypted", "key_encrypted"),
        (&certificate(), "key_is_certificate", ""),
        (&spki(), "key_is_public", ""),
        (&pkcs8, "", "key_is_private"),
        (&pkcs1(), "", "key_is_private"),
        ("file:relative/path", "key_file", "key_file"),
        ("file:/no/such/file", "key_file", "key_file"),
        ("file:/dev/zero", "key_file", "key_file"),
        ("file:/", "key_file", "key_file"),
        (&"A".repeat(70_000), "key_not_base64", "key_not_base64"),
    ] {
        let shown: String = text.chars().take(60).collect();
        let seen = PrivateKey::load(text).err().map_or("", |e| e.key());
        assert_eq!(seen, private, "private: {shown}");
        let seen = PublicKey::load(text).err().map_or("", |e| e.key());
        assert_eq!(seen, public, "public: {shown}");
    }
}

#[test]
fn damaged_numbers() {
    let mut der = key().to_pkcs1_der().unwrap().as_bytes().to_vec();
    der[40] ^= 1;
    assert_eq!(PrivateKey::load(&STANDARD.encode(der)).unwrap_err().key(), "key_broken");
}

#[test]
fn files_are_read_again_when_they_change() {
    let path = std::env::temp_dir().join(format!("chathub-key-{}.pem", std::process::id()));
    let text = format!(" file:{}\n", path.display());
    std::fs::write(&path, pem("PRIVATE KEY", &pkcs8())).unwrap();
    let first = PrivateKey::load(&text).unwrap();
    assert!(Arc::ptr_eq(&first, &PrivateKey::load(&text).unwrap()));
    let other = RsaPrivateKey::new(&mut OsRng, 2048).unwrap();
    std::fs::write(&path, &*other.to_pkcs8_pem(LineEnding::CRLF).unwrap()).unwrap();
    let second = PrivateKey::load(&text).unwrap();
    assert_ne!(first.sign(b"x").unwrap(), second.sign(b"x").unwrap());
    std::fs::write(&path, "nonsense").unwrap();
    PrivateKey::load(&text).unwrap_err();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(PrivateKey::load(&text).unwrap_err().key(), "key_file");
    // A certificate file may be bare DER.
    let der = blocks(&certificate()).unwrap();
    std::fs::write(&path, &*der[0]).unwrap();
    assert!(PublicKey::load(&text).unwrap().certificate().is_some());
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn the_cache_is_bounded() {
    let cache = Cache::<String>::new();
    for round in 0..2 {
        for n in 0..100 {
            let text = cache.get_or_parse(&n.to_string(), |text| Ok(text.to_owned())).unwrap();
            assert_eq!(*text, n.to_string(), "round {round}");
        }
    }
    assert_eq!(cache.len(), 16);
    // The most recent ones are kept: parsing again would fail here.
    let broken = |_: &str| Err(super::broken());
    cache.get_or_parse("99", broken).unwrap();
    cache.get_or_parse("84", broken).unwrap();
    cache.get_or_parse("83", broken).unwrap_err();
    assert_eq!(cache.len(), 16);
}

#[test]
fn keys_do_not_show_themselves() {
    let private = PrivateKey::load(&pkcs8()).unwrap();
    let public = PublicKey::load(&spki()).unwrap();
    assert_eq!(format!("{private:?} {public:?}"), "PrivateKey(***) PublicKey(2048 bits)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_an_error_and_no_panic(text in "\\PC{0,80}") {
        prop_assert!(PrivateKey::parse(&text).is_err());
        prop_assert!(PublicKey::parse(&text).is_err());
    }

    #[test]
    fn any_bytes_are_an_error_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let text = STANDARD.encode([&[0x30, bytes.len() as u8][..], &bytes].concat());
        prop_assert!(PrivateKey::parse(&text).is_err());
        prop_assert!(PublicKey::parse(&text).is_err());
    }

    #[test]
    fn a_damaged_certificate_is_no_panic(at in 0usize..1200, byte: u8) {
        let mut der = blocks(&certificate()).unwrap().remove(0);
        let at = at % der.len();
        der[at] = byte;
        let _ = PublicKey::from_der(&der);
        let _ = PublicKey::parse(&STANDARD.encode(&*der));
    }
}
