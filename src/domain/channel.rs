//! Shop accounts of the five platforms: what they are called, and when their tokens are renewed.

/// A platform that a shop is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    Amazon,
    Jd,
    Taobao,
    Pdd,
    /// 抖音.
    Tiktok,
}

impl Channel {
    pub const ALL: [Self; 5] = [Self::Amazon, Self::Jd, Self::Taobao, Self::Pdd, Self::Tiktok];

    /// The value of the `channel` columns and of the pages' parameter.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Amazon => "amazon",
            Self::Jd => "jd",
            Self::Taobao => "taobao",
            Self::Pdd => "pdd",
            Self::Tiktok => "tiktok",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.code() == code)
    }
}

/// Whether the gateway may use an account: it reads those that are active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    Active,
    /// The member has to authorise it again.
    Expired,
    /// Not usable, by no fault of the member's.
    Error,
    /// Switched off by the member.
    Paused,
}

impl AccountStatus {
    const ALL: [Self; 4] = [Self::Active, Self::Expired, Self::Error, Self::Paused];

    /// The value of the `status` column.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Error => "error",
            Self::Paused => "paused",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What a platform may say of a token's life and be believed.
const SHORTEST_LIFE: i64 = MINUTE;
const LONGEST_LIFE: i64 = 10 * 365 * DAY;
/// A renewal is never asked for sooner after the last one.
const SHORTEST_WAIT: i64 = 30;
/// A token with a long life is renewed (or its end announced) so long before it ends.
const LONGEST_LEAD: i64 = 3 * DAY;

/// A refusal that follows an attempt whose outcome nobody knows may mean that the attempt had
/// succeeded, and that its answer waits in the journal of a machine that is down. So long it is not
/// taken as final. (A journal that turns up later still brings the account back.)
pub const UNCERTAIN_SECONDS: i64 = HOUR;

/// Refusals in the platform's unknown words that count as final once the token has ended.
pub const REFUSALS: u32 = 5;

/// The believable part of a platform's `expires_in`; `default` when it says nothing that is one.
pub fn life(said: Option<i64>, default: u32) -> i64 {
    match said {
        Some(seconds) if seconds > 0 => seconds.clamp(SHORTEST_LIFE, LONGEST_LIFE),
        _ => i64::from(default),
    }
}

/// How long before its end a token that lives for `life` seconds is cared for: at a fifth of its
/// life, at most three days.
fn lead(life: i64) -> i64 {
    (life / 5).min(LONGEST_LEAD)
}

/// A set of tokens, as times go; all in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// The access token's end.
    pub expires_at: i64,
    /// There is something to renew it with.
    pub refreshable: bool,
    /// The refresh token's own end, where the platform tells.
    pub refresh_until: Option<i64>,
}

/// When tokens that were just obtained are cared for next. `jitter` in 0..=1 spreads accounts that
/// were bound together.
pub fn care_at(now: i64, tokens: Tokens, jitter: f64) -> i64 {
    let life = (tokens.expires_at - now).max(0);
    let lead = lead(life);
    let spread = (lead as f64 * 0.25 * jitter.clamp(0.0, 1.0)) as i64;
    let mut at = tokens.expires_at - lead - spread;
    // A refresh token that ends first is used once more before it does: the access token that comes
    // of it may outlive it.
    if let Some(until) = tokens.refresh_until
        && tokens.refreshable
        && until - DAY > now + DAY
    {
        at = at.min(until - DAY - spread.min(DAY / 2));
    }
    at.max(now + SHORTEST_WAIT)
}

/// What is due for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    Refresh,
    /// It ends at that time, and only the member can help.
    Announce(i64),
    /// It has ended.
    Expire,
    /// Nothing is known of any end.
    Nothing,
}

/// What to do for an account that is looked at now.
pub fn care(now: i64, refreshable: bool, refresh_until: Option<i64>, end: Option<i64>) -> Care {
    if refreshable && refresh_until.is_none_or(|until| until > now) {
        return Care::Refresh;
    }
    match end {
        Some(end) if end <= now => Care::Expire,
        Some(end) => Care::Announce(end),
        None => Care::Nothing,
    }
}

/// The wait after the failed attempt number `failures` (1 is the first): from half a minute to an
/// hour. `jitter` in 0..=1 spreads it by a quarter.
pub fn wait_after(failures: u32, jitter: f64) -> u32 {
    const FIRST: u32 = 30;
    const LONGEST: u32 = 3600;
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST);
    doubled + (f64::from(doubled) * 0.25 * jitter.clamp(0.0, 1.0)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn tokens(life: i64) -> Tokens {
        Tokens { expires_at: NOW + life, refreshable: true, refresh_until: None }
    }

    #[test]
    fn a_life_that_nobody_would_believe() {
        for said in [None, Some(0), Some(-5), Some(i64::MIN)] {
            assert_eq!(life(said, 3600), 3600);
        }
        assert_eq!(life(Some(1), 3600), 60);
        assert_eq!(life(Some(i64::MAX), 3600), LONGEST_LIFE);
        assert_eq!(life(Some(7200), 3600), 7200);
    }

    #[test]
    fn a_fifth_of_the_life_is_left_when_it_is_renewed() {
        assert_eq!(care_at(NOW, tokens(HOUR), 0.0), NOW + 48 * MINUTE);
        assert_eq!(care_at(NOW, tokens(HOUR), 1.0), NOW + 45 * MINUTE);
        assert_eq!(care_at(NOW, tokens(365 * DAY), 0.0), NOW + 362 * DAY);
        for life in [0, 1, 60, 3600, LONGEST_LIFE] {
            for jitter in [0.0, 0.5, 1.0, 9.0] {
                let at = care_at(NOW, tokens(life), jitter);
                assert!(at >= NOW + SHORTEST_WAIT && (at < NOW + life || life < 60), "{life}");
            }
        }
    }

    #[test]
    fn a_refresh_token_that_ends_first_is_used_before_it_does() {
        let mut both = tokens(15 * DAY);
        both.refresh_until = Some(NOW + 10 * DAY);
        assert_eq!(care_at(NOW, both, 0.0), NOW + 9 * DAY);
        both.refresh_until = Some(NOW + 30 * DAY);
        assert_eq!(care_at(NOW, both, 0.0), NOW + 12 * DAY);
        // Too near to be used again: the end is announced instead.
        both.refresh_until = Some(NOW + DAY);
        assert_eq!(care_at(NOW, both, 0.0), NOW + 12 * DAY);
        assert_eq!(
            care(NOW + 12 * DAY, true, both.refresh_until, Some(NOW + 15 * DAY)),
            Care::Announce(NOW + 15 * DAY)
        );
    }

    #[test]
    fn what_cannot_be_renewed_ends() {
        assert_eq!(care(NOW, true, None, Some(NOW - 1)), Care::Refresh);
        assert_eq!(care(NOW, false, None, Some(NOW)), Care::Expire);
        assert_eq!(care(NOW, false, None, Some(NOW + 1)), Care::Announce(NOW + 1));
        assert_eq!(care(NOW, false, None, None), Care::Nothing);
        assert_eq!(care(NOW, true, Some(NOW), None), Care::Nothing);
    }

    #[test]
    fn waits_grow_to_an_hour() {
        assert_eq!((wait_after(0, 0.0), wait_after(1, 0.0), wait_after(2, 0.0)), (30, 30, 60));
        assert_eq!((wait_after(99, 0.0), wait_after(u32::MAX, 1.0)), (3600, 4500));
    }

    #[test]
    fn codes_and_back() {
        for channel in Channel::ALL {
            assert_eq!(Channel::parse(channel.code()), Some(channel));
        }
        for status in AccountStatus::ALL {
            assert_eq!(AccountStatus::parse(status.code()), Some(status));
        }
        assert_eq!((Channel::parse("JD"), AccountStatus::parse("")), (None, None));
    }
}
