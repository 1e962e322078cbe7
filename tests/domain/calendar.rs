//! Thirty calendar days, counted by a calendar written here.

use chathub_core::domain::tenant::extended;
use jiff::civil::DateTime;

use crate::random::Random;

/// A date and time of day as this file counts them: (year, month, day, second of the day).
type Civil = (i32, i32, i32, i32);

fn leap(year: i32) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_in(year: i32, month: i32) -> i32 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The next `days` days, one after the other, as a child would count them.
fn later((mut year, mut month, mut day, second): Civil, days: u32) -> Civil {
    for _ in 0..days {
        day += 1;
        if day > days_in(year, month) {
            day = 1;
            month += 1;
        }
        if month > 12 {
            month = 1;
            year += 1;
        }
    }
    (year, month, day, second)
}

fn jiff((year, month, day, second): Civil) -> DateTime {
    let part = |n: i32| i8::try_from(n).unwrap();
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let year = i16::try_from(year).unwrap();
    DateTime::new(year, part(month), part(day), part(hour), part(minute), part(second), 0).unwrap()
}

/// What the specification says: 30 days on from the later of the two.
fn expected(expire_at: Option<Civil>, now: Civil) -> Civil {
    later(expire_at.map_or(now, |end| end.max(now)), 30)
}

fn check(expire_at: Option<Civil>, now: Civil) {
    assert_eq!(
        extended(expire_at.map(jiff), jiff(now)),
        jiff(expected(expire_at, now)),
        "expires {expire_at:?}, paid {now:?}"
    );
}

#[test]
fn the_oracle_itself_knows_the_calendar() {
    assert_eq!(later((2026, 1, 31, 0), 30), (2026, 3, 2, 0));
    assert_eq!(later((2024, 1, 31, 7), 30), (2024, 3, 1, 7));
    assert_eq!(later((2024, 1, 30, 0), 30), (2024, 2, 29, 0));
    assert_eq!(later((2025, 12, 31, 0), 30), (2026, 1, 30, 0));
    assert_eq!(later((2100, 2, 1, 0), 30), (2100, 3, 3, 0));
    assert_eq!(later((2000, 2, 1, 0), 30), (2000, 3, 2, 0));
}

#[test]
fn every_day_of_forty_years_at_four_times_of_day() {
    // 1996 to 2035 hold ten leap years, 2000 among them.
    let mut day: Civil = (1996, 1, 1, 0);
    let mut days = 0;
    while day.0 < 2036 {
        for second in [0, 1, 43_200, 86_399] {
            let now = (day.0, day.1, day.2, second);
            check(None, now);
            check(Some(now), now);
        }
        day = later(day, 1);
        days += 1;
    }
    assert_eq!(days, 14_610);
}

#[test]
fn whichever_is_later_counts() {
    let mut random = Random::new(30);
    let civil = |random: &mut Random| -> Civil {
        let year = 1971 + i32::try_from(random.below(230)).unwrap();
        let month = 1 + i32::try_from(random.below(12)).unwrap();
        // The ends of the months are where calendars go wrong.
        let last = days_in(year, month);
        let day = match random.below(3) {
            0 => last,
            1 => 1 + i32::try_from(random.below(3)).unwrap(),
            _ => 1 + i32::try_from(random.below(u64::try_from(last).unwrap())).unwrap(),
        };
        (year, month, day, i32::try_from(random.below(86_400)).unwrap())
    };
    for _ in 0..20_000 {
        let now = civil(&mut random);
        let end = match random.below(3) {
            0 => civil(&mut random),
            // Close to each other: the same day, a second apart.
            1 => (now.0, now.1, now.2, (now.3 + 1).min(86_399)),
            _ => later(now, u32::try_from(random.below(60)).unwrap()),
        };
        check(Some(end), now);
        check(Some(now), end);
    }
}

#[test]
fn the_end_of_time_is_no_panic() {
    assert_eq!(extended(Some(DateTime::MAX), DateTime::MIN), DateTime::MAX);
}
