//! Asking again for resources that are missing.

use chathub_core::Kind;

use crate::support::{
    at_once,
    seed::Tenant,
    service::{Reply, Service, made},
    site::Site,
};

#[test]
fn for_tenants_without_an_embed_code_that_wait() {
    for status in ["pending", "provisioning"] {
        let service = Service::willing();
        let site = Site::new(&service.url);
        let id = site.tenant(&Tenant { status, provisioned: false, ..Tenant::default() });
        assert!(site.app().reprovision(1, id).unwrap(), "{status}");
        assert_eq!(site.row("SELECT status, inbox_id FROM #tenant"), "active|100");
        assert_eq!(site.count("#log WHERE action = 'reprovision' AND operator = 'member:1'"), 1);
    }
}

#[test]
fn never_a_way_out_of_suspension_nor_to_a_second_inbox() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    for (status, reason, provisioned, key) in [
        ("suspended", Some("admin"), false, "tenant_suspended"),
        ("suspended", Some("expired"), false, "tenant_suspended"),
        ("suspended", None, true, "tenant_suspended"),
        ("disabled", None, false, "tenant_disabled"),
        ("disabled", None, true, "tenant_disabled"),
        ("active", None, true, "already_provisioned"),
    ] {
        let id = site.tenant(&Tenant { status, reason, provisioned, ..Tenant::default() });
        let error = site.app().reprovision(1, id).unwrap_err();
        assert_eq!((error.kind(), error.key()), (Kind::Forbidden, key), "{status}");
        let row = format!("SELECT status FROM #tenant WHERE id = {id}");
        assert_eq!(site.row(&row), status);
    }
    assert_eq!((service.asked().len(), site.count("#job")), (0, 0));
}

#[test]
fn a_refusal_is_said_without_the_services_words() {
    let service = Service::start(|_, _| Reply::refused());
    let site = Site::new(&service.url);
    let id = site.tenant(&Tenant { status: "pending", provisioned: false, ..Tenant::default() });
    let error = site.app().reprovision(1, id).unwrap_err();
    assert_eq!((error.kind(), error.key()), (Kind::Provider, "provision_refused"));
    assert!(!error.public().contains("chatwoot") && error.to_string().contains("chatwoot"));
    assert_eq!(site.row("SELECT status FROM #tenant"), "pending");
    site.exec("INSERT INTO #user (id, email, status) VALUES (1, 'a@acme.cn', 'normal')");
    let app = site.app();
    let shown = app.my(1).unwrap();
    assert!(shown.tenants[0].last_attempt_failed && shown.tenants[0].can_reprovision);
    assert!(app.status(1).unwrap().pending_work);
}

#[test]
fn an_impatient_member_makes_one_request() {
    let service = Service::start(|_, _| made(7).held());
    let site = Site::new(&service.url).configured(&[("provision_wait", "0")]);
    let id = site.tenant(&Tenant { status: "pending", provisioned: false, ..Tenant::default() });
    std::thread::scope(|scope| {
        let clicks = scope.spawn(|| {
            at_once(12, |_| {
                let app = site.app();
                let done = app.reprovision(1, id).unwrap();
                app.finish().unwrap();
                done
            })
        });
        service.wait_for_held(1);
        service.let_go();
        // Who comes after it is done is told so, as an error; nobody asks twice.
        let _ = clicks.join();
    });
    assert_eq!(service.asked().len(), 1);
    assert_eq!(site.count("#job"), 1);
    assert_eq!(site.row("SELECT status, inbox_id FROM #tenant"), "active|7");
}

#[test]
fn so_often_and_no_more() {
    let service = Service::start(|_, _| Reply::refused());
    let site = Site::new(&service.url).configured(&[("limit_reprovision_per_tenant", "3")]);
    let id = site.tenant(&Tenant { status: "pending", provisioned: false, ..Tenant::default() });
    for _ in 0..3 {
        assert_eq!(site.app().reprovision(1, id).unwrap_err().key(), "provision_refused");
    }
    assert_eq!(site.app().reprovision(1, id).unwrap_err().key(), "too_many_attempts");
    assert_eq!(service.asked().len(), 3);
}
