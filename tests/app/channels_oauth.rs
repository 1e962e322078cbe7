//! Binding at the platform: every state that is not this member's own, fresh and unused leads nowhere.

use std::collections::HashMap;

use chathub_core::app::{App, Completed};
use serde_json::{Value as Json, json};

use crate::{
    channels::site,
    support::{
        at_once,
        gateway::{KEY, seal},
        platform::{Act, Platforms},
        seed::Tenant,
        service::Service,
        site::{Site, input},
    },
};

const SESSION: &str = "session-of-member-one";
pub const CHANNELS: [&str; 5] = ["amazon", "jd", "taobao", "pdd", "tiktok"];

/// What the page asks for beside.
fn asked(channel: &str) -> Vec<(&'static str, &'static str)> {
    match channel {
        "amazon" => vec![("partner_tag", "tag-20"), ("marketplace", "de")],
        "taobao" => vec![("adzone_id", "11"), ("site_id", "22")],
        _ => Vec::new(),
    }
}

fn begin(app: &App, tenant_id: u32, channel: &str) -> HashMap<String, String> {
    let url = app.begin_channel(1, tenant_id, channel, SESSION, &input(&asked(channel))).unwrap();
    let (address, query) = url.split_once('?').unwrap();
    let mut query: HashMap<String, String> =
        form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    query.insert("address".into(), address.to_owned());
    query
}

fn complete(
    app: &App,
    channel: &str,
    state: &str,
    code: &str,
    shop: &str,
) -> chathub_core::Result<Completed> {
    let query = match channel {
        "amazon" => {
            vec![("state", state), ("spapi_oauth_code", code), ("selling_partner_id", shop)]
        }
        _ => vec![("state", state), ("code", code)],
    };
    app.complete_channel(1, SESSION, &input(&query))
}

/// Bound from the beginning to the end.
pub fn bind(
    site: &Site,
    platforms: &Platforms,
    tenant_id: u32,
    channel: &str,
    shop: &str,
) -> Completed {
    let app = site.app_at(platforms);
    let begun = begin(&app, tenant_id, channel);
    complete(&app, channel, &begun["state"], &platforms.code(shop), shop).unwrap()
}

#[test]
fn each_platform_is_asked_in_its_own_way_and_the_gateway_reads_the_result() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    let back = "http://127.0.0.1/addons/chathub/index/channelCallback";
    for channel in CHANNELS {
        let begun = begin(&app, id, channel);
        assert_eq!(begun["address"], format!("{}/{channel}/authorize", platforms.url));
        let fixed: &[(&str, &str)] = match channel {
            "amazon" => &[("application_id", "amzn1.sp.solution.1")],
            "jd" => &[("app_key", "jd-key"), ("response_type", "code"), ("scope", "snsapi_base")],
            "taobao" => &[("client_id", "taobao-key"), ("response_type", "code"), ("view", "web")],
            "pdd" => &[("client_id", "pdd-id"), ("response_type", "code")],
            _ => &[("client_key", "tiktok-key"), ("response_type", "code"), ("scope", "user_info")],
        };
        for (name, value) in fixed {
            assert_eq!(begun[*name], *value, "{channel}");
        }
        assert_eq!(
            begun.get("redirect_uri").map(String::as_str),
            (channel != "amazon").then_some(back)
        );
        assert!(begun["state"].len() >= 26, "128 bits in letters of five");
        let shop = format!("shop-{channel}");
        let done = complete(&app, channel, &begun["state"], &platforms.code(&shop), &shop).unwrap();
        assert_eq!((done.tenant_id, done.channel.code()), (id, channel));
        let (access, refresh) = platforms.current(&shop);
        let wanted: Json = match channel {
            "amazon" => {
                json!({"access_token": access, "partner_tag": "tag-20", "marketplace": "de"})
            }
            "jd" => {
                json!({"app_key": "jd-key", "app_secret": "CANARY-jd-app-secret", "access_token": access})
            }
            "taobao" => json!({"app_key": "taobao-key", "app_secret": "CANARY-taobao-app-secret",
                "session_key": access, "adzone_id": "11", "site_id": "22"}),
            "pdd" => {
                json!({"client_id": "pdd-id", "client_secret": "CANARY-pdd-app-secret", "access_token": access})
            }
            _ => {
                json!({"client_key": "tiktok-key", "client_secret": "CANARY-tiktok-app-secret", "access_token": access})
            }
        };
        let read = site.gateway_reads(KEY, id, channel).unwrap();
        for (name, value) in wanted.as_object().unwrap() {
            assert_eq!(read[name], *value, "{channel} {name}");
        }
        assert_eq!(read["refresh_token"], refresh);
    }
    let asked = platforms.asked();
    let sent: Vec<_> = asked.iter().map(|a| (a.method.as_str(), a.content_type.as_str())).collect();
    const FORM: (&str, &str) = ("POST", "application/x-www-form-urlencoded");
    assert_eq!(sent, [FORM, ("GET", ""), FORM, ("POST", "application/json"), FORM]);
    let redirects: Vec<&str> = asked.iter().map(|a| a.param("redirect_uri")).collect();
    assert_eq!(redirects, [back, "", back, back, ""]);
    let rows = site.rows(
        "SELECT channel, shop_id, status, expires_at > NOW(), last_error, \
         refresh_at > UNIX_TIMESTAMP(), sealed_with IS NOT NULL FROM #channel_account ORDER BY id",
    );
    assert_eq!(rows, CHANNELS.map(|c| format!("{c}|shop-{c}|active|1|-|1|1")));
    let names = site.rows("SELECT shop_name FROM #channel_account WHERE shop_name IS NOT NULL");
    assert_eq!(names, ["店铺", "店铺"]);
    assert!(!site.dump().contains("CANARY"));
    assert_eq!(site.count("#oauth_state WHERE used_at IS NOT NULL"), 5);
}

#[test]
fn the_real_addresses_and_the_public_base() {
    let (site, id) = site();
    // The real platforms want a public HTTPS address.
    let refused = site.app().begin_channel(1, id, "jd", SESSION, &input(&[])).unwrap_err();
    assert_eq!(refused.key(), "public_base_url");
    let site =
        site.configured(&[("public_base_url", "https://www.example.com/"), ("amazon_beta", "1")]);
    let url = |channel| {
        site.app().begin_channel(1, id, channel, SESSION, &input(&asked(channel))).unwrap()
    };
    let jd = url("jd");
    assert!(jd.starts_with("https://open-oauth.jd.com/oauth2/to_login?app_key=jd-key&"), "{jd}");
    let back =
        "redirect_uri=https%3A%2F%2Fwww.example.com%2Faddons%2Fchathub%2Findex%2FchannelCallback";
    assert!(jd.contains(back), "{jd}");
    assert!(url("amazon").ends_with("&version=beta"));
    let site = site.configured(&[("pdd_client_secret", "")]);
    let refused = site.app().begin_channel(1, id, "pdd", SESSION, &input(&[])).unwrap_err();
    assert_eq!(refused.key(), "oauth_unavailable");
    assert!(!site.app().channel_form(1, id, "pdd", None).unwrap().oauth);
    assert!(site.app().channel_form(1, id, "jd", None).unwrap().oauth);
}

#[test]
fn a_state_works_once_for_its_member_in_its_session_within_ten_minutes() {
    let (site, id) = site();
    site.tenant(&Tenant { user_id: 2, ..Tenant::default() });
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    let state = begin(&app, id, "jd")["state"].clone();
    let code = platforms.code("shop");
    let come = |user: u32, session: &str, state: &str| {
        let query = input(&[("state", state), ("code", &code)]);
        app.complete_channel(user, session, &query).map(drop).map_err(|error| error.key())
    };
    let longer = format!("{state}A");
    for (user, session, state) in [
        (2, SESSION, state.as_str()),
        (0, SESSION, &state),
        (1, "another session", &state),
        (1, "", &state),
        (1, SESSION, ""),
        (1, SESSION, &state[1..]),
        (1, SESSION, &longer),
        (1, SESSION, &state.to_lowercase()),
        (1, SESSION, "' OR 1=1 -- AAAAAAAAAAAAAAAAAAAA"),
    ] {
        assert_eq!(come(user, session, state), Err("state_unknown"), "{user} {session} {state}");
    }
    assert_eq!(platforms.asked().len(), 0, "nobody else's visit reached the platform");
    assert_eq!(come(1, SESSION, &state), Ok(()), "nor used it up");
    assert_eq!(come(1, SESSION, &state), Err("state_used"));
    assert_eq!(platforms.asked().len(), 1);
    let late = begin(&app, id, "jd")["state"].clone();
    site.exec("UPDATE #oauth_state SET expires_at = UNIX_TIMESTAMP()");
    assert_eq!(come(1, SESSION, &late), Err("state_expired"));
    assert_eq!(site.number("SELECT MIN(expires_at - createtime BETWEEN 595 AND 605) FROM #oauth_state WHERE used_at IS NULL"), 0);
    // A tenant that changed hands meanwhile.
    let given = begin(&app, id, "jd")["state"].clone();
    site.exec("UPDATE #tenant SET user_id = 2 WHERE id = 1");
    assert_eq!(come(1, SESSION, &given), Err("channel_refused"), "the code was used before");
    let given = platforms.code("shop");
    site.exec("UPDATE #tenant SET user_id = 1 WHERE id = 1");
    let state = begin(&app, id, "jd")["state"].clone();
    site.exec("UPDATE #tenant SET user_id = 2 WHERE id = 1");
    let query = input(&[("state", &state), ("code", &given)]);
    assert_eq!(app.complete_channel(1, SESSION, &query).unwrap_err().key(), "tenant");
}

#[test]
fn of_sixteen_at_once_one_is_exchanged() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let state = begin(&site.app_at(&platforms), id, "pdd")["state"].clone();
    let code = platforms.code("shop");
    let results = at_once(16, |_| {
        complete(&site.app_at(&platforms), "pdd", &state, &code, "").map_err(|error| error.key())
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(
        results.iter().all(|result| matches!(result, Ok(_) | Err("state_used"))),
        "{results:?}"
    );
    assert_eq!(platforms.asked().len(), 1);
    assert_eq!(site.count("#channel_account"), 1);
}

#[test]
fn who_does_not_consent_is_told_so_and_the_state_is_used_up() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    for (more, key) in [
        (vec![("error", "access_denied"), ("error_description", "CANARY-x")], "consent_denied"),
        (vec![("error", "server_error")], "channel_refused"),
        (vec![], "consent_denied"),
        (vec![("code", "")], "consent_denied"),
        (vec![("code", "line\nbreak")], "consent_denied"),
    ] {
        let state = begin(&app, id, "taobao")["state"].clone();
        let query = input(&[&[("state", state.as_str())], &more[..]].concat());
        let error = app.complete_channel(1, SESSION, &query).unwrap_err();
        assert_eq!(error.key(), key, "{more:?}");
        assert!(!format!("{error}{}", error.public()).contains("CANARY"));
        assert_eq!(app.complete_channel(1, SESSION, &query).unwrap_err().key(), "state_used");
    }
    assert_eq!((platforms.asked().len(), site.count("#channel_account")), (0, 0));
}

#[test]
fn authorising_again_is_the_same_row_and_another_shop_another() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    // A shop that was typed in by hand is the first one that is authorised.
    let manual = [("app_id", "mine"), ("app_secret", "CANARY-mine"), ("adzone_id", "77")];
    let typed = app.save_channel(1, id, "taobao", &input(&manual)).unwrap().id;
    let first = bind(&site, &platforms, id, "taobao", "shop-a");
    assert_eq!(first.account_id, typed);
    let read = site.gateway_reads(KEY, id, "taobao").unwrap();
    assert_eq!((&read["app_key"], &read["adzone_id"]), (&json!("taobao-key"), &json!("11")));
    site.exec(
        "UPDATE #channel_account SET status = 'expired', last_error = 'refresh_refused: x', \
         authorised_at = 1, createtime = 1",
    );
    let shown = || app.channels(1, id).unwrap().channels[2].accounts[0].authorised_at.clone();
    assert_eq!(shown(), "1970-01-01 08:00:01");
    assert_eq!(bind(&site, &platforms, id, "taobao", "shop-a").account_id, typed);
    assert_eq!(site.row("SELECT status, last_error FROM #channel_account"), "active|-");
    assert!(shown().as_str() > "2020");
    let second = bind(&site, &platforms, id, "taobao", "shop-b");
    assert_ne!(second.account_id, typed);
    assert_eq!(site.count("#channel_account"), 2);
    // What the page asks for may be left as it is.
    let url = app.begin_channel(1, id, "taobao", SESSION, &input(&[])).unwrap();
    let state = url.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    complete(&app, "taobao", &state, &platforms.code("shop-c"), "").unwrap();
    assert_eq!(site.gateway_reads(KEY, id, "taobao").unwrap()["adzone_id"], "11");
    let amazon = app.begin_channel(1, id, "amazon", SESSION, &input(&[])).unwrap_err();
    assert_eq!((amazon.key(), amazon.field()), ("required", Some("partner_tag")));
}

#[test]
fn answers_that_cannot_be_used_bind_nothing_and_show_nothing() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    let html = "<html><script>CANARY-html</script></html>".to_owned();
    let huge = format!("{{\"access_token\":\"CANARY{}\"}}", "x".repeat(1 << 20));
    let long = "CANARY".repeat(300);
    for channel in CHANNELS {
        let lying = format!(
            "{{\"error\":\"invalid_client\",\"error_description\":\"CANARY-{channel}-app-secret is wrong\"}}"
        );
        for (act, keys) in [
            (Act::WorkAndSay(200, html.clone()), vec!["channel_unavailable"]),
            (Act::WorkAndSay(200, huge.clone()), vec!["channel_unavailable"]),
            (Act::WorkAndSay(500, "{}".into()), vec!["channel_unavailable"]),
            (Act::WorkAndSay(200, "null".into()), vec!["channel_unavailable"]),
            (Act::WorkAndHangUp, vec!["channel_unavailable"]),
            (Act::WorkWith(json!({"access_token": 5})), vec!["channel_unavailable"]),
            (Act::WorkWith(json!({"access_token": null})), vec!["channel_unavailable"]),
            (Act::WorkWith(json!({"refresh_token": ["x"]})), vec!["channel_unavailable"]),
            (Act::Say(429, "<html>".into()), vec!["channel_unavailable"]),
            (Act::Say(400, lying), vec!["app_refused", "channel_unavailable"]),
            (
                Act::WorkWith(json!({"access_token": long, "refresh_token": long})),
                vec!["credentials_too_long"],
            ),
        ] {
            let shown = format!("{act:?}").chars().take(80).collect::<String>();
            let said = act.clone();
            platforms.rule(move |_, _| said.clone());
            site.exec("DELETE FROM #throttle");
            let state = begin(&app, id, channel)["state"].clone();
            let code = platforms.code("shop");
            let error = complete(&app, channel, &state, &code, "shop").unwrap_err();
            assert!(keys.contains(&error.key()), "{channel} {shown}: {error:?}");
            let told = format!("{error}{error:?}{}", error.public());
            assert!(!told.contains("CANARY") && !told.contains(&code), "{channel}: {told}");
        }
    }
    assert_eq!(site.count("#channel_account"), 0);
    // What stands beside the tokens does not matter.
    platforms.rule(|_, _| {
        Act::WorkWith(json!({"expires_in": "soon", "scope": {"a": [1]}, "new": null, "open_id": 17,
            "owner_id": {"a": 1}, "owner_name": [], "taobao_user_id": null, "refresh_expires_in": "x"}))
    });
    for channel in CHANNELS {
        site.exec("DELETE FROM #throttle");
        bind(&site, &platforms, id, channel, "shop");
    }
    assert_eq!(site.count("#channel_account WHERE status = 'active' AND expires_at > NOW()"), 5);
    assert!(!site.dump().contains("CANARY"));
}

#[test]
fn a_platform_that_hangs_takes_only_so_many_pages() {
    let (site, id) = site();
    let site = site.configured(&[("payment_inline_limit", "2")]);
    let platforms = Platforms::start();
    platforms.rule(|_, _| Act::Work.held());
    let states: Vec<String> =
        (0..3).map(|_| begin(&site.app_at(&platforms), id, "jd")["state"].clone()).collect();
    std::thread::scope(|scope| {
        for state in &states[..2] {
            let (site, platforms) = (&site, &platforms);
            scope.spawn(move || {
                complete(&site.app_at(platforms), "jd", state, &platforms.code("s"), "").unwrap()
            });
        }
        platforms.wait_for_held(2);
        let code = platforms.code("s");
        let app = site.app_at(&platforms);
        let turned_away = complete(&app, "jd", &states[2], &code, "").unwrap_err();
        assert_eq!(turned_away.key(), "channel_busy");
        platforms.let_go();
    });
    // Nothing of it was used up.
    complete(&site.app_at(&platforms), "jd", &states[2], &platforms.code("s"), "").unwrap();
}

#[test]
fn there_is_a_limit_to_beginnings() {
    let (site, id) = site();
    let site = site.configured(&[("limit_channel_per_member", "3")]);
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    for _ in 0..3 {
        begin(&app, id, "jd");
    }
    let error = app.begin_channel(1, id, "jd", SESSION, &input(&[])).unwrap_err();
    assert_eq!(error.key(), "too_many_attempts");
    assert_eq!(site.count("#oauth_state"), 3);
}

#[test]
fn a_disabled_tenant_binds_nothing() {
    let site = Site::new(&Service::absent()).with_channels();
    let id = site.tenant(&Tenant { status: "disabled", ..Tenant::default() });
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    site.account(id, "jd", &seal(KEY, &json!({})), "");
    for error in [
        app.begin_channel(1, id, "jd", SESSION, &input(&[])).unwrap_err(),
        app.save_channel(1, id, "jd", &input(&[("app_id", "a"), ("app_secret", "b")])).unwrap_err(),
    ] {
        assert_eq!(error.key(), "tenant_disabled");
    }
}
