//! The outbox: which key leaves when, and what each answer leaves behind.

use std::time::Duration;

use chathub_core::app::Ini;
use serde_json::json;

use crate::support::{
    seed::Tenant,
    service::{Reply, Service, made, switched},
    site::Site,
};

const JOB: &str =
    "SELECT state, open_slot, attempts, lease_owner FROM #job WHERE kind = 'provision'";

fn waiting(service: &str) -> (Site, u32) {
    let site = Site::new(service);
    let id = site.tenant(&Tenant { status: "pending", provisioned: false, ..Tenant::default() });
    site.job(id, "provision");
    (site, id)
}

fn answered(reply: Reply) -> (Site, u32, Service) {
    let service = Service::start(move |_, _| reply.clone());
    let (site, id) = waiting(&service.url);
    site.app().work_tenant(id).unwrap();
    (site, id, service)
}

/// A second attempt, when all waits are over.
fn again(site: &Site, id: u32, service: &Service) -> [String; 2] {
    site.time_passes();
    site.app().work_tenant(id).unwrap();
    let asked = service.asked();
    assert_eq!(asked.len(), 2);
    [asked[0].idempotency_key.clone(), asked[1].idempotency_key.clone()]
}

#[test]
fn success_stores_what_was_made() {
    let (site, _, service) = answered(made(4711));
    let asked = &service.asked()[0];
    assert_eq!((asked.path.as_str(), asked.idempotency_key.as_str()), ("/provision", "first-key"));
    assert_eq!(asked.api_key, "test-api-key");
    assert_eq!(
        asked.body,
        json!({"name": "Acme", "domain": "acme0.cn", "email": "a@acme.cn", "type": "web_widget", "max_agents": 1})
    );
    assert_eq!(
        site.row(
            "SELECT status, inbox_id, inbox_token, team_id, agent_id, agent_cw_id, agent_cw_password, \
             agent_name, embed_code, provisioned_at IS NULL FROM #tenant"
        ),
        "active|4711|token-4711|5|agent-9|11|cw-password|Acme|<script src=\"/sdk.js?4711\"></script>|0"
    );
    assert_eq!(site.row(JOB), "done|-|1|-");
    assert_eq!(site.row("SELECT action, status FROM #log"), "provision|success");
}

#[test]
fn a_refusal_takes_a_fresh_key() {
    for (status, body) in [
        (500, json!({"error": "x", "detail": "y"})),
        (200, json!({"error": "x"})),
        (400, json!({"error": "x"})),
    ] {
        let (site, id, service) = answered(Reply::json(status, &body));
        assert_eq!(site.row("SELECT status FROM #tenant"), "pending", "{status} {body}");
        assert_eq!(site.row(JOB), "open|1|1|-");
        assert_eq!(site.count("#job WHERE next_at > UNIX_TIMESTAMP() AND last_error <> ''"), 1);
        // Nothing is due before its time.
        site.app().work_tenant(id).unwrap();
        assert_eq!(service.asked().len(), 1);
        let [first, second] = again(&site, id, &service);
        assert_ne!(first, second, "{status} {body}");
        assert_eq!(
            site.number("SELECT COUNT(*) FROM #job WHERE idempotency_key IN ('first-key')"),
            0
        );
    }
}

#[test]
fn an_unknown_outcome_keeps_its_key_and_its_distance() {
    for reply in [
        Reply::Nothing,
        Reply::Text(500, "<html>".into()),
        Reply::Text(200, "<html>".into()),
        Reply::json(200, &json!({})),
        Reply::json(200, &json!({"inbox_id": "7", "embed_code": "<x>"})),
        Reply::json(200, &json!({"inbox_id": 7})),
        Reply::Text(302, String::new()),
        Reply::Text(200, "x".repeat(2_000_000)),
    ] {
        let shown = format!("{reply:.60?}");
        let (site, id, service) = answered(reply);
        assert_eq!(site.row("SELECT status, inbox_id FROM #tenant"), "provisioning|-", "{shown}");
        assert_eq!(site.row(JOB), "open|1|1|-", "{shown}");
        // The service may still be at it: nobody can make another request leave now.
        site.exec("UPDATE #job SET next_at = 0");
        let settling = "#job WHERE lease_until >= UNIX_TIMESTAMP() + 30";
        assert_eq!(site.count(settling), 1, "{shown}");
        site.app().work_tenant(id).unwrap();
        assert!(!site.app().reprovision(1, id).unwrap());
        assert_eq!(service.asked().len(), 1, "{shown}");
        let [first, second] = again(&site, id, &service);
        assert_eq!(first, second, "{shown}");
    }
}

#[test]
fn a_request_that_never_left_keeps_its_key_and_waits_for_nothing() {
    let (site, id) = waiting(&Service::absent());
    site.app().work_tenant(id).unwrap();
    assert_eq!(site.row(JOB), "open|1|1|-");
    let free = "SELECT lease_until <= UNIX_TIMESTAMP(), idempotency_key FROM #job";
    assert_eq!(site.row(free), "1|first-key");
}

#[test]
fn a_key_is_stored_before_it_is_sent() {
    let service = Service::start(|_, _| made(7).held());
    let (site, id) = waiting(&service.url);
    std::thread::scope(|scope| {
        scope.spawn(|| site.app().work_tenant(id).unwrap());
        service.wait_for_held(1);
        let sent = service.asked()[0].idempotency_key.clone();
        assert_eq!(site.row("SELECT idempotency_key FROM #job"), sent);
        assert_eq!(site.row("SELECT status FROM #tenant"), "provisioning");
        assert_eq!(site.row("SELECT attempts, lease_owner IS NULL, state FROM #job"), "1|0|open");
        service.let_go();
    });
    assert_eq!(site.row("SELECT status FROM #tenant"), "active");
}

#[test]
fn after_the_last_attempt_it_is_dead_and_visible() {
    let service = Service::start(|_, _| Reply::refused());
    let (site, id) = waiting(&service.url);
    let mut attempts = 0;
    while site.row("SELECT state FROM #job") == "open" {
        site.time_passes();
        site.app().work_tenant(id).unwrap();
        attempts += 1;
        assert!(attempts <= 100, "never given up");
        assert_eq!(service.asked().len(), attempts);
    }
    assert_eq!(site.row(JOB), format!("dead|-|{attempts}|-"));
    assert_eq!(site.row("SELECT last_error FROM #job"), "500: chatwoot said no");
    assert_eq!(site.row("SELECT status FROM #tenant"), "pending");
    let keys: std::collections::HashSet<_> =
        service.asked().into_iter().map(|asked| asked.idempotency_key).collect();
    assert_eq!(keys.len(), attempts, "after each refusal a key of its own");
    // The dead are left alone, and do not stand in the way of the next.
    site.app().work_tenant(id).unwrap();
    assert_eq!(service.asked().len(), attempts);
    service.rule(|_, _| made(9));
    assert!(site.app().reprovision(1, id).unwrap());
    assert_eq!(site.rows("SELECT state FROM #job ORDER BY id"), ["dead", "done"]);
}

#[test]
fn a_suspended_tenants_job_is_parked() {
    let service = Service::willing();
    for (status, reason) in
        [("suspended", Some("admin")), ("suspended", Some("expired")), ("disabled", None)]
    {
        let site = Site::new(&service.url);
        let id = site.tenant(&Tenant { status, reason, provisioned: false, ..Tenant::default() });
        site.job(id, "provision");
        site.app().work_tenant(id).unwrap();
        assert_eq!(site.row(JOB), "open|1|0|-");
        assert_eq!(site.count("#job WHERE next_at > UNIX_TIMESTAMP() + 600"), 1);
        assert_eq!(site.row("SELECT status FROM #tenant"), status);
    }
    assert_eq!(service.asked().len(), 0);
}

#[test]
fn resources_that_arrive_for_a_suspended_tenant_are_kept_and_switched_off() {
    for (status, reason) in
        [("suspended", "'admin'"), ("suspended", "'expired'"), ("disabled", "NULL")]
    {
        let service = Service::start(|_, asked| match asked.path.as_str() {
            "/provision" => made(7).held(),
            _ => switched(),
        });
        let (site, id) = waiting(&service.url);
        std::thread::scope(|scope| {
            scope.spawn(|| site.app().work_tenant(id).unwrap());
            service.wait_for_held(1);
            site.exec(&format!(
                "UPDATE #tenant SET status = '{status}', suspend_reason = {reason}"
            ));
            service.let_go();
        });
        assert_eq!(site.row("SELECT status, inbox_id FROM #tenant"), format!("{status}|7"));
        let asked = service.asked();
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[1].path, "/suspend");
        let body = json!({"inbox_id": 7, "tenant_name": "Acme", "domain": "acme0.cn"});
        assert_eq!(asked[1].body, body);
        assert_eq!(
            site.rows("SELECT kind, state FROM #job ORDER BY id"),
            ["provision|done", "suspend|done"]
        );
    }
}

#[test]
fn a_switch_that_is_out_of_date_is_not_made() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    for (status, kind) in
        [("active", "suspend"), ("suspended", "activate"), ("disabled", "activate")]
    {
        let id = site.tenant(&Tenant { status, ..Tenant::default() });
        site.job(id, kind);
        site.app().work_tenant(id).unwrap();
        assert_eq!(site.row(&format!("SELECT state FROM #job WHERE tenant_id = {id}")), "done");
    }
    // What is provisioned is not provisioned again.
    let id = site.tenant(&Tenant::default());
    site.job(id, "provision");
    site.app().work_tenant(id).unwrap();
    assert_eq!(service.asked().len(), 0);
}

#[test]
fn a_channel_without_a_widget_is_an_api_inbox() {
    let service = Service::start(|_, _| Reply::json(200, &json!({"inbox_id": 8})));
    let (site, id) = waiting(&service.url);
    site.exec("UPDATE #tenant SET channel_type = 'taobao', agent_id = 'mine'");
    site.app().work_tenant(id).unwrap();
    assert_eq!(service.asked()[0].body["type"], "api");
    assert_eq!(service.asked()[0].body["agent_id"], "mine");
    assert_eq!(site.row("SELECT status, inbox_id FROM #tenant"), "active|8");
    // It has its inbox: that is all it needs.
    site.job(id, "provision");
    site.app().work_tenant(id).unwrap();
    assert_eq!(service.asked().len(), 1);
}

#[test]
fn an_overlong_error_is_cut_and_holds_no_line_breaks() {
    let (site, _, _) = answered(Reply::json(500, &json!({"error": "错\n".repeat(5000)})));
    assert_eq!(site.count("#job WHERE CHAR_LENGTH(last_error) BETWEEN 1 AND 500"), 1);
    assert_eq!(site.count("#job WHERE last_error LIKE '%\\n%'"), 0);
}

#[test]
fn a_nudge_works_the_longest_due_and_not_too_often() {
    let service = Service::willing();
    let (site, first) = waiting(&service.url);
    let second =
        site.tenant(&Tenant { status: "pending", provisioned: false, ..Tenant::default() });
    site.job(second, "provision");
    site.exec(&format!("UPDATE #job SET next_at = 5 WHERE tenant_id = {second}"));
    site.exec(&format!("UPDATE #job SET next_at = 9 WHERE tenant_id = {first}"));
    site.app().nudge().unwrap();
    let active = "SELECT id FROM #tenant WHERE status = 'active'";
    assert_eq!(site.row(active), second.to_string());
    // The window cannot end while it is held open here.
    site.exec("UPDATE #throttle SET resets_at = UNIX_TIMESTAMP() + 600");
    site.app().nudge().unwrap();
    assert_eq!(service.asked().len(), 1);
    site.exec("DELETE FROM #throttle");
    site.app().nudge().unwrap();
    assert_eq!(site.rows(active).len(), 2);
}

#[test]
fn a_lease_outlasts_the_longest_call() {
    let service = Service::start(|_, _| made(7).held());
    let (site, id) = waiting(&service.url);
    std::thread::scope(|scope| {
        scope.spawn(|| site.app().work_tenant(id).unwrap());
        service.wait_for_held(1);
        let left = site.number("SELECT lease_until - updatetime FROM #job");
        assert!(left >= 60, "{left} s for calls of up to 60 s");
        service.let_go();
    });
    assert!(Ini::default().provision_timeout >= Duration::from_secs(30), "it takes up to 30 s");
}
