//! Each letter once, to whom it belongs, in both languages, as HTML and as text.

use serde_json::{Value as Json, json};

use crate::{
    server::{BASE, FROM, Office, SUPPORT},
    support::seed::Tenant,
};
use chathub_core::app::Delivered;

/// Looks like markup, like a header, and like a link.
const COMPANY: &str = "A&B <b>公司</b> https://evil.example";

struct Case {
    kind: &'static str,
    data: Json,
    /// In Chinese and in English.
    subject: [&'static str; 2],
    /// What both forms say, whatever the language.
    says: Vec<String>,
    /// The page that the button leads to.
    link: Option<&'static str>,
}

fn office() -> (Office, u32) {
    let office = Office::new();
    office.account(2, "bob@acme.example", "en");
    let tenant = office.site.tenant(&Tenant { expires_in: Some(7), ..Tenant::default() });
    office.site.exec(&format!(
        "UPDATE #tenant SET tenant_name = '{COMPANY}', domain = 'acme.example', \
         embed_code = '<script src=\"https://chat.example/sdk.js\"></script>', \
         expire_at = '2031-05-06 07:08:09' WHERE id = {tenant}"
    ));
    (office, tenant)
}

fn text<'a>(mail: &'a Json, name: &str) -> &'a str {
    mail[name].as_str().unwrap_or_else(|| panic!("no {name} in {mail}"))
}

fn check(mail: &Json, to: &str, language: usize, case: &Case) {
    let kind = case.kind;
    let (html, plain) = (text(mail, "html"), text(mail, "text"));
    assert_eq!(mail["to"], json!([to]), "{kind}");
    assert_eq!(mail["from"], FROM, "{kind}");
    assert_eq!(mail["header_to"], json!([{"name": "", "address": to}]), "{kind}");
    assert_eq!(mail["header_from"], json!([{"name": "小店 ChatHub", "address": FROM}]), "{kind}");
    assert_eq!(mail["reply_to"], json!([{"name": "", "address": SUPPORT}]), "{kind}");
    let subject = text(mail, "subject");
    assert!(subject.contains(case.subject[language]), "{kind}: {subject}");
    assert!(subject.ends_with("小店 ChatHub"), "{kind}: {subject}");
    let header = |name: &str| {
        let headers = mail["headers"].as_array().unwrap();
        headers.iter().filter(|line| line[0] == name).count()
    };
    for name in ["auto-submitted", "date", "message-id", "mime-version", "subject", "from", "to"] {
        assert_eq!(header(name), 1, "{kind}: {name}");
    }
    assert!(text(mail, "raw").contains("Auto-Submitted: auto-generated\r\n"), "{kind}");
    assert!(text(mail, "raw").contains("multipart/alternative"), "{kind}");
    let written = age_seconds(text(mail, "date"));
    assert!(written.abs() < 600, "{kind}: the date is {written} s off");

    let tag = ["<html lang=\"zh-CN\">", "<html lang=\"en\">"][language];
    assert!(html.contains(tag), "{kind}");
    for said in &case.says {
        assert!(plain.contains(said.as_str()), "{kind}: {said:?} is not in\n{plain}");
        let escaped = said
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;");
        assert!(html.contains(&escaped), "{kind}: {escaped:?} is not in\n{html}");
    }
    if let Some(page) = case.link {
        let url = format!("{BASE}/addons/chathub/index/{page}");
        assert!(html.contains(&format!("<a href=\"{url}")), "{kind}: {url}\n{html}");
        assert!(plain.contains(&url), "{kind}: {url}\n{plain}");
    }
    // Nothing is loaded from anywhere, and nothing of a name becomes markup or a link.
    for forbidden in
        ["<img", "<link", "src=\"", "url(", "@import", "<script", "<b>", "href=\"https://evil"]
    {
        assert!(!html.contains(forbidden), "{kind}: {forbidden}");
    }
}

/// Seconds since an ISO date.
fn age_seconds(iso: &str) -> i64 {
    let at: jiff::Timestamp = iso.parse().unwrap();
    jiff::Timestamp::now().as_second() - at.as_second()
}

#[test]
fn letters_to_members() {
    let (office, tenant) = office();
    office.site.order(tenant, "CH20310101", "paid");
    office.site.exec(
        "UPDATE #order SET pay_method = 'alipay', pay_trade_no = 'T1', plan = 'pro', amount = 60, \
         paid_at = '2031-04-06 07:08:09', expire_at = '2031-05-06 07:08:09'",
    );
    let end = "2031-05-06 07:08:09";
    let own = |more: &[&str]| {
        let mut says = vec![COMPANY.to_owned()];
        says.extend(more.iter().map(|text| (*text).to_owned()));
        says
    };
    let cases = [
        Case {
            kind: "account_created",
            data: json!({}),
            subject: ["账号已开通", "your account is ready"],
            says: own(&[&format!("{BASE}/addons/chathub/index/forgotPassword")]),
            link: Some("login"),
        },
        Case {
            kind: "tenant_ready",
            data: json!({}),
            subject: ["客服坐席已开通", "is ready"],
            says: own(&[
                "<script src=\"https://chat.example/sdk.js\"></script>",
                "</body>",
                "acme.example",
            ]),
            link: Some("my"),
        },
        Case {
            kind: "receipt",
            data: json!({"order_no": "CH20310101"}),
            subject: ["收款通知 ¥60.00", "Payment received: ¥60.00"],
            says: own(&["CH20310101", "¥60.00", "2031-04-06 07:08", "2031-05-06 07:08"]),
            link: Some("my"),
        },
        Case {
            kind: "expiry",
            data: json!({"expire_at": end, "days": 7}),
            subject: ["天到期", "ends in"],
            says: own(&["2031-05-06 07:08"]),
            link: Some("renew?id="),
        },
        Case {
            kind: "expiry",
            data: json!({"expire_at": end, "days": 0}),
            subject: ["的服务已到期", "has ended"],
            says: own(&["2031-05-06 07:08"]),
            link: Some("renew?id="),
        },
        Case {
            kind: "confirm_email",
            data: json!({}),
            subject: ["请确认您的邮箱", "confirm your address"],
            says: vec![],
            link: Some("confirmEmail?token="),
        },
        Case {
            kind: "suspended",
            data: json!({"expire_at": end}),
            subject: ["的服务已暂停", "is suspended"],
            says: own(&["2031-05-06 07:08"]),
            link: Some("renew?id="),
        },
    ];
    for case in &cases {
        let status = if case.kind == "suspended" { "suspended" } else { "active" };
        office
            .site
            .exec(&format!("UPDATE #tenant SET status = '{status}', suspend_reason = 'expired'"));
        for (language, (user, to)) in
            [(1, "alice@acme.example"), (2, "bob@acme.example")].into_iter().enumerate()
        {
            office.server.clear();
            let id = office.letter(case.kind, user, tenant, &case.data);
            assert_eq!(office.deliver(id), Delivered::Sent, "{}: {}", case.kind, office.row(id));
            assert_eq!(office.row(id), format!("sent|1|{to}|-"), "{}", case.kind);
            check(&office.server.mail(), to, language, case);
            // Whoever delivers it again, delivers nothing.
            assert_eq!(office.deliver(id), Delivered::NotOurs, "{}", case.kind);
            assert_eq!(office.server.mails().len(), 1, "{}", case.kind);
        }
    }
}

#[test]
fn letters_about_shop_accounts() {
    let (office, tenant) = office();
    let shop = "Tea & Co <b>茶</b>";
    let (future, past) = ("2031-05-06 07:08:09", "2021-05-06 07:08:09");
    let cases = [
        (
            "channel_expiring",
            "active",
            "",
            future,
            ["拼多多店铺的授权即将到期", "Pinduoduo shop ends soon"],
            "2031-05-06 07:08",
        ),
        (
            "channel_expired",
            "expired",
            "",
            past,
            ["拼多多店铺的授权已失效", "Pinduoduo shop has ended"],
            "2021-05-06 07:08",
        ),
        (
            "channel_expired",
            "expired",
            "refresh_refused: 50021",
            future,
            ["已失效", "has ended"],
            "",
        ),
        (
            "channel_expired",
            "expired",
            "credentials_too_long: x",
            future,
            ["已失效", "has ended"],
            "",
        ),
    ];
    for (kind, status, error, end, subject, says) in cases {
        let data = office.shop_account(tenant, status, error, end);
        office.site.exec(&format!("UPDATE #channel_account SET shop_name = '{shop}'"));
        let says: Vec<String> = [COMPANY, shop, says]
            .into_iter()
            .filter(|s| !s.is_empty())
            .map(str::to_owned)
            .collect();
        let link = Some("channelList?tenant=");
        let case = Case { kind, data, subject, says, link };
        for (language, (user, to)) in
            [(1, "alice@acme.example"), (2, "bob@acme.example")].into_iter().enumerate()
        {
            office.server.clear();
            let id = office.letter(kind, user, tenant, &case.data);
            assert_eq!(office.deliver(id), Delivered::Sent, "{kind}: {}", office.row(id));
            let mail = office.server.mail();
            check(&mail, to, language, &case);
            assert!(text(&mail, "text").contains(&format!("channelList?tenant={tenant}")));
            // A refusal that comes before the end does not call it the end.
            let told = text(&mail, "text").contains("07:08");
            assert_eq!(told, case.says.len() == 3, "{kind} {error}");
            let whom = ["请联系客服", "contact support"][language];
            let helpless = error.starts_with("credentials_too_long");
            assert_eq!(text(&mail, "text").contains(whom), helpless, "{kind} {error}");
        }
    }
}

#[test]
fn passwords_are_set_by_a_link() {
    let (office, _) = office();
    for (language, to) in ["alice@acme.example", "bob@acme.example"].into_iter().enumerate() {
        office.server.clear();
        // Typed in capitals, as for signing in.
        let typed = to.to_uppercase();
        let id = office.letter("password_reset", 0, 0, &json!({"email": typed}));
        assert_eq!(office.deliver(id), Delivered::Sent, "{}", office.row(id));
        let case = Case {
            kind: "password_reset",
            data: json!({}),
            subject: ["重设登录密码", "Set a new password"],
            says: vec![to.to_owned(), "30".to_owned()],
            link: Some("resetPassword?token="),
        };
        let mail = office.server.mail();
        check(&mail, to, language, &case);
        assert_eq!(office.row(id), format!("sent|1|{to}|-"));
        // What is on record is the hash of what was sent, for half an hour from now.
        let token = mail["text"].as_str().unwrap().split("token=").nth(1).unwrap();
        let token = token.split_whitespace().next().unwrap();
        let sql = format!(
            "SELECT kind, email, expires_at - UNIX_TIMESTAMP() BETWEEN 1700 AND 1800, used_at \
             FROM #token WHERE hash = SHA2('{token}', 256)"
        );
        assert_eq!(office.site.row(&sql), format!("password_reset|{to}|1|-"));
    }
}

#[test]
fn letters_to_the_support() {
    let (office, tenant) = office();
    office.site.job(tenant, "provision");
    office.site.exec("UPDATE #job SET state = 'dead', open_slot = NULL, attempts = 32, last_error = 'chatwoot <said> no'");
    let job = office.site.number("SELECT id FROM #job");
    office.site.exec(&format!(
        "INSERT INTO #payment (provider, trade_no, order_no, tenant_id, amount_fen, outcome, source, \
         createtime, updatetime) VALUES ('wechat', 'W1', 'CH1', {tenant}, 5000, 'duplicate', 'notify', 0, 0)"
    ));
    let review = |outcome: &str| json!({"provider": "wechat", "trade_no": "W1", "order_no": "CH1", "outcome": outcome});
    office.site.order(tenant, "CH9", "failed");
    let dead = office.letter("receipt", 1, tenant, &json!({}));
    let dead_channel = office.letter("channel_expired", 1, tenant, &json!({}));
    office.site.exec(
        "UPDATE #mail SET state = 'dead', recipient = 'gone@acme.example', \
         last_error = 'recipient: 550 no such user'",
    );
    let cases = [
        ("registered", json!({}), "新注册", vec!["a@acme.cn", "基础版"]),
        (
            "order_unclear",
            json!({"order_no": "CH9", "provider": "wechat"}),
            "订单状态无法确认：微信支付",
            vec!["CH9", "¥50.00"],
        ),
        (
            "dead_job",
            json!({"job_id": job}),
            "任务已放弃：开通资源",
            vec!["32", "chatwoot <said> no"],
        ),
        (
            "mail_failed",
            json!({"mail_id": dead}),
            "邮件未能送达：收款通知",
            vec!["gone@acme.example", "550 no such user"],
        ),
        (
            "payment_to_review",
            review("duplicate"),
            "重复付款",
            vec!["¥50.00", "W1", "CH1", "微信支付", "原路退回"],
        ),
        (
            "mail_failed",
            json!({"mail_id": dead_channel}),
            "邮件未能送达：店铺授权失效通知",
            vec!["gone@acme.example"],
        ),
        ("payment_to_review", review("mismatch"), "金额不符", vec!["原路退回"]),
        ("payment_to_review", review("unknown_order"), "未知订单", vec!["退款"]),
        ("payment_to_review", review("other_order"), "另一张订单", vec!["退款"]),
        ("payment_to_review", review("credited_flagged"), "需要人工确认", vec!["退回"]),
        ("payment_to_review", review("something_new"), "需要人工核对", vec!["W1"]),
    ];
    for (kind, data, subject, says) in cases {
        office.server.clear();
        let id = office.letter(kind, 0, tenant, &data);
        assert_eq!(office.deliver(id), Delivered::Sent, "{kind}: {}", office.row(id));
        let mut says: Vec<String> = says.into_iter().map(str::to_owned).collect();
        says.push(COMPANY.to_owned());
        let case = Case { kind, data: json!({}), subject: [subject, ""], says, link: None };
        check(&office.server.mail(), SUPPORT, 0, &case);
    }
}

#[test]
fn a_test_order_says_so() {
    let (office, tenant) = office();
    office.site.order(tenant, "CH1", "paid");
    office
        .site
        .exec("UPDATE #order SET pay_method = 'wechat', pay_trade_no = 'W1', charged_fen = 1");
    for (user, words) in
        [(1, ["测试订单", "¥0.01", "¥50.00"]), (2, ["test order", "¥0.01", "¥50.00"])]
    {
        office.server.clear();
        let id = office.letter("receipt", user, tenant, &json!({"order_no": "CH1"}));
        assert_eq!(office.deliver(id), Delivered::Sent);
        let mail = office.server.mail();
        for word in words {
            for form in ["text", "html"] {
                assert!(mail[form].as_str().unwrap().contains(word), "{form}: {word}");
            }
        }
    }
}

#[test]
fn the_end_says_when_the_suspension_comes() {
    let (office, tenant) = office();
    let app_says = |office: &Office| {
        office.server.clear();
        let data = json!({"expire_at": "2031-05-06 07:08:09", "days": 0});
        let id = office.letter("expiry", 1, tenant, &data);
        assert_eq!(office.deliver(id), Delivered::Sent);
        office.server.mail()["text"].as_str().unwrap().to_owned()
    };
    assert!(!app_says(&office).contains("暂停时间"));
    office.site.exec(
        "UPDATE #tenant SET notice_for = expire_at, notice_stage = 0, notice_at = '2031-05-06 10:00:00'",
    );
    assert!(app_says(&office).contains("暂停时间: 2031-05-09 10:00"));
}

#[test]
fn without_the_sites_address_letters_go_without_links() {
    let office = Office::with("tls", &[("public_base_url", "")]);
    let tenant = office.site.tenant(&Tenant::default());
    for kind in ["account_created", "tenant_ready"] {
        office.server.clear();
        let id = office.letter(kind, 1, tenant, &json!({}));
        assert_eq!(office.deliver(id), Delivered::Sent);
        let mail = office.server.mail();
        for form in ["text", "html"] {
            let said = mail[form].as_str().unwrap();
            assert!(!said.contains("/addons/"), "{kind}: {said}");
            assert!(said.contains("小店 ChatHub"), "{kind}");
        }
    }
    office.server.clear();
    let reset = office.letter("password_reset", 0, 0, &json!({"email": "alice@acme.example"}));
    let confirm = office.letter("confirm_email", 1, tenant, &json!({}));
    for id in [reset, confirm] {
        let Delivered::Skipped(why) = office.deliver(id) else { panic!("{}", office.row(id)) };
        assert!(why.contains("public_base_url"), "{why}");
        assert_eq!(office.row(id), format!("skipped|1|-|{why}"));
    }
    assert_eq!(office.site.count("#token"), 0);
    assert_eq!(office.server.attempts("connect"), 0);
}
