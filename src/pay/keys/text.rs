//! From pasted text to DER: PEM or bare base64, with the damage that copying does.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::der;
use crate::error::{Error, Result};

/// Padding is easily lost when copying, and its loss is harmless: the DER knows its own length.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Most PEM blocks that one text may hold.
const BLOCKS_MAX: usize = 32;

/// The DER documents of `text`: one per PEM block, or the one of a bare base64 text.
pub(in crate::pay) fn blocks(text: &str) -> Result<Vec<Zeroizing<Vec<u8>>>> {
    if !text.contains("-----BEGIN") {
        return Ok(vec![document(text)?]);
    }
    let mut found = Vec::new();
    for part in text.split("-----BEGIN").skip(1).take(BLOCKS_MAX) {
        found.push(document(pem_body(part)?)?);
    }
    Ok(found)
}

/// What stands between the header line and the END line; `part` begins inside the header line.
fn pem_body(part: &str) -> Result<&str> {
    let (label, rest) = part.split_once("-----").ok_or_else(no_end)?;
    let (body, _) = rest.split_once("-----END").ok_or_else(no_end)?;
    if label.contains("ENCRYPTED") || body.contains("ENCRYPTED") {
        return Err(encrypted());
    }
    Ok(body)
}

pub(super) fn encrypted() -> Error {
    Error::config("key_encrypted", "the key is protected by a passphrase: export it without one")
}

fn no_end() -> Error {
    Error::config("key_truncated", "the PEM text has no complete END line: copy it again, whole")
}

fn document(base64: &str) -> Result<Zeroizing<Vec<u8>>> {
    // `\n` written out as two characters comes from environment files and JSON.
    let clean: Zeroizing<String> = Zeroizing::new(
        base64.replace("\\r", "").replace("\\n", "").chars().filter(|c| !is_space(*c)).collect(),
    );
    if clean.is_empty() {
        return Err(super::empty());
    }
    if let Some(wrong) = clean.chars().find(|c| !is_base64(*c)) {
        // One character of it says what went wrong and gives nothing away.
        let what = match wrong {
            '-' | '_' => "it is base64 of the URL kind or a damaged PEM line",
            _ => "it holds a character that base64 does not have",
        };
        return Err(Error::config("key_not_base64", format!("the key is not base64: {what}")));
    }
    let bytes = LENIENT.decode(clean.as_bytes()).map(Zeroizing::new).map_err(|_| {
        Error::config("key_truncated", "the base64 text is cut off or damaged: copy it again")
    })?;
    der::check_length(&bytes)?;
    Ok(bytes)
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
}

/// Also the invisible characters that chat programs and web pages add.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}')
}
