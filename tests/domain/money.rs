//! Prices and sums against the price list and plain integers.

use chathub_core::domain::{Fen, Plan, Subscription};

use crate::random::Random;

#[test]
fn each_plan_with_each_number_of_seats_costs_what_the_list_says() {
    let list = [(Plan::Basic, 1, 50, 0), (Plan::Pro, 2, 60, 0), (Plan::Enterprise, 3, 70, 100)];
    for (plan, seats, yuan, most_extra) in list {
        for extra in 0..=200 {
            let made = Subscription::new(plan, extra).map(|s| (s.seats(), s.price().get()));
            let expected =
                (extra <= most_extra).then_some((seats + extra, (yuan + 10 * extra) * 100));
            assert_eq!(made, expected, "{plan:?} + {extra}");
        }
        // Old rows: whatever stands in `max_agents`, the plan's range decides.
        for max_agents in -5..=200_i64 {
            let held = Subscription::of_tenant(plan, max_agents).seats();
            let range = i64::from(seats)..=i64::from(seats + most_extra);
            let expected = max_agents.clamp(*range.start(), *range.end());
            assert_eq!(i64::from(held), expected, "{plan:?} with {max_agents}");
        }
    }
}

#[test]
fn yuan_as_text_are_fen_as_integers() {
    let mut random = Random::new(7);
    for _ in 0..50_000 {
        let fen = u32::try_from(random.below(u64::from(u32::MAX) + 1)).unwrap();
        let (yuan, rest) = (fen / 100, fen % 100);
        assert_eq!(Fen::new(fen).to_string(), format!("{yuan}.{rest:02}"));
        assert_eq!(Fen::from_yuan(&format!("{yuan}.{rest:02}")), Some(Fen::new(fen)));
        if rest % 10 == 0 {
            assert_eq!(Fen::from_yuan(&format!("{yuan}.{}", rest / 10)), Some(Fen::new(fen)));
        }
    }
}

#[test]
fn text_that_is_no_sum_never_becomes_one() {
    let mut random = Random::new(8);
    let pieces = ["0", "5", "9", ".", ",", "-", "+", "e", " ", "\0", "５", "x", "00", "4294967296"];
    for _ in 0..50_000 {
        let length = random.below(6);
        let text: String = (0..length).map(|_| *random.pick(&pieces)).collect();
        assert_eq!(Fen::from_yuan(&text).map(Fen::get), by_hand(&text), "{text:?}");
    }
}

/// Digits, perhaps a point and one or two digits more, and no more than 32 bits of fen.
fn by_hand(text: &str) -> Option<u32> {
    let mut parts = text.split('.');
    let (whole, cents) = (parts.next()?, parts.next());
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|b| (48..58).contains(&b));
    if parts.next().is_some() || !numeric(whole) || cents.is_some_and(|c| !numeric(c)) {
        return None;
    }
    let cents = match cents.unwrap_or("00") {
        one if one.len() == 1 => one.parse::<u128>().ok()? * 10,
        two if two.len() == 2 => two.parse().ok()?,
        _ => return None,
    };
    let fen = whole.parse::<u128>().ok()?.checked_mul(100)? + cents;
    u32::try_from(fen).ok()
}
