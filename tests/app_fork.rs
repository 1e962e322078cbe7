//! A fork takes the kept connection's socket along; the parent must not notice. In a test crate of
//! its own, because forking is for processes with few threads.

#[path = "support/mod.rs"]
mod support;

use support::{seed::Tenant, service::Service, site::Site};

/// Runs `work` in a child process, which ends by `end`; gives its exit status.
fn in_a_child(end: unsafe extern "C" fn(i32) -> !, work: impl FnOnce() -> bool) -> i32 {
    // SAFETY: the child uses only its own memory and new sockets, and ends without returning.
    unsafe {
        let pid = libc::fork();
        if pid == 0 {
            let fine =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(false);
            end(i32::from(!fine));
        }
        assert!(pid > 0);
        let mut status = 0;
        assert_eq!(libc::waitpid(pid, &raw mut status, 0), pid);
        status
    }
}

#[test]
fn a_child_takes_a_connection_of_its_own() {
    let site = Site::new(&Service::absent());
    let id = site.tenant(&Tenant::default());
    let app = site.app();
    app.renew(1, id).unwrap();
    let kept = site.connections();
    assert_eq!(kept.len(), 1);
    // Ends at once, as php-fpm's workers do when killed, and politely, with all destructors.
    for end in [libc::_exit as unsafe extern "C" fn(i32) -> !, libc::exit] {
        let used = in_a_child(end, || {
            app.status(1).is_ok_and(|s| s.tenants.len() == 1) && app.renew(1, id).is_ok()
        });
        assert_eq!(used, 0, "the child worked");
        let unused = in_a_child(end, || true);
        assert_eq!(unused, 0);
        // The parent's session is still the same, and answers what it was asked.
        assert_eq!(app.status(1).unwrap().tenants.len(), 1);
        app.renew(1, id).unwrap();
        let now: Vec<u32> = site.connections().into_iter().map(|(number, _)| number).collect();
        assert!(now.contains(&kept[0].0), "{now:?} instead of {kept:?}");
    }
    assert_eq!(site.count("#order"), 1);
}
