//! Every letter as a file, to be looked at: with `CHATHUB_MAIL_PREVIEW=DIR` they are written there. What
//! a reader's eye cannot see is checked in any case.

use chathub_core::{
    Secret,
    domain::{Fen, channel::Channel},
    mail::{
        Language, Letter, Links, MailFailure, Review, ShopFacts, Site, TenantFacts, WhyEnded,
        platform_name, render,
    },
};
use jiff::civil::{DateTime, date};

fn tenant() -> TenantFacts {
    TenantFacts {
        id: 7, company: "杭州云帆 A&B <b>".into(), domain: "www.yunfan.example".into()
    }
}

fn letters() -> Vec<(&'static str, Letter)> {
    let end = date(2031, 5, 6).at(23, 59, 0, 0);
    let token = || Secret::new("7KQ2M9XW4HTB6VNC3RJY8FDPGZ5LSAEU7KQ2M9XW4HTB6VNC3RJY");
    let email = || "linqing@yunfan.example".to_owned();
    let code = "<script>\n  (function(d,t) {\n    var BASE_URL=\"https://chat.example\";\n    \
        var g=d.createElement(t),s=d.getElementsByTagName(t)[0];\n    \
        g.src=BASE_URL+\"/packs/js/sdk.js\";\n    g.defer = true; g.async = true;\n    \
        s.parentNode.insertBefore(g,s);\n    g.onload=function(){\n      \
        window.chatwootSDK.run({ websiteToken: 'hF4kQ2pX8sWz1bYc', baseUrl: BASE_URL })\n    }\n  \
        })(document,\"script\");\n</script>";
    let receipt = |test: bool| Letter::Receipt {
        company: Some(tenant().company),
        order_no: "CH20310406153012A7K9".into(),
        plan: "enterprise".into(),
        amount: Fen::new(12000),
        charged_in_test: test.then_some(Fen::new(1)),
        paid_at: Some(date(2031, 4, 6).at(15, 31, 0, 0)),
        service_until: Some(end),
        provider: Some(if test { "wechat" } else { "alipay" }.into()),
    };
    let review = |outcome: &str| {
        Letter::PaymentToReview(Review {
            provider: "alipay".into(),
            trade_no: "2031040622001412341234567890".into(),
            order_no: "CH20310406153012A7K9".into(),
            outcome: outcome.into(),
            amount: Some(Fen::new(12000)),
            tenant: (outcome != "unknown_order").then(tenant),
        })
    };
    let expiring = |days_left| Letter::Expiring { tenant: tenant(), expire_at: end, days_left };
    vec![
        (
            "account_created",
            Letter::AccountCreated { email: email(), company: Some(tenant().company) },
        ),
        ("confirm_email", Letter::ConfirmEmail { email: email(), token: token() }),
        ("password_reset", Letter::PasswordReset { email: email(), token: token(), minutes: 30 }),
        ("tenant_ready", Letter::TenantReady { tenant: tenant(), embed_code: Some(code.into()) }),
        ("tenant_ready_api", Letter::TenantReady { tenant: tenant(), embed_code: None }),
        ("receipt", receipt(false)),
        ("receipt_test", receipt(true)),
        ("expiring_7", expiring(7)),
        ("expiring_1", expiring(1)),
        ("expiring_0", expiring(0)),
        (
            "ended",
            Letter::Ended {
                tenant: tenant(),
                expire_at: end,
                suspended_from: Some(date(2031, 5, 9).at(23, 59, 0, 0)),
            },
        ),
        ("suspended", Letter::Suspended { tenant: tenant(), expire_at: end }),
        (
            "registered",
            Letter::Registered {
                tenant: tenant(),
                email: email(),
                plan: "enterprise".into(),
                seats: 8,
            },
        ),
        ("review_duplicate", review("duplicate")),
        ("review_mismatch", review("mismatch")),
        ("review_unknown_order", review("unknown_order")),
        ("review_other_order", review("other_order")),
        ("review_credited_flagged", review("credited_flagged")),
        (
            "order_unclear",
            Letter::OrderUnclear {
                order_no: "CH20310406153012A7K9".into(),
                provider: "wechat".into(),
                amount: Fen::new(12000),
                tenant: Some(tenant()),
            },
        ),
        (
            "dead_job",
            Letter::DeadJob {
                tenant: tenant(),
                kind: "provision".into(),
                attempts: 32,
                error: "502 chatwoot is unreachable: connection refused".into(),
            },
        ),
        (
            "channel_expiring",
            Letter::ChannelExpiring { shop: shop(Some("Sailfish Store")), expires_at: end },
        ),
        ("channel_expired", channel_expired(Some(end), WhyEnded::Ended)),
        ("channel_refused", channel_expired(None, WhyEnded::Refused)),
        ("channel_app_changed", channel_expired(Some(end), WhyEnded::AppChanged)),
        ("channel_too_long", channel_expired(None, WhyEnded::TooLong)),
        (
            "mail_failed",
            Letter::MailFailed(MailFailure {
                kind: "receipt".into(),
                recipient: email(),
                error: "recipient: 550 5.1.1 no such user".into(),
                tenant: Some(tenant()),
            }),
        ),
    ]
}

fn shop(name: Option<&str>) -> ShopFacts {
    ShopFacts { tenant: tenant(), channel: Channel::Pdd, name: name.map(str::to_owned) }
}

fn channel_expired(ended_at: Option<DateTime>, why: WhyEnded) -> Letter {
    Letter::ChannelExpired { shop: shop(None), ended_at, why }
}

/// The same names as on the pages.
#[test]
fn platforms_have_one_name() {
    for (language, file) in [(Language::Chinese, "zh-cn"), (Language::English, "en")] {
        let path = format!("{}/addon/lang/{file}.php", env!("CARGO_MANIFEST_DIR"));
        let words = std::fs::read_to_string(path).unwrap();
        for channel in Channel::ALL {
            let name = platform_name(channel, language);
            let line = format!("'channel.{}' => '{name}',", channel.code());
            assert!(words.contains(&line), "{file}: {line}");
        }
    }
}

fn is_chinese(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

#[test]
fn every_letter_is_whole_in_both_languages() {
    let folder = std::env::var_os("CHATHUB_MAIL_PREVIEW").map(std::path::PathBuf::from);
    let site = Site {
        name: "云帆客服".into(),
        support_email: Some("support@shop.example".into()),
        links: Some(Links::new("https://www.shop.example")),
    };
    for (name, letter) in letters() {
        let for_support = matches!(
            letter,
            Letter::Registered { .. }
                | Letter::PaymentToReview(_)
                | Letter::OrderUnclear { .. }
                | Letter::DeadJob { .. }
                | Letter::MailFailed(_)
        );
        for (language, tag) in [(Language::Chinese, "zh"), (Language::English, "en")] {
            let made = render(&letter, &site, language);
            if let Some(folder) = &folder {
                std::fs::create_dir_all(folder).unwrap();
                std::fs::write(folder.join(format!("{name}.{tag}.html")), &made.html).unwrap();
                let text = format!("Subject: {}\n\n{}", made.subject, made.text);
                std::fs::write(folder.join(format!("{name}.{tag}.txt")), text).unwrap();
            }
            assert!(made.html.len() < 100_000, "{name}: mail clients cut longer ones off");
            assert!(made.html.lines().all(|line| line.len() < 20_000), "{name}");
            assert!(!made.html.contains("<b>"), "{name}");
            // Every open tag is closed.
            for element in ["table", "tr", "td", "a", "p", "div", "pre", "h1", "body", "html"] {
                let opened = made.html.matches(&format!("<{element}>")).count()
                    + made.html.matches(&format!("<{element} ")).count();
                let closed = made.html.matches(&format!("</{element}>")).count();
                assert_eq!(opened, closed, "{name}: <{element}>");
            }
            // No word of the one language is left in the other.
            if language == Language::English && !for_support {
                let english = (made.text + &made.subject)
                    .replace(&site.name, "")
                    .replace(&tenant().company, "");
                assert!(!english.contains(is_chinese), "{name}: {english}");
            }
        }
    }
}
