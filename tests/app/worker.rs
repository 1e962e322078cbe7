//! The worker's loop, with a boss that plays the terminal.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use chathub_core::app::{
    Config,
    worker::{self, Boss, News, Options, Totals},
};

use crate::support::{
    eventually,
    market::{ALIPAY, Market, WECHAT},
    seed::Tenant,
    service::{Reply, Service},
    site::Site,
};

/// Hears everything, and orders to stop when it is told to.
#[derive(Clone, Default)]
struct Terminal {
    news: Arc<Mutex<Vec<News>>>,
    stop: Arc<AtomicBool>,
    /// Replaces the configuration from the next question on.
    config: Arc<Mutex<Option<Config>>>,
    dismissed: Arc<AtomicBool>,
}

impl Terminal {
    fn steps(&self, what: &str) -> Vec<(String, bool)> {
        let news = self.news.lock().unwrap();
        let steps = news.iter().filter_map(|one| match one {
            News::Step { what: kind, subject, ok, .. } if *kind == what => {
                Some((subject.clone(), *ok))
            }
            _ => None,
        });
        steps.collect()
    }

    fn troubles(&self) -> usize {
        let news = self.news.lock().unwrap();
        news.iter().filter(|one| matches!(one, News::Trouble(_))).count()
    }
}

struct Playing {
    terminal: Terminal,
    config: Config,
}

impl Boss for Playing {
    fn hear(&mut self, news: &News) {
        self.terminal.news.lock().unwrap().push(news.clone());
    }

    fn config(&mut self) -> Option<Config> {
        if self.terminal.dismissed.load(Ordering::Relaxed) {
            return None;
        }
        if let Some(config) = self.terminal.config.lock().unwrap().take() {
            self.config = config;
        }
        Some(self.config.clone())
    }

    fn stops(&self) -> bool {
        self.terminal.stop.load(Ordering::Relaxed)
    }
}

fn work(site: &Site, options: Options, terminal: &Terminal) -> Totals {
    let mut boss = Playing { terminal: terminal.clone(), config: site.config() };
    worker::run(&site.database(), site.config(), options, &mut boss).unwrap()
}

const ONCE: Options = Options { once: true, seconds: None, concurrency: 8 };
const ON: Options = Options { once: false, seconds: None, concurrency: 8 };

fn owed(site: &Site, tenants: usize) {
    let waiting = Tenant { status: "pending", provisioned: false, ..Tenant::default() };
    for _ in 0..tenants {
        let id = site.tenant(&waiting);
        site.job(id, "provision");
    }
}

#[test]
fn once_does_all_that_is_due_and_ends() {
    let service = Service::willing();
    let site = Site::new(&service.url).configured(&[("provision_inline_limit", "1")]);
    owed(&site, 30);
    let expiring = site.tenant(&Tenant { expires_in: Some(2), ..Tenant::default() });
    let terminal = Terminal::default();
    let totals = work(&site, ONCE, &terminal);
    // And of each a letter, which is skipped: there is no mail server.
    assert_eq!(totals, Totals { done: 62, failed: 0, in_flight: 0 });
    assert_eq!(terminal.steps("provision").len(), 30);
    assert_eq!(terminal.steps("mail").len(), 31);
    assert_eq!(terminal.steps("notice"), [(expiring.to_string(), true)]);
    assert_eq!(site.count("#tenant WHERE status = 'active'"), 31);
    assert_eq!((service.asked().len(), service.most_in_flight().0), (30, 1));
    let beat =
        site.row("SELECT concurrency, in_flight, done, failed, stopped_at IS NULL FROM #worker");
    assert_eq!(beat, "8|0|62|0|0");
}

#[test]
fn what_fails_is_left_for_later_and_once_still_ends() {
    let service = Service::start(|_, _| Reply::refused());
    let site = Site::new(&service.url);
    owed(&site, 5);
    let totals = work(&site, ONCE, &Terminal::default());
    assert_eq!((totals.done, totals.failed), (0, 5));
    assert_eq!(service.asked().len(), 5, "each once");
    assert_eq!(site.count("#job WHERE state = 'open' AND next_at > UNIX_TIMESTAMP()"), 5);
}

#[test]
fn eight_at_once_and_no_more() {
    let service = Service::start(|n, _| {
        crate::support::service::made(100 + i32::try_from(n).unwrap()).held()
    });
    let site = Site::new(&service.url);
    owed(&site, 20);
    let terminal = Terminal::default();
    thread::scope(|scope| {
        scope.spawn(|| work(&site, ON, &terminal));
        service.wait_for_held(8);
        assert_eq!(site.count("#job WHERE lease_owner LIKE 'worker-%'"), 8);
        service.let_go();
        eventually("all done", || (site.count("#job WHERE state = 'done'") == 20).then_some(()));
        terminal.stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(service.most_in_flight(), (1, 8));
    assert_eq!(site.count("#tenant WHERE status = 'active'"), 20);
}

#[test]
fn pages_have_their_own_limit_beside_a_busy_worker() {
    let service = Service::start(|n, _| {
        crate::support::service::made(100 + i32::try_from(n).unwrap()).held()
    });
    let site = Site::new(&service.url).configured(&[("provision_inline_limit", "1")]);
    owed(&site, 3);
    let terminal = Terminal::default();
    thread::scope(|scope| {
        scope.spawn(|| work(&site, ON, &terminal));
        service.wait_for_held(3);
        owed(&site, 1);
        terminal.stop.store(true, Ordering::Relaxed);
        scope.spawn(|| site.app().work_tenant(4).unwrap());
        service.wait_for_held(4);
        service.let_go();
    });
    assert_eq!(site.count("#job WHERE state = 'done'"), 4);
}

#[test]
fn told_to_stop_it_takes_up_nothing_and_stores_what_runs() {
    let service = Service::start(|n, _| {
        crate::support::service::made(100 + i32::try_from(n).unwrap()).held()
    });
    let site = Site::new(&service.url);
    owed(&site, 20);
    let terminal = Terminal::default();
    thread::scope(|scope| {
        let worker = scope.spawn(|| work(&site, ON, &terminal));
        service.wait_for_held(8);
        terminal.stop.store(true, Ordering::Relaxed);
        eventually("it says so", || {
            let news = terminal.news.lock().unwrap();
            news.iter().any(|one| matches!(one, News::Stopping)).then_some(())
        });
        service.let_go();
        assert_eq!(worker.join().unwrap(), Totals { done: 8, failed: 0, in_flight: 0 });
    });
    assert_eq!(service.asked().len(), 8);
    assert_eq!(site.count("#job WHERE state = 'done'"), 8);
    assert_eq!(site.count("#job WHERE state = 'open' AND lease_owner IS NULL"), 12);
    assert_eq!(site.count("#worker WHERE stopped_at IS NOT NULL"), 1);
}

#[test]
fn four_workers_share_and_do_nothing_twice() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    owed(&site, 80);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| work(&site, ONCE, &Terminal::default()));
        }
    });
    assert_eq!((service.asked().len(), service.most_in_flight().0), (80, 1));
    assert_eq!(site.count("#tenant WHERE status = 'active'"), 80);
    assert_eq!(site.count("#worker"), 4);
    // A letter about each.
    assert_eq!(site.number("SELECT SUM(done) FROM #worker"), 160);
}

#[test]
fn a_database_that_is_away_is_waited_for() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    owed(&site, 3);
    site.exec("RENAME TABLE #job TO #away");
    let terminal = Terminal::default();
    thread::scope(|scope| {
        scope.spawn(|| work(&site, ON, &terminal));
        eventually("trouble is told", || (terminal.troubles() > 1).then_some(()));
        site.exec("RENAME TABLE #away TO #job");
        eventually("it goes on", || (site.count("#job WHERE state = 'done'") == 3).then_some(()));
        terminal.stop.store(true, Ordering::Relaxed);
    });
    assert!(terminal.troubles() < 20, "it does not hammer: {}", terminal.troubles());
}

#[test]
fn configuration_saved_meanwhile_is_used_and_dismissal_ends_it() {
    let service = Service::willing();
    let site = Site::new("ftp://unusable");
    owed(&site, 1);
    let terminal = Terminal::default();
    thread::scope(|scope| {
        let worker = scope.spawn(|| work(&site, ON, &terminal));
        eventually("the first configuration is no use", || {
            terminal.steps("provision").first().map(|(_, ok)| assert!(!ok))
        });
        let better = site.config_with(&[("provision_server_url", &service.url)]);
        *terminal.config.lock().unwrap() = Some(better);
        eventually("with the new one", || {
            // It was put off because it could not even be begun.
            site.time_passes();
            thread::sleep(Duration::from_millis(20));
            (site.count("#job WHERE state = 'done'") == 1).then_some(())
        });
        terminal.dismissed.store(true, Ordering::Relaxed);
        worker.join().unwrap();
    });
    assert_eq!(site.count("#worker WHERE stopped_at IS NOT NULL"), 1);
}

#[test]
fn its_time_is_over() {
    let site = Site::new(&Service::absent());
    let options = Options { seconds: Some(1), ..ON };
    assert_eq!(work(&site, options, &Terminal::default()), Totals::default());
}

#[test]
fn where_a_worker_lives_pages_leave_the_work_to_it() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    owed(&site, 2);
    let beats = |age: u32, stopped: &str| {
        site.exec(&format!(
            "REPLACE INTO #worker (name, version, concurrency, started_at, beat_at, stopped_at) \
             VALUES ('w', '2.0.0', 8, 0, UNIX_TIMESTAMP() - {age}, {stopped})"
        ));
    };
    beats(5, "NULL");
    site.app().nudge().unwrap();
    assert_eq!(service.asked().len(), 0);
    beats(90, "NULL");
    site.app().nudge().unwrap();
    assert_eq!(service.asked().len(), 1, "it is not heard of any more");
    site.exec("DELETE FROM #throttle");
    beats(5, "UNIX_TIMESTAMP()");
    site.app().nudge().unwrap();
    assert_eq!(service.asked().len(), 2, "it ended");
}

#[test]
fn without_a_worker_pages_do_what_the_calendar_asks_for() {
    let site = Site::new(&Service::absent());
    site.tenant(&Tenant { expires_in: Some(2), ..Tenant::default() });
    let stuck = Tenant { status: "provisioning", provisioned: false, ..Tenant::default() };
    site.tenant(&stuck);
    site.exec("UPDATE #tenant SET updatetime = 1");
    for _ in 0..3 {
        site.app().nudge().unwrap();
    }
    assert_eq!(site.rows("SELECT kind FROM #mail"), ["expiry"]);
    assert_eq!(site.rows("SELECT kind FROM #job"), ["provision"]);
}

#[test]
fn two_workers_find_what_no_notification_told() {
    const ORDERS: usize = 60;
    let service = Service::willing();
    let market = Market::new().configured(&[("provision_server_url", &service.url)]);
    let site = &market.site;
    let waiting = Tenant { status: "pending", provisioned: false, ..Tenant::default() };
    for number in 0..ORDERS {
        let order_no = format!("CH202601010000{number:04}");
        let tenant = site.tenant(&waiting);
        site.order(tenant, &order_no, "pending");
        let provider = if number % 2 == 0 { ALIPAY } else { WECHAT };
        match provider {
            ALIPAY => drop(market.app().pay_alipay(1, &order_no, "Mozilla/5.0").unwrap()),
            _ => drop(market.app().pay_wechat(1, &order_no).unwrap()),
        }
        market.open(provider, &order_no);
        market.pay(provider, &order_no).unwrap();
    }
    site.exec("UPDATE #order SET query_at = UNIX_TIMESTAMP()");
    let terminal = Terminal::default();
    let config = market.config();
    let work = || {
        let mut boss = Playing { terminal: terminal.clone(), config: config.clone() };
        worker::run(&site.database(), config.clone(), ONCE, &mut boss).unwrap();
    };
    thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    // Crediting makes work for the other lane, which may have ended before.
    work();
    assert_eq!(terminal.steps("order").len(), ORDERS);
    assert_eq!(site.count("#order WHERE status = 'paid'"), 60);
    assert_eq!(site.count("#payment WHERE outcome = 'credited' AND source = 'query'"), 60);
    assert_eq!(site.count("#tenant WHERE status = 'active'"), 60);
    assert_eq!((service.asked().len(), service.most_in_flight().0), (ORDERS, 1));
}
