//! The rules, as someone who sells chat seats would say them. No I/O, no clock, no randomness:
//! whatever depends on the moment takes the moment as an argument.

pub mod channel;
pub mod job;
pub mod latency;
pub mod lifecycle;
pub mod mail;
pub mod money;
pub mod order;
pub mod plan;
pub mod reconcile;
pub mod tenant;

pub use job::JobKind;
pub use money::Fen;
pub use order::{Order, OrderStatus};
pub use plan::{Plan, Subscription};
pub use tenant::{Effect, Resources, SuspendReason, Tenant, TenantEvent, TenantStatus};
