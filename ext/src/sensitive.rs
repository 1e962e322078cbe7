//! Marks the parameters that carry secrets with PHP's `#[\SensitiveParameter]`, so that stack
//! traces, which end up in logs and on debug pages, show a placeholder instead (PHP ≥ 8.2; earlier
//! versions know no such mark and ignore it).

use std::ptr;

use ext_php_rs::{
    class::RegisteredClass,
    ffi::{HashTable, zend_function, zend_string},
    types::ZendStr,
    zend::ClassEntry,
};

use crate::{alipay::Alipay, hub::Hub, vault::Vault, wechat::WechatPay, worker::Worker};

type PostStartup = Option<unsafe extern "C" fn() -> i32>;

/// ZEND_ATTRIBUTE_PERSISTENT: lives as long as the process.
const PERSISTENT: u32 = 1;
const SUCCESS: i32 = 0;

unsafe extern "C" {
    /// Called by the engine once all modules have started: php-fpm has not forked yet.
    static mut zend_post_startup_cb: PostStartup;

    /// `offset` is 0 for the function itself, and 1 for its first parameter.
    fn zend_add_attribute(
        attributes: *mut *mut HashTable,
        name: *mut zend_string,
        argument_count: u32,
        flags: u32,
        offset: u32,
        line: u32,
    ) -> *mut std::ffi::c_void;
}

static mut NEXT: PostStartup = None;
static mut NAME: *mut zend_string = ptr::null_mut();

/// The classes are registered after the module's own start-up function, so the marks wait for the
/// hook behind all modules.
pub fn register() {
    // SAFETY: module start-up runs in one thread, before any request.
    unsafe {
        NAME = ZendStr::new_interned("SensitiveParameter", true).into_raw();
        NEXT = zend_post_startup_cb;
        zend_post_startup_cb = Some(mark_all);
    }
}

unsafe extern "C" fn mark_all() -> i32 {
    let alipay = Alipay::get_metadata().ce();
    mark(alipay, "sign", 1);
    // People paste the private key here, too.
    mark(alipay, "verify", 1);
    let wechat = WechatPay::get_metadata().ce();
    mark(wechat, "authorization", 5);
    mark(wechat, "decrypt", 1);
    let hub = Hub::get_metadata().ce();
    mark(hub, "__construct", 0);
    mark(hub, "__construct", 1);
    mark(hub, "login", 1);
    mark(hub, "changepassword", 1);
    mark(hub, "savechannel", 3);
    // The names of sessions, and codes that are as good as the tokens they are changed into.
    mark(hub, "beginchannel", 3);
    mark(hub, "beginchannel", 4);
    mark(hub, "completechannel", 1);
    mark(hub, "completechannel", 2);
    let vault = Vault::get_metadata().ce();
    mark(vault, "__construct", 0);
    mark(vault, "seal", 0);
    let worker = Worker::get_metadata().ce();
    mark(worker, "__construct", 0);
    mark(worker, "__construct", 1);
    mark(hub, "resettokenisgood", 0);
    mark(hub, "resetpassword", 0);
    mark(hub, "resetpassword", 1);
    mark(hub, "confirmtokenisgood", 0);
    mark(hub, "confirmemail", 0);
    // SAFETY: as in `register`; the engine calls this once.
    unsafe { NEXT.map_or(SUCCESS, |next| next()) }
}

/// The method's name in lower case, as the engine keeps it.
fn mark(class: &ClassEntry, method: &str, parameter: u32) {
    let Some(entry) = class.function_table.get(method) else { return };
    // SAFETY: an internal class's table holds internal functions only, and the engine owns them for
    // the life of the process.
    unsafe {
        if let Some(function) = entry.ptr::<zend_function>() {
            let attributes = &raw mut (*function).internal_function.attributes;
            zend_add_attribute(attributes, NAME, 0, PERSISTENT, parameter + 1, 0);
        }
    }
}
