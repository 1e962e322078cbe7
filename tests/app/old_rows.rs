//! What old sites hold must not stand in the way of money or of anybody else.

use crate::support::{alipay::Notice, seed::Tenant, service::Service, site::Site};

/// As a server without strict mode let it be.
fn force(site: &Site, sql: &str) {
    site.exec("SET SESSION sql_mode = ''");
    site.exec(sql);
}

#[test]
fn a_tenant_without_a_status_is_credited_and_served() {
    for status in ["NULL", "''"] {
        let service = Service::willing();
        let site = Site::new(&service.url);
        let id =
            site.tenant(&Tenant { status: "pending", provisioned: false, ..Tenant::default() });
        force(&site, &format!("UPDATE #tenant SET status = {status}"));
        site.order(id, "CH-old", "pending");
        let before = site.expire_at(id);
        let answer = site.notify(&Notice::paid("CH-old", "T1", "50.00"));
        assert_eq!((answer.body, answer.outcome), ("success", "credited"), "{status}");
        assert_eq!(site.expire_at(id) - before, 30 * 86_400);
        site.app().work_tenant(answer.tenant_id.unwrap()).unwrap();
        assert_eq!(site.row("SELECT status, inbox_id IS NULL FROM #tenant"), "active|0");
        assert_eq!(site.app().my(1).err().map(|e| e.key()), Some("account"));
    }
}

#[test]
fn an_order_without_a_status_can_be_paid() {
    let site = Site::new(&Service::absent());
    let id = site.tenant(&Tenant::default());
    site.order(id, "CH-old", "pending");
    force(&site, "UPDATE #order SET status = NULL");
    assert_eq!(site.notify(&Notice::paid("CH-old", "T1", "50.00")).outcome, "credited");
    assert_eq!(site.row("SELECT status, pay_trade_no FROM #order"), "paid|T1");
}

#[test]
fn a_tenant_stuck_in_provisioning_with_its_embed_code_is_active() {
    let site = Site::new(&Service::absent());
    let id = site.tenant(&Tenant { status: "provisioning", ..Tenant::default() });
    assert!(!site.app().status(1).unwrap().pending_work);
    site.order(id, "CH-old", "pending");
    assert_eq!(site.notify(&Notice::paid("CH-old", "T1", "50.00")).outcome, "credited");
    assert_eq!(site.row("SELECT status FROM #tenant"), "active");
}

#[test]
fn a_paid_order_without_a_trade_number_takes_the_one_that_fits() {
    let site = Site::new(&Service::absent());
    let id = site.tenant(&Tenant::default());
    site.order(id, "CH-old", "paid");
    let before = site.expire_at(id);
    let first = Notice::paid("CH-old", "T1", "50.00");
    assert_eq!(site.notify(&first).outcome, "already_credited");
    assert_eq!(site.notify(&first).outcome, "already_credited");
    assert_eq!(site.row("SELECT status, pay_method, pay_trade_no FROM #order"), "paid|alipay|T1");
    assert_eq!(site.notify(&Notice::paid("CH-old", "T2", "50.00")).outcome, "duplicate");
    assert_eq!(site.expire_at(id), before, "it was credited by the version that took the money");
}

#[test]
fn a_long_order_number_of_another_system_is_put_on_record() {
    let site = Site::new(&Service::absent());
    let number = "X".repeat(64);
    let answer = site.notify(&Notice::paid(&number, "T1", "50.00"));
    assert_eq!((answer.body, answer.outcome), ("fail", "unknown_order"));
    assert_eq!(
        site.row("SELECT order_no, outcome FROM #payment"),
        format!("{number}|unknown_order")
    );
}

#[test]
fn work_that_cannot_be_begun_says_why_and_stands_in_nobodys_way() {
    let site = Site::new("CoPaw:5566");
    let id = site.tenant(&Tenant { status: "pending", provisioned: false, ..Tenant::default() });
    site.job(id, "provision");
    assert_eq!(site.app().work_tenant(id).unwrap_err().key(), "provision_server_url");
    assert_eq!(
        site.row(
            "SELECT state, attempts, last_error LIKE '%http://%', \
             next_at > UNIX_TIMESTAMP() FROM #job"
        ),
        "open|0|1|1"
    );
}

#[test]
fn a_nudge_gets_past_a_tenant_for_whom_nothing_can_be_done() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    let settling =
        site.tenant(&Tenant { status: "pending", provisioned: false, ..Tenant::default() });
    site.job(settling, "provision");
    site.exec(
        "INSERT INTO #job (tenant_id, kind, idempotency_key, next_at, lease_until, createtime, \
         updatetime) SELECT tenant_id, 'suspend', 'k', 0, UNIX_TIMESTAMP() + 100, 0, 0 FROM #job",
    );
    let waiting =
        site.tenant(&Tenant { status: "pending", provisioned: false, ..Tenant::default() });
    site.job(waiting, "provision");
    site.exec(&format!("UPDATE #job SET next_at = 1 WHERE tenant_id = {settling}"));
    site.app().nudge().unwrap();
    assert_eq!(site.rows("SELECT status FROM #tenant ORDER BY id"), ["pending", "active"]);
}

#[test]
fn an_order_number_is_taken_as_it_stands() {
    let site = Site::new(&Service::absent());
    let id = site.tenant(&Tenant::default());
    site.order(id, "CH-abc", "paid");
    for other in ["CH-abc ", "ch-abc", "CH-ábc", "", "CH-abc\0"] {
        assert_eq!(site.app().pay_return(other).unwrap().0.code(), "unknown", "{other:?}");
    }
    assert_eq!(site.app().pay_return("CH-abc").unwrap().0.code(), "just_paid");
}
