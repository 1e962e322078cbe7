//! What nobody needs any more, or nobody is to get, is not sent.

use serde_json::{Value as Json, json};

use crate::{server::Office, support::seed::Tenant};
use chathub_core::app::Delivered;

const END: &str = "2031-05-06 07:08:09";

#[test]
fn letters_that_are_out_of_date() {
    let office = Office::new();
    let tenant = office.site.tenant(&Tenant::default());
    let site = &office.site;
    site.exec(&format!("UPDATE #tenant SET expire_at = '{END}'"));
    site.order(tenant, "CH1", "refunded");
    site.job(tenant, "provision");
    let job = site.number("SELECT id FROM #job");
    let notice = |days: u8| json!({"expire_at": END, "days": days});
    let cases: Vec<(&str, u32, u32, Json, &str)> = vec![
        ("tenant_ready", 1, 999, json!({}), "the tenant is gone"),
        ("expiry", 1, 999, notice(7), "the tenant is gone"),
        (
            "expiry",
            1,
            tenant,
            json!({"expire_at": "2031-05-07 07:08:09", "days": 7}),
            "the end of service has changed",
        ),
        ("expiry", 1, tenant, json!({}), "the end of service has changed"),
        ("expiry", 1, tenant, notice(9), "does not know"),
        ("suspended", 1, tenant, json!({"expire_at": END}), "not suspended any more"),
        ("receipt", 1, tenant, json!({"order_no": "CH1"}), "not paid any more"),
        ("receipt", 1, tenant, json!({"order_no": "CH2"}), "the order is gone"),
        ("account_created", 9, tenant, json!({}), "the account is gone"),
        ("confirm_email", 9, tenant, json!({}), "gone or locked"),
        ("registered", 0, 999, json!({}), "the tenant is gone"),
        ("order_unclear", 0, tenant, json!({"order_no": "CH1"}), "paid after all"),
        ("dead_job", 0, tenant, json!({"job_id": job}), "opened again"),
        ("mail_failed", 0, tenant, json!({"mail_id": 9999}), "the letter is gone"),
        ("password_reset", 0, 0, json!({"email": "nobody@acme.example"}), "no account"),
        ("password_reset", 0, 0, json!({"email": "alicé@acme.example"}), "no account"),
        ("password_reset", 0, 0, json!({}), "no account"),
        ("something_new", 1, tenant, json!({}), "does not know"),
    ];
    for (kind, user, tenant, data, why) in cases {
        let id = office.letter(kind, user, tenant, &data);
        let delivered = office.deliver(id);
        let Delivered::Skipped(said) = &delivered else { panic!("{kind} {data}: {delivered:?}") };
        assert!(said.contains(why), "{kind}: {said}");
        assert_eq!(office.row(id), format!("skipped|1|-|{said}"), "{kind}");
    }
    assert_eq!(office.server.attempts("connect"), 0);
    assert_eq!(office.site.count("#token"), 0);
}

#[test]
fn shop_accounts_that_are_well_again() {
    let office = Office::new();
    let tenant = office.site.tenant(&Tenant::default());
    let other = office.site.tenant(&Tenant::default());
    let account = |status, end| office.shop_account(tenant, status, "", end);
    let again = account("active", END);
    let gone = account("expired", END);
    let later = "UPDATE #channel_account SET expires_at = '2032-01-01 00:00:00' WHERE id = 1";
    office.site.exec(later);
    office.site.exec("DELETE FROM #channel_account WHERE id = 2");
    let past = "2021-05-06 07:08:09";
    let cases = [
        ("channel_expiring", tenant, again.clone(), "authorised again"),
        ("channel_expired", tenant, again, "authorised again"),
        ("channel_expired", tenant, gone.clone(), "gone"),
        ("channel_expiring", tenant, gone, "gone"),
        ("channel_expiring", tenant, json!({}), "gone"),
        ("channel_expiring", 999, account("active", END), "the tenant is gone"),
        ("channel_expiring", other, account("active", END), "the shop account is gone"),
        ("channel_expiring", tenant, account("paused", END), "switched off"),
        ("channel_expired", tenant, account("paused", END), "switched off"),
        ("channel_expiring", tenant, account("active", past), "the end has come"),
        ("channel_expiring", tenant, account("expired", END), "has ended"),
        ("channel_expired", tenant, account("active", END), "works again"),
        ("channel_expired", tenant, account("error", END), "works again"),
    ];
    for (kind, tenant, data, why) in cases {
        let id = office.letter(kind, 1, tenant, &data);
        let delivered = office.deliver(id);
        let Delivered::Skipped(said) = &delivered else { panic!("{kind} {data}: {delivered:?}") };
        assert!(said.contains(why), "{kind} {data}: {said}");
    }
    assert_eq!(office.server.attempts("connect"), 0);
}

#[test]
fn an_end_that_has_come_is_not_announced() {
    let office = Office::new();
    let tenant = office.site.tenant(&Tenant { expires_in: Some(-1), ..Tenant::default() });
    let end = office.site.row("SELECT DATE_FORMAT(expire_at, '%Y-%m-%d %H:%i:%s') FROM #tenant");
    let id = office.letter("expiry", 1, tenant, &json!({"expire_at": end, "days": 1}));
    assert!(matches!(office.deliver(id), Delivered::Skipped(_)));
    office.site.exec("UPDATE #tenant SET status = 'suspended', suspend_reason = 'expired'");
    let id = office.letter("expiry", 1, tenant, &json!({"expire_at": end, "days": 0}));
    assert!(matches!(office.deliver(id), Delivered::Skipped(_)));
    assert_eq!(office.server.attempts("connect"), 0);
}

#[test]
fn time_is_up() {
    let office = Office::new();
    let tenant = office.site.tenant(&Tenant::default());
    let id = office.letter("tenant_ready", 1, tenant, &json!({}));
    office.site.exec("UPDATE #mail SET expires_at = UNIX_TIMESTAMP() - 1");
    assert!(matches!(office.deliver(id), Delivered::Skipped(why) if why.contains("out of date")));
    assert_eq!(office.server.attempts("connect"), 0);
}

#[test]
fn locked_accounts_get_nothing() {
    let office = Office::new();
    let tenant = office.site.tenant(&Tenant::default());
    office.site.exec("UPDATE #user SET status = 'hidden'");
    for (kind, data) in [
        ("tenant_ready", json!({})),
        ("confirm_email", json!({})),
        ("password_reset", json!({"email": "alice@acme.example"})),
    ] {
        let id = office.letter(kind, 1, tenant, &data);
        assert!(matches!(office.deliver(id), Delivered::Skipped(_)), "{kind}: {}", office.row(id));
    }
    assert_eq!(office.server.attempts("connect"), 0);
    assert_eq!(office.site.count("#token"), 0);
}

#[test]
fn a_confirmed_address_is_not_asked_for_again() {
    let office = Office::new();
    let tenant = office.site.tenant(&Tenant::default());
    office.site.exec("UPDATE #member SET confirmed_email = 'Alice@ACME.example'");
    let id = office.letter("confirm_email", 1, tenant, &json!({}));
    assert!(matches!(office.deliver(id), Delivered::Skipped(why) if why.contains("confirmed")));
    // Another address since then.
    office.site.exec("UPDATE #user SET email = 'alice2@acme.example'");
    let id = office.letter("confirm_email", 1, tenant, &json!({}));
    assert_eq!(office.deliver(id), Delivered::Sent);
    assert_eq!(office.server.mail()["to"], json!(["alice2@acme.example"]));
}

#[test]
fn tenants_from_before_members_had_accounts() {
    let office = Office::new();
    let tenant = office.site.tenant(&Tenant { user_id: 0, ..Tenant::default() });
    let id = office.letter("tenant_ready", 0, tenant, &json!({}));
    assert_eq!(office.deliver(id), Delivered::Sent);
    assert_eq!(office.server.mail()["to"], json!(["a@acme.cn"]));
}

#[test]
fn addresses_that_are_none() {
    let office = Office::new();
    let tenant = office.site.tenant(&Tenant::default());
    for email in [
        "",
        "alice",
        "a b@acme.example",
        "a@acme.example\r\nBcc: b@acme.example",
        "a@acme.example>\r\nRCPT TO:<b@acme.example",
    ] {
        office.site.exec(&format!("UPDATE #user SET email = '{email}'"));
        let id = office.letter("tenant_ready", 1, tenant, &json!({}));
        assert!(matches!(office.deliver(id), Delivered::Skipped(_)), "{email:?}");
    }
    let id = office.letter("registered", 0, tenant, &json!({}));
    let nobody = Office::with("tls", &[("support_email", "nobody")]);
    let tenant = nobody.site.tenant(&Tenant::default());
    let other = nobody.letter("registered", 0, tenant, &json!({}));
    assert!(
        matches!(nobody.deliver(other), Delivered::Skipped(why) if why.contains("support_email"))
    );
    assert_eq!(office.server.attempts("connect") + nobody.server.attempts("connect"), 0);
    assert_eq!(office.deliver(id), Delivered::Sent);
}
