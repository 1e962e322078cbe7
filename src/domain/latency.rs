//! How long calls took, in classes: exact below 32 ms, then each five per cent wider than the one
//! before. A median that is read from them is off by 2.5 % at most.

use std::collections::BTreeMap;

/// Below so many milliseconds each has a class of its own.
pub const EXACT: u32 = 32;
/// How much wider each class is from there on.
pub const STEP: f64 = 1.05;

/// Calls by class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies(BTreeMap<u32, u64>);

impl Latencies {
    pub fn add(&mut self, bucket: u32, calls: u64) {
        *self.0.entry(bucket).or_default() += calls;
    }

    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(bucket, calls)| self.add(*bucket, *calls));
    }

    /// The median in milliseconds; of an even number the upper one.
    pub fn median(&self) -> Option<u32> {
        let all: u64 = self.0.values().sum();
        let mut before = 0;
        for (bucket, calls) in &self.0 {
            before += calls;
            if before > all / 2 {
                return Some(milliseconds(*bucket));
            }
        }
        None
    }

    pub fn json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_else(|_| "{}".into())
    }

    /// What cannot be read holds nothing.
    pub fn parse(json: &str) -> Self {
        Self(serde_json::from_str(json).unwrap_or_default())
    }
}

/// The middle of a class.
fn milliseconds(bucket: u32) -> u32 {
    match bucket.checked_sub(EXACT) {
        None => bucket,
        Some(steps) => (f64::from(EXACT) * STEP.powf(f64::from(steps) + 0.5)).round() as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(ms: u32) -> u32 {
        if ms < EXACT {
            return ms;
        }
        EXACT + ((f64::from(ms) / f64::from(EXACT)).ln() / STEP.ln()).floor() as u32
    }

    #[test]
    fn a_median_is_off_by_no_more_than_the_class_is_wide() {
        for ms in (0..200_000).step_by(7).chain([u32::MAX]) {
            let mut latencies = Latencies::default();
            latencies.add(bucket(ms), 3);
            let median = f64::from(latencies.median().unwrap());
            let off = (median - f64::from(ms)).abs();
            let most = if ms < EXACT { 0.0 } else { f64::from(ms) * 0.025 + 0.5 };
            assert!(off <= most, "{ms} {median}");
        }
    }

    #[test]
    fn half_are_below() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.median(), None);
        latencies.add(1, 5);
        latencies.add(20, 4);
        assert_eq!(latencies.median(), Some(1));
        latencies.add(30, 2);
        assert_eq!(Latencies::parse(&latencies.json()).median(), Some(20));
        assert_eq!(Latencies::parse("nonsense"), Latencies::default());
    }
}
