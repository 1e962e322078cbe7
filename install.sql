-- ChatHub for FastAdmin: tables of a new site. Harmless when run again; upgrades are done by the checked migrations.

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_tenant` (
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
  `suspend_reason` varchar(20) DEFAULT NULL COMMENT 'expired or admin; null while not suspended',
  `notice_for` datetime DEFAULT NULL COMMENT 'the end of service that the last notice was about',
  `notice_stage` tinyint unsigned DEFAULT NULL COMMENT 'how many days before it: 7, 3, 1, or 0 for the end itself',
  `notice_at` datetime DEFAULT NULL COMMENT 'when that notice was given',
  `createtime` int DEFAULT NULL,
  `updatetime` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `idx_user_id` (`user_id`),
  KEY `idx_domain` (`domain`(191)),
  KEY `idx_status` (`status`),
  KEY `idx_inbox_id` (`inbox_id`),
  KEY `idx_status_expire` (`status`,`expire_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='ChatHub tenants';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_order` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `order_no` varchar(50) NOT NULL,
  `tenant_id` int unsigned NOT NULL,
  `user_id` int unsigned NOT NULL,
  `plan` varchar(20) NOT NULL,
  `amount` decimal(10,2) NOT NULL,
  `pay_method` varchar(20) DEFAULT NULL,
  `pay_trade_no` varchar(100) DEFAULT NULL,
  `status` enum('pending','paid','failed','refunded') DEFAULT 'pending',
  `charged_fen` int unsigned DEFAULT NULL COMMENT 'what WeChat Pay was asked to charge: 1 in test mode; null while it was not asked',
  `late` tinyint unsigned NOT NULL DEFAULT 0 COMMENT '1: the money came after the order was closed',
  `code_url` varchar(255) DEFAULT NULL COMMENT 'what the QR code of WeChat Pay says',
  `alipay_begun` tinyint unsigned NOT NULL DEFAULT 0 COMMENT '1: its buyer was sent to Alipay',
  `query_at` int unsigned DEFAULT NULL COMMENT 'when the providers are asked next (Unix seconds); null: not any more',
  `queries` int unsigned NOT NULL DEFAULT 0 COMMENT 'how often, since payment was begun or since the end',
  `paid_at` datetime DEFAULT NULL,
  `expire_at` datetime DEFAULT NULL COMMENT 'end of the service that this order paid for',
  `createtime` int DEFAULT NULL,
  `updatetime` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uk_order_no` (`order_no`),
  KEY `idx_tenant_id` (`tenant_id`),
  KEY `idx_user_id` (`user_id`),
  KEY `idx_status` (`status`),
  KEY `idx_query_at` (`query_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='ChatHub orders';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_log` (
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
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='ChatHub log';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_channel_account` (
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
  `authorised_at` int unsigned DEFAULT NULL COMMENT 'when the member authorised it or typed it in last (Unix seconds)',
  `sealed_with` char(16) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL COMMENT 'names the key that the credentials are sealed with; null: not looked at yet; x…: that key does not open them',
  `refresh_at` int unsigned DEFAULT NULL COMMENT 'when the worker cares for it next (Unix seconds); null: nothing to do',
  `refresh_failures` int unsigned NOT NULL DEFAULT 0,
  `uncertain_since` int unsigned DEFAULT NULL COMMENT 'a renewal began then whose outcome is not known',
  `lease_owner` varchar(100) DEFAULT NULL,
  `lease_until` int unsigned NOT NULL DEFAULT 0,
  `createtime` int DEFAULT NULL,
  `updatetime` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `idx_tenant_channel` (`tenant_id`,`channel`,`status`),
  KEY `idx_sealed_with` (`sealed_with`),
  KEY `idx_refresh_at` (`refresh_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='ChatHub shop accounts';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_gateway_log` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `tenant_id` int unsigned NOT NULL,
  `channel` enum('amazon','jd','taobao','pdd','tiktok') NOT NULL,
  `query_hash` char(64) DEFAULT NULL,
  `status` enum('success','cache_hit','rate_limited','breaker_open','error','timeout','no_creds') NOT NULL,
  `latency_ms` int unsigned DEFAULT NULL,
  `error_msg` varchar(500) DEFAULT NULL,
  `createtime` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `idx_tenant_channel_time` (`tenant_id`,`channel`,`createtime`),
  KEY `idx_statistics` (`tenant_id`,`channel`,`createtime`,`status`,`latency_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Calls of the platform gateway';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_gateway_hour` (
  `tenant_id` int unsigned NOT NULL,
  `channel` enum('amazon','jd','taobao','pdd','tiktok') NOT NULL,
  `hour_at` int unsigned NOT NULL COMMENT 'the hour''s begin (Unix seconds)',
  `calls` int unsigned NOT NULL,
  `good` int unsigned NOT NULL COMMENT 'success and cache_hit',
  `latencies` text NOT NULL COMMENT 'JSON: how many calls took how long',
  PRIMARY KEY (`tenant_id`,`channel`,`hour_at`),
  KEY `idx_hour_at` (`hour_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Calls of the platform gateway, by the hour';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_gateway_span` (
  `tenant_id` int unsigned NOT NULL,
  `channel` enum('amazon','jd','taobao','pdd','tiktok') NOT NULL,
  `from_at` int unsigned NOT NULL COMMENT 'between these two the hours are counted (Unix seconds)',
  `until_at` int unsigned NOT NULL,
  PRIMARY KEY (`tenant_id`,`channel`),
  KEY `idx_until_at` (`until_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='How far the gateway''s calls are counted';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_oauth_state` (
  `hash` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'SHA-256 of the state that the platform was given',
  `user_id` int unsigned NOT NULL,
  `tenant_id` int unsigned NOT NULL,
  `channel` enum('amazon','jd','taobao','pdd','tiktok') NOT NULL,
  `session_hash` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `extra` text NOT NULL COMMENT 'JSON: what the page asked for beside; never a secret',
  `expires_at` int unsigned NOT NULL,
  `used_at` int unsigned DEFAULT NULL,
  `createtime` int NOT NULL,
  PRIMARY KEY (`hash`),
  KEY `idx_expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Authorisations that were begun at a platform';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_payment` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `provider` varchar(20) NOT NULL,
  `trade_no` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'the provider''s number of the payment',
  `order_no` varchar(64) NOT NULL,
  `tenant_id` int unsigned NOT NULL DEFAULT 0,
  `amount_fen` int unsigned NOT NULL,
  `outcome` varchar(30) NOT NULL COMMENT 'credited, credited_late, credited_flagged, already_credited, duplicate, mismatch, unknown_order, refunded',
  `source` varchar(20) NOT NULL COMMENT 'notify, return, query',
  `createtime` int NOT NULL,
  `updatetime` int NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uk_provider_trade` (`provider`,`trade_no`),
  KEY `idx_order_no` (`order_no`),
  KEY `idx_outcome` (`outcome`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Each verified payment once, credited or not';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_certificate` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `mch_id` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `serial` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'upper-case hex',
  `pem` text NOT NULL,
  `effective_at` int unsigned NOT NULL COMMENT 'Unix seconds, like the next two',
  `expires_at` int unsigned NOT NULL,
  `fetched_at` int unsigned NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uk_merchant_serial` (`mch_id`,`serial`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Platform certificates of WeChat Pay, for all processes';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_job` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `tenant_id` int unsigned NOT NULL,
  `kind` varchar(20) NOT NULL COMMENT 'provision, suspend, activate',
  `state` varchar(10) NOT NULL DEFAULT 'open' COMMENT 'open, done, dead',
  `open_slot` tinyint unsigned DEFAULT 1 COMMENT '1 while open, else null: at most one open job per tenant and kind',
  `idempotency_key` varchar(64) NOT NULL,
  `attempts` int unsigned NOT NULL DEFAULT 0,
  `next_at` int unsigned NOT NULL DEFAULT 0,
  `lease_owner` varchar(100) DEFAULT NULL,
  `lease_until` int unsigned NOT NULL DEFAULT 0,
  `last_error` varchar(500) DEFAULT NULL,
  `createtime` int NOT NULL,
  `updatetime` int NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uk_open` (`tenant_id`,`kind`,`open_slot`),
  KEY `idx_due` (`state`,`next_at`),
  KEY `idx_lease` (`lease_until`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Outbox: calls to the provisioning service';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_throttle` (
  `bucket` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'SHA-256 of what is limited',
  `used` int unsigned NOT NULL DEFAULT 0,
  `resets_at` int unsigned NOT NULL,
  PRIMARY KEY (`bucket`),
  KEY `idx_resets_at` (`resets_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Attempts per address and account';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_mail` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `dedupe_key` varchar(150) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'what it is about: one mail each',
  `kind` varchar(30) NOT NULL,
  `user_id` int unsigned NOT NULL DEFAULT 0 COMMENT '0: not to a member',
  `tenant_id` int unsigned NOT NULL DEFAULT 0,
  `data` text COMMENT 'JSON: what the text needs and no table holds; never a secret',
  `state` varchar(10) NOT NULL DEFAULT 'open' COMMENT 'open, sent, skipped, dead',
  `recipient` varchar(255) DEFAULT NULL COMMENT 'to whom it went',
  `attempts` int unsigned NOT NULL DEFAULT 0,
  `next_at` int unsigned NOT NULL DEFAULT 0,
  `expires_at` int unsigned NOT NULL COMMENT 'of no use to anybody later (Unix seconds)',
  `lease_owner` varchar(100) DEFAULT NULL,
  `lease_until` int unsigned NOT NULL DEFAULT 0,
  `last_error` varchar(500) DEFAULT NULL,
  `createtime` int NOT NULL,
  `updatetime` int NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uk_dedupe` (`dedupe_key`),
  KEY `idx_due` (`state`,`next_at`),
  KEY `idx_tenant_id` (`tenant_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Outbox: mail';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_token` (
  `hash` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'SHA-256 of what the mail holds',
  `kind` varchar(20) NOT NULL COMMENT 'password_reset, confirm_email',
  `user_id` int unsigned NOT NULL,
  `email` varchar(255) NOT NULL COMMENT 'the address that it was sent to',
  `expires_at` int unsigned NOT NULL,
  `used_at` int unsigned DEFAULT NULL,
  `createtime` int NOT NULL,
  PRIMARY KEY (`hash`),
  KEY `idx_user_kind` (`user_id`,`kind`),
  KEY `idx_expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Single-use links sent by mail';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_member` (
  `user_id` int unsigned NOT NULL,
  `language` varchar(10) NOT NULL DEFAULT 'zh-cn' COMMENT 'of mail: zh-cn or en',
  `confirmed_email` varchar(255) DEFAULT NULL COMMENT 'the address that the member has shown to be theirs',
  `confirmed_at` int unsigned DEFAULT NULL,
  `createtime` int NOT NULL,
  `updatetime` int NOT NULL,
  PRIMARY KEY (`user_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='What ChatHub knows of a member beside FastAdmin';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_worker` (
  `name` varchar(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'host, pid and a random part',
  `version` varchar(20) NOT NULL,
  `concurrency` int unsigned NOT NULL,
  `in_flight` int unsigned NOT NULL DEFAULT 0,
  `done` int unsigned NOT NULL DEFAULT 0 COMMENT 'steps that it finished since it started',
  `failed` int unsigned NOT NULL DEFAULT 0,
  `started_at` int unsigned NOT NULL,
  `beat_at` int unsigned NOT NULL COMMENT 'its last sign of life',
  `stopped_at` int unsigned DEFAULT NULL COMMENT 'when it ended in good order',
  PRIMARY KEY (`name`),
  KEY `idx_beat_at` (`beat_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Workers and their heartbeat';

CREATE TABLE IF NOT EXISTS `__PREFIX__chathub_migration` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `step` varchar(500) NOT NULL,
  `version` varchar(20) NOT NULL COMMENT 'of the extension',
  `took_ms` int unsigned NOT NULL,
  `createtime` int NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='What changed the tables, and when';
