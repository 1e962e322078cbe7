//! When the providers are asked about an order: soon after payment was begun, then ever rarer, and
//! once more after its end. Moments are Unix seconds.
//!
//! `asked` counts the questions since payment was begun; at the order's end it begins again.

use super::order::PAYABLE_SECONDS;

/// The first question after payment was begun, without jitter.
const FIRST_SECONDS: i64 = 20;
/// The first gap between two questions; each is half as long again as the one before, so that it is
/// about half of what has passed.
const FIRST_GAP_SECONDS: f64 = 10.0;
const GAP_GROWTH: f64 = 1.5;
/// With jitter a quarter of an hour.
const LONGEST_GAP_SECONDS: f64 = 720.0;
/// So long after the end no provider takes the buyer's money any more.
const LAST_SECONDS: i64 = 60;
/// A provider that gave no answer, or said "too often", is left alone for so long.
const SHORTEST_PAUSE_SECONDS: f64 = 60.0;
/// With jitter an hour.
const LONGEST_PAUSE_SECONDS: f64 = 2880.0;
/// A provider without an answer is given up so long after the end, and not before it was asked so
/// often: orders that were found long after their end have their chance, too.
const GIVE_UP_SECONDS: i64 = 2 * 86_400;
const GIVE_UP_QUESTIONS: u32 = 48;
const JITTER: f64 = 0.25;

/// After one provider's money was credited, the other one is asked: it could be paid as well.
pub const OTHER_SECONDS: u32 = 5;

/// From this age on, in seconds, no provider takes money for an order.
pub const OVER_SECONDS: i64 = PAYABLE_SECONDS + LAST_SECONDS;

/// How far an order's questions have come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    pub createtime: i64,
    /// Questions of this phase, with the present one.
    pub asked: u32,
    pub now: i64,
}

/// The next question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    pub at: i64,
    /// Questions of its phase before it.
    pub asked: u32,
}

/// Seconds from the beginning of payment to the first question. `jitter` in 0..=1 spreads orders
/// that were begun together.
pub fn first_wait(jitter: f64) -> i64 {
    spread(FIRST_SECONDS as f64, jitter)
}

/// Seconds from the making of an order to the question after its end.
pub fn last_wait(jitter: f64) -> i64 {
    PAYABLE_SECONDS + spread(LAST_SECONDS as f64, jitter)
}

impl Progress {
    /// Nobody can pay any more: what is still open is closed.
    pub fn is_over(&self) -> bool {
        self.now >= self.createtime + OVER_SECONDS
    }

    /// After an answer that found the order unpaid and payable.
    pub fn after_answer(&self, jitter: f64) -> Next {
        self.after_gap(self.gap(), jitter)
    }

    /// After a question without a usable answer; `None`: given up.
    pub fn after_failure(&self, jitter: f64) -> Option<Next> {
        if !self.is_over() {
            return Some(self.after_gap(self.gap().max(SHORTEST_PAUSE_SECONDS), jitter));
        }
        let since = self.now - self.createtime - PAYABLE_SECONDS;
        if since >= GIVE_UP_SECONDS && self.asked >= GIVE_UP_QUESTIONS {
            return None;
        }
        let pause = (since as f64 / 2.0).clamp(SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS);
        Some(Next { at: self.now + spread(pause, jitter), asked: self.asked })
    }

    /// The question after the end, where nothing is to be learnt before.
    pub fn at_end(&self, jitter: f64) -> Next {
        Next { at: self.createtime + last_wait(jitter), asked: 0 }
    }

    fn gap(&self) -> f64 {
        let steps = i32::try_from(self.asked.saturating_sub(1)).unwrap_or(i32::MAX);
        (FIRST_GAP_SECONDS * GAP_GROWTH.powi(steps)).min(LONGEST_GAP_SECONDS)
    }

    fn after_gap(&self, gap: f64, jitter: f64) -> Next {
        let at = self.now + spread(gap, jitter);
        if at < self.createtime + PAYABLE_SECONDS {
            Next { at, asked: self.asked }
        } else {
            self.at_end(jitter)
        }
    }
}

fn spread(seconds: f64, jitter: f64) -> i64 {
    (seconds * (1.0 + JITTER * jitter.clamp(0.0, 1.0))).round() as i64
}
