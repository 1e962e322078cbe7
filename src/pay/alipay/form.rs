//! `application/x-www-form-urlencoded`, decoded exactly once from the raw bytes.

use std::borrow::Cow;

use crate::error::{Error, Result};

/// A notification has about 30 fields and 2 KB.
const BODY_MAX: usize = 65_536;
const FIELDS_MAX: usize = 200;

/// Decoded fields: no name twice, no name that could pass for two fields once they are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    /// Decodes a body. `+` is a space, `%2B` a plus; a broken escape is an error, not a guess.
    pub fn decode(body: &'a [u8]) -> Result<Self> {
        if body.len() > BODY_MAX {
            return Err(malformed(format!("longer than {BODY_MAX} bytes")));
        }
        let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        let mut fields = Vec::with_capacity(32);
        for pair in pairs {
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            check_count(fields.len())?;
            fields.push((unescape(name)?, unescape(value)?));
        }
        Self::checked(fields)
    }

    /// Takes fields that were decoded elsewhere.
    pub fn from_decoded<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Result<Self>
    where
        K: Into<Cow<'a, str>>,
        V: Into<Cow<'a, str>>,
    {
        let mut fields = Vec::new();
        let mut size = 0;
        for (name, value) in pairs {
            check_count(fields.len())?;
            let (name, value) = (name.into(), value.into());
            size += name.len() + value.len();
            if size > BODY_MAX {
                return Err(malformed(format!("longer than {BODY_MAX} bytes")));
            }
            fields.push((name, value));
        }
        Self::checked(fields)
    }

    fn checked(fields: Vec<(Cow<'a, str>, Cow<'a, str>)>) -> Result<Self> {
        let mut names: Vec<&str> = fields.iter().map(|(name, _)| name.as_ref()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(malformed("a field appears twice".into()));
        }
        // The signed text joins names and values without escaping.
        if names.iter().any(|name| name.is_empty() || name.contains(['=', '&'])) {
            return Err(malformed("a field has an impossible name".into()));
        }
        Ok(Self(fields))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// Name and value, in the order received.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&str, &str) -> bool) {
        self.0.retain(|(name, value)| keep(name, value));
    }
}

fn check_count(so_far: usize) -> Result<()> {
    match so_far < FIELDS_MAX {
        true => Ok(()),
        false => Err(malformed(format!("more than {FIELDS_MAX} fields"))),
    }
}

fn unescape(raw: &[u8]) -> Result<Cow<'_, str>> {
    let utf8 = || malformed("not valid UTF-8 (requests must say charset=utf-8)".into());
    let special = |bytes: &[u8]| bytes.iter().position(|byte| matches!(byte, b'%' | b'+'));
    let Some(mut at) = special(raw) else {
        return std::str::from_utf8(raw).map(Cow::Borrowed).map_err(|_| utf8());
    };
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw;
    loop {
        let (plain, escape) = rest.split_at(at);
        decoded.extend_from_slice(plain);
        rest = match escape {
            [b'+', rest @ ..] => {
                decoded.push(b' ');
                rest
            }
            [b'%', high, low, rest @ ..] => {
                decoded.push(hex(*high)? << 4 | hex(*low)?);
                rest
            }
            _ => return Err(bad_escape()),
        };
        match special(rest) {
            Some(next) => at = next,
            None => break,
        }
    }
    decoded.extend_from_slice(rest);
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| utf8())
}

fn hex(digit: u8) -> Result<u8> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(bad_escape()),
    }
}

fn bad_escape() -> Error {
    malformed("a % without two hexadecimal digits".into())
}

/// Says what is wrong without quoting the body, which nobody has vouched for.
fn malformed(why: String) -> Error {
    Error::input("form", "bad_form", format!("表单数据无法识别（{why}）"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(body: &str) -> Vec<(String, String)> {
        let fields = Fields::decode(body.as_bytes()).unwrap();
        fields.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
    }

    fn one(body: &str) -> String {
        pairs(body).remove(0).1
    }

    #[test]
    fn decodes_exactly_once() {
        assert_eq!(one("a=b+c"), "b c");
        assert_eq!(one("a=b%2Bc"), "b+c");
        assert_eq!(one("a=%2525"), "%25");
        assert_eq!(one("a=%26amp%3B%22&b="), "&amp;\"");
        assert_eq!(one("a=%E6%B5%8B%F0%9F%98%80"), "测😀");
        assert_eq!(one("a=1=2"), "1=2");
        assert_eq!(one("a"), "");
        assert_eq!(pairs("&a=1&&b=&"), [("a".into(), "1".into()), ("b".into(), "".into())]);
        assert!(pairs("").is_empty());
    }

    #[test]
    fn refuses_what_it_would_have_to_guess() {
        for body in [
            "a=%",
            "a=%2",
            "a=%zz",
            "a=%+1",
            "%=1",
            "a=1&a=1",
            "a=1&%61=2",
            "a&a",
            "=1",
            "a%26b=1",
            "a%3Db=1",
        ] {
            assert_eq!(Fields::decode(body.as_bytes()).unwrap_err().key(), "bad_form", "{body}");
        }
        for body in [&b"a=\xff"[..], b"\xe6\xb5=1", b"a=%E6%B5", b"a=+\xff"] {
            assert!(Fields::decode(body).unwrap_err().to_string().contains("UTF-8"));
        }
    }

    #[test]
    fn limits() {
        let many = |n: usize| (0..n).map(|i| format!("f{i}=1&")).collect::<String>();
        assert_eq!(Fields::decode(many(200).as_bytes()).unwrap().len(), 200);
        Fields::decode(many(201).as_bytes()).unwrap_err();
        let long = format!("a={}", "x".repeat(BODY_MAX - 2));
        Fields::decode(long.as_bytes()).unwrap();
        Fields::decode(format!("{long}x").as_bytes()).unwrap_err();
        Fields::from_decoded([("a", long)]).unwrap_err();
        Fields::from_decoded((0..201).map(|i| (i.to_string(), ""))).unwrap_err();
        Fields::from_decoded([("a", ""), ("a", "")]).unwrap_err();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Where it accepts, it agrees with the WHATWG parser; where it refuses, that one guesses.
        #[test]
        fn agrees_with_form_urlencoded(body in "([a-c]|[&=+]|%[0-9a-fA-F]{2}|%|é|\\PC){0,24}") {
            let theirs: Vec<_> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
            if let Ok(fields) = Fields::decode(body.as_bytes()) {
                let ours: Vec<_> =
                    fields.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
                prop_assert_eq!(ours, theirs);
            }
        }

        #[test]
        fn reads_what_form_urlencoded_writes(
            values in prop::collection::btree_map("[a-z_]{1,8}", any::<String>(), 0..8)
        ) {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&values).finish();
            let ours: Vec<_> = pairs(&body);
            prop_assert_eq!(ours, values.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn never_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Fields::decode(&body);
        }
    }
}
