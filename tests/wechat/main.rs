//! WeChat Pay's protocol from outside: published vectors, forgeries, a live server, other libraries.
//!
//! What the code under test signs, verifies or decrypts with aws-lc-rs is the work of the `rsa` and
//! `aes-gcm` crates here, or of Node.

#[path = "../support/wechat.rs"]
mod provider;

mod certificates;
mod client;
mod config;
mod forgery;
mod interop;
mod notification;
mod support;
mod vectors;
