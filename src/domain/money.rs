//! Money in integer fen (1/100 yuan). No floating point touches an amount.

use std::fmt;

/// An amount in fen, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fen(u32);

impl Fen {
    pub const fn new(fen: u32) -> Self {
        Self(fen)
    }

    /// The number of fen.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Reads yuan as the providers and the database write them: digits, optionally a point and one
    /// or two decimals (`50`, `50.0`, `50.00`). Anything else, and more than a `u32` of fen, is `None`.
    pub fn from_yuan(text: &str) -> Option<Self> {
        let (whole, cents) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(cents) || cents.len() > 2 {
            return None;
        }
        let whole: u32 = whole.parse().ok()?;
        let cents: u32 = match cents.len() {
            1 => cents.parse::<u32>().ok()? * 10,
            _ => cents.parse().ok()?,
        };
        whole.checked_mul(100)?.checked_add(cents).map(Self)
    }
}

/// Yuan with two decimals, as Alipay's `total_amount` and the `amount` column want it.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_round_trip() {
        for fen in [0, 1, 9, 10, 99, 100, 5000, 107_000, u32::MAX] {
            assert_eq!(Fen::from_yuan(&Fen::new(fen).to_string()), Some(Fen::new(fen)));
        }
        assert_eq!(Fen::from_yuan("50"), Some(Fen::new(5000)));
        assert_eq!(Fen::from_yuan("50.5"), Some(Fen::new(5050)));
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in [
            "",
            ".",
            "5.",
            ".5",
            "5.000",
            "-1",
            "+1",
            "1e2",
            " 1",
            "1 ",
            "１",
            "0x1",
            "1,00",
            "42949672.96",
            "99999999999999999999",
        ] {
            assert_eq!(Fen::from_yuan(bad), None, "{bad:?}");
        }
    }
}
