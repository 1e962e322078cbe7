//! The outbox of mail: what follows an attempt that failed.

/// How an attempt ended that did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// This letter will never be accepted: no such mailbox, content refused.
    Refused,
    /// Certainly not accepted, and the next attempt may be.
    NotNow,
    /// The same for every letter: the server is away, or the site's own settings are wrong.
    Away,
    /// The letter was handed over and no word came back. It may have arrived.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Try again after so many seconds.
    Retry(u32),
    /// Given up.
    Dead,
}

/// Attempts until a letter is given up: with the waits below, about a day.
pub const MAX_ATTEMPTS: u32 = 30;

/// Of attempts that may each have arrived there are fewer: the same letter again and again is worse
/// than a missing one.
const MAX_ATTEMPTS_UNKNOWN: u32 = 5;

/// Where no letter would be accepted, the others are not tried for so many seconds: a hundred failed
/// sign-ins in a row would lock the site's mail account.
pub const AWAY_SECONDS: u32 = 60;

const FIRST_WAIT_SECONDS: u32 = 20;
const LONGEST_WAIT_SECONDS: u32 = 3600;
/// Receivers that know a letter again by its Message-ID need a moment to have it on record.
const SHORTEST_UNKNOWN_WAIT_SECONDS: u32 = 300;

/// What follows the failed attempt number `attempts` (1 is the first). `useful_for`: seconds until
/// nobody has any use for the letter. `jitter` in 0..=1 spreads the waits by a quarter.
pub fn after_failure(attempts: u32, failure: Failure, useful_for: i64, jitter: f64) -> Next {
    let (most, shortest) = match failure {
        Failure::Refused => return Next::Dead,
        Failure::NotNow | Failure::Away => (MAX_ATTEMPTS, 0),
        Failure::Unknown => (MAX_ATTEMPTS_UNKNOWN, SHORTEST_UNKNOWN_WAIT_SECONDS),
    };
    if attempts >= most {
        return Next::Dead;
    }
    let doubled = FIRST_WAIT_SECONDS.saturating_mul(1 << attempts.saturating_sub(1).min(16));
    let wait = doubled.clamp(shortest, LONGEST_WAIT_SECONDS);
    let spread = f64::from(wait) * 0.25 * jitter.clamp(0.0, 1.0);
    let wait = wait.saturating_add(spread as u32);
    if i64::from(wait) < useful_for { Next::Retry(wait) } else { Next::Dead }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: i64 = 7 * 86_400;

    #[test]
    fn waits_grow_to_an_hour_and_end_after_about_a_day() {
        let (mut total, mut last) = (0, 0);
        for attempts in 1..MAX_ATTEMPTS {
            let Next::Retry(wait) = after_failure(attempts, Failure::NotNow, WEEK, 0.0) else {
                panic!("gave up after {attempts}");
            };
            assert!(wait >= last && wait <= LONGEST_WAIT_SECONDS);
            last = wait;
            total += wait;
        }
        assert!((20 * 3600..30 * 3600).contains(&total), "{total} s");
        assert_eq!(after_failure(MAX_ATTEMPTS, Failure::NotNow, WEEK, 0.0), Next::Dead);
    }

    #[test]
    fn a_letter_that_may_have_arrived_is_sent_a_few_times_only() {
        let retries = (1..100)
            .take_while(|n| after_failure(*n, Failure::Unknown, WEEK, 0.0) != Next::Dead)
            .count();
        assert_eq!(retries, 4);
    }

    #[test]
    fn nothing_is_tried_when_nobody_has_any_use_for_it() {
        assert_eq!(after_failure(1, Failure::Refused, WEEK, 0.0), Next::Dead);
        assert_eq!(after_failure(1, Failure::NotNow, 20, 0.0), Next::Dead);
        assert_eq!(after_failure(1, Failure::NotNow, 21, 0.0), Next::Retry(20));
        assert_eq!(after_failure(1, Failure::NotNow, -5, 1.0), Next::Dead);
    }
}
