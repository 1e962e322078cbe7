//! The exception tree. The classes have no Rust object inside, so that PHP can make and extend
//! them like any other; what the core says of an error is kept in protected properties.

use std::{
    ffi::{c_char, c_void},
    sync::OnceLock,
};

use chathub_core::{Error, Kind};
use ext_php_rs::{
    builders::{ClassBuilder, ClassProperty, FunctionBuilder},
    convert::IntoZval,
    error::Result,
    exception::PhpException,
    flags::{DataType, MethodFlags, PropertyFlags},
    types::{ZendObject, Zval},
    zend::{ClassEntry, ExecuteData, ce, run_handler},
};

/// Name of the class of each kind of error.
const KINDS: [(Kind, &str); 7] = [
    (Kind::InvalidInput, "ChatHub\\InvalidInput"),
    (Kind::NotFound, "ChatHub\\NotFound"),
    (Kind::Forbidden, "ChatHub\\Forbidden"),
    (Kind::Signature, "ChatHub\\SignatureException"),
    (Kind::Config, "ChatHub\\ConfigException"),
    (Kind::Provider, "ChatHub\\ProviderException"),
    (Kind::Storage, "ChatHub\\StorageException"),
];

const PUBLIC_MESSAGE: &str = "publicMessage";
const KEY: &str = "key";
const FIELD: &str = "field";

/// What a member reads when an exception carries no text of its own.
const DEFAULT_PUBLIC_MESSAGE: &str = "系统繁忙，请稍后重试";

const DEFAULT_KEY: &str = "error";

static BASE: OnceLock<Registered> = OnceLock::new();
static CLASSES: OnceLock<Vec<(Kind, Registered)>> = OnceLock::new();

struct Registered(&'static ClassEntry);

// SAFETY: class entries live as long as the process and are not changed after start-up.
unsafe impl Send for Registered {}
// SAFETY: as above.
unsafe impl Sync for Registered {}

unsafe extern "C" {
    static spl_ce_RuntimeException: *const ClassEntry;

    /// The engine's own way to write a protected property, as the class itself would.
    fn zend_update_property(
        scope: *const ClassEntry,
        object: *mut ZendObject,
        name: *const c_char,
        name_length: usize,
        value: *const c_void,
    );
}

fn base() -> &'static ClassEntry {
    BASE.get().map_or_else(runtime_exception, |class| class.0)
}

/// Classes cannot be found by name yet while modules start.
fn runtime_exception() -> &'static ClassEntry {
    // SAFETY: SPL is always built in and has started before any other module; null would mean that
    // it has not, and then every exception class of the engine is missing.
    unsafe { spl_ce_RuntimeException.as_ref() }.unwrap_or_else(ce::exception)
}

/// Registers the tree; part of the module's start-up.
pub fn register() -> Result<()> {
    let builder = ClassBuilder::new("ChatHub\\Exception")
        .extends((runtime_exception, "\\RuntimeException"))
        .property(property(PUBLIC_MESSAGE, false, text_default))
        .property(property(KEY, false, key_default))
        .property(property(FIELD, true, || Ok(Zval::null())))
        .method(getter("getPublicMessage", get_public_message, false), MethodFlags::Public)
        .method(getter("getKey", get_key, false), MethodFlags::Public)
        .method(getter("getField", get_field, true), MethodFlags::Public)
        .registration(|class, tables| {
            std::mem::forget(tables);
            let _ = BASE.set(Registered(class));
        });
    builder.register()?;
    for (_, name) in KINDS {
        ClassBuilder::new(name)
            .extends((base, "\\ChatHub\\Exception"))
            .registration(|_, tables| std::mem::forget(tables))
            .register()?;
    }
    Ok(())
}

fn class(kind: Kind) -> &'static ClassEntry {
    let classes = CLASSES.get_or_init(|| {
        let find = |(kind, name)| ClassEntry::try_find(name).map(|ce| (kind, Registered(ce)));
        KINDS.into_iter().filter_map(find).collect()
    });
    classes.iter().find(|(k, _)| *k == kind).map_or_else(base, |(_, class)| class.0)
}

/// The exception of an error of the core.
pub fn exception(error: &Error) -> PhpException {
    let class = class(error.kind());
    let mut object = ZendObject::new(class);
    set(&mut object, "message", error.to_string());
    set(&mut object, PUBLIC_MESSAGE, error.public().to_owned());
    set(&mut object, KEY, error.key().to_owned());
    set(&mut object, FIELD, error.field().map(str::to_owned));
    let thrown = PhpException::new(error.to_string(), 0, class);
    match object.into_zval(false) {
        Ok(object) => thrown.with_object(object),
        Err(_) => thrown,
    }
}

fn set(object: &mut ZendObject, name: &str, value: impl IntoZval) {
    if let Ok(value) = value.into_zval(false) {
        let scope = object.get_class_entry();
        // SAFETY: scope and object are alive, the name is given with its length, and the engine
        // takes its own reference to the value.
        unsafe {
            zend_update_property(
                scope,
                object,
                name.as_ptr().cast(),
                name.len(),
                (&raw const value).cast(),
            );
        }
    }
}

fn property(name: &str, nullable: bool, default: fn() -> Result<Zval>) -> ClassProperty {
    ClassProperty {
        name: name.into(),
        flags: PropertyFlags::Protected,
        default: Some(Box::new(default)),
        docs: &[],
        ty: Some(DataType::String),
        nullable,
        readonly: false,
        default_stub: None,
    }
}

fn text_default() -> Result<Zval> {
    DEFAULT_PUBLIC_MESSAGE.to_owned().into_zval(true)
}

fn key_default() -> Result<Zval> {
    DEFAULT_KEY.to_owned().into_zval(true)
}

fn getter(
    name: &str,
    handler: extern "C" fn(&mut ExecuteData, &mut Zval),
    nullable: bool,
) -> FunctionBuilder<'static> {
    FunctionBuilder::new(name, handler).returns(DataType::String, false, nullable)
}

extern "C" fn get_public_message(execution: &mut ExecuteData, result: &mut Zval) {
    give(execution, result, PUBLIC_MESSAGE, Some(DEFAULT_PUBLIC_MESSAGE));
}

extern "C" fn get_key(execution: &mut ExecuteData, result: &mut Zval) {
    give(execution, result, KEY, Some(DEFAULT_KEY));
}

extern "C" fn get_field(execution: &mut ExecuteData, result: &mut Zval) {
    give(execution, result, FIELD, None);
}

/// Gives a property, or `default` where a class of PHP's has put something else than text there.
fn give(execution: &mut ExecuteData, result: &mut Zval, name: &str, default: Option<&str>) {
    let work = std::panic::AssertUnwindSafe(|| {
        let value = execution
            .get_self()
            .and_then(|object| object.get_property::<Option<String>>(name).ok().flatten());
        match value.as_deref().or(default) {
            Some(text) => {
                let _ = result.set_string(text, false);
            }
            None => result.set_null(),
        }
    });
    run_handler(work);
}
