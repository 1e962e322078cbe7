-- The tables of FastAdmin 1.4.0 that an addon meets: same columns, types and lengths.

CREATE TABLE `__PREFIX__user` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `group_id` int(10) unsigned NOT NULL DEFAULT '0',
  `username` varchar(32) DEFAULT '',
  `nickname` varchar(50) DEFAULT '',
  `password` varchar(32) DEFAULT '',
  `salt` varchar(30) DEFAULT '',
  `email` varchar(100) DEFAULT '',
  `mobile` varchar(11) DEFAULT '',
  `avatar` varchar(255) DEFAULT '',
  `level` tinyint(1) unsigned NOT NULL DEFAULT '0',
  `gender` tinyint(1) unsigned NOT NULL DEFAULT '0',
  `birthday` date DEFAULT NULL,
  `bio` varchar(100) DEFAULT '',
  `money` decimal(10,2) NOT NULL DEFAULT '0.00',
  `score` int(10) NOT NULL DEFAULT '0',
  `successions` int(10) unsigned NOT NULL DEFAULT '1',
  `maxsuccessions` int(10) unsigned NOT NULL DEFAULT '1',
  `prevtime` bigint(16) DEFAULT NULL,
  `logintime` bigint(16) DEFAULT NULL,
  `loginip` varchar(50) DEFAULT '',
  `loginfailure` tinyint(1) unsigned NOT NULL DEFAULT '0',
  `joinip` varchar(50) DEFAULT '',
  `jointime` bigint(16) DEFAULT NULL,
  `createtime` bigint(16) DEFAULT NULL,
  `updatetime` bigint(16) DEFAULT NULL,
  `token` varchar(50) DEFAULT '',
  `status` varchar(30) DEFAULT '',
  `verification` varchar(255) DEFAULT '',
  PRIMARY KEY (`id`),
  KEY `username` (`username`),
  KEY `email` (`email`),
  KEY `mobile` (`mobile`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_general_ci;

CREATE TABLE `__PREFIX__user_group` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(50) DEFAULT '',
  `rules` text,
  `createtime` bigint(16) DEFAULT NULL,
  `updatetime` bigint(16) DEFAULT NULL,
  `status` enum('normal','hidden') DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_general_ci;

CREATE TABLE `__PREFIX__user_token` (
  `token` varchar(50) NOT NULL,
  `user_id` int(10) unsigned NOT NULL DEFAULT '0',
  `createtime` bigint(16) DEFAULT NULL,
  `expiretime` bigint(16) DEFAULT NULL,
  PRIMARY KEY (`token`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_general_ci;

CREATE TABLE `__PREFIX__auth_rule` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `type` enum('menu','file') NOT NULL DEFAULT 'file',
  `pid` int(10) unsigned NOT NULL DEFAULT '0',
  `name` varchar(100) DEFAULT '',
  `title` varchar(50) DEFAULT '',
  `icon` varchar(50) DEFAULT '',
  `url` varchar(255) DEFAULT '',
  `condition` varchar(255) DEFAULT '',
  `remark` varchar(255) DEFAULT '',
  `ismenu` tinyint(1) unsigned NOT NULL DEFAULT '0',
  `menutype` enum('addtabs','blank','dialog','ajax') DEFAULT NULL,
  `extend` varchar(255) DEFAULT '',
  `py` varchar(30) DEFAULT '',
  `pinyin` varchar(100) DEFAULT '',
  `createtime` bigint(16) DEFAULT NULL,
  `updatetime` bigint(16) DEFAULT NULL,
  `weigh` int(10) NOT NULL DEFAULT '0',
  `status` varchar(30) DEFAULT '',
  PRIMARY KEY (`id`),
  UNIQUE KEY `name` (`name`) USING BTREE,
  KEY `pid` (`pid`),
  KEY `weigh` (`weigh`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_general_ci;

CREATE TABLE `__PREFIX__config` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(30) DEFAULT '',
  `group` varchar(30) DEFAULT '',
  `title` varchar(100) DEFAULT '',
  `tip` varchar(100) DEFAULT '',
  `type` varchar(30) DEFAULT '',
  `visible` varchar(255) DEFAULT '',
  `value` text,
  `content` text,
  `rule` varchar(100) DEFAULT '',
  `extend` varchar(255) DEFAULT '',
  `setting` varchar(255) DEFAULT '',
  PRIMARY KEY (`id`),
  UNIQUE KEY `name` (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_general_ci;

INSERT INTO `__PREFIX__user_group` (`id`, `name`, `rules`, `createtime`, `updatetime`, `status`)
  VALUES (1, '默认组', '', 1491635035, 1491635035, 'normal');

INSERT INTO `__PREFIX__user` (`id`, `group_id`, `username`, `nickname`, `email`, `mobile`, `jointime`, `createtime`, `status`)
  VALUES (1, 1, 'admin', 'admin', 'admin@163.com', '13888888888', 1491635035, 1491635035, 'normal');
