//! Channels: the form, what is shown, and what the gateway reads of it.

use chathub_core::app::VaultState;
use serde_json::json;

use crate::support::{
    at_once,
    gateway::{KEY, OTHER_KEY, read, seal},
    seed::Tenant,
    service::Service,
    site::{Site, input},
};

pub fn site() -> (Site, u32) {
    let site = Site::new(&Service::absent()).with_channels();
    let id = site.tenant(&Tenant::default());
    (site, id)
}

const JD: [(&str, &str); 3] =
    [("app_id", "my-app"), ("app_secret", "CANARY-mine"), ("refresh_token", "CANARY-r1")];

#[test]
fn what_is_typed_is_what_the_gateway_reads() {
    let (site, id) = site();
    let app = site.app();
    let more = |fields: &[(&str, &str)]| {
        let app_keys = [("app_id", "my-app"), ("app_secret", "CANARY-mine")];
        input(&[&app_keys[..], fields].concat())
    };
    let amazon = [("access_token", "CANARY-t"), ("partner_tag", "tag-20"), ("marketplace", "JP")];
    for (channel, form, wanted) in [
        (
            "amazon",
            input(&amazon),
            json!({"access_token": "CANARY-t", "partner_tag": "tag-20", "marketplace": "jp"}),
        ),
        (
            "jd",
            more(&[("access_token", "CANARY-t")]),
            json!({"app_key": "my-app", "app_secret": "CANARY-mine", "access_token": "CANARY-t"}),
        ),
        (
            "taobao",
            more(&[("session_key", "CANARY-t"), ("adzone_id", "11"), ("site_id", " 22 ")]),
            json!({"app_key": "my-app", "app_secret": "CANARY-mine", "session_key": "CANARY-t",
                "adzone_id": "11", "site_id": "22"}),
        ),
        (
            "pdd",
            more(&[("refresh_token", "CANARY-r")]),
            json!({"client_id": "my-app", "client_secret": "CANARY-mine", "refresh_token": "CANARY-r"}),
        ),
        ("tiktok", more(&[]), json!({"client_key": "my-app", "client_secret": "CANARY-mine"})),
    ] {
        let saved = app.save_channel(1, id, channel, &form).unwrap();
        assert_eq!(site.gateway_reads(KEY, id, channel), Some(wanted), "{channel}");
        let view = app.channel_form(1, id, channel, None).unwrap();
        assert_eq!(view.account.unwrap().id, saved.id);
        let values = view.fields.iter().filter(|field| field.has_value).count();
        assert!(values >= 2, "{channel}");
    }
    assert_eq!(site.count("#channel_account"), 5);
    assert!(!site.dump().contains("CANARY"), "nothing in clear");
    assert_eq!(site.count("#log WHERE action = 'channel_save'"), 5);
}

#[test]
fn an_empty_field_keeps_what_there_is() {
    let (site, id) = site();
    let app = site.app();
    app.save_channel(1, id, "jd", &input(&JD)).unwrap();
    let before = site.gateway_reads(KEY, id, "jd").unwrap();
    let empty = input(&[("app_id", ""), ("app_secret", " ")]);
    app.save_channel(1, id, "jd", &empty).unwrap();
    assert_eq!(site.gateway_reads(KEY, id, "jd").unwrap(), before);
    app.save_channel(1, id, "jd", &input(&[("app_secret", "CANARY-new")])).unwrap();
    let after = site.gateway_reads(KEY, id, "jd").unwrap();
    assert_eq!(after["app_secret"], "CANARY-new");
    assert_eq!(after["refresh_token"], before["refresh_token"]);
    assert_eq!(site.count("#channel_account"), 1, "in place");
    // An old row has other names, and perhaps no key that opens it.
    let old = json!({"app_id": "old", "app_secret": "s", "access_token": "t", "extra": [1]});
    let row = site.account(id, "pdd", old.to_string().as_bytes(), "");
    app.save_channel(1, id, "pdd", &input(&[("app_secret", "CANARY-n")])).unwrap();
    let now =
        json!({"app_id": "old", "client_secret": "CANARY-n", "access_token": "t", "extra": [1]});
    assert_eq!(site.gateway_reads(KEY, id, "pdd"), Some(now));
    site.account(id, "tiktok", &seal(OTHER_KEY, &old), "");
    let refused = app.save_channel(1, id, "tiktok", &input(&[])).unwrap_err();
    assert_eq!((refused.key(), refused.field()), ("required", Some("app_id")));
    assert!(app.channel_form(1, id, "tiktok", None).unwrap().fields.iter().all(|f| !f.has_value));
    assert_ne!(row, 0);
}

#[test]
fn what_cannot_be_used_is_refused_by_its_field() {
    let (site, id) = site();
    let app = site.app();
    let long = "x".repeat(1800);
    for (channel, fields, field, key) in [
        ("jd", vec![], "app_id", "required"),
        ("jd", vec![("app_id", "a")], "app_secret", "required"),
        ("jd", vec![("app_id", "a b"), ("app_secret", "s")], "app_id", "bad_characters"),
        ("jd", vec![("app_id", "a"), ("app_secret", "密")], "app_secret", "bad_characters"),
        ("amazon", vec![("access_token", "t")], "partner_tag", "required"),
        (
            "amazon",
            vec![("access_token", "t"), ("partner_tag", "p"), ("marketplace", "cn")],
            "marketplace",
            "unknown_option",
        ),
        (
            "jd",
            vec![
                ("app_id", "a"),
                ("app_secret", "s"),
                ("access_token", long.as_str()),
                ("refresh_token", long.as_str()),
            ],
            "access_token",
            "credentials_too_long",
        ),
        ("ebay", vec![], "channel", "unknown_channel"),
    ] {
        let error = app.save_channel(1, id, channel, &input(&fields)).unwrap_err();
        let field = if key == "credentials_too_long" { error.field().unwrap() } else { field };
        assert_eq!((error.key(), error.field()), (key, Some(field)), "{channel} {fields:?}");
        assert!(!error.public().contains(&long));
    }
    let mut odd = input(&JD);
    odd.insert("app_secret", None);
    assert_eq!(app.save_channel(1, id, "jd", &odd).unwrap_err().key(), "not_text");
    assert_eq!(site.count("#channel_account"), 0);
}

#[test]
fn without_a_key_nothing_is_stored() {
    let (site, id) = site();
    for (key, state, error) in [
        ("", VaultState::Missing, "vault_missing"),
        ("nonsense", VaultState::Bad, "vault_key"),
        ("file:/no/such/file", VaultState::Bad, "vault_key_file"),
    ] {
        let site =
            Site::new(&Service::absent()).with_channels().configured(&[("gateway_aes_key", key)]);
        site.tenant(&Tenant::default());
        let old = json!({"app_id": "old", "app_secret": "s"}).to_string();
        site.account(1, "pdd", old.as_bytes(), "");
        let app = site.app();
        let view = app.channels(1, 0).unwrap();
        assert_eq!((view.vault, view.tenant_id), (state, 1));
        for refused in [
            app.save_channel(1, 1, "jd", &input(&JD)).unwrap_err(),
            app.begin_channel(1, 1, "jd", "session", &input(&[])).unwrap_err(),
            app.rekey(0).unwrap_err(),
        ] {
            assert_eq!(refused.key(), error);
        }
        assert_eq!(site.count("#channel_account"), 1);
        assert_eq!(site.blob("id = 1").unwrap(), old.as_bytes(), "what was there stays");
        assert_eq!(site.count("#oauth_state"), 0);
    }
    // The environment's key, as the addon passes it on.
    let site = site.configured(&[("gateway_aes_key", ""), ("env_gateway_aes_key", KEY)]);
    site.app().save_channel(1, id, "jd", &input(&JD)).unwrap();
    assert!(site.gateway_reads(KEY, id, "jd").is_some());
}

#[test]
fn rows_in_clear_are_sealed_where_the_page_is_looked_at() {
    let (site, id) = site();
    let plain = json!({"app_key": "k", "app_secret": "CANARY-plain", "更": "多"});
    let row = site.account(id, "jd", plain.to_string().as_bytes(), "");
    let already = site.account(id, "taobao", &seal(KEY, &plain), "");
    let other = site.account(id, "pdd", &seal(OTHER_KEY, &plain), "");
    let broken = site.account(id, "tiktok", "CANARY no JSON".as_bytes(), "");
    let blank = site.account(id, "tiktok", b"", "");
    let sealed = site.blob(&format!("id = {already}"));
    site.app().channels(1, id).unwrap();
    assert!(!site.dump().contains("CANARY"));
    assert_eq!(site.gateway_reads(KEY, id, "jd"), Some(plain.clone()));
    assert_eq!(site.blob(&format!("id = {already}")), sealed, "left as it is");
    let marks =
        site.rows("SELECT id, LEFT(sealed_with, 1) = 'x' FROM #channel_account ORDER BY id");
    let wanted =
        [row, already, other, broken, blank].map(|id| format!("{id}|{}", i32::from(id == other)));
    assert_eq!(marks, wanted);
    // The key that was missing turns up.
    let site = site.configured(&[("gateway_aes_key", OTHER_KEY), ("gateway_aes_key_old", KEY)]);
    site.app().channels(1, id).unwrap();
    assert_eq!(site.count("#channel_account WHERE sealed_with LIKE 'x%'"), 0);
    // A long one with blanks between its words is sealed without them.
    let wide = format!("{{\"app_key\": \"{}\"{} }}", "k".repeat(1900), " ".repeat(120));
    let row = site.account(id, "jd", wide.as_bytes(), "");
    let huge = format!("{{\"app_key\":\"CANARY{}\"}}", "k".repeat(2020));
    site.account(id, "jd", huge.as_bytes(), "");
    site.app().channels(1, id).unwrap();
    let blob = site.blob(&format!("id = {row}")).unwrap();
    assert_eq!(read(OTHER_KEY, &blob).unwrap()["app_key"], "k".repeat(1900));
    assert_eq!(site.app().rekey(0).unwrap().left_plain, 1, "it says what it could not seal");
}

#[test]
fn pausing_resuming_unbinding() {
    let (site, id) = site();
    let app = site.app();
    let account = app.save_channel(1, id, "jd", &input(&JD)).unwrap().id;
    for _ in 0..2 {
        app.pause_channel(1, account).unwrap();
        assert!(site.gateway_reads(KEY, id, "jd").is_none());
    }
    // Typing something in does not switch it on.
    app.save_channel(1, id, "jd", &input(&[("app_secret", "x")])).unwrap();
    assert!(site.gateway_reads(KEY, id, "jd").is_none());
    app.resume_channel(1, account).unwrap();
    assert!(site.gateway_reads(KEY, id, "jd").is_some());
    site.exec("UPDATE #channel_account SET status = 'expired'");
    for refused in [app.pause_channel(1, account), app.resume_channel(1, account)] {
        assert_eq!(refused.unwrap_err().key(), "channel_status");
    }
    let error = app.channels(1, id).unwrap();
    assert_eq!(error.channels[1].accounts[0].status.code(), "expired");
    app.unbind_channel(1, account).unwrap();
    assert_eq!(site.count("#channel_account"), 0);
    assert_eq!(app.unbind_channel(1, account).unwrap_err().key(), "channel_account");
    let log = site.rows("SELECT action FROM #log ORDER BY id");
    let wanted =
        ["channel_save", "channel_pause", "channel_save", "channel_resume", "channel_unbind"];
    assert_eq!(log, wanted);
}

#[test]
fn somebody_elses_is_nobodys() {
    let (site, id) = site();
    let app = site.app();
    let account = app.save_channel(1, id, "jd", &input(&JD)).unwrap().id;
    let theirs = site.tenant(&Tenant { user_id: 2, ..Tenant::default() });
    for user in [0, 2, 99] {
        assert!(app.channels(user, id).is_err());
        assert!(app.channel_form(user, id, "jd", None).is_err());
        assert!(app.save_channel(user, id, "jd", &input(&JD)).is_err());
        assert!(app.begin_channel(user, id, "jd", "s", &input(&[])).is_err());
        assert!(app.pause_channel(user, account).is_err());
        assert!(app.resume_channel(user, account).is_err());
        assert!(app.unbind_channel(user, account).is_err());
    }
    // With a tenant of one's own, and the account of another's.
    let foreign = account.to_string();
    let mixed = input(&[&JD[..], &[("account", foreign.as_str())]].concat());
    assert_eq!(app.save_channel(2, theirs, "jd", &mixed).unwrap_err().key(), "channel_account");
    assert!(app.channel_form(2, theirs, "jd", Some(account)).is_err());
    assert_eq!(app.channels(2, 0).unwrap().tenant_id, theirs);
    site.account(0, "jd", b"{}", "");
    let nothing = app.channels(99, 0).unwrap();
    assert!(nothing.tenants.is_empty() && nothing.channels.iter().all(|c| c.accounts.is_empty()));
    site.exec("DELETE FROM #channel_account WHERE tenant_id = 0");
    assert_eq!(site.count("#channel_account"), 1);
}

#[test]
fn two_clicks_at_once_make_one_account() {
    let (site, id) = site();
    at_once(8, |_| site.app().save_channel(1, id, "jd", &input(&JD)).map(drop))
        .into_iter()
        .for_each(Result::unwrap);
    assert_eq!(site.count("#channel_account"), 1);
}

#[test]
fn of_several_the_gateway_uses_the_newest_that_is_active() {
    let (site, id) = site();
    let json = json!({"app_key": "k"});
    for (shop, status) in [("a", "active"), ("b", "active"), ("c", "paused"), ("d", "nonsense")] {
        let status = if shop == "d" { "NULL".to_owned() } else { format!("'{status}'") };
        let more = format!(", shop_id = '{shop}', status = {status}");
        site.account(id, "jd", &seal(KEY, &json), &more);
    }
    let view = site.app().channels(1, id).unwrap();
    let shown: Vec<_> = view.channels[1]
        .accounts
        .iter()
        .map(|a| (a.shop_id.clone().unwrap(), a.status.code(), a.in_use))
        .collect();
    let wanted = [
        ("d", "error", false),
        ("c", "paused", false),
        ("b", "active", true),
        ("a", "active", false),
    ];
    assert_eq!(shown, wanted.map(|(shop, status, used)| (shop.to_owned(), status, used)));
}
