//! Proofs run at a small size in every test run, and at full size for `make prove`, which prints their
//! figures.

use std::{io::Write, sync::Barrier};

/// Whether this is `make prove`.
pub fn is_full() -> bool {
    std::env::var("CHATHUB_PROVE").is_ok_and(|size| size == "full")
}

/// So many rounds at full size, and a part of them otherwise.
pub fn rounds(full: usize, small: usize) -> usize {
    if is_full() { full } else { small }
}

/// A figure for the table; nothing where nobody asked for one.
pub fn figure(proof: &str, what: &str, value: impl std::fmt::Display) {
    let Ok(path) = std::env::var("CHATHUB_FIGURES") else { return };
    let mut file = std::fs::File::options().append(true).create(true).open(path).unwrap();
    // One write each: the proofs may run at the same time.
    file.write_all(format!("{proof}\t{what}\t{value}\n").as_bytes()).unwrap();
}

/// Lets several sides meet again and again: in each round all begin together.
pub fn meet(rounds: usize, sides: &[&(dyn Fn(usize) + Sync)]) {
    let gate = Barrier::new(sides.len());
    std::thread::scope(|scope| {
        for side in sides {
            let gate = &gate;
            scope.spawn(move || {
                for round in 0..rounds {
                    gate.wait();
                    side(round);
                }
            });
        }
    });
}
