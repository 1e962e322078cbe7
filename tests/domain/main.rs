//! The rules against a second opinion: a model and a calendar of their own, written from the
//! specification, and a great many random histories.

mod calendar;
mod clock;
mod lifecycle;
mod model;
mod money;
mod random;
mod reconcile;
mod scenario;
