//! Letters as they leave: what they say in two languages, as HTML and as plain text, and the SMTP
//! server that takes them. Knows nothing of the outbox.

mod account;
mod channel;
mod html;
mod letter;
mod member;
mod message;
mod page;
mod plain;
mod service;
pub mod smtp;
mod support;
mod wire;
mod words;

pub use lettre::Address;

pub use channel::platform_name;
pub use letter::{
    Language, Letter, Links, MailFailure, Review, ShopFacts, Site, TenantFacts, WhyEnded, render,
};
pub use message::{Message, address};
pub use page::Rendered;
