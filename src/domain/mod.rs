//! The rules, as someone who sells chat seats would say them. No I/O, no clock, no randomness.

pub mod money;

pub use money::Fen;
