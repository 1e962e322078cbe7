//! Alipay's protocol from outside: published vectors, forgeries, a live gateway, other libraries.
//!
//! What the code under test signs or verifies with aws-lc-rs is verified or signed here with the
//! `rsa` crate, or with Node.

mod cashier;
mod config;
mod forgery;
mod gateway;
mod interop;
mod keyring;
mod notification;
mod vectors;
