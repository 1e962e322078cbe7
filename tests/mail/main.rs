//! Letters through the outbox to a real mail server (npm `smtp-server`), read there by an independent
//! parser (npm `mailparser`). Needs `CHATHUB_TEST_DB`, see `scripts/services.py db`, and
//! `npm ci` in tests/sandbox.

#[path = "../support/mod.rs"]
mod support;

mod canary;
mod delivery;
mod failures;
mod kinds;
mod outdated;
mod preview;
mod server;
mod settings;
