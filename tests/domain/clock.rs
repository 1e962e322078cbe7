//! Between seconds and the calendar, without any library's help.

use jiff::civil::DateTime;

use crate::model::DAY;

/// The wall clock that shows so many seconds since 1970; days counted in 400-year cycles.
pub fn wall_clock(total: i64) -> DateTime {
    let (days, second) = (total.div_euclid(DAY) + 719_468, total.rem_euclid(DAY));
    let day_of_cycle = days.rem_euclid(146_097);
    let year_of_cycle =
        (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let march_month = (5 * day + 2) / 153;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_cycle + days.div_euclid(146_097) * 400 + i64::from(month <= 2);
    let day = day - (153 * march_month + 2) / 5 + 1;
    let part = |n: i64| i8::try_from(n).unwrap();
    let (hour, minute, second) = (part(second / 3600), part(second / 60 % 60), part(second % 60));
    let year = i16::try_from(year).unwrap();
    DateTime::new(year, part(month), part(day), hour, minute, second, 0).unwrap()
}

/// The way back, by counting whole years and months.
pub fn seconds(at: DateTime) -> i64 {
    let leap = |y: i64| i64::from((y % 4 == 0 && y % 100 != 0) || y % 400 == 0);
    let (year, month) = (i64::from(at.year()), at.month());
    let february = 28 + leap(year);
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let months = lengths.iter().take(usize::from(month.unsigned_abs()) - 1).sum::<i64>();
    let years = (1970..year).map(|y| 365 + leap(y)).sum::<i64>();
    let days = years + months + i64::from(at.day()) - 1;
    days * DAY + i64::from(at.hour()) * 3600 + i64::from(at.minute()) * 60 + i64::from(at.second())
}

#[test]
fn both_ways_of_counting_agree() {
    for hour in 0..800_000 {
        let total = hour * 3600 + hour % 3600;
        assert_eq!(seconds(wall_clock(total)), total);
    }
}
