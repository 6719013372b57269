-- What PostgreSQL 18 adds to tables.
CREATE EXTENSION btree_gist SCHEMA "Größe ""x"" y";
CREATE TABLE shop.newer (
	id int CONSTRAINT "the id" NOT NULL,
	twice int GENERATED ALWAYS AS (id * 2) VIRTUAL,
	own int NOT NULL NO INHERIT,
	odd int, late int,
	during daterange NOT NULL,
	CONSTRAINT soft CHECK (id > 0) NOT ENFORCED,
	CONSTRAINT period UNIQUE (id, during WITHOUT OVERLAPS),
	other int
);
ALTER TABLE shop.newer ADD CONSTRAINT still_null NOT NULL late NOT VALID;
CREATE TABLE shop.newer_key (id int PRIMARY KEY);
ALTER TABLE shop.newer ADD CONSTRAINT lax FOREIGN KEY (other) REFERENCES shop.newer_key NOT ENFORCED;
COMMENT ON CONSTRAINT "the id" ON shop.newer IS 'named';
CREATE TABLE shop.temporal (id int, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS));
CREATE TABLE shop.referring (id int, during daterange, FOREIGN KEY (id, PERIOD during) REFERENCES shop.temporal (id, PERIOD during));
CREATE TABLE shop.lazy_parent (id int, CONSTRAINT lazy NOT NULL id NO INHERIT, CONSTRAINT kept CHECK (id > 0) NOT ENFORCED);
CREATE TABLE shop.lazy_child () INHERITS (shop.lazy_parent);
CREATE TABLE shop.strict_child (CONSTRAINT "my own" NOT NULL id) INHERITS (shop.lazy_parent);
CREATE TABLE shop.named_parts (k int CONSTRAINT "k there" NOT NULL, v int GENERATED ALWAYS AS (k + 1) VIRTUAL) PARTITION BY LIST (k);
CREATE TABLE shop.named_part PARTITION OF shop.named_parts FOR VALUES IN (1);
CREATE VIEW shop.newest AS SELECT id, twice FROM shop.newer;
CREATE STATISTICS shop.on_virtual ON (id + odd), odd FROM shop.newer;
CREATE COLLATION shop.builtin_c (provider = builtin, locale = 'C.UTF-8');
CREATE COLLATION shop.ruled (provider = icu, locale = 'und', rules = '&a < g');
CREATE INDEX newer_skip ON shop.newer USING btree (odd) WITH (deduplicate_items = off);
CREATE TABLE shop.named_by (a int CONSTRAINT "a is there" NOT NULL, b int NOT NULL, CONSTRAINT "b > 0" CHECK (b > 0));
COMMENT ON CONSTRAINT "a is there" ON shop.named_by IS 'a';
CREATE TABLE shop.named_like (LIKE shop.named_by INCLUDING ALL, CONSTRAINT "c is too" NOT NULL c, c int);
CREATE TABLE shop.named_child (CONSTRAINT "b is there too" NOT NULL b) INHERITS (shop.named_by);
