//! Tables as they are found in the field: of another engine or character set, with an administrator's
//! own columns, without their keys, with values that no strict server takes.

use crate::support::{
    alipay::Notice,
    old::{EIGHT, FIVE, columns, everything, layout, old},
    seed::Tenant,
    service::Service,
    site::{Site, form},
};

/// As a server without strict mode let it be.
fn force(site: &Site, sql: &str) {
    site.exec("SET SESSION sql_mode = ''");
    site.exec(sql);
}

const TENANTS: &str = "SELECT id, tenant_name, domain, email, inbox_id, inbox_token, agent_id, \
    agent_cw_id, agent_cw_password, agent_name, channel_type, status, embed_code, \
    api_credentials, provisioned_at, last_active_at, createtime, updatetime FROM #tenant ORDER BY id";

fn engine(site: &Site, table: &str) -> String {
    site.row(&format!(
        "SELECT ENGINE, TABLE_COLLATION LIKE 'utf8mb4%' FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{}chathub_{table}'",
        site.prefix
    ))
}

#[test]
fn zero_dates_and_values_of_no_enum_stay_what_they_are() {
    for tables in [FIVE, EIGHT] {
        let site = old(tables);
        force(&site, "ALTER TABLE #tenant MODIFY channel_type enum('web_widget','api')");
        force(
            &site,
            "UPDATE #tenant SET provisioned_at = '0000-00-00', last_active_at = '2024-00-10 00:00:00', \
             status = '', channel_type = ''",
        );
        force(&site, "UPDATE #tenant SET status = NULL WHERE id = 2");
        let nothing = "SELECT id, status + 0 FROM #tenant ORDER BY id";
        let before = site.rows(TENANTS);
        assert_eq!(site.rows(nothing)[..2], ["1|0", "2|-"]);
        assert!(before.iter().any(|row| row.contains("0000-00-00 00:00:00|2024-00-10")));
        site.app().migrate().unwrap();
        assert_eq!(site.rows(TENANTS), before);
        assert_eq!(site.rows(nothing)[..2], ["1|0", "2|-"]);
        assert_eq!(site.app().migrate().unwrap(), [""; 0]);
    }
}

#[test]
fn a_row_numbered_zero_keeps_its_number() {
    let site = old(FIVE);
    site.exec("UPDATE #tenant SET id = 0 WHERE id = 9");
    let before = site.rows(TENANTS);
    site.app().migrate().unwrap();
    assert_eq!(site.rows(TENANTS), before);
}

#[test]
fn tables_without_transactions_or_with_a_short_character_set() {
    let fresh = Site::new(&Service::absent());
    for (text, change) in [
        ("名称", "ENGINE=MyISAM, ROW_FORMAT=FIXED"),
        ("名称", "ENGINE=MyISAM, CONVERT TO CHARACTER SET utf8"),
        ("名称", "CONVERT TO CHARACTER SET utf8"),
        ("名称", "CONVERT TO CHARACTER SET utf8, ROW_FORMAT=COMPACT"),
        ("né, Ã©", "CONVERT TO CHARACTER SET latin1"),
    ] {
        let site = old(EIGHT);
        site.exec("UPDATE #tenant SET tenant_name = 'x'");
        for table in ["tenant", "order", "log"] {
            site.exec(&format!("ALTER TABLE #{table} {change}"));
        }
        // An index on all of it: too long for four bytes a character in the old formats.
        site.exec("ALTER TABLE #tenant DROP INDEX idx_domain, ADD INDEX idx_domain (domain(255))");
        site.exec(&format!("UPDATE #tenant SET tenant_name = '{text}', agent_name = '{text}'"));
        site.exec(
            "ALTER TABLE #order MODIFY plan varchar(20) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL",
        );
        force(&site, "UPDATE #tenant SET status = '', provisioned_at = '0000-00-00' WHERE id = 1");
        force(&site, "UPDATE #tenant SET status = NULL WHERE id = 2");
        let read = "SELECT status, status + 0, provisioned_at, HEX(CONVERT(tenant_name USING utf8mb4)), agent_name FROM #tenant ORDER BY id";
        let before = (site.rows(read), site.rows("SELECT * FROM #log"));
        site.app().migrate().unwrap();
        assert_eq!((site.rows(read), site.rows("SELECT * FROM #log")), before, "{change}");
        for table in ["tenant", "order", "log"] {
            assert_eq!(engine(&site, table), "InnoDB|1", "{change}");
        }
        assert_eq!(columns(&site), columns(&fresh), "{change}");
        let collation = "SELECT COLLATION_NAME FROM information_schema.COLUMNS WHERE \
            TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'fa_chathub_order' AND COLUMN_NAME = 'plan'";
        assert_eq!(site.row(collation), "utf8mb4_bin");
        site.exec("UPDATE #tenant SET tenant_name = '𠮷野家'");
        assert_eq!(site.row("SELECT DISTINCT tenant_name FROM #tenant"), "𠮷野家");
    }
}

#[test]
fn an_administrators_own_columns_values_and_comments_stay() {
    let site = old(FIVE);
    force(
        &site,
        "ALTER TABLE #tenant ADD COLUMN vip tinyint NOT NULL, ADD COLUMN remark varchar(50) NOT NULL, \
         ADD COLUMN own text NOT NULL COMMENT 'it''s \\\\ mine', ADD COLUMN grade enum('b','a') NOT NULL, \
         ADD COLUMN since date NOT NULL, ADD COLUMN twice int AS (id * 2) VIRTUAL, \
         MODIFY status enum('pending','active','suspended','disabled','it''s frozen') DEFAULT 'pending' \
         COMMENT '状态:it''s \\\\', MODIFY domain varchar(300) NOT NULL, MODIFY email mediumtext NOT NULL",
    );
    site.exec(
        "UPDATE #tenant SET vip = 3, remark = 'r', own = 'o', grade = 'a', since = '2024-01-01', \
         status = IF(id = 9, 'it''s frozen', status)",
    );
    let own = "SELECT id, vip, remark, own, grade, since, twice, status, domain, email FROM #tenant ORDER BY id";
    let before = site.rows(own);
    site.app().migrate().unwrap();
    assert_eq!(site.rows(own), before);
    let about = "SELECT COLUMN_NAME, COLUMN_TYPE, COLUMN_COMMENT FROM information_schema.COLUMNS \
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'fa_chathub_tenant' \
        AND COLUMN_NAME IN ('status', 'domain', 'email', 'own') ORDER BY COLUMN_NAME";
    assert_eq!(
        site.rows(about),
        [
            "domain|varchar(300)|",
            "email|mediumtext|",
            "own|text|it's \\ mine",
            "status|enum('pending','provisioning','active','suspended','disabled','it''s frozen')|状态:it's \\",
        ]
    );
    // A new row needs none of them.
    site.app().register(&form("new@acme.cn"), "1.2.3.4", None).unwrap();
    assert_eq!(
        site.row("SELECT vip, remark, own, grade, since FROM #tenant WHERE email = 'new@acme.cn'"),
        "0||-|b|-"
    );
    assert_eq!(site.app().migrate().unwrap(), [""; 0]);
}

#[test]
fn other_names_and_types_that_hold_as_much_are_left_alone() {
    let site = Site::new(&Service::absent());
    site.exec(
        "ALTER TABLE #tenant MODIFY inbox_id bigint DEFAULT NULL, MODIFY createtime int(10) unsigned, \
         MODIFY config longtext, DROP INDEX idx_user_id, ADD INDEX user_id (user_id, status), \
         DROP INDEX idx_domain, ADD INDEX by_domain (domain)",
    );
    site.exec(
        "ALTER TABLE #order DROP INDEX uk_order_no, ADD UNIQUE INDEX order_no (order_no), \
         MODIFY amount decimal(12,2) NOT NULL",
    );
    let before = everything(&site);
    assert_eq!(site.app().migrate().unwrap(), [""; 0]);
    assert_eq!(everything(&site), before);
}

#[test]
fn an_order_number_that_stands_twice_is_the_administrators_to_settle() {
    let site = old(EIGHT);
    site.exec("ALTER TABLE #order DROP INDEX uk_order_no");
    site.exec("UPDATE #order SET order_no = 'CH202501010001' WHERE id = 2");
    let before = everything(&site);
    let error = site.app().migrate().unwrap_err();
    assert_eq!(error.key(), "duplicate_rows");
    assert_eq!(site.app().migration_plan().unwrap_err(), error);
    assert_eq!(everything(&site), before, "nothing was begun");
    // What the message says finds them.
    let text = error.to_string();
    let (_, statement) = text.split_once("find them with: ").unwrap();
    assert_eq!(site.rows(statement), ["CH202501010001|2"]);
    site.exec("UPDATE #order SET order_no = 'CH202501010001-2' WHERE id = 2");
    site.app().migrate().unwrap();
    assert_eq!(site.count("#order"), 4);
    let unique = "SELECT NON_UNIQUE FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() \
        AND INDEX_NAME = 'uk_order_no'";
    assert_eq!(site.row(unique), "0");
}

#[test]
fn keys_that_a_careless_copy_lost_come_back() {
    let site = old(EIGHT);
    for table in ["tenant", "order", "log", "channel_account"] {
        site.exec(&format!(
            "ALTER TABLE #{table} MODIFY id int unsigned NOT NULL, DROP PRIMARY KEY"
        ));
    }
    site.exec("ALTER TABLE #tenant DROP INDEX idx_status, DROP INDEX idx_domain");
    let before = site.rows(TENANTS);
    site.app().migrate().unwrap();
    assert_eq!(site.rows(TENANTS), before);
    assert_eq!(layout(&site), layout(&Site::new(&Service::absent())));
    site.tenant(&Tenant::default());
    assert_eq!(site.row("SELECT MAX(id) FROM #tenant"), "5");
}

#[test]
fn any_prefix_and_two_of_them_in_one_database() {
    let site = Site::with_prefix("Shop_2_", &Service::absent());
    let other = chathub_core::store::Settings { prefix: "shop_2_".into(), ..site.settings() };
    site.exec("CREATE TABLE `shop_2_user` LIKE `Shop_2_user`");
    site.app().migrate().unwrap();
    assert_eq!(site.app().migrate().unwrap(), [""; 0]);
    assert!(site.app_on(other.clone()).migrate().unwrap().len() > 10);
    assert_eq!(site.app_on(other).migrate().unwrap(), [""; 0]);
    site.exec("ALTER TABLE #order DROP COLUMN late");
    assert_eq!(site.app().migrate().unwrap(), ["chathub_order: add late"]);
}

/// What the version before 2.0 writes, column for column.
#[test]
fn the_previous_version_runs_on_the_new_tables() {
    let site = old(EIGHT);
    site.app().migrate().unwrap();
    for sql in [
        "INSERT INTO #tenant (user_id, tenant_name, domain, email, max_agents, channel_type, status, config, \
         expire_at, createtime, updatetime) VALUES (7, 'n', 'new.cn', 'new@new.cn', 2, 'web_widget', 'provisioning', \
         '{\"plan\":\"pro\",\"initial_password\":\"x\"}', '2026-01-01', 1, 1)",
        "UPDATE #tenant SET inbox_id = 5, inbox_token = 't', team_id = 1, agent_id = 'a', agent_cw_id = 2, \
         agent_cw_password = 'p', agent_name = 'n', embed_code = '<script>', status = 'active', \
         provisioned_at = '2025-01-01' WHERE domain = 'new.cn'",
        "UPDATE #tenant SET status = 'suspended', updatetime = 2 WHERE domain = 'new.cn'",
        "INSERT INTO #order (order_no, tenant_id, user_id, plan, amount, status, createtime, updatetime) \
         VALUES ('CH9', 1, 7, 'pro', 60.00, 'pending', 1, 1)",
        "UPDATE #order SET status = 'paid', pay_method = 'alipay', pay_trade_no = 'T', paid_at = '2025-01-01', \
         expire_at = '2025-02-01' WHERE order_no = 'CH9'",
        "INSERT INTO #log (action, detail, status, operator, createtime) VALUES ('renew', '{}', 'success', 'x', 1)",
        "INSERT INTO #channel_account (tenant_id, channel, credentials_encrypted, status, createtime, updatetime) \
         VALUES (1, 'jd', '{\"app_key\":\"k\"}', 'active', 1, 1)",
        "INSERT INTO #gateway_log (tenant_id, channel, query_hash, status, createtime) \
         VALUES (1, 'jd', REPEAT('b', 64), 'success', 1)",
        "INSERT INTO #user (email, password, salt, status) VALUES ('new@new.cn', REPEAT('x', 60), '', 'normal')",
        "DELETE FROM #tenant WHERE domain = 'old.cn'",
    ] {
        site.exec(sql);
    }
    // And forward again: what it left behind is cleaned like the rest.
    assert_eq!(site.app().migrate().unwrap(), ["chathub_tenant: clean config"]);
    assert_eq!(site.row("SELECT config FROM #tenant WHERE domain = 'new.cn'"), r#"{"plan":"pro"}"#);
    let view = site.app().my(7).unwrap();
    assert_eq!((view.tenants.len(), view.orders.len()), (3, 5));
    assert_eq!(site.notify(&Notice::paid("CH202501010001", "T1", "60.00")).outcome, "credited");
}
