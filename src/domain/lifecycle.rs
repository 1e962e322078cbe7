//! How a tenant's time ends: notices 7, 3 and 1 days before, one at the end itself, suspension after
//! a time of grace. All moments are wall-clock time in the site's zone, so a change of the clocks
//! moves none of them by a day.

use jiff::{ToSpan, civil::DateTime};

/// A notice about the end of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    SevenDays,
    ThreeDays,
    OneDay,
    /// The end has come; suspension follows after the grace.
    Ended,
}

impl Stage {
    /// From the first to the last.
    pub const ALL: [Self; 4] = [Self::SevenDays, Self::ThreeDays, Self::OneDay, Self::Ended];

    /// How many days before the end; the value of the `notice_stage` column.
    pub const fn days(self) -> u8 {
        match self {
            Self::SevenDays => 7,
            Self::ThreeDays => 3,
            Self::OneDay => 1,
            Self::Ended => 0,
        }
    }

    pub fn parse(days: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.days() == days)
    }

    /// The stage that `now` is in; `None` while the end is more than seven days away.
    fn at(expire_at: DateTime, now: DateTime) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|stage| now >= stage.begins(expire_at))
    }

    fn begins(self, expire_at: DateTime) -> DateTime {
        expire_at.saturating_sub(i64::from(self.days()).days())
    }
}

/// The last notice that a tenant was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The end of service that it was about: a renewal makes it a matter of the past.
    pub about: DateTime,
    pub stage: Stage,
    pub given_at: DateTime,
}

/// A tenant whose end lies further back, and who was never told of it, is left as it is: no version
/// before this one ended anything, and who is cut off after so long is for a person to decide.
pub const FORGOTTEN_DAYS: i64 = 30;

/// The notice to give now, if any. Of several that were missed only the last is given.
pub fn due_notice(expire_at: DateTime, last: Option<Notice>, now: DateTime) -> Option<Stage> {
    let stage = Stage::at(expire_at, now)?;
    if now >= expire_at.saturating_add(FORGOTTEN_DAYS.days()) {
        return None;
    }
    let given = last.filter(|notice| notice.about == expire_at);
    given.is_none_or(|notice| stage.days() < notice.stage.days()).then_some(stage)
}

/// Whether the time of grace is over. It begins when the member was told that the end had come: a
/// site that never suspended anybody does not switch everybody off on the day of its upgrade.
pub fn grace_is_over(
    expire_at: DateTime,
    last: Option<Notice>,
    grace_days: u32,
    now: DateTime,
) -> bool {
    let told = last.filter(|notice| notice.about == expire_at && notice.stage == Stage::Ended);
    told.is_some_and(|notice| now >= grace_ends(expire_at, notice.given_at, grace_days))
}

/// When a tenant is suspended who was told of its end at `told_at`.
pub fn grace_ends(expire_at: DateTime, told_at: DateTime, grace_days: u32) -> DateTime {
    expire_at.max(told_at).saturating_add(i64::from(grace_days).days())
}
