//! Renewal: before the end, one at a time, and no answer is lost.

use std::fs;

use chathub_core::{
    app::{App, Refreshed},
    channel::{
        Credentials, Platform, Vault,
        journal::{Entry, Journal},
    },
    domain::channel::Channel,
};
use serde_json::{Value as Json, json};

use crate::{
    channels::site,
    channels_oauth::{CHANNELS, bind},
    support::{
        at_once, eventually,
        gateway::{KEY, OTHER_KEY, ini_at, read, seal},
        platform::{Act, LIFE, Platforms, refusal},
        site::{Site, input},
    },
};

/// Everything is due now, and no lease holds.
fn due(site: &Site) {
    site.exec("UPDATE #channel_account SET refresh_at = 1 WHERE refresh_at IS NOT NULL");
    site.exec("UPDATE #channel_account SET lease_until = 0");
}

fn tend(app: &App, id: u32) -> Refreshed {
    app.tend_channel(id).unwrap().expect("it was due")
}

/// The tokens that are stored: access, refresh.
fn stored(site: &Site, id: u32) -> (String, String) {
    let json = read(KEY, &site.blob(&format!("id = {id}")).unwrap()).unwrap();
    let text = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
    (text("access_token").or(text("session_key")).unwrap(), text("refresh_token").unwrap())
}

fn state(site: &Site, id: u32) -> String {
    site.row(&format!(
        "SELECT status, SUBSTRING_INDEX(COALESCE(last_error, '-'), ':', 1), refresh_failures, \
         uncertain_since IS NOT NULL, refresh_at IS NOT NULL FROM #channel_account WHERE id = {id}"
    ))
}

fn journal_files(site: &Site) -> usize {
    fs::read_dir(site.runtime()).map_or(0, Iterator::count)
}

#[test]
fn each_platforms_tokens_are_renewed() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    for channel in CHANNELS {
        let shop = format!("shop-{channel}");
        let account = bind(&site, &platforms, id, channel, &shop).account_id;
        assert!(app.tend_channel(account).unwrap().is_none(), "not due");
        due(&site);
        assert!(app.due_channels(10).unwrap().contains(&account));
        let before = stored(&site, account);
        let done = tend(&app, account);
        assert_eq!((done.outcome.as_str(), done.ok), ("refreshed", true), "{channel}");
        assert_eq!(stored(&site, account), platforms.current(&shop));
        assert_ne!(stored(&site, account), before);
        assert_eq!(state(&site, account), "active|-|0|0|1");
        let asked = platforms.asked().pop().unwrap();
        assert_eq!(
            (asked.endpoint.as_str(), asked.param("grant_type")),
            ("refresh", "refresh_token")
        );
        assert_eq!(asked.params.keys().any(|name| name.contains("secret")), channel != "tiktok");
        // A fifth of the life is left when it is renewed, with some jitter.
        let left = site.number(&format!(
            "SELECT UNIX_TIMESTAMP() + {LIFE} - CAST(refresh_at AS SIGNED) FROM #channel_account WHERE id = {account}"
        ));
        assert!((LIFE / 5..=LIFE / 4 + 5).contains(&left), "{left}");
        // Beside the tokens everything is as it was.
        let json = site.gateway_reads(KEY, id, channel).unwrap();
        assert_eq!(json.get("partner_tag").is_some(), channel == "amazon");
        assert_eq!(json.get("adzone_id").is_some(), channel == "taobao");
    }
    assert_eq!((journal_files(&site), platforms.most_of_one()), (0, 1));
    assert!(!site.dump().contains("CANARY"));
    assert_eq!(site.count("#channel_account WHERE last_refresh_at IS NOT NULL"), 5);
}

#[test]
fn a_member_who_types_in_a_refresh_token_gets_an_access_token() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    let (_, refresh) = platforms.tokens("shop");
    let form = [("app_id", "mine"), ("app_secret", "CANARY-mine"), ("refresh_token", &refresh)];
    let account = app.save_channel(1, id, "pdd", &input(&form)).unwrap().id;
    assert_eq!(tend(&app, account).outcome, "refreshed");
    assert_eq!(
        site.gateway_reads(KEY, id, "pdd").unwrap()["access_token"],
        platforms.current("shop").0
    );
    let asked = platforms.asked().pop().unwrap();
    assert_eq!((asked.param("client_id"), asked.param("client_secret")), ("mine", "CANARY-mine"));
}

#[test]
fn of_many_workers_one_asks() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let account = bind(&site, &platforms, id, "jd", "shop").account_id;
    due(&site);
    platforms.rule(|_, _| Act::Work.held());
    std::thread::scope(|scope| {
        let first = scope.spawn(|| tend(&site.app_at(&platforms), account));
        platforms.wait_for_held(1);
        let others = at_once(8, |_| site.app_at(&platforms).tend_channel(account).unwrap());
        assert_eq!(others.into_iter().flatten().count(), 0);
        platforms.let_go();
        assert!(first.join().unwrap().ok);
    });
    assert_eq!((platforms.most_of_one(), stored(&site, account)), (1, platforms.current("shop")));
}

#[test]
fn a_definite_no_ends_it_and_the_member_is_told_once() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    for channel in CHANNELS {
        let account = bind(&site, &platforms, id, channel, channel).account_id;
        due(&site);
        platforms.revoke(channel);
        let done = tend(&app, account);
        assert!(done.outcome.starts_with("expired: HTTP ") && !done.ok, "{channel}: {done:?}");
        assert_eq!(state(&site, account), "expired|refresh_refused|1|0|0", "{channel}");
        assert!(site.gateway_reads(KEY, id, channel).is_none());
        assert!(app.tend_channel(account).unwrap().is_none(), "and that was it");
        let view = app.channels(1, id).unwrap();
        let shown = view.channels.iter().find(|c| c.channel.code() == channel).unwrap();
        assert_eq!(shown.accounts[0].error.as_deref(), Some("refresh_refused"));
    }
    let letters =
        site.rows("SELECT kind, user_id, tenant_id, COUNT(*) FROM #mail GROUP BY 1, 2, 3");
    assert_eq!(letters, [format!("channel_expired|1|{id}|5")]);
    assert_eq!(site.count("#log WHERE action = 'channel_expired'"), 5);
    assert_eq!(journal_files(&site), 0);
    // Authorised again, it works again; and a second end is a second letter.
    let account = bind(&site, &platforms, id, "jd", "jd").account_id;
    assert_eq!(state(&site, account), "active|-|0|0|1");
    due(&site);
    platforms.revoke("jd");
    tend(&app, account);
    assert_eq!(site.count("#mail"), 6);
    assert!(!site.dump().contains("CANARY"));
}

#[test]
fn what_may_pass_is_tried_again_later() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    let account = bind(&site, &platforms, id, "taobao", "shop").account_id;
    let secret_wrong = r#"{"error":"invalid_client","error_description":"x"}"#;
    for (number, (act, wanted)) in [
        (Act::Say(429, "{}".into()), "active|refresh_failing|1|0|1"),
        (Act::Say(403, r#"{"error":"isp.call-limited"}"#.into()), "active|refresh_failing|2|0|1"),
        (Act::Say(400, secret_wrong.into()), "active|app_refused|3|0|1"),
        (Act::Say(400, r#"{"error":"odd"}"#.into()), "active|refresh_failing|4|0|1"),
        (Act::Say(502, "<html>".into()), "active|refresh_failing|5|1|1"),
        (Act::HangUp, "active|refresh_failing|6|1|1"),
    ]
    .into_iter()
    .enumerate()
    {
        platforms.rule(move |_, _| act.clone());
        due(&site);
        let done = tend(&app, account);
        assert!(!done.ok && done.outcome.starts_with("attempt"), "{done:?}");
        let wait = site
            .number("SELECT CAST(refresh_at AS SIGNED) - UNIX_TIMESTAMP() FROM #channel_account");
        let doubled = 30 << number;
        assert!((doubled - 2..=doubled * 5 / 4 + 1).contains(&wait), "attempt {number}: {wait}");
        assert_eq!(state(&site, account), wanted);
    }
    platforms.rule(|_, _| Act::Work);
    due(&site);
    assert!(tend(&app, account).ok);
    assert_eq!(state(&site, account), "active|-|0|0|1");
    // Nobody listens: certainly not sent.
    let ini = chathub_core::app::Ini {
        oauth_base: crate::support::service::Service::absent(),
        ..ini_at(&platforms)
    };
    due(&site);
    tend(&site.app_with(site.settings(), ini), account);
    assert_eq!(state(&site, account), "active|refresh_failing|1|0|1");
    // Once the token has ended the gateway need not try it any more.
    site.exec("UPDATE #channel_account SET expires_at = '2020-01-01 00:00:00'");
    platforms.rule(|_, _| Act::Say(429, "{}".into()));
    due(&site);
    tend(&app, account);
    assert_eq!(state(&site, account), "error|refresh_failing|2|0|1");
    platforms.rule(|_, _| Act::Work);
    due(&site);
    tend(&app, account);
    assert_eq!(state(&site, account), "active|-|0|0|1");
    assert_eq!(site.count("#mail"), 0);
}

#[test]
fn refusals_in_unknown_words_are_final_once_the_token_has_ended() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    let account = bind(&site, &platforms, id, "jd", "shop").account_id;
    platforms.rule(|_, _| Act::Say(200, r#"{"code":555,"msg":"系统不同意"}"#.into()));
    for _ in 0..7 {
        due(&site);
        tend(&app, account);
    }
    assert_eq!(state(&site, account), "active|refresh_failing|7|0|1", "its token still works");
    site.exec("UPDATE #channel_account SET expires_at = '2020-01-01 00:00:00'");
    due(&site);
    tend(&app, account);
    assert_eq!(state(&site, account), "expired|refresh_refused|8|0|0");
    assert_eq!(
        site.row("SELECT last_error FROM #channel_account"),
        "refresh_refused: HTTP 200: 555 系统不同意"
    );
}

#[test]
fn what_cannot_be_renewed_is_announced_and_ends() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    platforms.rule(|_, _| Act::WorkWith(json!({"re_expires_in": 0})));
    let account = bind(&site, &platforms, id, "taobao", "shop").account_id;
    let asked = platforms.asked().len();
    due(&site);
    assert_eq!(tend(&app, account).outcome, "announced");
    assert_eq!(site.rows("SELECT kind FROM #mail"), ["channel_expiring"]);
    let at_end = site.number("SELECT ABS(CAST(refresh_at AS SIGNED) - UNIX_TIMESTAMP() - 86400) < 10 FROM #channel_account");
    assert_eq!((at_end, state(&site, account).as_str()), (1, "active|-|0|0|1"));
    due(&site);
    tend(&app, account);
    assert_eq!(site.count("#mail"), 1, "once");
    site.exec("UPDATE #channel_account SET expires_at = NOW() - INTERVAL 2 DAY");
    due(&site);
    assert_eq!(tend(&app, account).outcome, "expired");
    assert_eq!(state(&site, account), "expired|token_expired|1|0|0");
    assert_eq!(
        site.rows("SELECT kind FROM #mail ORDER BY id"),
        ["channel_expiring", "channel_expired"]
    );
    assert_eq!(platforms.asked().len(), asked, "it was never asked for in vain");
}

#[test]
fn a_paused_account_is_kept_fresh_and_stays_paused() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    let account = bind(&site, &platforms, id, "jd", "shop").account_id;
    app.pause_channel(1, account).unwrap();
    due(&site);
    assert!(tend(&app, account).ok);
    assert_eq!(state(&site, account), "paused|-|0|0|1");
    due(&site);
    platforms.revoke("shop");
    tend(&app, account);
    assert_eq!(state(&site, account), "paused|refresh_refused|1|0|0");
    app.resume_channel(1, account).unwrap();
    assert_eq!(state(&site, account), "expired|refresh_refused|1|0|0", "it has ended meanwhile");
}

#[test]
fn another_application_cannot_renew_what_was_authorised_for_the_one_before() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let account = bind(&site, &platforms, id, "amazon", "shop").account_id;
    let site = site.configured(&[("amazon_client_id", "another")]);
    due(&site);
    let asked = platforms.asked().len();
    assert!(!tend(&site.app_at(&platforms), account).ok);
    assert_eq!(state(&site, account), "active|app_changed|0|0|1");
    site.exec("UPDATE #channel_account SET expires_at = '2020-01-01 00:00:00'");
    due(&site);
    tend(&site.app_at(&platforms), account);
    assert_eq!(state(&site, account), "expired|app_changed|1|0|0");
    assert_eq!(platforms.asked().len(), asked);
    // A new secret of the same application is used at once.
    let site = site.configured(&[
        ("amazon_client_id", "amazon-client"),
        ("amazon_client_secret", "CANARY-new"),
    ]);
    let account = bind(&site, &platforms, id, "amazon", "shop").account_id;
    due(&site);
    assert!(tend(&site.app_at(&platforms), account).ok);
    assert_eq!(platforms.asked().pop().unwrap().param("client_secret"), "CANARY-new");
    // And the gateway gets it, where it needs one.
    let account = bind(&site, &platforms, id, "pdd", "shop").account_id;
    let site = site.configured(&[("pdd_client_secret", "CANARY-newer")]);
    due(&site);
    assert!(tend(&site.app_at(&platforms), account).ok);
    assert_eq!(site.gateway_reads(KEY, id, "pdd").unwrap()["client_secret"], "CANARY-newer");
}

#[test]
fn without_a_place_for_the_answer_nothing_is_asked() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let account = bind(&site, &platforms, id, "jd", "shop").account_id;
    let asked = platforms.asked().len();
    let mut site = site;
    for path in ["", "relative", "/proc/nowhere"] {
        site = site.configured(&[("runtime_path", path)]);
        due(&site);
        let done = tend(&site.app_at(&platforms), account);
        assert!(!done.ok && done.outcome.contains("attempt"), "{done:?}");
    }
    assert_eq!(platforms.asked().len(), asked);
    assert_eq!(state(&site, account), "active|refresh_failing|3|0|1");
    // Nor without a key.
    let site = site.configured(&[("gateway_aes_key", "")]);
    due(&site);
    assert!(!tend(&site.app_at(&platforms), account).ok);
    assert_eq!(state(&site, account), "active|refresh_failing|3|0|1");
    assert_eq!(
        site.app_at(&platforms).due_channels(9).unwrap(),
        [0; 0],
        "it does not stand first in line"
    );
    // Another key: the row waits for the right one.
    let site = site.configured(&[("gateway_aes_key", OTHER_KEY)]);
    due(&site);
    tend(&site.app_at(&platforms), account);
    assert_eq!(state(&site, account), "active|credentials_unreadable|3|0|1");
}

/// What stands in the journal of a machine that was killed right after it had written there.
fn entry(
    site: &Site,
    id: u32,
    channel: Channel,
    before: &(String, String),
    now: &(String, String),
) -> Entry {
    let platform = Platform::of(channel);
    let mut old = Credentials::default();
    old.set(platform.token_keys[0], before.0.as_str());
    old.set("refresh_token", before.1.as_str());
    let mut changes = Credentials::default();
    changes.set(platform.token_keys[0], now.0.as_str());
    changes.set("refresh_token", now.1.as_str());
    let vault = Vault::load(KEY, "").unwrap();
    let time = site.number("SELECT UNIX_TIMESTAMP()");
    Entry {
        account_id: id,
        replaces: old.grant_mark(),
        sealed: vault.seal(&changes.json()).unwrap(),
        expires_at: time + LIFE,
        obtained_at: time,
    }
}

#[test]
fn what_is_in_the_journal_is_stored_whatever_became_of_the_row_and_only_there() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    let account = bind(&site, &platforms, id, "jd", "shop").account_id;
    let journal = Journal::open(site.runtime().to_str().unwrap()).unwrap();
    let write = |entry: &Entry| journal.prepare(account).unwrap().write(entry).unwrap();
    // The platform has given new tokens, and nobody told the row.
    let before = stored(&site, account);
    let now = platforms.tokens("shop");
    let kept = entry(&site, account, Channel::Jd, &before, &now);
    write(&kept);
    // Another machine was refused meanwhile and gave up; the member changed something; a new key came.
    due(&site);
    site.exec("UPDATE #channel_account SET status = 'expired', last_error = 'refresh_refused: x', refresh_at = NULL");
    let site = site.configured(&[("gateway_aes_key", OTHER_KEY), ("gateway_aes_key_old", KEY)]);
    let asked = platforms.asked().len();
    assert_eq!(site.app_at(&platforms).replay_journal().unwrap(), [account]);
    assert_eq!(state(&site, account), "active|-|0|0|1");
    let json = site.gateway_reads(OTHER_KEY, id, "jd").unwrap();
    assert_eq!(
        (json["access_token"].as_str(), json["refresh_token"].as_str()),
        (Some(now.0.as_str()), Some(now.1.as_str()))
    );
    assert_eq!((journal_files(&site), platforms.asked().len()), (0, asked));
    // The same once more, as after a crash before the file was removed; and one that is older than what
    // is stored.
    let blob = site.blob(&format!("id = {account}"));
    write(&kept);
    write(&entry(&site, account, Channel::Jd, &("x".into(), "y".into()), &before));
    assert_eq!(site.app_at(&platforms).replay_journal().unwrap(), [0; 0]);
    assert_eq!((site.blob(&format!("id = {account}")), journal_files(&site)), (blob, 0));
    // Of an account that is gone.
    write(&kept);
    app.unbind_channel(1, account).unwrap();
    assert_eq!(site.app_at(&platforms).replay_journal().unwrap(), [0; 0]);
    assert_eq!(journal_files(&site), 0);
}

#[test]
fn the_database_is_away_when_the_answer_comes() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let account = bind(&site, &platforms, id, "pdd", "shop").account_id;
    due(&site);
    platforms.rule(|_, _| Act::Work.held());
    std::thread::scope(|scope| {
        let tending = scope.spawn(|| site.app_at(&platforms).tend_channel(account));
        platforms.wait_for_held(1);
        site.exec("RENAME TABLE #channel_account TO #away");
        platforms.let_go();
        let error = tending.join().unwrap().unwrap_err();
        assert!(error.to_string().contains("wait in the journal"), "{error}");
        site.exec("RENAME TABLE #away TO #channel_account");
    });
    assert_eq!(journal_files(&site), 1);
    let file = fs::read_dir(site.runtime()).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("replaces") && !text.contains("CANARY"), "sealed like the rows");
    assert_ne!(stored(&site, account), platforms.current("shop"));
    // The lease has not run out; the journal does not wait for it.
    assert_eq!(site.app_at(&platforms).replay_journal().unwrap(), [account]);
    assert_eq!(stored(&site, account), platforms.current("shop"));
    assert_eq!((state(&site, account).as_str(), journal_files(&site)), ("active|-|0|0|1", 0));
}

#[test]
fn a_refusal_after_an_attempt_of_unknown_outcome_is_not_believed_at_once() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    let account = bind(&site, &platforms, id, "jd", "shop").account_id;
    due(&site);
    // As after a machine that was killed in the middle of its request, and whose journal has the answer.
    let before = stored(&site, account);
    let now = platforms.tokens("shop");
    site.exec("UPDATE #channel_account SET uncertain_since = UNIX_TIMESTAMP() - 3500, lease_owner = 'worker-other-1'");
    let done = tend(&app, account);
    assert!(!done.ok);
    assert_eq!(state(&site, account), "active|refresh_failing|1|1|1", "within the hour");
    assert_eq!(site.count("#mail"), 0);
    site.exec("UPDATE #channel_account SET uncertain_since = UNIX_TIMESTAMP() - 3601");
    due(&site);
    tend(&app, account);
    assert_eq!(state(&site, account), "expired|refresh_refused|2|0|0", "after it");
    assert_eq!(site.count("#mail"), 1);
    // The other machine is up again.
    let journal = Journal::open(site.runtime().to_str().unwrap()).unwrap();
    let kept = entry(&site, account, Channel::Jd, &before, &now);
    journal.prepare(account).unwrap().write(&kept).unwrap();
    assert_eq!(app.replay_journal().unwrap(), [account]);
    assert_eq!((state(&site, account).as_str(), stored(&site, account)), ("active|-|0|0|1", now));
}

#[test]
fn authorising_again_while_the_old_tokens_are_renewed() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let account = bind(&site, &platforms, id, "tiktok", "shop").account_id;
    due(&site);
    platforms.rule(|_, asked| match asked.endpoint.as_str() {
        "refresh" => Act::Say(200, refusal(asked).to_string()).held(),
        _ => Act::Work,
    });
    std::thread::scope(|scope| {
        let tending = scope.spawn(|| tend(&site.app_at(&platforms), account));
        platforms.wait_for_held(1);
        bind(&site, &platforms, id, "tiktok", "shop");
        platforms.let_go();
        assert_eq!(tending.join().unwrap().outcome, "superseded");
    });
    assert_eq!(stored(&site, account), platforms.current("shop"));
    assert_eq!(state(&site, account), "active|-|0|0|1");
    // And with an edit of something else meanwhile, both are kept.
    due(&site);
    platforms.rule(|_, _| Act::Work.held());
    let form = [("app_secret", "CANARY-edited")];
    let again = Platforms::start();
    let (access, refresh) = again.tokens("shop");
    let json = json!({"client_key": "tiktok-key", "client_secret": "CANARY-tiktok-app-secret", "access_token": access, "refresh_token": refresh});
    let blob: String = seal(KEY, &json).iter().map(|b| format!("{b:02x}")).collect();
    site.exec(&format!("UPDATE #channel_account SET credentials_encrypted = X'{blob}'"));
    again.rule(|_, _| Act::Work.held());
    std::thread::scope(|scope| {
        let tending = scope.spawn(|| tend(&site.app_at(&again), account));
        again.wait_for_held(1);
        site.app().save_channel(1, id, "tiktok", &input(&form)).unwrap();
        assert!(site.app_at(&again).tend_channel(account).unwrap().is_none(), "still leased");
        again.let_go();
        assert!(tending.join().unwrap().ok);
    });
    assert_eq!(stored(&site, account), again.current("shop"));
    assert_eq!(site.gateway_reads(KEY, id, "tiktok").unwrap()["client_secret"], "CANARY-edited");
}

#[test]
fn a_platform_that_leaves_the_refresh_token_as_it_is() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    let account = bind(&site, &platforms, id, "tiktok", "shop").account_id;
    let before = stored(&site, account);
    due(&site);
    platforms.rule(|_, _| Act::WorkWith(json!({"refresh_token": null})));
    assert!(tend(&app, account).ok);
    assert_eq!(stored(&site, account), (platforms.current("shop").0, before.1));
    // Nothing but the end changes.
    let (access, refresh) = stored(&site, account);
    platforms.rule(move |_, _| {
        let data = json!({"access_token": access, "refresh_token": refresh, "expires_in": 2 * LIFE, "error_code": 0});
        Act::Say(200, json!({"data": data}).to_string())
    });
    due(&site);
    assert!(tend(&app, account).ok);
    let left = site.number("SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP() + INTERVAL 8 HOUR, expires_at) FROM #channel_account");
    assert!((2 * LIFE - 10..=2 * LIFE).contains(&left), "{left}");
}

#[test]
fn tokens_that_do_not_fit_are_told_of() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    let account = bind(&site, &platforms, id, "jd", "shop").account_id;
    due(&site);
    let long = "t".repeat(1500);
    platforms.rule(move |_, _| Act::WorkWith(json!({"access_token": long, "refresh_token": long})));
    assert!(!tend(&app, account).ok);
    assert_eq!(state(&site, account), "expired|credentials_too_long|1|0|0");
    assert_eq!(journal_files(&site), 0);
}

#[test]
fn pages_do_it_where_no_worker_runs() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    let accounts: Vec<u32> =
        ["a", "b"].iter().map(|s| bind(&site, &platforms, id, "jd", s).account_id).collect();
    site.exec("UPDATE #channel_account SET last_refresh_at = NULL");
    due(&site);
    let renewed = || site.count("#channel_account WHERE last_refresh_at IS NOT NULL");
    app.nudge().unwrap();
    assert_eq!(renewed(), 1);
    app.nudge().unwrap();
    assert_eq!(renewed(), 1, "not every page");
    site.exec("DELETE FROM #throttle");
    app.nudge().unwrap();
    assert_eq!((renewed(), accounts.len()), (2, 2));
    eventually("none is left", || app.due_channels(9).unwrap().is_empty().then_some(()));
}

#[test]
fn a_new_access_token_typed_in_while_the_refresh_token_is_used() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let (_, refresh) = platforms.tokens("shop");
    let form = [("app_id", "mine"), ("app_secret", "CANARY-mine"), ("refresh_token", &refresh)];
    let account = site.app().save_channel(1, id, "jd", &input(&form)).unwrap().id;
    platforms.rule(|_, _| Act::Work.held());
    std::thread::scope(|scope| {
        let tending = scope.spawn(|| tend(&site.app_at(&platforms), account));
        platforms.wait_for_held(1);
        site.app().save_channel(1, id, "jd", &input(&[("access_token", "CANARY-typed")])).unwrap();
        assert_eq!(site.gateway_reads(KEY, id, "jd").unwrap()["access_token"], "CANARY-typed");
        assert!(site.app_at(&platforms).tend_channel(account).unwrap().is_none(), "still leased");
        platforms.let_go();
        assert_eq!(tending.join().unwrap().outcome, "refreshed");
    });
    assert_eq!(stored(&site, account), platforms.current("shop"), "the refresh token that lives");
    // One that was given up is tried again when its member mends something.
    site.exec("UPDATE #channel_account SET status = 'expired', refresh_at = NULL, last_error = 'app_changed: x'");
    site.app().save_channel(1, id, "jd", &input(&[("app_secret", "CANARY-right")])).unwrap();
    assert!(tend(&site.app_at(&platforms), account).ok);
    assert_eq!(state(&site, account), "active|-|0|0|1");
}

#[test]
fn an_old_entry_does_not_bring_old_tokens_back() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let account = bind(&site, &platforms, id, "tiktok", "shop").account_id;
    let before = stored(&site, account);
    let app = site.app_at(&platforms);
    // The refresh token stays the same over two renewals; the first one's file was not removed.
    let journal = Journal::open(site.runtime().to_str().unwrap()).unwrap();
    let first = ("first".to_owned(), before.1.clone());
    journal
        .prepare(account)
        .unwrap()
        .write(&entry(&site, account, Channel::Tiktok, &before, &first))
        .unwrap();
    site.exec("UPDATE #channel_account SET last_refresh_at = last_refresh_at - INTERVAL 1 HOUR");
    assert_eq!(app.replay_journal().unwrap(), [account], "as it is new");
    assert_eq!(stored(&site, account), first);
    let second = ("second".to_owned(), before.1.clone());
    let old = entry(&site, account, Channel::Tiktok, &before, &first);
    let new = Entry {
        obtained_at: old.obtained_at + 100,
        ..entry(&site, account, Channel::Tiktok, &before, &second)
    };
    journal.prepare(account).unwrap().write(&new).unwrap();
    assert_eq!(app.replay_journal().unwrap(), [account]);
    journal.prepare(account).unwrap().write(&old).unwrap();
    assert_eq!(app.replay_journal().unwrap(), [0; 0]);
    assert_eq!((stored(&site, account), journal_files(&site)), (second, 0));
}

#[test]
fn what_a_platform_repeats_is_not_written_down() {
    let (site, id) = site();
    let platforms = Platforms::start();
    let app = site.app_at(&platforms);
    let account = bind(&site, &platforms, id, "jd", "shop").account_id;
    let (access, refresh) = stored(&site, account);
    for words in [
        format!("refresh_token {refresh} 无效"),
        format!("secret CANARY-jd-app-secret, token {access}!"),
        format!("CANARYnew{}", "x".repeat(60)),
    ] {
        let body =
            json!({"code": words, "msg": words, "access_token": "CANARY-not-taken"}).to_string();
        platforms.rule(move |_, _| Act::Say(200, body.clone()));
        site.exec("UPDATE #channel_account SET status = 'active', refresh_at = 1");
        due(&site);
        let done = tend(&app, account);
        assert!(!done.ok && !done.outcome.contains("CANARY"), "{done:?}");
        assert!(site.row("SELECT last_error FROM #channel_account").contains("***"));
    }
    assert!(!site.dump().contains("CANARY"));
    let view = app.channels(1, id).unwrap();
    assert!(!format!("{:?}", view.channels[1].accounts).contains("CANARY"));
}
