//! How the server is found, and which tables are meant.

use chathub_core::{Kind, app::App, store::Settings};

use crate::support::{
    alipay::Notice,
    seed::Tenant,
    service::Service,
    site::{Site, form, server},
};

fn reaches(site: &Site, change: impl FnOnce(&mut Settings)) -> bool {
    let mut settings = site.settings();
    change(&mut settings);
    let result = site.app_on(settings).status(1);
    if let Err(error) = &result {
        assert_eq!(error.kind(), Kind::Storage);
    }
    result.is_ok()
}

#[test]
fn the_rules_of_hosts() {
    let site = Site::new(&Service::absent());
    let socket = server()["socket"].as_str().unwrap().to_owned();
    let no_port = 1;
    assert!(reaches(&site, |s| s.hostname = "127.0.0.1".into()));
    // Several hosts: the first is the master.
    assert!(reaches(&site, |s| s.hostname = "127.0.0.1,192.0.2.1".into()));
    assert!(reaches(&site, |s| s.hostname = " 127.0.0.1 , 192.0.2.1".into()));
    // A socket goes before everything else, as for PDO.
    assert!(reaches(&site, |s| {
        (s.hostname, s.port) = ("localhost".into(), no_port);
        s.socket = Some(socket.clone());
    }));
    assert!(reaches(&site, |s| {
        (s.hostname, s.port) = (String::new(), no_port);
        s.socket = Some(socket.clone());
    }));
    assert!(reaches(&site, |s| s.socket = Some(String::new())));
    // `localhost` is the default socket and never TCP: this server does not listen there.
    assert!(!reaches(&site, |s| s.hostname = "localhost".into()));
    assert!(!reaches(&site, |s| s.hostname = "localhost,127.0.0.1".into()));
    assert!(!reaches(&site, |s| s.socket = Some("/nonexistent/mysqld.sock".into())));
    assert!(!reaches(&site, |s| s.port = no_port));
    assert!(!reaches(&site, |s| s.password = "wrong".into()));
    assert!(!reaches(&site, |s| s.database = "chathub_test_absent".into()));
}

fn whole_way(app: &App, site: &Site) {
    app.migrate().unwrap();
    let made = app.register(&form("a@acme.cn"), "203.0.113.7", None).unwrap();
    let password = made.initial_password.unwrap();
    assert_eq!(app.login("a@acme.cn", password.reveal(), "203.0.113.7").unwrap().id, made.user_id);
    let order = app.renew(made.user_id, made.tenant_id).unwrap().order.row.order_no;
    assert!(app.pay_alipay(made.user_id, &order, "Mozilla").unwrap().contains("out_trade_no"));
    assert_eq!(site.notify(&Notice::paid(&order, "T1", "50.00")).outcome, "credited");
    app.nudge().unwrap();
    let view = app.my(made.user_id).unwrap();
    assert_eq!((view.tenants.len(), view.orders.len(), view.active), (1, 1, 1));
}

#[test]
fn any_prefix() {
    let service = Service::willing();
    for prefix in ["", "a_", "Fa9_Shop_", "_", "2026_", &"x".repeat(32)] {
        let site = Site::with_prefix(prefix, &service.url);
        whole_way(&site.app(), &site);
        let tables = site.rows("SHOW TABLES");
        assert!(tables.iter().all(|table| table.starts_with(prefix)), "{tables:?}");
        assert_eq!(tables.len(), 17);
    }
}

#[test]
fn a_prefix_that_could_be_sql_is_refused() {
    let site = Site::new(&Service::absent());
    for prefix in ["fa`", "fa-", "fa ", "fa;", "前缀", "fa\0", "db`.`fa_", &"x".repeat(33)] {
        let settings = Settings { prefix: prefix.into(), ..site.settings() };
        let error = chathub_core::store::Database::new(settings).err().unwrap();
        assert_eq!((error.kind(), error.key()), (Kind::Config, "table_prefix"));
    }
}

#[test]
fn two_sites_in_one_thread_do_not_mix() {
    let (one, other) = (Site::new(&Service::absent()), Site::new(&Service::absent()));
    let (first, second) = (one.app(), other.app());
    let id = one.tenant(&Tenant::default());
    for _ in 0..3 {
        assert_eq!(first.status(1).unwrap().tenants.len(), 1);
        assert_eq!(second.status(1).unwrap().tenants.len(), 0);
        assert!(first.renew(1, id).is_ok());
        assert!(second.renew(1, id).is_err());
    }
}

#[test]
fn text_of_every_sort_comes_back_as_it_went() {
    let service = Service::willing();
    let site = Site::new(&service.url);
    let name = "O'Reilly \\ \"Söhne\" & 公司 😀 %_ <b>";
    let form = crate::support::site::input(&[
        ("company_name", name),
        ("email", "a@acme.cn"),
        ("domain", "例子.测试/a?b=c&d=%E4#x"),
        ("notes", "一\r\n二\t😀"),
    ]);
    let app = site.app();
    let made = app.register(&form, "203.0.113.7", None).unwrap();
    let tenant = &app.my(made.user_id).unwrap().tenants[0].row;
    assert_eq!((tenant.name.as_str(), tenant.domain.as_str()), (name, "例子.测试/a?b=c&d=%E4#x"));
    let asked = &service.asked()[0];
    assert_eq!(
        (asked.body["name"].as_str(), asked.body["domain"].as_str()),
        (Some(name), Some("例子.测试/a?b=c&d=%E4#x"))
    );
    assert!(site.row("SELECT config FROM #tenant").contains("一\\r\\n二\\t😀"));
}
