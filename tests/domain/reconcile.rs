//! When the providers are asked: whatever happens, soon, seldom, and once more after the end.

use chathub_core::domain::{
    order::PAYABLE_SECONDS,
    reconcile::{Next, OVER_SECONDS, Progress, first_wait, last_wait},
};

use crate::random::Random;

const DAY: i64 = 86_400;

fn share(random: &mut Random) -> f64 {
    f64::from(u32::try_from(random.below(1001)).unwrap()) / 1000.0
}

/// When within the first hours payment was begun.
fn begun(random: &mut Random) -> i64 {
    i64::try_from(random.below(6_900)).unwrap()
}

/// The moments of all questions about an order made at 0 that is begun at `begun` and never paid;
/// `answered` says which of them get an answer. The last one is when it was given up or closed.
fn history(
    begun: i64,
    mut jitter: impl FnMut() -> f64,
    answered: impl Fn(i64) -> bool,
) -> Vec<i64> {
    let mut asked = 0;
    let mut now = begun + first_wait(jitter());
    let mut moments = Vec::new();
    loop {
        moments.push(now);
        asked += 1;
        let progress = Progress { createtime: 0, asked, now };
        let next = match answered(now) {
            true if progress.is_over() => None,
            true => Some(progress.after_answer(jitter())),
            false => progress.after_failure(jitter()),
        };
        let Some(Next { at, asked: so_far }) = next else { return moments };
        assert!(at > now, "asked again at once at {now}");
        (now, asked) = (at, so_far);
        assert!(moments.len() < 1000, "without an end");
    }
}

#[test]
fn questions_of_two_hours() {
    let mut random = Random::new(11);
    let mut most = 0;
    for round in 0..20_000 {
        let begun = begun(&mut random);
        let jitter = |random: &mut Random| match round % 3 {
            0 => 0.0,
            1 => 1.0,
            _ => share(random),
        };
        let moments = history(begun, || jitter(&mut random), |_| true);
        most = most.max(moments.len());
        assert!((20..=30).contains(&(moments[0] - begun)), "{moments:?}");
        let (last, before) = moments.split_last().unwrap();
        // One after the end, soon, and only one.
        assert!((OVER_SECONDS..=OVER_SECONDS + 30).contains(last), "{moments:?}");
        assert!(before.iter().all(|at| *at < PAYABLE_SECONDS), "{moments:?}");
        for pair in before.windows(2) {
            assert!(pair[1] - pair[0] <= 900, "{moments:?}");
        }
        if round % 3 != 2 {
            let gaps: Vec<i64> = before.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(gaps.is_sorted(), "{gaps:?}");
            for (pair, gap) in before.windows(2).zip(&gaps) {
                // About half of what has passed, until the longest gap.
                let passed = (pair[0] - begun) as f64;
                let share = *gap as f64 / passed;
                assert!(*gap >= 720 || (0.4..=0.75).contains(&share), "{gap} s after {passed} s");
            }
        }
    }
    println!("questions about an order in its two hours, at most: {most}");
    assert!(most <= 25, "{most}");
}

#[test]
fn an_order_that_nobody_began_is_asked_about_after_its_end() {
    for jitter in [0.0, 0.3, 1.0] {
        assert!((OVER_SECONDS..=OVER_SECONDS + 30).contains(&last_wait(jitter)));
    }
}

#[test]
fn a_provider_that_is_silent_is_asked_for_two_days_ever_more_rarely() {
    let mut random = Random::new(12);
    for _ in 0..2_000 {
        let begun = begun(&mut random);
        let moments = history(begun, || share(&mut random), |_| false);
        let last = *moments.last().unwrap();
        assert!(last >= PAYABLE_SECONDS + 2 * DAY, "given up after {last} s");
        assert!(last <= PAYABLE_SECONDS + 3 * DAY, "given up after {last} s");
        assert!(moments.len() < 90, "{}", moments.len());
        for pair in moments.windows(2) {
            assert!((60..=3600).contains(&(pair[1] - pair[0])), "{moments:?}");
        }
    }
}

#[test]
fn one_that_answers_at_last_is_not_given_up() {
    for silent_until in [0, 3_600, PAYABLE_SECONDS, OVER_SECONDS + 1, DAY, 2 * DAY] {
        let moments = history(100, || 0.5, |now| now >= silent_until);
        let last = *moments.last().unwrap();
        assert!(last >= OVER_SECONDS.max(silent_until), "{silent_until}");
        assert!(last <= OVER_SECONDS.max(silent_until) + 3_600, "{silent_until}");
    }
}

/// Orders of earlier versions are found long after their end.
#[test]
fn an_old_order_has_its_chances() {
    let (mut now, mut asked, mut times) = (400 * DAY, 0, 0);
    let found = now;
    loop {
        asked += 1;
        times += 1;
        let Some(next) = (Progress { createtime: 0, asked, now }).after_failure(0.5) else { break };
        (now, asked) = (next.at, next.asked);
    }
    assert!((24..=72).contains(&times), "{times}");
    assert!((DAY..=3 * DAY).contains(&(now - found)), "{} s", now - found);
}

#[test]
fn absurd_numbers_do_no_harm() {
    for createtime in [0, -5, i64::from(i32::MAX), 1_800_000_000] {
        for asked in [0, 1, 1_000_000, u32::MAX] {
            for now in [0, 1_700_000_000, i64::from(u32::MAX)] {
                for jitter in [-1.0, 0.0, 7.0] {
                    let progress = Progress { createtime, asked, now };
                    progress.after_failure(jitter);
                    if !progress.is_over() {
                        assert!(progress.after_answer(jitter).at > now);
                    }
                }
            }
        }
    }
}
