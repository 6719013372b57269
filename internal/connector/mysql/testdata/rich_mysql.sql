CREATE DATABASE `rich my` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci
;;
USE `rich my`
;;
CREATE TABLE customer (
  id bigint unsigned NOT NULL AUTO_INCREMENT,
  code char(8) NOT NULL DEFAULT (upper(left(uuid(), 8))),
  name varchar(120) COLLATE utf8mb4_0900_as_cs NOT NULL COMMENT 'as they write it',
  email varchar(200) COLLATE utf8mb4_de_pb_0900_ai_ci,
  street varchar(100) CHARACTER SET latin1 COLLATE latin1_german2_ci,
  born date DEFAULT NULL,
  kind enum('private','trade','it''s') NOT NULL DEFAULT 'private',
  marks set('a','b','c'),
  details json DEFAULT (json_object('new', true)),
  tags json,
  made timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  secret varbinary(64) INVISIBLE,
  full_name varchar(250) GENERATED ALWAYS AS (concat(name, ' <', coalesce(email, ''), '>')) VIRTUAL,
  year_born int GENERATED ALWAYS AS (year(born)) STORED,
  flags bit(5) DEFAULT b'10101',
  PRIMARY KEY (id),
  UNIQUE KEY code (code),
  KEY by_name (name(20) DESC, id),
  KEY hidden (born) INVISIBLE,
  KEY lower_email ((lower(email))),
  KEY tag (((cast(tags as unsigned array)))),
  FULLTEXT KEY words (name),
  CONSTRAINT has_at CHECK (email IS NULL OR email LIKE '%@%'),
  CONSTRAINT not_meant CHECK (name <> 'x') NOT ENFORCED
) ENGINE=InnoDB AUTO_INCREMENT=1000 COMMENT='who buys'
;;
INSERT INTO customer (id, code, name, email, born, kind, marks, tags, secret) VALUES (1, 'AAAA0001', 'Jörg 🐦', 'j@example.com', '1980-02-29', 'it''s', 'a,c', '[1, 2, 3]', x'00ff'), (2, 'AAAA0002', 'Ann', NULL, NULL, 'trade', '', NULL, NULL)
;;
CREATE TABLE place (
  id int NOT NULL,
  at point NOT NULL SRID 4326,
  area geometry,
  PRIMARY KEY (id), SPATIAL KEY at (at)
) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8
;;
INSERT INTO place VALUES (1, ST_GeomFromText('POINT(47.4 8.5)', 4326), ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))'))
;;
CREATE TABLE sale (
  id bigint NOT NULL,
  customer_id bigint unsigned,
  sold_on date NOT NULL,
  amount decimal(12,2) unsigned NOT NULL,
  PRIMARY KEY (id, sold_on),
  KEY of_customer (customer_id)
) PARTITION BY RANGE COLUMNS(sold_on) (PARTITION p2024 VALUES LESS THAN ('2025-01-01') COMMENT = 'old', PARTITION p2025 VALUES LESS THAN ('2026-01-01'), PARTITION rest VALUES LESS THAN (MAXVALUE))
;;
INSERT INTO sale VALUES (1, 1, '2024-05-05', 10.10), (2, 2, '2025-05-05', 20), (3, NULL, '2026-01-01', 0)
;;
CREATE TABLE bill (
  no int NOT NULL AUTO_INCREMENT,
  customer_id bigint unsigned NOT NULL,
  self int,
  PRIMARY KEY (no),
  CONSTRAINT bill_customer FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT bill_self FOREIGN KEY (self) REFERENCES bill (no) ON DELETE SET NULL
) DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_bin
;;
INSERT INTO bill (customer_id, self) VALUES (1, NULL), (2, 1)
;;
CREATE VIEW trade AS SELECT id, name FROM customer WHERE kind = 'trade' WITH CASCADED CHECK OPTION
;;
CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW trade_names AS SELECT name FROM trade
;;
CREATE FUNCTION doubled(n int) RETURNS int DETERMINISTIC NO SQL COMMENT 'twice' RETURN n * 2
;;
CREATE PROCEDURE count_bills(IN who bigint, OUT n int) READS SQL DATA BEGIN SELECT count(*) INTO n FROM bill WHERE customer_id = who; END
;;
CREATE TRIGGER bill_before BEFORE INSERT ON bill FOR EACH ROW SET NEW.self = coalesce(NEW.self, NULL)
;;
CREATE TRIGGER bill_again BEFORE INSERT ON bill FOR EACH ROW FOLLOWS bill_before SET NEW.no = NEW.no
;;
CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE COMMENT 'by night' DO DELETE FROM sale WHERE sold_on < '2000-01-01'
;;
