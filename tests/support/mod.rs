//! What the tests on a real database stand on: a site of their own, Alipay's side signed by the
//! `rsa` crate, and a provisioning service that does as it is told.

#![allow(dead_code, reason = "each test crate uses its part")]

pub mod alipay;
pub mod child;
pub mod gateway;
pub mod market;
pub mod old;
pub mod platform;
pub mod proof;
pub mod seed;
pub mod service;
pub mod site;
pub mod wechat;

use std::{
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

/// Runs `work` in `threads` threads that begin together; gives their results in order.
pub fn at_once<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(threads);
    thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|number| {
                let (barrier, work) = (&barrier, &work);
                scope.spawn(move || {
                    barrier.wait();
                    work(number)
                })
            })
            .collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Looks again and again until `ready` gives something. The deadline only keeps a broken test from
/// hanging.
pub fn eventually<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = ready() {
            return found;
        }
        assert!(Instant::now() < deadline, "never seen: {what}");
        thread::yield_now();
    }
}
