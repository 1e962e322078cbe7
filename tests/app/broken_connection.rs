//! Connections that die, and transactions that lose.

use chathub_core::{Kind, store::log};
use mysql::{Conn, prelude::Queryable};

use crate::support::{
    alipay::Notice,
    eventually,
    seed::Tenant,
    service::Service,
    site::{PERIOD, Site},
};

fn site() -> (Site, u32) {
    let site = Site::new(&Service::absent());
    let id = site.tenant(&Tenant::default());
    site.order(id, "CH1", "pending");
    (site, id)
}

/// The number of the only connection that is not the test's own.
fn connection(site: &Site) -> u32 {
    let connections = site.connections();
    assert_eq!(connections.len(), 1, "{connections:?}");
    connections[0].0
}

/// A session that holds the tenant's row, and so stops whoever comes with the order locked.
fn holding_the_tenant(site: &Site) -> Conn {
    let mut session = site.session();
    session.query_drop("START TRANSACTION").unwrap();
    session.query_drop("SELECT * FROM fa_chathub_tenant FOR UPDATE").unwrap();
    session
}

/// Waits until somebody waits for the tenant's row; gives the connection's number. The holder's
/// own statement may still be shown for a moment.
fn waiting_for_the_tenant(site: &Site, holder: u32) -> u32 {
    eventually("a transaction that waits for the tenant", || {
        let waits = |sql: &String| sql.contains("chathub_tenant") && sql.contains("FOR UPDATE");
        let mut others = site.connections().into_iter().filter(|(id, _)| *id != holder);
        others.find(|(_, sql)| waits(sql)).map(|(id, _)| id)
    })
}

#[test]
fn one_connection_is_kept_over_requests() {
    let (site, id) = site();
    site.app().renew(1, id).unwrap();
    let kept = connection(&site);
    site.app().status(1).unwrap();
    site.notify(&Notice::paid("CH1", "T1", "50.00"));
    assert!(site.app().renew(99, id).is_err(), "an error of ours is no reason to reconnect");
    assert!(site.app().login("a@b.cn", "x", "1.2.3.4").is_err());
    assert_eq!(connection(&site), kept);
}

#[test]
fn killed_between_requests_is_replaced_unnoticed() {
    let (site, id) = site();
    type Use = fn(&Site, u32);
    let uses: [Use; 5] = [
        |site, _| drop(site.app().status(1).unwrap()),
        |site, id| drop(site.app().renew(1, id).unwrap()),
        |site, _| assert_eq!(site.notify(&Notice::paid("CH1", "T1", "50.00")).body, "success"),
        |site, id| {
            site.app().work_tenant(id).unwrap();
        },
        |site, _| site.app().nudge().unwrap(),
    ];
    site.app().status(1).unwrap();
    for request in uses {
        let before = connection(&site);
        site.exec(&format!("KILL {before}"));
        // The server lets go of it in its own time; either way the request succeeds.
        request(&site, id);
        eventually("a new connection alone", || {
            matches!(site.connections().as_slice(), [(new, _)] if *new != before).then_some(())
        });
    }
    assert_eq!(site.count("#payment"), 1);
}

#[test]
fn killed_in_the_middle_of_a_transaction_nothing_is_half_written() {
    let (site, id) = site();
    let before = site.dump();
    let mut session = holding_the_tenant(&site);
    let holder = session.connection_id();
    std::thread::scope(|scope| {
        let notified = scope.spawn(|| {
            let answer = site.notify(&Notice::paid("CH1", "T1", "50.00"));
            (answer.status, answer.body, answer.outcome, answer.tenant_id)
        });
        site.exec(&format!("KILL {}", waiting_for_the_tenant(&site, holder)));
        assert_eq!(notified.join().unwrap(), (500, "fail", "storage", None));
    });
    session.query_drop("ROLLBACK").unwrap();
    // Apart from the line that says so.
    assert_eq!(site.row("SELECT action, status FROM #log"), "pay_notify_alipay|failed");
    site.exec("DELETE FROM #log");
    site.exec("DELETE FROM #throttle");
    assert_eq!(site.dump(), before);
    // Alipay sends it again.
    let end = site.expire_at(id);
    assert_eq!(site.notify(&Notice::paid("CH1", "T1", "50.00")).outcome, "credited");
    assert_eq!(site.expire_at(id), end + PERIOD);
}

#[test]
fn a_transaction_that_began_is_not_repeated_on_a_new_connection() {
    let (site, id) = site();
    let mut session = holding_the_tenant(&site);
    let holder = session.connection_id();
    std::thread::scope(|scope| {
        let renewed = scope.spawn(|| {
            let error = site.app().renew(1, id).err().unwrap();
            // The same thread goes on as if nothing had been.
            assert_eq!(site.app().status(1).unwrap().tenants.len(), 1);
            error
        });
        site.exec(&format!("KILL {}", waiting_for_the_tenant(&site, holder)));
        assert_eq!(renewed.join().unwrap().kind(), Kind::Storage);
    });
    session.query_drop("ROLLBACK").unwrap();
    assert_eq!(site.count("#order"), 1);
}

#[test]
fn a_deadlock_is_tried_again() {
    let (site, id) = site();
    let before = site.expire_at(id);
    let mut session = holding_the_tenant(&site);
    let holder = session.connection_id();
    // InnoDB gives up the transaction that has changed less; this one has changed a lot.
    session
        .query_drop(
            "INSERT INTO fa_chathub_gateway_log (tenant_id, channel, status) \
             SELECT 1, 'jd', 'success' FROM information_schema.COLUMNS LIMIT 500",
        )
        .unwrap();
    std::thread::scope(|scope| {
        let notified = scope.spawn(|| site.notify(&Notice::paid("CH1", "T1", "50.00")).outcome);
        waiting_for_the_tenant(&site, holder);
        // The order's row is the other's: to have it while holding the tenant's is to have won.
        session
            .query_drop("SELECT * FROM fa_chathub_order WHERE order_no = 'CH1' FOR UPDATE")
            .unwrap();
        session.query_drop("ROLLBACK").unwrap();
        assert_eq!(notified.join().unwrap(), "credited");
    });
    assert_eq!(site.expire_at(id), before + PERIOD);
    assert_eq!((site.count("#payment"), site.count("#log")), (1, 1));
}

#[test]
fn a_transaction_that_fails_leaves_nothing_behind() {
    let (site, _) = site();
    let database = site.database();
    let failed = database.transaction(|db| {
        let entry =
            log::Entry { tenant_id: 1, action: "a", detail: "", success: true, operator: "x" };
        log::insert(db, &entry, 1)?;
        // Strict, whatever the server's default: too long is an error, not a cut.
        log::insert(db, &log::Entry { action: &"x".repeat(51), ..entry }, 1)
    });
    assert_eq!(failed.unwrap_err().kind(), Kind::Storage);
    assert_eq!(site.count("#log"), 0);
    database.read(|db| db.now()).unwrap();
    assert_eq!(site.count("#log"), 0);
}

#[test]
fn a_server_that_is_not_there_is_a_clear_error() {
    let site = Site::new(&Service::absent());
    let mut settings = site.settings();
    let port = Service::absent().rsplit(':').next().unwrap().parse().unwrap();
    settings.port = port;
    let app = site.app_on(settings.clone());
    let error = app.renew(1, 1).err().unwrap();
    assert_eq!(error.kind(), Kind::Storage);
    assert!(error.to_string().starts_with("cannot connect to the database"), "{error}");
    let answer = app.pay_notify("alipay", &Notice::paid("CH1", "T1", "50.00").body(), &[]);
    assert_eq!((answer.status, answer.body), (500, "fail"));
    // And the thread's next site is not harmed.
    assert!(site.app().status(1).is_ok());
}
