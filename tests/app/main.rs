//! The use cases on a real MariaDB, with Alipay's side signed by the `rsa` crate and a provisioning
//! service on loopback. Needs `CHATHUB_TEST_DB`, see `scripts/services.py db`.

#[path = "../support/mod.rs"]
mod support;

mod account;
mod broken_connection;
mod canary;
mod channels;
mod channels_kill;
mod channels_oauth;
mod channels_refresh;
mod channels_rekey;
mod channels_statistics;
mod connection;
mod dialect;
mod heal;
mod lease;
mod lifecycle;
mod migration;
mod old_rows;
mod outbox;
mod ownership;
mod race;
mod refund;
mod register;
mod renew;
mod reprovision;
mod settle;
mod suspension;
mod wechat;
mod wechat_certificates;
mod worker;
