//! The rules and protocols of ChatHub for FastAdmin, in plain Rust.
//!
//! Who may use whom: `app` → {`channel`, `mail`, `pay`, `provision`, `store`} → `domain`. The middle
//! rooms never use
//! each other, and `domain` does no I/O, reads no clock and draws no randomness.

pub mod app;
pub mod channel;
pub mod domain;
pub mod error;
pub mod http;
pub mod mail;
pub mod pay;
pub mod provision;
pub mod qr;
pub mod random;
mod resolve;
pub mod secret;
pub mod store;

pub use error::{Error, Kind, Result};
pub use secret::Secret;
