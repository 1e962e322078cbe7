//! WeChat Pay API v3: requests signed by the merchant, answers and notifications signed by
//! WeChat Pay, contents encrypted with the merchant's APIv3 key.
//!
//! WeChat Pay signs with a platform certificate or with the "WeChat Pay public key"; during a
//! migration with both. The `Wechatpay-Serial` header says which, and both are taken.

mod certificates;
mod client;
mod config;
mod notify;
mod order;
mod resource;
mod sign;
mod verify;

pub use certificates::PlatformCertificate;
pub use config::{BASE, PUBLIC_KEY_PREFIX, Wechat, WechatConfig};
pub use resource::{ApiKey, Resource};
pub use sign::authorization;
pub use verify::{PROBE, Signed, UNKNOWN_SERIAL, verify};

use std::sync::Arc;

use super::keys::PublicKey;
use crate::error::Result;

/// Finds the platform certificate of a serial; `None` when there is none (that is still valid).
pub type FindCertificate<'a> = &'a dyn Fn(&str) -> Result<Option<Arc<PublicKey>>>;
