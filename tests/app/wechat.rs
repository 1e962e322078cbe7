//! Payment by WeChat Pay: what is charged, who is asked, and what counts.

use std::sync::{Arc, Mutex};

use chathub_core::{
    app::{Acknowledgement, App, Ini, ReturnState},
    domain::OrderStatus,
};
use serde_json::{Value, json};

use crate::support::{
    alipay::Notice,
    at_once,
    seed::Tenant,
    service::Service,
    site::{PERIOD, Site},
    wechat::{
        API_V3_KEY, APP_ID, MCH_ID, Message, PUBLIC_KEY_ID, Received, certificate_list, merchant,
        platform, public_key, serve, transaction,
    },
};

pub const CODE_URL: &str = "weixin://wxpay/bizpayurl?pr=JyC91EIz1";

/// A site with WeChat Pay, and WeChat Pay's side of it.
pub struct Shop {
    pub site: Site,
    base: String,
    log: Arc<Mutex<Vec<Received>>>,
    /// What a query answers; nothing: the order is not there.
    said: Arc<Mutex<Option<Value>>>,
}

impl Shop {
    /// `test_mode` as the configuration has it.
    pub fn new(test_mode: &str) -> Self {
        let log: Arc<Mutex<Vec<Received>>> = Arc::default();
        let said: Arc<Mutex<Option<Value>>> = Arc::default();
        let (seen, answer) = (log.clone(), said.clone());
        let base = serve(move |received| {
            assert!(received.is_authorized(), "{received:?}");
            seen.lock().unwrap().push(received.clone());
            let body = match (received.path.as_str(), answer.lock().unwrap().as_ref()) {
                ("/v3/certificates", _) => certificate_list(&[platform()]),
                ("/v3/pay/transactions/native", _) => json!({"code_url": CODE_URL}).to_string(),
                (_, Some(said)) => said.to_string(),
                (_, None) => {
                    let body = json!({"code": "ORDER_NOT_EXIST", "message": "x"}).to_string();
                    return (404, Message { headers: vec![], body });
                }
            };
            (200, Message::signed(platform(), body))
        });
        let site = Site::new(&Service::absent()).configured(&[
            ("wechat_enabled", "1"),
            ("wechat_sandbox", test_mode),
            ("wechat_app_id", APP_ID),
            ("wechat_mch_id", MCH_ID),
            ("wechat_api_v3_key", API_V3_KEY),
            ("wechat_cert_path", &merchant().certificate),
            ("wechat_key_path", &merchant().private_pem()),
            ("wechat_public_key_id", PUBLIC_KEY_ID),
            ("wechat_public_key_path", &public_key().public_pem()),
            ("public_base_url", "https://www.example.com"),
        ]);
        Self { site, base, log, said }
    }

    pub fn app(&self) -> App {
        let ini = Ini { wechat_base: self.base.clone(), ..Ini::default() };
        self.site.app_with(self.site.settings(), ini)
    }

    fn switched(mut self, test_mode: &str) -> Self {
        self.site = self.site.configured(&[("wechat_sandbox", test_mode)]);
        self
    }

    fn say(&self, said: Value) {
        *self.said.lock().unwrap() = Some(said);
    }

    /// Requests whose path holds `part`.
    pub fn asked(&self, part: &str) -> Vec<Received> {
        self.log.lock().unwrap().iter().filter(|r| r.path.contains(part)).cloned().collect()
    }

    pub fn notify(&self, message: &Message) -> Acknowledgement {
        self.app().pay_notify("wechat", message.body.as_bytes(), &message.headers)
    }

    /// The throttles' windows are over.
    pub fn time_passes(&self) {
        self.site.exec("DELETE FROM #throttle");
    }
}

pub fn paid(order_no: &str, trade_no: &str, fen: u32) -> Value {
    let mut said = transaction();
    said["out_trade_no"] = json!(order_no);
    said["transaction_id"] = json!(trade_no);
    said["amount"]["total"] = json!(fen);
    said
}

pub fn notice(order_no: &str, trade_no: &str, fen: u32) -> Message {
    Message::payment(public_key(), &paid(order_no, trade_no, fen))
}

fn word(answer: &Acknowledgement) -> (u16, &'static str) {
    (answer.status, answer.outcome)
}

const ORDER: &str = "CH20260101000001";

fn shop(test_mode: &str) -> (Shop, u32) {
    let shop = Shop::new(test_mode);
    let tenant = shop.site.tenant(&Tenant::default());
    shop.site.order(tenant, ORDER, "pending");
    (shop, tenant)
}

#[test]
fn a_notification_extends_once_and_says_so() {
    let (shop, tenant) = shop("0");
    let before = shop.site.expire_at(tenant);
    let message = notice(ORDER, "W1", 5000);
    let first = shop.notify(&message);
    assert_eq!(word(&first), (200, "credited"));
    assert_eq!(
        (first.content_type, first.body),
        ("application/json", r#"{"code":"SUCCESS","message":"OK"}"#)
    );
    assert_eq!(word(&shop.notify(&message)), (200, "already_credited"));
    assert_eq!(shop.site.expire_at(tenant), before + PERIOD);
    let order = "SELECT status, pay_method, pay_trade_no FROM #order";
    assert_eq!(shop.site.row(order), "paid|wechat|W1");
    assert_eq!(shop.site.row("SELECT action FROM #log"), "pay_notify_wechat");
}

#[test]
fn what_is_not_credited() {
    let (shop, tenant) = shop("0");
    let before = shop.site.expire_at(tenant);
    for (number, fen) in [4999, 5001, 1, 0].into_iter().enumerate() {
        let answer = shop.notify(&notice(ORDER, &format!("W{number}"), fen));
        assert_eq!(word(&answer), (400, "mismatch"));
        let said: Value = serde_json::from_str(answer.body).unwrap();
        assert_eq!(said["code"], "FAIL");
    }
    assert_eq!(shop.site.count("#payment WHERE outcome = 'mismatch'"), 4);
    assert_eq!(word(&shop.notify(&notice("CH2026NOSUCH", "W9", 5000))), (400, "unknown_order"));
    let logged = shop.site.count("#log");
    // A probe is refused and nothing else.
    let probe = notice(ORDER, "W5", 5000).with("Wechatpay-Signature", Some("WECHATPAY/SIGNTEST/x"));
    assert_eq!(word(&shop.notify(&probe)), (400, "wechat_probe"));
    assert_eq!(shop.site.count("#log"), logged);
    let stale = notice(ORDER, "W6", 5000);
    let stale = Message::signed_at(public_key(), stale.body, 1_700_000_000);
    assert_eq!(word(&shop.notify(&stale)), (400, "wechat_time"));
    assert_eq!(shop.site.count("#log"), logged + 1);
    assert_eq!(shop.site.expire_at(tenant), before);
    assert_eq!(shop.site.row("SELECT status FROM #order"), "pending");
}

#[test]
fn an_unusable_configuration_keeps_the_notification_coming() {
    let (mut shop, _) = shop("0");
    shop.site = shop.site.configured(&[("wechat_api_v3_key", "too short")]);
    assert_eq!(word(&shop.notify(&notice(ORDER, "W1", 5000))), (500, "api_v3_key_length"));
    // Nothing of the key is in the log.
    assert!(!shop.site.dump().contains("too short"));
}

#[test]
fn the_code_is_made_once() {
    let (shop, _) = shop("0");
    for _ in 0..3 {
        let view = shop.app().pay_wechat(1, ORDER).unwrap();
        assert_eq!((view.code_url.as_str(), view.amount.get()), (CODE_URL, 5000));
        assert!(!view.test_mode && !view.order.row.state.is_test());
        assert!((7000..=7200).contains(&view.seconds_left));
    }
    let asked = shop.asked("/native");
    assert_eq!(asked.len(), 1);
    let body: Value = serde_json::from_str(&asked[0].body).unwrap();
    assert_eq!(body["amount"], json!({"total": 5000, "currency": "CNY"}));
    assert_eq!(
        body["notify_url"],
        "https://www.example.com/addons/chathub/index/payNotify/pay_method/wechat"
    );
    assert_eq!(shop.site.row("SELECT pay_method, charged_fen FROM #order"), "wechat|5000");
    assert_eq!(shop.app().pay_wechat(2, ORDER).err().unwrap().key(), "order");
}

/// In test mode WeChat Pay charges one fen; Alipay still wants the price.
#[test]
fn test_mode_is_remembered_for_each_provider() {
    let (shop, tenant) = shop("1");
    let before = shop.site.expire_at(tenant);
    let view = shop.app().pay_wechat(1, ORDER).unwrap();
    assert!(view.test_mode && view.order.row.state.is_test());
    assert_eq!((view.amount.get(), view.order.row.amount.get()), (1, 5000));
    let body: Value = serde_json::from_str(&shop.asked("/native")[0].body).unwrap();
    assert_eq!(body["amount"]["total"], 1);
    // Begun in test mode and paid in production: what was charged counts, and nothing else.
    let shop = shop.switched("0");
    assert_eq!(word(&shop.notify(&notice(ORDER, "W1", 5000))), (400, "mismatch"));
    let by_alipay =
        |trade: &str, yuan: &str| shop.site.notify(&Notice::paid(ORDER, trade, yuan)).outcome;
    assert_eq!(by_alipay("A1", "0.01"), "mismatch");
    assert_eq!(by_alipay("A2", "50.00"), "credited");
    assert_eq!(word(&shop.notify(&notice(ORDER, "W2", 1))), (200, "duplicate"));
    assert_eq!(shop.site.expire_at(tenant), before + PERIOD);
    assert_eq!(shop.site.row("SELECT pay_method, pay_trade_no FROM #order"), "alipay|A2");
}

/// The first code of an order can still be paid, so an order never has two charges.
#[test]
fn switching_the_mode_takes_a_new_order() {
    for (before, after, charge) in [("1", "0", 5000), ("0", "1", 1)] {
        let shop = Shop::new(before);
        let tenant = shop.site.tenant(&Tenant::default());
        let first = shop.app().renew(1, tenant).unwrap().order.row.order_no;
        shop.app().pay_wechat(1, &first).unwrap();
        assert_eq!(shop.app().renew(1, tenant).unwrap().order.row.order_no, first);
        let shop = shop.switched(after);
        assert_eq!(shop.app().pay_wechat(1, &first).err().unwrap().key(), "order_closed");
        let view = shop.app().renew(1, tenant).unwrap();
        assert_ne!(view.order.row.order_no, first);
        assert_eq!((view.wechat_test_mode, view.wechat_amount.get()), (after == "1", charge));
        let view = shop.app().pay_wechat(1, &view.order.row.order_no).unwrap();
        assert_eq!(view.amount.get(), charge);
    }
}

#[test]
fn the_waiting_page_settles_by_asking() {
    let (shop, tenant) = shop("0");
    let before = shop.site.expire_at(tenant);
    // Not begun: nobody to ask.
    let view = shop.app().order_status(1, ORDER).unwrap();
    assert_eq!((view.status, view.state), (OrderStatus::Pending, ReturnState::Pending));
    shop.app().pay_wechat(1, ORDER).unwrap();
    shop.say(json!({"out_trade_no": ORDER, "trade_state": "NOTPAY"}));
    assert_eq!(shop.asked("/out-trade-no/").len(), 0);
    // However many pages look: one question per interval.
    at_once(8, |_| shop.app().order_status(1, ORDER).unwrap().status);
    assert_eq!(shop.asked("/out-trade-no/").len(), 1);
    shop.say(paid(ORDER, "W1", 5000));
    assert_eq!(shop.app().order_status(1, ORDER).unwrap().status, OrderStatus::Pending);
    shop.time_passes();
    let view = shop.app().order_status(1, ORDER).unwrap();
    assert_eq!((view.status, view.state), (OrderStatus::Paid, ReturnState::JustPaid));
    assert_eq!(shop.site.expire_at(tenant), before + PERIOD);
    assert_eq!(shop.site.row("SELECT outcome, source FROM #payment"), "credited|query");
    // Paid is paid: nobody is asked again, and the notification after it changes nothing.
    shop.time_passes();
    shop.app().order_status(1, ORDER).unwrap();
    assert_eq!(shop.asked("/out-trade-no/").len(), 2);
    assert_eq!(word(&shop.notify(&notice(ORDER, "W1", 5000))), (200, "already_credited"));
    assert_eq!(shop.app().order_status(2, ORDER).err().unwrap().key(), "order");
}

#[test]
fn the_return_settles_by_asking() {
    let (mut shop, _) = shop("0");
    shop.site = shop.site.configured(&[("alipay_enabled", "0")]);
    shop.app().pay_wechat(1, ORDER).unwrap();
    shop.say(paid(ORDER, "W1", 5000));
    assert_eq!(shop.app().pay_return(ORDER).unwrap().0, ReturnState::JustPaid);
    assert_eq!(shop.site.row("SELECT outcome, source FROM #payment"), "credited|return");
}

/// The money came, its notification did not, and the code was lost.
#[test]
fn an_order_that_was_paid_already_is_not_offered_again() {
    let (shop, _) = shop("0");
    shop.app().pay_wechat(1, ORDER).unwrap();
    shop.say(paid(ORDER, "W1", 5000));
    shop.app().pay_return(ORDER).unwrap();
    assert_eq!(shop.app().pay_wechat(1, ORDER).err().unwrap().key(), "order_paid");
}

#[test]
fn money_that_went_back_before_it_was_heard_of() {
    let (shop, tenant) = shop("0");
    let before = shop.site.expire_at(tenant);
    shop.app().pay_wechat(1, ORDER).unwrap();
    let mut said = paid(ORDER, "W1", 5000);
    said["trade_state"] = json!("REFUND");
    shop.say(said);
    let view = shop.app().order_status(1, ORDER).unwrap();
    assert_eq!((view.status, view.state), (OrderStatus::Failed, ReturnState::Pending));
    assert_eq!(word(&shop.notify(&notice(ORDER, "W1", 5000))), (200, "already_refunded"));
    assert_eq!(shop.site.expire_at(tenant), before);
}

#[test]
fn both_providers_at_once_two_hundred_rounds() {
    const ROUNDS: usize = 200;
    let shop = Shop::new("0");
    let tenant = shop.site.tenant(&Tenant::default());
    let before = shop.site.expire_at(tenant);
    for round in 0..ROUNDS {
        shop.site.order(tenant, &format!("CH2026{round:04}"), "pending");
    }
    for round in 0..ROUNDS {
        let order = format!("CH2026{round:04}");
        let message = notice(&order, &format!("W{round}"), 5000);
        let body = Notice::paid(&order, &format!("A{round}"), "50.00").body();
        let mut outcomes = at_once(2, |side| match side {
            0 => word(&shop.notify(&message)),
            _ => word(&shop.app().pay_notify("alipay", &body, &[])),
        });
        outcomes.sort_unstable();
        assert_eq!(outcomes, [(200, "credited"), (200, "duplicate")]);
    }
    let rounds = i64::try_from(ROUNDS).unwrap();
    assert_eq!(shop.site.expire_at(tenant), before + rounds * PERIOD);
    assert_eq!(shop.site.count("#payment WHERE outcome = 'duplicate'"), rounds);
}

#[test]
fn sixty_four_identical_notifications_extend_once() {
    let (shop, tenant) = shop("0");
    let before = shop.site.expire_at(tenant);
    let message = notice(ORDER, "W1", 5000);
    let answers = at_once(64, |_| word(&shop.notify(&message)));
    assert_eq!(answers.iter().filter(|a| **a == (200, "credited")).count(), 1);
    assert_eq!(answers.iter().filter(|a| **a == (200, "already_credited")).count(), 63);
    assert_eq!(shop.site.expire_at(tenant), before + PERIOD);
}

/// A slow provider must not take every PHP worker.
#[test]
fn no_more_pages_than_may_wait_for_the_provider() {
    let mut shop = Shop::new("0");
    let id = shop.site.tenant(&Tenant::default());
    shop.site.order(id, "CH00000001", "pending");
    shop.site = shop.site.configured(&[("payment_inline_limit", "0")]);
    let refused = shop.app().pay_wechat(1, "CH00000001").err().unwrap();
    assert_eq!(refused.key(), "wechat_busy");
    assert!(shop.log.lock().unwrap().is_empty(), "nothing was sent");
    shop.site = shop.site.configured(&[("payment_inline_limit", "1")]);
    for _ in 0..3 {
        // Whoever is done makes room, and who comes meanwhile waits for it.
        shop.site.exec("UPDATE #order SET code_url = NULL");
        let codes = at_once(6, |_| shop.app().pay_wechat(1, "CH00000001").unwrap().code_url);
        assert!(codes.iter().all(|code| code == CODE_URL));
    }
}
