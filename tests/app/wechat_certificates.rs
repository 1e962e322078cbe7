//! Platform certificates: one fetch for all processes, kept for all of them.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use chathub_core::app::{App, Ini};

use crate::support::{
    at_once,
    seed::Tenant,
    service::Service,
    site::Site,
    wechat::{
        API_V3_KEY, APP_ID, MCH_ID, Message, Signatory, certificate_list, merchant, next_platform,
        platform, serve, stranger,
    },
};
use crate::wechat::{CODE_URL, paid};

/// A site that knows platform certificates only, and a WeChat Pay that can change them.
struct Shop {
    site: Site,
    base: String,
    fetches: Arc<AtomicUsize>,
    /// All certificates, the signing one first.
    listed: Arc<Mutex<Vec<&'static Signatory>>>,
}

impl Shop {
    fn new() -> Self {
        let fetches: Arc<AtomicUsize> = Arc::default();
        let listed = Arc::new(Mutex::new(vec![platform()]));
        let (count, list) = (fetches.clone(), listed.clone());
        let base = serve(move |received| {
            assert!(received.is_authorized());
            let listed = list.lock().unwrap().clone();
            let body = if received.path == "/v3/certificates" {
                count.fetch_add(1, Ordering::SeqCst);
                certificate_list(&listed)
            } else {
                format!("{{\"code_url\":\"{CODE_URL}\"}}")
            };
            (200, Message::signed(listed[0], body))
        });
        let site = Site::new(&Service::absent()).configured(&[
            ("wechat_enabled", "1"),
            ("wechat_sandbox", "0"),
            ("wechat_app_id", APP_ID),
            ("wechat_mch_id", MCH_ID),
            ("wechat_api_v3_key", API_V3_KEY),
            ("wechat_cert_path", &merchant().certificate),
            ("wechat_key_path", &merchant().private_pem()),
            ("public_base_url", "https://www.example.com"),
        ]);
        let tenant = site.tenant(&Tenant::default());
        for number in 0..64 {
            site.order(tenant, &order(number), "pending");
        }
        Self { site, base, fetches, listed }
    }

    fn app(&self) -> App {
        let ini = Ini { wechat_base: self.base.clone(), ..Ini::default() };
        self.site.app_with(self.site.settings(), ini)
    }

    fn notify(&self, number: usize, by: &Signatory) -> (u16, &'static str) {
        let message = Message::payment(by, &paid(&order(number), &format!("W{number}"), 5000));
        let answer = self.app().pay_notify("wechat", message.body.as_bytes(), &message.headers);
        (answer.status, answer.outcome)
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

fn order(number: usize) -> String {
    format!("CH2026{number:04}")
}

const CREDITED: (u16, &str) = (200, "credited");
const UNKNOWN: (u16, &str) = (400, "wechat_unknown_serial");

#[test]
fn one_fetch_for_all_and_every_refusal_is_sent_again() {
    let shop = Shop::new();
    let first = at_once(16, |number| shop.notify(number, platform()));
    assert_eq!(shop.fetches(), 1);
    assert!(first.iter().all(|a| [CREDITED, UNKNOWN].contains(a)), "{first:?}");
    assert!(first.contains(&CREDITED));
    // WeChat Pay sends again what was not acknowledged.
    for (number, answer) in first.iter().enumerate() {
        if *answer == UNKNOWN {
            assert_eq!(shop.notify(number, platform()), CREDITED);
        }
    }
    assert_eq!(shop.fetches(), 1);
    assert_eq!(shop.site.count("#payment WHERE outcome = 'credited'"), 16);
}

#[test]
fn requests_of_our_own_wait_for_the_one_fetch() {
    let shop = Shop::new();
    let codes = at_once(8, |number| shop.app().pay_wechat(1, &order(number)).unwrap().code_url);
    assert!(codes.iter().all(|code| code == CODE_URL));
    assert_eq!(shop.fetches(), 1);
}

#[test]
fn rotation() {
    let shop = Shop::new();
    assert_eq!(shop.notify(0, platform()), CREDITED);
    // The next one signs, and the one before is still on its way.
    *shop.listed.lock().unwrap() = vec![next_platform(), platform()];
    assert_eq!(shop.notify(1, next_platform()), UNKNOWN, "within the same interval");
    shop.site.exec("DELETE FROM #throttle");
    let answers = at_once(16, |number| {
        let by = if number % 2 == 0 { platform() } else { next_platform() };
        shop.notify(2 + number, by)
    });
    assert_eq!(shop.fetches(), 2);
    assert!(answers.iter().step_by(2).all(|a| *a == CREDITED), "the known one never waits");
    assert!(answers.iter().all(|a| [CREDITED, UNKNOWN].contains(a)), "{answers:?}");
    assert_eq!(shop.notify(1, next_platform()), CREDITED);
    assert_eq!(shop.site.count("#certificate"), 2);
}

/// Anybody can send a serial that nobody has.
#[test]
fn unknown_serials_cannot_make_us_ask_again_and_again() {
    let shop = Shop::new();
    assert_eq!(shop.notify(0, platform()), CREDITED);
    for number in 1..20 {
        assert_eq!(shop.notify(number, stranger()), UNKNOWN);
    }
    assert_eq!(shop.fetches(), 1);
    shop.site.exec("DELETE FROM #throttle");
    at_once(16, |number| assert_eq!(shop.notify(number + 1, stranger()), UNKNOWN));
    assert_eq!(shop.fetches(), 2);
    // What no certificate is called is not worth a question.
    shop.site.exec("DELETE FROM #throttle");
    for serial in ["abcdef0123456789", "123", "XYZ0123456789", "PUB_KEY_ID_01"] {
        let message = Message::payment(platform(), &paid(&order(30), "W30", 5000))
            .with("Wechatpay-Serial", Some(serial));
        let body = message.body.as_bytes();
        let answer = shop.app().pay_notify("wechat", body, &message.headers);
        assert_eq!((answer.status, answer.outcome), UNKNOWN);
    }
    assert_eq!(shop.fetches(), 2);
}

#[test]
fn kept_ones_are_fetched_again_in_time_and_expired_ones_count_no_more() {
    let shop = Shop::new();
    assert_eq!(shop.notify(0, platform()), CREDITED);
    shop.site.exec("DELETE FROM #throttle");
    shop.app().nudge().unwrap();
    assert_eq!(shop.fetches(), 1, "fresh");
    shop.site.exec("UPDATE #certificate SET fetched_at = fetched_at - 43201");
    *shop.listed.lock().unwrap() = vec![platform(), next_platform()];
    at_once(4, |_| shop.app().nudge().unwrap());
    assert_eq!(shop.fetches(), 2);
    assert_eq!(shop.notify(1, next_platform()), CREDITED, "known before it is needed");
    *shop.listed.lock().unwrap() = vec![next_platform()];
    shop.site.exec(&format!(
        "UPDATE #certificate SET expires_at = UNIX_TIMESTAMP() WHERE serial = '{}'",
        platform().serial
    ));
    assert_eq!(shop.notify(2, platform()), UNKNOWN);
    shop.site.exec("DELETE FROM #throttle");
    assert_eq!(shop.notify(2, platform()), UNKNOWN, "asked, and it is not in the list");
    assert_eq!((shop.fetches(), shop.site.count("#certificate")), (3, 1));
}
