//! Randomness from the system's generator, which a fork cannot duplicate.

use crate::{Error, Result};

/// 32 characters without those that people mistake for each other.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// `N` unpredictable bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| Error::storage("the system gives no random numbers"))?;
    Ok(bytes)
}

/// `N` unpredictable characters of five bits each: capital letters and digits.
pub fn code<const N: usize>() -> Result<String> {
    Ok(bytes::<N>()?.iter().map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect())
}

/// A number in 0..1 to spread waits with; not for secrets.
pub fn fraction() -> f64 {
    let bytes = bytes::<4>().unwrap_or_default();
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_do_not_repeat() {
        let codes: HashSet<String> = (0..10_000).map(|_| code::<12>().unwrap()).collect();
        assert_eq!(codes.len(), 10_000);
        assert!(codes.iter().all(|c| c.len() == 12));
    }
}
