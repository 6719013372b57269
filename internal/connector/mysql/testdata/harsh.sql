-- More of what a MariaDB database may hold: kinds, forms and names that are rare, and that rich.sql leaves out. Statements end with ";;" on
-- a line of their own.
CREATE DATABASE harsh CHARACTER SET latin1 COLLATE latin1_german1_ci COMMENT 'it''s "harsh" \\ `x`'
;;
CREATE DATABASE `a.b c/D` CHARACTER SET utf8mb3 COLLATE utf8mb3_bin
;;
CREATE DATABASE `empty one` CHARACTER SET ucs2
;;
USE harsh
;;
CREATE SEQUENCE spent START WITH 1 MINVALUE 1 MAXVALUE 3 INCREMENT BY 1 CACHE 2 NOCYCLE ENGINE=InnoDB
;;
DO NEXTVAL(spent), NEXTVAL(spent), NEXTVAL(spent)
;;
CREATE SEQUENCE `Seq ``A.b` START WITH -5 MINVALUE -9223372036854775807 MAXVALUE 9223372036854775806 INCREMENT BY -7 CACHE 1000 CYCLE ENGINE=MyISAM COMMENT='it''s \\ one'
;;
CREATE SEQUENCE by_server INCREMENT BY 0 ENGINE=Aria
;;
CREATE SEQUENCE round_ START WITH 1 MAXVALUE 2 NOCACHE CYCLE
;;
DO NEXTVAL(round_), NEXTVAL(round_), NEXTVAL(round_)
;;
CREATE TABLE `Trailing.Cap T` (
  `a.b``c "d"` int COMMENT 'back\\slash ''quote'' "double" %s',
  `ＦＵＬＬ` varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci DEFAULT '😀''\\"',
  `ÄÖ` char(3) CHARACTER SET ucs2 DEFAULT 'ä',
  `32` varchar(3) CHARACTER SET utf32 DEFAULT 'x',
  `16` varchar(3) CHARACTER SET utf16le COLLATE utf16le_bin,
  `big5` varchar(9) CHARACTER SET big5 COMMENT 'ö',
  same varchar(5) CHARACTER SET latin1 COLLATE latin1_german1_ci,
  other varchar(5) COLLATE latin1_bin,
  e enum('','a''b','c\\d','e"f','ü') CHARACTER SET utf8mb4 DEFAULT 'ü',
  s set('a','b') NOT NULL DEFAULT 'a,b',
  b binary(4) DEFAULT 'a?\0\'',
  v varbinary(10) DEFAULT x'3F00FF',
  nul varchar(5) NOT NULL DEFAULT '',
  d decimal(65,30) DEFAULT -0.000000000000000000000000000001,
  f float(7,3) UNSIGNED ZEROFILL DEFAULT 1.5,
  z datetime DEFAULT '0000-00-00 00:00:00',
  t time(6) DEFAULT '-838:59:59.000000',
  y year DEFAULT 0000,
  ts timestamp(6) NOT NULL DEFAULT '2001-02-03 04:05:06.700000' ON UPDATE current_timestamp(6),
  dt datetime(2) DEFAULT current_timestamp(2) ON UPDATE current_timestamp(2) INVISIBLE,
  rnd double DEFAULT (rand() * 10 + `d`),
  txt text DEFAULT (concat('a', 'b\\', "c'")),
  js longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT (json_object('k', '[1,"x"]')) CHECK (json_valid(js)),
  bl blob NOT NULL DEFAULT 'a)b,(c',
  u uuid DEFAULT '00000000-0000-0000-0000-000000000001',
  i4 inet4 DEFAULT '1.2.3.4',
  i6 inet6 NOT NULL DEFAULT '::1',
  nv bigint DEFAULT (NEXT VALUE FOR `Seq ``A.b`),
  CONSTRAINT `ck ``1``` CHECK (`nul` <> 'a)\'(\\' AND `nul` NOT REGEXP '^[,(]' OR `d` BETWEEN -1 AND 1 AND CASE WHEN `b` = 'x' THEN 1 ELSE 0 END = 0),
  CONSTRAINT other CHECK (`other` <> _utf8mb4'ü' COLLATE utf8mb4_bin)
) COMMENT='PARTITION BY `x` (it''s), ENGINE=MyISAM'
;;
CREATE TABLE generated (
  id int NOT NULL AUTO_INCREMENT,
  a varchar(40) CHARACTER SET utf8mb4,
  n int,
  v1 varchar(90) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci AS (concat(a, '-', 'x''y\\z')) VIRTUAL INVISIBLE COMMENT 'v, ''1''',
  p1 int AS (n * 2 + length('(,')) PERSISTENT,
  v2 int AS (p1 + 1) VIRTUAL,
  j varchar(20) AS (json_value(a, '$.k')) VIRTUAL,
  m date AS (date_add('2000-01-01', interval n day)) STORED,
  inv int INVISIBLE,
  PRIMARY KEY (id DESC),
  UNIQUE KEY v1_once (v1(20)),
  KEY p1_desc (p1 DESC, v2, a(3) DESC) COMMENT 'it''s (odd)',
  KEY v2 (v2) IGNORED,
  KEY m (m) USING BTREE KEY_BLOCK_SIZE=2048
) ENGINE=InnoDB AUTO_INCREMENT=1000000007
;;
CREATE TABLE opt1 (id int PRIMARY KEY, v varchar(100)) ENGINE=InnoDB ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4 AVG_ROW_LENGTH=77 MIN_ROWS=3 MAX_ROWS=999 STATS_PERSISTENT=1 STATS_AUTO_RECALC=0 STATS_SAMPLE_PAGES=17 CHECKSUM=1 DELAY_KEY_WRITE=1
;;
CREATE TABLE opt2 (id int PRIMARY KEY, v varchar(100), UNIQUE KEY (v) USING HASH) ENGINE=InnoDB ROW_FORMAT=REDUNDANT PACK_KEYS=0
;;
CREATE TABLE opt3 (id int PRIMARY KEY, v varchar(100) COMPRESSED, w blob COMPRESSED=zlib) ENGINE=InnoDB PAGE_COMPRESSED=1 PAGE_COMPRESSION_LEVEL=3 ENCRYPTED=NO
;;
CREATE TABLE opt4 (id int PRIMARY KEY, v varchar(100)) ENGINE=Aria ROW_FORMAT=FIXED TRANSACTIONAL=0 PAGE_CHECKSUM=0
;;
CREATE TABLE opt5 (id int NOT NULL, v char(9), t tinytext, PRIMARY KEY (id), FULLTEXT KEY v (v, t) COMMENT 'full') ENGINE=MyISAM ROW_FORMAT=FIXED CHECKSUM=1 DELAY_KEY_WRITE=1 PACK_KEYS=0
;;
CREATE TABLE opt6 (a int NOT NULL, b varchar(9) NOT NULL) ENGINE=CSV
;;
CREATE TABLE opt9 (a int AUTO_INCREMENT, b varchar(20), KEY USING BTREE (b, a), PRIMARY KEY USING HASH (a)) ENGINE=MEMORY AVG_ROW_LENGTH=20 AUTO_INCREMENT=9
;;
CREATE TABLE geo (
  id int PRIMARY KEY,
  p point REF_SYSTEM_ID=4326 NOT NULL COMMENT 'p',
  g geometry NOT NULL,
  l linestring REF_SYSTEM_ID=3857 INVISIBLE,
  mp multipolygon NOT NULL DEFAULT ST_GeomFromText('MULTIPOLYGON(((0 0,0 1,1 1,0 0)))'),
  SPATIAL KEY p (p),
  SPATIAL KEY g (g) COMMENT 'geo'
)
;;
CREATE TABLE bitemporal (
  id int, v varchar(10), f date NOT NULL, t date NOT NULL,
  b timestamp(6) GENERATED ALWAYS AS ROW START, e timestamp(6) GENERATED ALWAYS AS ROW END,
  x int WITHOUT SYSTEM VERSIONING INVISIBLE,
  PERIOD FOR SYSTEM_TIME (b, e),
  PERIOD FOR `life ``time` (f, t),
  CONSTRAINT bi CHECK (v <> 'x'),
  PRIMARY KEY (id, `life ``time` WITHOUT OVERLAPS)
) WITH SYSTEM VERSIONING
;;
CREATE TABLE by_trx (
  id int PRIMARY KEY, v int,
  b bigint unsigned GENERATED ALWAYS AS ROW START, e bigint unsigned GENERATED ALWAYS AS ROW END,
  PERIOD FOR SYSTEM_TIME (b, e)
) WITH SYSTEM VERSIONING
;;
SET time_zone = '+05:30'
;;
CREATE TABLE rotated (id int PRIMARY KEY, v int) WITH SYSTEM VERSIONING
  PARTITION BY SYSTEM_TIME INTERVAL 1 MONTH STARTS TIMESTAMP'2024-01-01 00:00:00' (PARTITION p0 HISTORY, PARTITION p1 HISTORY, PARTITION pn CURRENT)
;;
CREATE TABLE by_moment (id int, ts timestamp NOT NULL DEFAULT '2020-01-01 00:00:00') PARTITION BY RANGE (unix_timestamp(ts)) (
  PARTITION p0 VALUES LESS THAN (unix_timestamp('2020-01-01 00:00:00')), PARTITION p1 VALUES LESS THAN MAXVALUE)
;;
SET time_zone = DEFAULT
;;
CREATE TABLE part_rc (a int NOT NULL, b varchar(10) NOT NULL, c date NOT NULL, PRIMARY KEY (a, b, c), KEY (c))
  PARTITION BY RANGE COLUMNS (a, b) SUBPARTITION BY LINEAR KEY (c) (
  PARTITION `P'1` VALUES LESS THAN (1, 'it''s') COMMENT = 'one (\'1\')' MAX_ROWS = 5 (SUBPARTITION s0 COMMENT = 'sub', SUBPARTITION s1),
  PARTITION p2 VALUES LESS THAN (5, MAXVALUE) (SUBPARTITION s2, SUBPARTITION s3),
  PARTITION p3 VALUES LESS THAN (MAXVALUE, MAXVALUE) (SUBPARTITION s4, SUBPARTITION s5))
;;
CREATE TABLE part_l (a int, b int) PARTITION BY LIST (a) (PARTITION p0 VALUES IN (NULL, 1, -3), PARTITION p1 VALUES IN (2), PARTITION pd DEFAULT)
;;
CREATE TABLE part_lc (a int, b varchar(5)) PARTITION BY LIST COLUMNS (a, b) (PARTITION p0 VALUES IN ((1, 'a'), (NULL, 'b)')), PARTITION p1 DEFAULT)
;;
CREATE TABLE part_h (a int NOT NULL, d datetime NOT NULL) ENGINE=Aria PARTITION BY LINEAR HASH (year(d) + a) PARTITIONS 3
;;
CREATE TABLE part_k (a int NOT NULL, b int NOT NULL) PARTITION BY LINEAR KEY ALGORITHM=1 (a, b) (PARTITION x, PARTITION y)
;;
CREATE TABLE ring_a (id int PRIMARY KEY, x int, y int, b int, KEY (x, y), CONSTRAINT fk_b FOREIGN KEY (b) REFERENCES ring_a (id) ON DELETE SET NULL)
;;
CREATE TABLE `Ring``B` (id int PRIMARY KEY, a int, x int, y int, z int,
  CONSTRAINT `fk ``a` FOREIGN KEY `ix a` (a) REFERENCES ring_a (id) ON UPDATE CASCADE ON DELETE RESTRICT,
  CONSTRAINT not_unique FOREIGN KEY (x, y) REFERENCES ring_a (x, y) ON DELETE CASCADE ON UPDATE NO ACTION,
  FOREIGN KEY (z) REFERENCES `Ring``B` (id) ON UPDATE SET NULL)
;;
ALTER TABLE ring_a ADD CONSTRAINT ring FOREIGN KEY (b) REFERENCES `Ring``B` (id) ON UPDATE CASCADE
;;
CREATE TABLE `a.b c/D`.`far.Away` (id int PRIMARY KEY, r int, CONSTRAINT fk_b FOREIGN KEY (r) REFERENCES harsh.`Ring``B` (id) ON DELETE SET NULL)
;;
SET innodb_strict_mode = 0
;;
CREATE TABLE too_wide (
  c01 char(250), c02 char(250), c03 char(250), c04 char(250), c05 char(250), c06 char(250), c07 char(250), c08 char(250), c09 char(250), c10 char(250),
  c11 char(250), c12 char(250), c13 char(250), c14 char(250), c15 char(250), c16 char(250), c17 char(250), c18 char(250), c19 char(250), c20 char(250),
  c21 char(250), c22 char(250), c23 char(250), c24 char(250), c25 char(250), c26 char(250), c27 char(250), c28 char(250), c29 char(250), c30 char(250),
  c31 char(250), c32 char(250), c33 char(250), c34 char(250), c35 char(250), c36 char(250)) CHARACTER SET latin1
;;
CREATE TABLE lax_format (id int PRIMARY KEY) ENGINE=InnoDB ROW_FORMAT=DYNAMIC KEY_BLOCK_SIZE=8
;;
SET innodb_strict_mode = DEFAULT, sql_mode = ''
;;
CREATE TABLE twice_the_same (e enum('a','b','a'), s set('x','x'), i int DEFAULT '7')
;;
SET sql_mode = 'NO_BACKSLASH_ESCAPES'
;;
CREATE TABLE backslashes (a varchar(20) DEFAULT 'c:\', b varchar(20) DEFAULT '\''\' COMMENT 'd:\', CONSTRAINT c CHECK (a <> '\''')) COMMENT = 'e:\'
;;
CREATE FUNCTION slash() RETURNS varchar(10) DETERMINISTIC COMMENT 'f:\' RETURN 'g:\'
;;
CREATE TRIGGER slashed BEFORE INSERT ON backslashes FOR EACH ROW SET NEW.b = concat('\', '''', "\")
;;
CREATE VIEW slash_view AS SELECT a, 'h:\' AS `x\`, slash() AS s FROM backslashes WHERE a LIKE '\%' ESCAPE '\'
;;
SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE'
;;
CREATE PROCEDURE "pro ""c` d" (IN "p 1" varchar(10) CHARACTER SET utf8mb4, INOUT "p2" int) MODIFIES SQL DATA COMMENT 'it''s'
BEGIN DECLARE "x y" int DEFAULT 1; SET p2 = "x y"; INSERT INTO backslashes (a) VALUES ('\' || "p 1"); END
;;
CREATE EVENT "ev ""1" ON SCHEDULE EVERY '1:30' HOUR_MINUTE STARTS '2035-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE ON SLAVE COMMENT 'x''\' DO SELECT '\' || "a" FROM backslashes
;;
CREATE VIEW "ansi ""view" AS SELECT "a" || 'x' AS "c""1" FROM "backslashes"
;;
SET sql_mode = 'ORACLE,EMPTY_STRING_IS_NULL'
;;
CREATE PROCEDURE ora_proc (a IN INT, b OUT VARCHAR2) AS
  x backslashes.a%TYPE;
BEGIN
  b := 'q' || a;
EXCEPTION WHEN OTHERS THEN NULL;
END;
;;
CREATE FUNCTION ora_fun(a VARCHAR2(10)) RETURN NUMBER(10,2) DETERMINISTIC AS BEGIN RETURN 1; END;
;;
CREATE PACKAGE "Pack ""age" COMMENT 'pack' AS
  PROCEDURE p1(a INT);
  FUNCTION f1 RETURN INT;
END;
;;
CREATE PACKAGE BODY "Pack ""age" AS
  v INT := 5;
  PROCEDURE p1(a INT) AS BEGIN v := a; END;
  FUNCTION f1 RETURN INT AS BEGIN RETURN v; END;
BEGIN
  v := 6;
END;
;;
CREATE PACKAGE lonely SQL SECURITY INVOKER AS
  FUNCTION f1 RETURN INT;
END;
;;
CREATE TRIGGER "ora trg" AFTER UPDATE ON ring_a FOR EACH ROW
BEGIN
  IF :NEW.x <> :OLD.x THEN UPDATE backslashes SET a = ''; END IF;
END;
;;
SET sql_mode = DEFAULT, NAMES latin1, collation_connection = latin1_spanish_ci
;;
CREATE FUNCTION latin_fun(a varchar(5)) RETURNS varchar(10) CHARSET latin2 DETERMINISTIC RETURN concat(a, 'x')
;;
CREATE TRIGGER latin_trg BEFORE UPDATE ON ring_a FOR EACH ROW SET NEW.y = length('x')
;;
CREATE VIEW latin_view AS SELECT 'x' AS a, id FROM ring_a WHERE 'y' <> 'z'
;;
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci
;;
CREATE TRIGGER m2 BEFORE UPDATE ON ring_a FOR EACH ROW PRECEDES latin_trg SET @a = '😀'
;;
CREATE TRIGGER `A first? ``x` BEFORE UPDATE ON ring_a FOR EACH ROW FOLLOWS m2 BEGIN IF NEW.x < 0 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'nö'; END IF; END
;;
CREATE TRIGGER `a ins` BEFORE INSERT ON `Trailing.Cap T` FOR EACH ROW SET NEW.`a.b``c "d"` = 5
;;
CREATE TRIGGER hist BEFORE UPDATE ON bitemporal FOR EACH ROW SET NEW.v = 'y'
;;
CREATE FUNCTION reads_z() RETURNS int READS SQL DATA SQL SECURITY INVOKER RETURN (SELECT count(*) FROM z_needed)
;;
CREATE VIEW z_needed AS SELECT id FROM ring_a
;;
CREATE VIEW a_needs AS SELECT reads_z() AS n, z.id FROM z_needed z
;;
CREATE FUNCTION reads_a() RETURNS int READS SQL DATA RETURN (SELECT max(n) FROM a_needs)
;;
CREATE VIEW `0 top` AS SELECT reads_a() AS m, a.* FROM a_needs a JOIN `a.b c/D`.`far.Away` f ON f.id = a.id
;;
CREATE VIEW `a.b c/D`.`zz View` AS SELECT * FROM harsh.`0 top`
;;
CREATE VIEW harsh.`1st ``v` AS SELECT * FROM `a.b c/D`.`zz View`
;;
CREATE ALGORITHM=TEMPTABLE SQL SECURITY DEFINER VIEW tt AS SELECT DISTINCT id AS `from`, x AS `a.b` FROM ring_a
;;
CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW checked AS SELECT id, x FROM ring_a WHERE x > 0 WITH LOCAL CHECK OPTION
;;
CREATE VIEW checked_twice AS SELECT id, x FROM checked WHERE x < 9 WITH CASCADED CHECK OPTION
;;
CREATE VIEW cte AS WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n, sum(n) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING) AS s FROM r
;;
CREATE VIEW past AS SELECT id, v FROM bitemporal FOR SYSTEM_TIME AS OF TIMESTAMP'2024-01-01 00:00:00'
;;
CREATE VIEW numbers AS SELECT NEXT VALUE FOR `Seq ``A.b` AS n, (SELECT next_not_cached_value FROM spent) AS s
;;
CREATE VIEW js AS SELECT t.a FROM json_table('[{"a":"x\\"y"}]', '$[*]' COLUMNS (a varchar(9) PATH '$.a' DEFAULT 'q' ON EMPTY)) t
;;
CREATE VIEW `unnamed` AS SELECT 1+1, 'it''s', NULL, `ＦＵＬＬ` FROM `Trailing.Cap T`
;;
SET time_zone = 'SYSTEM'
;;
CREATE EVENT `Once ``more` ON SCHEDULE AT '2037-01-01 00:00:00' ON COMPLETION PRESERVE ENABLE DO CALL `pro "c`` d`('a', @x)
;;
CREATE EVENT every_ ON SCHEDULE EVERY 1 QUARTER STARTS '2036-02-29 12:00:00' DO BEGIN END
;;
SET time_zone = DEFAULT
;;
CREATE TABLE merged_a (id int, v varchar(9), KEY (id)) ENGINE=MyISAM
;;
CREATE TABLE merged_b LIKE merged_a
;;
CREATE TABLE all_merged (id int, v varchar(9), KEY (id)) ENGINE=MERGE UNION=(merged_a, merged_b) INSERT_METHOD=LAST
;;
INSERT INTO merged_a VALUES (1, 'a')
;;
INSERT INTO all_merged VALUES (2, 'b')
