CREATE TABLE #tenant (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `tenant_name` varchar(100) NOT NULL,
  `domain` varchar(255) NOT NULL,
  `email` varchar(255) NOT NULL,
  `inbox_id` int DEFAULT NULL,
  `inbox_token` varchar(100) DEFAULT NULL,
  `agent_id` varchar(100) DEFAULT NULL,
  `agent_cw_id` int DEFAULT NULL,
  `agent_cw_password` varchar(100) DEFAULT NULL,
  `agent_name` varchar(100) DEFAULT NULL,
  `channel_type` enum('web_widget','api') DEFAULT 'web_widget',
  `status` enum('pending','active','suspended','disabled') DEFAULT 'pending',
  `config` text,
  `embed_code` text,
  `api_credentials` text,
  `provisioned_at` datetime DEFAULT NULL,
  `last_active_at` datetime DEFAULT NULL,
  `createtime` int DEFAULT NULL,
  `updatetime` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `idx_domain` (`domain`(191)),
  KEY `idx_status` (`status`),
  KEY `idx_inbox_id` (`inbox_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE #log (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `tenant_id` int unsigned NOT NULL,
  `action` varchar(50) NOT NULL,
  `detail` text,
  `status` enum('success','failed') DEFAULT 'success',
  `operator` varchar(100) DEFAULT NULL,
  `createtime` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `idx_tenant_id` (`tenant_id`),
  KEY `idx_action` (`action`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO #tenant VALUES
  (1, 'Acme 公司', 'acme.cn', 'a@acme.cn', 3, 'tok', 'agent', 5, 'pw', 'n', 'web_widget', 'active', '{"plan":"pro"}', '<script>1</script>', '{"k":"v"}', '2024-02-29 23:59:59', '2024-03-01 00:00:00', 1700000000, 1700000001),
  (2, 'B', 'b.cn', 'b@b.cn', NULL, NULL, NULL, NULL, NULL, NULL, 'api', 'suspended', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (9, 'C', 'c.cn', 'c@c.cn', NULL, NULL, NULL, NULL, NULL, NULL, 'api', 'disabled', 'not json', '', '', NULL, NULL, 1, 2),
  (10, 'D', 'd.cn', 'd@d.cn', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'pending', '', '', '', NULL, NULL, 1, 2);

INSERT INTO #log VALUES (5, 1, 'register', '{"a":1}', 'success', 'system', 1700000000), (6, 9, 'suspend', NULL, 'failed', NULL, NULL);
