-- A comment is dropped;
CREATE TABLE IF NOT EXISTS `__PREFIX__oddity` (
  `id` int unsigned NOT NULL,
  `note` varchar(50) DEFAULT '',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `__PREFIX__oddity` VALUES (1, 'first');
THIS IS NOT SQL AND NOBODY SAYS SO;
INSERT INTO `__PREFIX__oddity` VALUES (1, 'twice');
INSERT INTO `__PREFIX__oddity` VALUES (2, 'second');
INSERT INTO `__PREFIX__oddity` VALUES (3, 'lost: the last statement has no semicolon')
