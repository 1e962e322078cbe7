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
mod confirm;
mod connection;
mod dialect;
mod heal;
mod lease;
mod lifecycle;
mod migration;
mod migration_cut;
mod migration_dirty;
mod migration_rights;
mod old_rows;
mod outbox;
mod overtaken;
mod ownership;
mod password_reset;
mod race;
mod reconcile;
mod reconcile_many;
mod reconcile_trouble;
mod refund;
mod register;
mod renew;
mod reprovision;
mod settle;
mod suspension;
mod wechat;
mod wechat_certificates;
mod worker;
mod worker_race;
