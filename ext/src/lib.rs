//! What PHP sees: classes, exceptions, INI settings, the phpinfo table.

mod alipay;
mod channels;
mod convert;
mod database;
mod exceptions;
mod hub;
mod ini;
mod sensitive;
mod vault;
mod views;
mod wechat;
mod worker;

use ext_php_rs::{info_table_end, info_table_row, info_table_start, prelude::*, zend::ModuleEntry};

/// Runs once per process tree, before php-fpm forks: nothing is opened and no thread is started.
fn startup(_type: i32, module_number: i32) -> i32 {
    ini::register(module_number);
    sensitive::register();
    match exceptions::register() {
        Ok(()) => 0,
        Err(_) => -1,
    }
}

extern "C" fn info(_module: *mut ModuleEntry) {
    info_table_start!();
    info_table_row!("ChatHub", "enabled");
    info_table_row!("Version", env!("CARGO_PKG_VERSION"));
    info_table_row!("Payment", "Alipay RSA2, WeChat Pay API v3");
    info_table_row!("Cryptography", "AWS-LC");
    for (name, value) in ini::shown() {
        info_table_row!(name, value.as_str());
    }
    info_table_end!();
}

#[php_module]
#[php(startup = "startup")]
pub fn get_module(module: ModuleBuilder) -> ModuleBuilder {
    module
        .name("chathub")
        .version(env!("CARGO_PKG_VERSION"))
        .info_function(info)
        .class::<alipay::Alipay>()
        .class::<wechat::WechatPay>()
        .class::<vault::Vault>()
        .class::<hub::Hub>()
        .class::<worker::Worker>()
}
