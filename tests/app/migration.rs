//! From each earlier layout to this one: nothing that an old row holds is lost.

use crate::support::{alipay::Notice, seed::Tenant, service::Service, site::Site};

/// The layouts as `interfaces.md` describes them, with rows as they are found in the field.
const FIVE: &str = include_str!("layouts/v1.5.sql");
const EIGHT: &str = include_str!("layouts/v1.8.sql");

const OURS: &str = "TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE 'fa\\_chathub%'";

fn columns(site: &Site) -> Vec<String> {
    site.rows(&format!(
        "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, \
         CHARACTER_SET_NAME FROM information_schema.COLUMNS WHERE {OURS} \
         ORDER BY TABLE_NAME, COLUMN_NAME"
    ))
}

fn indexes(site: &Site) -> Vec<String> {
    site.rows(&format!(
        "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME \
         FROM information_schema.STATISTICS WHERE {OURS} \
         ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"
    ))
}

fn old(layout: &str) -> Site {
    let site = Site::with_prefix("fa_", &Service::absent());
    for statement in layout.split(";\n").filter(|sql| !sql.trim().is_empty()) {
        site.exec(statement);
    }
    site
}

fn check(layout: &str, tables: &[(&str, &str)]) -> Site {
    let site = old(layout);
    let rows = |site: &Site| -> Vec<Vec<String>> {
        let one = |(table, columns): &(&str, &str)| {
            site.rows(&format!("SELECT {columns} FROM #{table} ORDER BY id"))
        };
        tables.iter().map(one).collect()
    };
    let before = rows(&site);
    assert!(before.iter().all(|rows| !rows.is_empty()), "the layout has rows");
    assert!(!site.app().migrate().unwrap().is_empty());
    assert_eq!(rows(&site), before, "what the old rows hold");

    let fresh = Site::new(&Service::absent());
    assert_eq!(columns(&site), columns(&fresh));
    let missing: Vec<_> =
        indexes(&fresh).into_iter().filter(|index| !indexes(&site).contains(index)).collect();
    assert_eq!(missing, [""; 0], "indexes");
    let (layout, all) = (columns(&site), site.dump());
    assert_eq!(site.app().migrate().unwrap(), [""; 0], "nothing is left to do");
    assert_eq!((columns(&site), site.dump()), (layout, all));
    site
}

#[test]
fn a_fresh_database_and_once_more() {
    let site = Site::with_prefix("fa_", &Service::absent());
    let done = site.app().migrate().unwrap();
    assert_eq!(done.iter().filter(|line| line.starts_with("created")).count(), 16, "{done:?}");
    assert_eq!(site.app().migrate().unwrap(), [""; 0]);
}

#[test]
fn from_one_to_five() {
    let site = check(
        FIVE,
        &[
            (
                "tenant",
                "id, tenant_name, domain, email, inbox_id, inbox_token, agent_id, agent_cw_id, \
                 agent_cw_password, agent_name, channel_type, status, config, embed_code, \
                 api_credentials, provisioned_at, last_active_at, createtime, updatetime",
            ),
            ("log", "id, tenant_id, action, detail, status, operator, createtime"),
        ],
    );
    // What was not there has the default of a new row.
    let added =
        "SELECT DISTINCT user_id, team_id, max_agents, expire_at, suspend_reason FROM #tenant";
    assert_eq!(site.row(added), "-|-|3|-|-");
    site.exec("UPDATE #tenant SET status = 'provisioning', channel_type = 'tiktok' WHERE id = 1");
    site.exec("INSERT INTO #log (action) VALUES ('x')");
}

#[test]
fn from_six_to_eight() {
    let site = check(
        EIGHT,
        &[
            (
                "tenant",
                "id, user_id, tenant_name, domain, email, inbox_id, inbox_token, team_id, agent_id, \
                 agent_cw_id, agent_cw_password, agent_name, max_agents, channel_type, status, config, \
                 embed_code, api_credentials, provisioned_at, expire_at, last_active_at, createtime, updatetime",
            ),
            (
                "order",
                "id, order_no, tenant_id, user_id, plan, amount, pay_method, pay_trade_no, status, \
                 paid_at, expire_at, createtime, updatetime",
            ),
            ("log", "id, tenant_id, action, detail, status, operator, createtime"),
            (
                "channel_account",
                "id, tenant_id, channel, shop_id, shop_name, HEX(credentials_encrypted), expires_at, \
                 status, last_error, last_refresh_at, rate_limit_per_sec, createtime, updatetime",
            ),
            (
                "gateway_log",
                "id, tenant_id, channel, query_hash, status, latency_ms, error_msg, createtime",
            ),
        ],
    );
    // Old rows go on working: the stuck tenant can ask again, several open orders are no obstacle.
    let app = site.app();
    let view = app.my(7).unwrap();
    assert_eq!((view.tenants.len(), view.orders.len()), (3, 4));
    let stuck = view.tenants.iter().find(|tenant| tenant.row.id == 2).unwrap();
    assert!(stuck.can_reprovision);
    assert!(app.reprovision(7, 2).is_ok());
    assert!(app.renew(7, 1).is_ok());
    assert_eq!(site.notify(&Notice::paid("CH202501010001", "T1", "60.00")).outcome, "credited");
    // Twice encoded: the plan is read all the same.
    assert_eq!(app.renew(7, 2).unwrap().order.row.plan, "pro");
}

#[test]
fn the_hosts_password_column_takes_bcrypt_and_keeps_the_rest() {
    let site = Site::with_prefix("fa_", &Service::absent());
    site.exec("INSERT INTO #user (email, password, salt) VALUES ('a@b.cn', MD5('x'), 'abc'), ('c@d.cn', NULL, '')");
    let sql = "SELECT COLUMN_NAME, IS_NULLABLE, COLUMN_DEFAULT, CHARACTER_SET_NAME, COLLATION_NAME, \
        COLUMN_COMMENT, ORDINAL_POSITION FROM information_schema.COLUMNS \
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'fa_user'";
    let (columns, rows) = (site.rows(sql), site.rows("SELECT * FROM #user"));
    site.app().migrate().unwrap();
    assert_eq!((site.rows(sql), site.rows("SELECT * FROM #user")), (columns, rows));
    site.exec("UPDATE #user SET password = REPEAT('x', 60)");
}

#[test]
fn a_run_that_was_cut_off_goes_on_where_it_stopped() {
    let fresh = Site::new(&Service::absent());
    for damage in [
        "DROP TABLE #job",
        "DROP TABLE #payment, #throttle",
        "ALTER TABLE #order DROP COLUMN late",
        "ALTER TABLE #order DROP COLUMN late, DROP COLUMN charged_fen",
        "ALTER TABLE #tenant DROP COLUMN suspend_reason, DROP INDEX idx_user_id",
        "ALTER TABLE #tenant DROP COLUMN team_id, DROP COLUMN expire_at",
    ] {
        let site = Site::new(&Service::absent());
        site.exec(damage);
        assert_ne!(site.app().migrate().unwrap(), [""; 0], "{damage}");
        assert_eq!(
            (columns(&site), indexes(&site)),
            (columns(&fresh), indexes(&fresh)),
            "{damage}"
        );
    }
}

#[test]
fn two_workers_that_migrate_at_once_end_in_the_same_layout() {
    let fresh = Site::new(&Service::absent());
    let site = old(EIGHT);
    let results = crate::support::at_once(4, |_| site.app().migrate());
    // One may stumble over the other, but a further run finds everything in place.
    assert!(results.iter().any(Result::is_ok), "{results:?}");
    site.app().migrate().unwrap();
    assert_eq!(columns(&site), columns(&fresh));
}

#[test]
fn install_sql_alone_makes_the_same_tables() {
    let install = include_str!("../../install.sql");
    let site = Site::with_prefix("fa_", &Service::absent());
    // The test's session is as strict as MySQL 5.7.
    let sql: String =
        install.lines().filter(|line| !line.starts_with("--")).map(|l| format!("{l}\n")).collect();
    for _ in 0..2 {
        for statement in sql.split(";\n").filter(|sql| !sql.trim().is_empty()) {
            site.exec(&statement.replace("__PREFIX__", "fa_"));
        }
    }
    let fresh = Site::new(&Service::absent());
    assert_eq!((columns(&site), indexes(&site)), (columns(&fresh), indexes(&fresh)));
    site.tenant(&Tenant::default());
}
