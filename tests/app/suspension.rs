//! Money for a tenant that is switched off.

use crate::{
    settle::word,
    support::{
        alipay::Notice,
        seed::Tenant,
        service::Service,
        site::{PERIOD, Site},
    },
};

fn paid(tenant: &Tenant<'_>) -> (Site, u32, Service) {
    let service = Service::willing();
    let site = Site::new(&service.url);
    let id = site.tenant(tenant);
    site.order(id, "CH1", "pending");
    (site, id, service)
}

#[test]
fn expiry_ends_with_a_payment_and_the_service_is_told() {
    let (site, id, service) = paid(&Tenant {
        status: "suspended",
        reason: Some("expired"),
        expires_in: Some(-5),
        ..Tenant::default()
    });
    let answer = site.notify(&Notice::paid("CH1", "T1", "50.00"));
    assert_eq!(word(&answer), (200, "success", "credited"));
    assert_eq!(answer.tenant_id, Some(id));
    assert_eq!(site.row("SELECT status, suspend_reason FROM #tenant"), "active|-");
    assert_eq!(site.row("SELECT kind, state, open_slot FROM #job"), "activate|open|1");
    site.app().work_tenant(id).unwrap();
    let asked = service.asked();
    assert_eq!((asked.len(), asked[0].path.as_str()), (1, "/activate"));
    assert_eq!(asked[0].body, serde_json::json!({"inbox_id": 77}));
    assert_eq!(asked[0].api_key, "test-api-key");
    assert_eq!(site.row("SELECT state, open_slot, last_error FROM #job"), "done|-|-");
}

#[test]
fn expiry_before_there_was_anything_leads_to_provisioning() {
    let (site, id, service) = paid(&Tenant {
        status: "suspended",
        reason: Some("expired"),
        provisioned: false,
        ..Tenant::default()
    });
    // Its first job was put off when it was suspended.
    site.job(id, "provision");
    site.app().work_tenant(id).unwrap();
    assert_eq!(service.asked().len(), 0);
    let answer = site.notify(&Notice::paid("CH1", "T1", "50.00"));
    assert_eq!((answer.outcome, answer.tenant_id), ("credited", Some(id)));
    // Who has paid does not wait until the job would have been looked at again.
    site.app().work_tenant(id).unwrap();
    assert_eq!(service.asked().len(), 1);
    assert_eq!(site.row("SELECT status, inbox_id FROM #tenant"), "active|100");
}

#[test]
fn what_an_administrator_switched_off_stays_off_and_is_flagged() {
    for (status, reason) in [("suspended", Some("admin")), ("suspended", None), ("disabled", None)]
    {
        for provisioned in [true, false] {
            let (site, id, service) =
                paid(&Tenant { status, reason, provisioned, ..Tenant::default() });
            let before = site.expire_at(id);
            let answer = site.notify(&Notice::paid("CH1", "T1", "50.00"));
            assert_eq!(word(&answer), (200, "success", "credited_flagged"));
            // The money counts all the same: it is there when the tenant comes back.
            assert_eq!(site.expire_at(id), before + PERIOD);
            assert_eq!(site.row("SELECT status FROM #order"), "paid");
            assert_eq!(site.row("SELECT outcome FROM #payment"), "credited_flagged");
            let expected = format!("{status}|{}", reason.unwrap_or("-"));
            assert_eq!(site.row("SELECT status, suspend_reason FROM #tenant"), expected);
            assert_eq!(site.count("#job"), 0);
            assert_eq!(site.row("SELECT status FROM #log"), "failed", "somebody has to look");
            assert_eq!(
                site.notify(&Notice::paid("CH1", "T1", "50.00")).outcome,
                "already_credited"
            );
            site.app().work_tenant(id).unwrap();
            assert_eq!(service.asked().len(), 0);
        }
    }
}

#[test]
fn money_for_a_tenant_that_waits_does_not_wait_with_it() {
    let (site, id, service) =
        paid(&Tenant { status: "pending", provisioned: false, ..Tenant::default() });
    site.job(id, "provision");
    // Refused so often that the next attempt is an hour away.
    site.exec("UPDATE #job SET attempts = 12, next_at = UNIX_TIMESTAMP() + 3600");
    site.notify(&Notice::paid("CH1", "T1", "50.00"));
    assert_eq!(site.count("#job"), 1);
    site.app().work_tenant(id).unwrap();
    assert_eq!(service.asked()[0].idempotency_key, "first-key");
    assert_eq!(site.row("SELECT status FROM #tenant"), "active");
}
