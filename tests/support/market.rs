//! Both providers in one place: who may pay what, decided by one state machine under one lock, and
//! served on loopback. Alipay's and WeChat Pay's answers are signed by the `rsa` crate.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use chathub_core::app::{App, Config, Ini};
use serde_json::{Value, json};

use super::{
    alipay::{self, Notice, is_signed_by_merchant, sign},
    service::Service,
    site::Site,
    wechat::{
        API_V3_KEY, APP_ID, Answer, MCH_ID, Message, PUBLIC_KEY_ID, Received, merchant, public_key,
        serve, transaction,
    },
};

pub const ALIPAY: &str = "alipay";
pub const WECHAT: &str = "wechat";
pub const BOTH: [&str; 2] = [ALIPAY, WECHAT];

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trade {
    Waiting,
    Paid { trade_no: String, fen: u32 },
    Closed,
}

/// How a provider misbehaves, for as long as it is told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// HTTP 500.
    Down,
    /// Its answer has no signature.
    Unsigned,
    /// The answer is about another order.
    OtherOrder,
    /// 429, or Alipay's word for it.
    TooOften,
    /// `close` is refused for now: the buyer is about to pay.
    Paying,
    /// What it is asked is done, and its answer lost.
    Mute,
}

#[derive(Default)]
struct State {
    trades: HashMap<(&'static str, String), Trade>,
    /// By provider and what is asked.
    faults: HashMap<(&'static str, &'static str), Fault>,
    asked: Vec<(&'static str, &'static str)>,
    asked_about: HashMap<String, usize>,
    /// The buyer pays between a question and the close after it.
    pays_before_close: bool,
    payments: usize,
    held: Option<(&'static str, Sender<()>, Receiver<()>)>,
}

#[derive(Clone, Default)]
struct Providers(Arc<Mutex<State>>);

/// A site that sells by both providers.
pub struct Market {
    pub site: Site,
    providers: Providers,
    alipay_gateway: String,
    wechat_base: String,
}

impl Market {
    pub fn new() -> Self {
        let providers = Providers::default();
        let (one, other) = (providers.clone(), providers.clone());
        let base = serve(move |received| one.alipay(received));
        let site = Site::new(&Service::absent()).configured(&[
            ("wechat_enabled", "1"),
            ("wechat_sandbox", "0"),
            ("wechat_app_id", APP_ID),
            ("wechat_mch_id", MCH_ID),
            ("wechat_api_v3_key", API_V3_KEY),
            ("wechat_cert_path", &merchant().certificate),
            ("wechat_key_path", &merchant().private_pem()),
            ("wechat_public_key_id", PUBLIC_KEY_ID),
            ("wechat_public_key_path", &public_key().public_pem()),
            ("public_base_url", "https://www.example.com"),
        ]);
        Self {
            site,
            providers,
            alipay_gateway: format!("{base}/gateway.do"),
            wechat_base: serve(move |received| other.wechat(received)),
        }
    }

    pub fn configured(mut self, settings: &[(&str, &str)]) -> Self {
        self.site = self.site.configured(settings);
        self
    }

    pub fn app(&self) -> App {
        self.site.app_with(self.site.settings(), self.ini())
    }

    pub fn config(&self) -> Config {
        self.site.config_on(self.ini(), &[])
    }

    fn ini(&self) -> Ini {
        Ini {
            alipay_gateway: self.alipay_gateway.clone(),
            wechat_base: self.wechat_base.clone(),
            http_timeout: Duration::from_secs(60),
            ..Ini::default()
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.providers.0.lock().unwrap()
    }

    /// The buyer reaches the provider's page.
    pub fn open(&self, provider: &'static str, order_no: &str) {
        self.state().trades.insert((provider, order_no.to_owned()), Trade::Waiting);
    }

    /// The buyer pays 50 yuan; `None`: the provider does not take it.
    pub fn pay(&self, provider: &'static str, order_no: &str) -> Option<String> {
        self.state().pay(provider, order_no)
    }

    pub fn set(&self, provider: &'static str, order_no: &str, trade: Trade) {
        self.state().trades.insert((provider, order_no.to_owned()), trade);
    }

    pub fn trade(&self, provider: &'static str, order_no: &str) -> Option<Trade> {
        self.state().trades.get(&(provider, order_no.to_owned())).cloned()
    }

    /// The next `query` or `close` waits at the provider's door: one end tells that it came, the other
    /// lets it in.
    pub fn hold_next(&self, what: &'static str) -> (Receiver<()>, Sender<()>) {
        let ((came, reached), (go_on, may)) = (channel(), channel());
        self.state().held = Some((what, came, may));
        (reached, go_on)
    }

    pub fn misbehave(&self, provider: &'static str, fault: Option<Fault>) {
        self.state().misbehave(provider, "query", fault);
        self.state().misbehave(provider, "close", fault);
    }

    pub fn misbehave_at_close(&self, provider: &'static str, fault: Option<Fault>) {
        self.state().misbehave(provider, "close", fault);
    }

    /// How often the providers were asked about an order, closing included.
    pub fn asked_about(&self, order_no: &str) -> usize {
        self.state().asked_about.get(order_no).copied().unwrap_or(0)
    }

    pub fn buyer_pays_before_close(&self, pays: bool) {
        self.state().pays_before_close = pays;
    }

    /// What was asked: provider and `query` or `close`.
    pub fn asked(&self) -> Vec<(&'static str, &'static str)> {
        self.state().asked.clone()
    }

    pub fn forget_asked(&self) {
        self.state().asked.clear();
    }

    /// The provider's genuine notification of a payment arrives; gives what it came to.
    pub fn notify(&self, provider: &str, order_no: &str, trade_no: &str) -> &'static str {
        let app = self.app();
        let answer = match provider {
            ALIPAY => {
                app.pay_notify(ALIPAY, &Notice::paid(order_no, trade_no, "50.00").body(), &[])
            }
            _ => {
                let message = Message::payment(public_key(), &paid(order_no, trade_no, 5000));
                app.pay_notify(WECHAT, message.body.as_bytes(), &message.headers)
            }
        };
        assert_eq!(answer.status, 200, "{}", answer.outcome);
        answer.outcome
    }
}

impl State {
    fn misbehave(&mut self, provider: &'static str, what: &'static str, fault: Option<Fault>) {
        match fault {
            Some(fault) => self.faults.insert((provider, what), fault),
            None => self.faults.remove(&(provider, what)),
        };
    }

    /// Notes the question; gives how it is to be answered.
    fn ask(&mut self, provider: &'static str, what: &'static str, order_no: &str) -> Option<Fault> {
        self.asked.push((provider, what));
        *self.asked_about.entry(order_no.to_owned()).or_default() += 1;
        self.faults.get(&(provider, what)).copied()
    }

    fn pay(&mut self, provider: &'static str, order_no: &str) -> Option<String> {
        let trade = self.trades.get_mut(&(provider, order_no.to_owned()))?;
        if *trade != Trade::Waiting {
            return None;
        }
        self.payments += 1;
        let trade_no = format!("{provider}{}", self.payments);
        *trade = Trade::Paid { trade_no: trade_no.clone(), fen: 5000 };
        Some(trade_no)
    }

    fn close(&mut self, provider: &'static str, order_no: &str) -> Closing {
        if self.pays_before_close {
            self.pay(provider, order_no);
        }
        match self.trades.get_mut(&(provider, order_no.to_owned())) {
            None => Closing::NotThere,
            Some(trade @ Trade::Waiting) => {
                *trade = Trade::Closed;
                Closing::Done
            }
            Some(Trade::Paid { .. }) => Closing::WasPaid,
            Some(Trade::Closed) => Closing::WasClosed,
        }
    }
}

enum Closing {
    Done,
    NotThere,
    WasPaid,
    WasClosed,
}

pub fn paid(order_no: &str, trade_no: &str, fen: u32) -> Value {
    let mut said = transaction();
    said["out_trade_no"] = json!(order_no);
    said["transaction_id"] = json!(trade_no);
    said["amount"]["total"] = json!(fen);
    said
}

fn yuan(fen: u32) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

impl Providers {
    fn wait_at_the_door(&self, what: &str) {
        let held = self.0.lock().unwrap().held.take_if(|held| held.0 == what);
        if let Some((_, came, may)) = held {
            came.send(()).unwrap();
            may.recv().unwrap();
        }
    }

    fn alipay(&self, received: &Received) -> Answer {
        let query = received.path.split_once('?').map_or("", |(_, query)| query);
        let fields: HashMap<String, String> =
            form_urlencoded::parse(format!("{query}&{}", received.body).as_bytes())
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect();
        assert!(is_signed_by_merchant(&fields), "{fields:?}");
        assert_eq!(fields["app_id"], alipay::APP_ID);
        let content: Value = serde_json::from_str(&fields["biz_content"]).unwrap();
        let order_no = content["out_trade_no"].as_str().unwrap().to_owned();
        let what = match fields["method"].as_str() {
            "alipay.trade.query" => "query",
            "alipay.trade.close" => "close",
            other => panic!("{other}"),
        };
        self.wait_at_the_door(what);
        let (node, fault) = {
            let mut state = self.0.lock().unwrap();
            let fault = state.ask(ALIPAY, what, &order_no);
            (alipay_node(&mut state, what, &order_no, fault), fault)
        };
        let name = format!("{}_response", fields["method"].replace('.', "_"));
        let node = node.to_string();
        let body = match fault {
            Some(Fault::Down | Fault::Mute) => return bare(500, String::new()),
            Some(Fault::Unsigned) => format!("{{\"{name}\":{node}}}"),
            _ => format!("{{\"{name}\":{node},\"sign\":\"{}\"}}", sign(node.as_bytes())),
        };
        bare(200, body)
    }

    fn wechat(&self, received: &Received) -> Answer {
        assert!(received.is_authorized(), "{received:?}");
        let path = received.path.split('?').next().unwrap();
        if path == "/v3/pay/transactions/native" {
            let order: Value = serde_json::from_str(&received.body).unwrap();
            let order_no = order["out_trade_no"].as_str().unwrap().to_owned();
            let mut state = self.0.lock().unwrap();
            state.trades.entry((WECHAT, order_no)).or_insert(Trade::Waiting);
            let code = json!({"code_url": "weixin://wxpay/bizpayurl?pr=x"}).to_string();
            return (200, Message::signed(public_key(), code));
        }
        let rest = path.strip_prefix("/v3/pay/transactions/out-trade-no/").unwrap();
        let (order_no, what) = match rest.strip_suffix("/close") {
            Some(order_no) => (order_no, "close"),
            None => (rest, "query"),
        };
        self.wait_at_the_door(what);
        let (answer, fault) = {
            let mut state = self.0.lock().unwrap();
            let fault = state.ask(WECHAT, what, order_no);
            (wechat_said(&mut state, what, order_no, fault), fault)
        };
        match (fault, answer) {
            (Some(Fault::Down | Fault::Mute), _) => bare(500, String::new()),
            (Some(Fault::Unsigned), (status, body)) if status < 300 => bare(status, body),
            (_, (status, body)) if status < 300 => (status, Message::signed(public_key(), body)),
            (_, (status, body)) => bare(status, body),
        }
    }
}

fn bare(status: u16, body: String) -> Answer {
    (status, Message { headers: vec![], body })
}

fn alipay_node(state: &mut State, what: &str, order_no: &str, fault: Option<Fault>) -> Value {
    let refused = |sub_code: &str| json!({"code": "40004", "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "x"});
    match fault {
        Some(Fault::TooOften) => return refused("ACQ.SYSTEM_ERROR"),
        Some(Fault::Down) => return Value::Null,
        Some(Fault::Paying) if what == "close" => return refused("ACQ.SYSTEM_ERROR"),
        _ => {}
    }
    let said = if fault == Some(Fault::OtherOrder) { "CH0000OTHER" } else { order_no };
    if what == "close" {
        return match state.close(ALIPAY, order_no) {
            Closing::Done => json!({"code": "10000", "msg": "Success", "out_trade_no": said}),
            Closing::NotThere => refused("ACQ.TRADE_NOT_EXIST"),
            Closing::WasPaid | Closing::WasClosed => refused("ACQ.REASON_TRADE_STATUS_INVALID"),
        };
    }
    let node = |status: &str, trade_no: &str, fen: u32| {
        json!({"code": "10000", "msg": "Success", "out_trade_no": said, "trade_no": trade_no,
            "trade_status": status, "total_amount": yuan(fen)})
    };
    match state.trades.get(&(ALIPAY, order_no.to_owned())) {
        None => refused("ACQ.TRADE_NOT_EXIST"),
        Some(Trade::Waiting) => node("WAIT_BUYER_PAY", "2026", 5000),
        Some(Trade::Closed) => node("TRADE_CLOSED", "2026", 5000),
        Some(Trade::Paid { trade_no, fen }) => node("TRADE_SUCCESS", trade_no, *fen),
    }
}

fn wechat_said(
    state: &mut State,
    what: &str,
    order_no: &str,
    fault: Option<Fault>,
) -> (u16, String) {
    let refused =
        |status: u16, code: &str| (status, json!({"code": code, "message": "x"}).to_string());
    match fault {
        Some(Fault::TooOften) => return refused(429, "FREQUENCY_LIMITED"),
        Some(Fault::Down) => return (500, String::new()),
        Some(Fault::Paying) if what == "close" => return refused(202, "USERPAYING"),
        _ => {}
    }
    if what == "close" {
        return match state.close(WECHAT, order_no) {
            Closing::Done => (204, String::new()),
            Closing::NotThere => refused(404, "ORDER_NOT_EXIST"),
            Closing::WasPaid => refused(400, "ORDERPAID"),
            Closing::WasClosed => refused(400, "ORDER_CLOSED"),
        };
    }
    let said = if fault == Some(Fault::OtherOrder) { "CH0000OTHER" } else { order_no };
    let waiting = |state: &str| json!({"appid": APP_ID, "mchid": MCH_ID, "out_trade_no": said, "trade_state": state});
    let body = match state.trades.get(&(WECHAT, order_no.to_owned())) {
        None => return refused(404, "ORDER_NOT_EXIST"),
        Some(Trade::Waiting) => waiting("NOTPAY"),
        Some(Trade::Closed) => waiting("CLOSED"),
        Some(Trade::Paid { trade_no, fen }) => paid(said, trade_no, *fen),
    };
    (200, body.to_string())
}
