-- Everything a MariaDB database can hold that a migration must carry. Statements end with ";;" on a line of their own.
CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci COMMENT 'the shop''s own'
;;
CREATE DATABASE `Läger ``B``` CHARACTER SET latin1
;;
CREATE SEQUENCE shop.invoice START WITH 1000 MINVALUE 10 MAXVALUE 100000 INCREMENT BY 5 CACHE 20 CYCLE COMMENT='invoices'
;;
CREATE SEQUENCE shop.countdown START WITH -1 INCREMENT BY -1 NOCACHE
;;
DO NEXTVAL(shop.invoice)
;;
CREATE TABLE shop.customer (
  id int unsigned NOT NULL AUTO_INCREMENT,
  Name varchar(80) NOT NULL DEFAULT 'it''s; "new" \\ (x)' COMMENT 'who, exactly? `x`',
  code char(8) CHARACTER SET ascii COLLATE ascii_bin,
  note text,
  tag varbinary(16) DEFAULT 0x00FF41,
  mood enum('a','b,c','d''e') DEFAULT 'b,c',
  flags set('x','y') NOT NULL DEFAULT '',
  bits bit(5) DEFAULT b'101',
  born year DEFAULT 2001,
  padded int(6) unsigned zerofill DEFAULT 7,
  price decimal(10,2) NOT NULL DEFAULT 1.50,
  score double DEFAULT 1e10,
  at timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
  seen timestamp(3) NULL DEFAULT NULL,
  day date DEFAULT '2020-02-29',
  key_ uuid DEFAULT uuid(),
  ip inet6,
  doc json DEFAULT '{}' CHECK (json_length(doc) < 100),
  hidden int INVISIBLE DEFAULT 3,
  total decimal(12,2) GENERATED ALWAYS AS (price * 2) STORED COMMENT 'twice',
  upper_name varchar(80) AS (upper(Name)) VIRTUAL,
  big longtext COMPRESSED,
  invoice bigint DEFAULT NEXTVAL(shop.invoice),
  PRIMARY KEY (id),
  UNIQUE KEY code_once (code),
  UNIQUE KEY name_part (Name(10)) COMMENT 'first ten',
  UNIQUE KEY note_once (note) USING HASH,
  KEY mood_price (mood, price DESC) COMMENT 'descending',
  KEY `gone` (born) IGNORED,
  FULLTEXT KEY words (Name, note),
  CONSTRAINT positive CHECK (price >= 0 AND Name <> 'x,y)'),
  CHECK (score IS NULL OR score < 1e20)
) ENGINE=InnoDB AUTO_INCREMENT=4711 COMMENT='customers; "AUTO_INCREMENT=5", it''s' ROW_FORMAT=DYNAMIC
;;
CREATE TABLE shop.`order` (
  id bigint NOT NULL,
  customer int unsigned DEFAULT NULL,
  parent bigint,
  at datetime(6) NOT NULL DEFAULT current_timestamp(6),
  PRIMARY KEY (id),
  KEY by_parent (parent),
  KEY by_time USING BTREE (at),
  CONSTRAINT order_customer FOREIGN KEY (customer) REFERENCES customer (id) ON DELETE CASCADE ON UPDATE SET NULL,
  CONSTRAINT `order ``self``` FOREIGN KEY (parent) REFERENCES `order` (id) ON DELETE NO ACTION
) COLLATE=utf8mb4_bin
;;
CREATE TABLE shop.`Weird, "name" ``x``` (
  `a ``b``` int COMMENT 'comment with
a line break and \\ backslash',
  `c,d(` int NOT NULL,
  `ключ` varchar(20) COLLATE utf8mb4_swedish_ci,
  PRIMARY KEY (`c,d(`),
  KEY `i ``(` (`a ``b```, `ключ`(4))
) COMMENT='日本語 \'quoted\''
;;
CREATE TABLE shop.nokey (a int, b int) ENGINE=MyISAM PACK_KEYS=1 CHECKSUM=1
;;
CREATE TABLE shop.counted (grp int NOT NULL, id int NOT NULL AUTO_INCREMENT, v int, PRIMARY KEY (grp, id), KEY (id), KEY (v)) ENGINE=InnoDB AUTO_INCREMENT=77
;;
CREATE TABLE shop.ariatable (id int PRIMARY KEY, t text, FULLTEXT KEY (t)) ENGINE=Aria TRANSACTIONAL=1 PAGE_CHECKSUM=1
;;
CREATE TABLE shop.inmemory (id int PRIMARY KEY, h int, KEY (h) USING HASH, KEY t USING BTREE (h)) ENGINE=MEMORY MAX_ROWS=1000
;;
CREATE TABLE shop.place (id int PRIMARY KEY, p point REF_SYSTEM_ID=4326 NOT NULL, g geometry, SPATIAL KEY p_at (p))
;;
CREATE TABLE shop.versioned (
  id int PRIMARY KEY,
  v varchar(10),
  untracked int WITHOUT SYSTEM VERSIONING
) WITH SYSTEM VERSIONING
;;
CREATE TABLE shop.history (
  id int PRIMARY KEY,
  began timestamp(6) GENERATED ALWAYS AS ROW START INVISIBLE,
  ended timestamp(6) GENERATED ALWAYS AS ROW END INVISIBLE,
  v int,
  PERIOD FOR SYSTEM_TIME (began, ended)
) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME LIMIT 1000 (PARTITION p0 HISTORY, PARTITION pn CURRENT)
;;
CREATE TABLE shop.booking (
  room int, from_day date, to_day date,
  PERIOD FOR stay (from_day, to_day),
  UNIQUE KEY room_free (room, stay WITHOUT OVERLAPS)
)
;;
CREATE TABLE shop.sale (
  id int NOT NULL, year smallint NOT NULL, amount int, PRIMARY KEY (id, year), KEY amount (amount)
) PARTITION BY RANGE (year) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (
  PARTITION `p old` VALUES LESS THAN (2000) COMMENT = 'long ago',
  PARTITION p2000 VALUES LESS THAN (2010),
  PARTITION pmax VALUES LESS THAN MAXVALUE
)
;;
CREATE TABLE shop.hashed (id int PRIMARY KEY, v int) PARTITION BY KEY (id) PARTITIONS 4
;;
CREATE TABLE shop.listed (id int, region varchar(10) NOT NULL) PARTITION BY LIST COLUMNS (region) (
  PARTITION eu VALUES IN ('de', 'fr'), PARTITION rest VALUES IN ('us'))
;;
CREATE TABLE shop.squeezed (id int PRIMARY KEY, v text) PAGE_COMPRESSED=1 STATS_PERSISTENT=0 STATS_SAMPLE_PAGES=30
;;
CREATE TABLE `Läger ``B```.Stock (
  id int PRIMARY KEY, name varchar(30), customer int unsigned,
  KEY (customer),
  CONSTRAINT abroad FOREIGN KEY (customer) REFERENCES shop.customer (id) ON DELETE SET NULL
)
;;
CREATE FUNCTION shop.twice(x int) RETURNS int DETERMINISTIC NO SQL COMMENT 'doubles' RETURN x * 2
;;
CREATE DEFINER=nobody@nowhere PROCEDURE shop.`add one`(IN `the id` int, OUT n int)
  SQL SECURITY INVOKER
BEGIN
  -- a comment; with a semicolon and ümlaut
  UPDATE customer SET hidden = hidden + 1 WHERE id = `the id`;
  SELECT count(*) INTO n FROM customer;
END
;;
CREATE AGGREGATE FUNCTION shop.total_of(x int) RETURNS int READS SQL DATA
BEGIN
  DECLARE t int DEFAULT 0;
  DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN t;
  LOOP
    FETCH GROUP NEXT ROW;
    SET t = t + x;
  END LOOP;
END
;;
SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'
;;
CREATE FUNCTION shop."glue" (a varchar(10), b varchar(10)) RETURNS varchar(20) DETERMINISTIC RETURN a || b
;;
USE shop
;;
CREATE TRIGGER "cust ins" BEFORE INSERT ON "customer" FOR EACH ROW SET NEW.note = NEW."Name" || '!'
;;
SET sql_mode = 'ORACLE'
;;
CREATE PACKAGE shop.tools AS
  FUNCTION one RETURN INT;
END
;;
CREATE PACKAGE BODY shop.tools AS
  FUNCTION one RETURN INT AS BEGIN RETURN 1; END;
END
;;
SET sql_mode = DEFAULT
;;
USE shop
;;
CREATE DEFINER=nobody@nowhere TRIGGER z_first BEFORE UPDATE ON customer FOR EACH ROW SET NEW.hidden = OLD.hidden + 1
;;
CREATE TRIGGER a_second BEFORE UPDATE ON customer FOR EACH ROW FOLLOWS z_first SET NEW.hidden = NEW.hidden * 2
;;
create trigger  between_ before update on customer FOR EACH ROW PRECEDES a_second SET NEW.hidden = NEW.hidden - 5
;;
CREATE TRIGGER `order gone` AFTER DELETE ON `order` FOR EACH ROW BEGIN
  DELETE FROM nokey WHERE a = OLD.id;
END
;;
CREATE VIEW shop.zz_base (customer_id, shout) AS SELECT id, upper(Name) FROM shop.customer WHERE price > 1
;;
CREATE ALGORITHM=MERGE DEFINER=nobody@nowhere SQL SECURITY INVOKER VIEW shop.aa_top AS
  SELECT customer_id, shop.twice(customer_id) AS `twice it` FROM shop.zz_base WHERE shout <> 'x`y' WITH CASCADED CHECK OPTION
;;
CREATE VIEW `Läger ``B```.over AS SELECT s.name, c.Name AS customer FROM `Läger ``B```.Stock s JOIN shop.aa_top t ON t.customer_id = s.id JOIN shop.customer c ON c.id = s.customer
;;
SET time_zone = '+02:00'
;;
CREATE EVENT shop.nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' ENDS '2037-01-01 03:00:00' ON COMPLETION PRESERVE DISABLE COMMENT 'at night'
  DO BEGIN DELETE FROM nokey; DELETE FROM nokey; END
;;
CREATE EVENT shop.`once only` ON SCHEDULE AT '2037-05-05 05:05:05' DO DELETE FROM shop.nokey
;;
SET time_zone = DEFAULT
;;
INSERT INTO shop.customer (Name, code) VALUES ('ann', 'A'), ('bob', 'B')
;;
CREATE TABLE shop.awsdms_history (a int)
;;
CREATE DATABASE awsdms_control
