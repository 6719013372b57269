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
