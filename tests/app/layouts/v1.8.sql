CREATE TABLE #tenant (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `user_id` int unsigned DEFAULT NULL,
  `tenant_name` varchar(100) NOT NULL,
  `domain` varchar(255) NOT NULL,
  `email` varchar(255) NOT NULL,
  `inbox_id` int DEFAULT NULL,
  `inbox_token` varchar(100) DEFAULT NULL,
  `team_id` int DEFAULT NULL,
  `agent_id` varchar(100) DEFAULT NULL,
  `agent_cw_id` int DEFAULT NULL,
  `agent_cw_password` varchar(100) DEFAULT NULL,
  `agent_name` varchar(100) DEFAULT NULL,
  `max_agents` int DEFAULT 3,
  `channel_type` enum('web_widget','api','amazon','jd','taobao','pdd','tiktok') DEFAULT 'web_widget',
  `status` enum('pending','provisioning','active','suspended','disabled') DEFAULT 'pending',
  `config` text,
  `embed_code` text,
  `api_credentials` text,
  `provisioned_at` datetime DEFAULT NULL,
  `expire_at` datetime DEFAULT NULL,
  `last_active_at` datetime DEFAULT NULL,
  `createtime` int DEFAULT NULL,
  `updatetime` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `idx_user_id` (`user_id`),
  KEY `idx_domain` (`domain`(191)),
  KEY `idx_status` (`status`),
  KEY `idx_inbox_id` (`inbox_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE #order (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `order_no` varchar(50) NOT NULL,
  `tenant_id` int unsigned NOT NULL,
  `user_id` int unsigned NOT NULL,
  `plan` varchar(20) NOT NULL,
  `amount` decimal(10,2) NOT NULL,
  `pay_method` varchar(20) DEFAULT NULL,
  `pay_trade_no` varchar(100) DEFAULT NULL,
  `status` enum('pending','paid','failed','refunded') DEFAULT 'pending',
  `paid_at` datetime DEFAULT NULL,
  `expire_at` datetime DEFAULT NULL,
  `createtime` int DEFAULT NULL,
  `updatetime` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uk_order_no` (`order_no`),
  KEY `idx_tenant_id` (`tenant_id`),
  KEY `idx_user_id` (`user_id`),
  KEY `idx_status` (`status`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE #log (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `tenant_id` int unsigned NOT NULL DEFAULT 0,
  `action` varchar(50) NOT NULL,
  `detail` text,
  `status` enum('success','failed') DEFAULT 'success',
  `operator` varchar(100) DEFAULT NULL,
  `createtime` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `idx_tenant_id` (`tenant_id`),
  KEY `idx_action` (`action`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE #channel_account (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `tenant_id` int unsigned NOT NULL,
  `channel` enum('amazon','jd','taobao','pdd','tiktok') NOT NULL,
  `shop_id` varchar(100) DEFAULT NULL,
  `shop_name` varchar(200) DEFAULT NULL,
  `credentials_encrypted` varbinary(2048) DEFAULT NULL,
  `expires_at` datetime DEFAULT NULL,
  `status` enum('active','expired','error','paused') DEFAULT 'active',
  `last_error` text,
  `last_refresh_at` datetime DEFAULT NULL,
  `rate_limit_per_sec` int unsigned DEFAULT 5,
  `createtime` int DEFAULT NULL,
  `updatetime` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `idx_tenant_channel` (`tenant_id`,`channel`,`status`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE #gateway_log (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `tenant_id` int unsigned NOT NULL,
  `channel` enum('amazon','jd','taobao','pdd','tiktok') NOT NULL,
  `query_hash` char(64) DEFAULT NULL,
  `status` enum('success','cache_hit','rate_limited','breaker_open','error','timeout','no_creds') NOT NULL,
  `latency_ms` int unsigned DEFAULT NULL,
  `error_msg` varchar(500) DEFAULT NULL,
  `createtime` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `idx_tenant_channel_time` (`tenant_id`,`channel`,`createtime`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO #user (id, email, password, salt, status) VALUES (7, 'a@acme.cn', MD5('x'), 'abc', 'normal');

INSERT INTO #tenant VALUES
  (1, 7, 'Acme 公司', 'acme.cn', 'a@acme.cn', 3, 'tok', 4, 'agent', 5, 'pw', 'n', 3, 'web_widget', 'active', '{"plan":"pro","initial_password":"clear-text"}', '<script>1</script>', NULL, '2024-02-29 23:59:59', '2025-06-30 12:00:00', NULL, 1700000000, 1700000001),
  (2, 7, 'Stuck', 'stuck.cn', 'a@acme.cn', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, 'web_widget', 'provisioning', '"{\\"plan\\":\\"pro\\"}"', NULL, NULL, NULL, '2025-06-30 12:00:00', NULL, 1700000000, NULL),
  (3, 7, 'Old', 'old.cn', 'a@acme.cn', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'taobao', 'suspended', '[]', '', NULL, NULL, NULL, NULL, NULL, NULL),
  (4, NULL, 'Nobodys', 'n.cn', 'n@n.cn', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3, 'api', 'pending', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

INSERT INTO #order VALUES
  (1, 'CH202501010001', 1, 7, 'pro', 60.00, NULL, NULL, 'pending', NULL, NULL, 1735660800, 1735660800),
  (2, 'CH202501010002', 1, 7, 'pro', 60.00, 'wechat', NULL, 'pending', NULL, NULL, 1735660801, NULL),
  (3, 'CH202501010003', 2, 7, 'pro', 60.00, 'alipay', '2025010122001', 'paid', '2025-01-01 00:00:02', NULL, 1735660802, 1735660803),
  (4, 'CH202501010004', 3, 7, 'gold', 12345678.90, NULL, NULL, 'failed', NULL, NULL, NULL, NULL);

INSERT INTO #log VALUES (1, 0, 'x', NULL, 'success', NULL, 1), (2, 1, 'pay_notify_wechat', '{"raw":"<xml/>"}', 'failed', 'wechat', 2);

INSERT INTO #channel_account VALUES
  (1, 1, 'jd', '1', 'Laden', '{"app_key":"k","app_secret":"s"}', NULL, 'active', NULL, NULL, 5, 1, 1),
  (2, 1, 'tiktok', NULL, NULL, x'00FF80C3289F', '2025-01-01 00:00:00', 'error', 'boom', NULL, NULL, 1, 1);

INSERT INTO #gateway_log VALUES (1, 1, 'pdd', REPEAT('a', 64), 'cache_hit', 12, NULL, 1);
