//! The credential vault without a database: against `cryptography`, which is what the gateway uses, and
//! against everything that is not quite a sealed blob or a key.

#[path = "../support/python.rs"]
mod python;

mod key;
mod vault;
