//! What went wrong with a mail server, in words that hold no secret.

use std::io;

use lettre::transport::smtp::response::Response;

use super::page::one_line;
use crate::Secret;

pub(super) fn broken(step: &str, error: &io::Error) -> String {
    let why = match error.kind() {
        io::ErrorKind::TimedOut => "time-out".into(),
        io::ErrorKind::NotFound => "the host name does not resolve".into(),
        io::ErrorKind::UnexpectedEof => "the server hung up".into(),
        _ => error.to_string(),
    };
    format!("{step}: {why}")
}

/// What the server says, shortened, and without anything that could be a secret: some repeat what they
/// were told, links included.
pub(super) fn refused(step: &str, answer: &Response, password: &Secret) -> String {
    const MAX_WORDS: usize = 200;
    let words = one_line(&answer.message().collect::<Vec<_>>().join(" "));
    let words = match password.is_empty() {
        true => words,
        false => words.replace(password.reveal(), "***"),
    };
    let words: Vec<String> = words.split(' ').map(masked).collect();
    let words: String = words.join(" ").chars().take(MAX_WORDS).collect();
    format!("{step}: {} {words}", answer.code())
}

fn masked(word: &str) -> String {
    const LONGEST_HARMLESS: usize = 19;
    let part_of_key = |c: char| c.is_ascii_alphanumeric() || "+/=_".contains(c);
    let parts = word.split_inclusive(|c| !part_of_key(c));
    let shown = |part: &str| match part.len() > LONGEST_HARMLESS {
        true => "***".to_owned(),
        false => part.to_owned(),
    };
    parts.map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_words_are_shown_without_secrets() {
        let answer: Response =
            "550-5.7.1 bad link https://a.cn/x?token=23456789ABCDEFGHJKLMNPQRSTUVWXYZ\r\n\
             550 hunter2 is no password\r\n"
                .parse()
                .unwrap();
        let text = refused("content", &answer, &Secret::new("hunter2"));
        assert!(text.contains("550") && text.contains("5.7.1 bad link"), "{text}");
        assert!(!text.contains("hunter2") && !text.contains("23456789"), "{text}");
        let empty = refused("content", &answer, &Secret::new(""));
        assert!(empty.contains("hunter2 is no password"), "{empty}");
    }
}
