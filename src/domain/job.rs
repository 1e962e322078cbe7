//! The outbox's rules: which key an attempt carries and when the next one is due.
//! Source: the provisioning service's own behaviour (its memory of keys lasts five minutes and
//! keeps failures too, and it does not guard against two requests with one key at once).

/// A call to the provisioning service that is owed to a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    Provision,
    Suspend,
    Activate,
}

impl JobKind {
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Provision, Self::Suspend, Self::Activate].into_iter().find(|k| k.code() == code)
    }

    /// The value of the `kind` column.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Provision => "provision",
            Self::Suspend => "suspend",
            Self::Activate => "activate",
        }
    }
}

/// How an attempt ended that did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The service answered "failed": nothing was made, and it will repeat that answer to this key.
    Refused,
    /// Nobody knows whether it was done: time-out, broken connection, an answer that says nothing.
    Unknown,
    /// The request certainly never reached the service.
    NotSent,
}

/// Attempts until a job is given up and shown to the administrator. With the waits below the
/// last one comes about a day after the first.
pub const MAX_ATTEMPTS: u32 = 32;

/// The service may still be working this many seconds after a request was given up; it says of
/// itself that it takes 30 at most. No further request leaves before.
pub const SETTLING_SECONDS: u32 = 45;

/// After an unknown outcome the next attempt comes while the service still remembers the key, for
/// five minutes from its answer on: later, it would do the work again.
const LONGEST_UNKNOWN_WAIT_SECONDS: u32 = 160;

const FIRST_WAIT_SECONDS: u32 = 10;
const LONGEST_WAIT_SECONDS: u32 = 3600;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Try again after `wait` seconds, with a `fresh_key` or the one of before. For the first
    /// `settling` of them no request of this tenant may leave, whoever asks for it.
    Retry { wait: u32, settling: u32, fresh_key: bool },
    /// Given up; `settling` as above.
    Dead { settling: u32, fresh_key: bool },
}

/// What follows the failed attempt number `attempts` (1 is the first). `jitter` in 0..=1 spreads
/// the waits by a quarter so that jobs which failed together do not return together.
pub fn after_failure(attempts: u32, failure: Failure, jitter: f64) -> Next {
    let fresh_key = failure == Failure::Refused;
    let settling = if failure == Failure::Unknown { SETTLING_SECONDS } else { 0 };
    if attempts >= MAX_ATTEMPTS {
        return Next::Dead { settling, fresh_key };
    }
    let doubled = FIRST_WAIT_SECONDS.saturating_mul(1 << attempts.saturating_sub(1).min(16));
    let wait = doubled.min(match failure {
        Failure::Unknown => LONGEST_UNKNOWN_WAIT_SECONDS,
        Failure::Refused | Failure::NotSent => LONGEST_WAIT_SECONDS,
    });
    let spread = f64::from(wait) * 0.25 * jitter.clamp(0.0, 1.0);
    let wait = wait.saturating_add(spread as u32);
    Next::Retry { wait: wait.max(settling), settling, fresh_key }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_definite_refusal_changes_the_key() {
        for attempts in 1..=MAX_ATTEMPTS + 1 {
            for (failure, fresh) in
                [(Failure::Refused, true), (Failure::Unknown, false), (Failure::NotSent, false)]
            {
                let (Next::Retry { fresh_key, .. } | Next::Dead { fresh_key, .. }) =
                    after_failure(attempts, failure, 0.5);
                assert_eq!(fresh_key, fresh, "{failure:?} after {attempts}");
            }
        }
    }

    #[test]
    fn waits_grow_to_an_hour_and_end() {
        let mut total = 0;
        let mut last = 0;
        for attempts in 1..MAX_ATTEMPTS {
            let Next::Retry { wait, .. } = after_failure(attempts, Failure::NotSent, 0.0) else {
                panic!("gave up after {attempts}");
            };
            assert!(wait >= last && wait <= LONGEST_WAIT_SECONDS);
            last = wait;
            total += wait;
        }
        assert!((20 * 3600..30 * 3600).contains(&total), "{total} s");
        assert!(matches!(after_failure(MAX_ATTEMPTS, Failure::NotSent, 0.0), Next::Dead { .. }));
    }

    #[test]
    fn an_unknown_outcome_is_asked_after_within_the_services_memory() {
        const REMEMBERED: u32 = 300;
        for attempts in 1..MAX_ATTEMPTS {
            let Next::Retry { wait, .. } = after_failure(attempts, Failure::Unknown, 1.0) else {
                panic!("gave up after {attempts}");
            };
            // The request itself may have been waited for as long as the service settles.
            assert!(wait + SETTLING_SECONDS < REMEMBERED, "{wait} s after {attempts}");
        }
    }

    #[test]
    fn an_unknown_outcome_waits_until_the_service_has_settled() {
        let Next::Retry { wait, settling, .. } = after_failure(1, Failure::Unknown, 0.0) else {
            panic!("gave up")
        };
        assert!(wait >= settling && settling == SETTLING_SECONDS);
        // The last one too: a payment right after it opens the job again.
        let last = after_failure(MAX_ATTEMPTS, Failure::Unknown, 0.0);
        assert_eq!(last, Next::Dead { settling: SETTLING_SECONDS, fresh_key: false });
    }
}
