//! Alipay's gateway.do protocol with RSA2 (SHA256withRSA, PKCS#1 v1.5).

mod cashier;
pub mod cert;
mod config;
mod form;
mod gateway;
mod notify;
mod sign;
mod verify;

pub use cashier::is_mobile;
pub use config::{Alipay, AlipayConfig, GATEWAY, SANDBOX_GATEWAY};
pub use form::Fields;
pub use sign::sign_params;
pub use verify::{verify_fields, verify_raw};
