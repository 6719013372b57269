-- Everything beside tables. The order here is not the order of creation by name: names are chosen so that sorting alone fails.
SET check_function_bodies = off;
CREATE SCHEMA app;
CREATE SCHEMA "Zwei";
CREATE EXTENSION citext SCHEMA "Zwei";
CREATE EXTENSION hstore SCHEMA app;
COMMENT ON EXTENSION hstore IS 'our own words';
CREATE EXTENSION earthdistance CASCADE SCHEMA app;

-- types
CREATE COLLATION app.numbers (provider = icu, locale = 'en-u-kn-true', deterministic = false);
CREATE COLLATION "Zwei".plain (lc_collate = 'C', lc_ctype = 'C.UTF-8');
COMMENT ON COLLATION app.numbers IS 'by number';
CREATE TYPE app.z_first AS ENUM ('a');
CREATE TYPE app.a_second AS (z app.z_first, "Co l" text COLLATE app.numbers, zs app.z_first[]);
COMMENT ON TYPE app.a_second IS 'composite';
COMMENT ON COLUMN app.a_second."Co l" IS 'column of a type';
CREATE TYPE app.shell;
CREATE TYPE app.empty_enum AS ENUM ();
CREATE FUNCTION app.is_fine(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1 <> '' $$;
CREATE DOMAIN app.name_of AS text COLLATE "C" DEFAULT 'x''y' NOT NULL CONSTRAINT short CHECK (length(VALUE) < 99) CONSTRAINT fine CHECK (app.is_fine(VALUE));
COMMENT ON DOMAIN app.name_of IS 'domain';
COMMENT ON CONSTRAINT short ON DOMAIN app.name_of IS 'short';
COMMENT ON CONSTRAINT fine ON DOMAIN app.name_of IS 'fine';
ALTER DOMAIN app.name_of ADD CONSTRAINT unproved CHECK (VALUE <> 'q') NOT VALID;
CREATE DOMAIN app.aa_name AS app.name_of[];
CREATE FUNCTION app.diff(real, real) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT ($1 - $2)::float8';
CREATE TYPE app.a_range AS RANGE (subtype = real, subtype_diff = app.diff, multirange_type_name = "Zwei".a_many);
CREATE TYPE app.text_range AS RANGE (subtype = text, collation = "C", subtype_opclass = text_pattern_ops);
COMMENT ON TYPE app.a_range IS 'range';

-- functions
CREATE TABLE app.item (id int PRIMARY KEY, name text, tags app.hstore, mail "Zwei".citext DEFAULT '', z app.z_first DEFAULT 'a', r app.a_range, d app.name_of, at timestamptz DEFAULT now(), c app.a_second);
CREATE FUNCTION app.a_uses_z(app.item) RETURNS text LANGUAGE sql STABLE AS $$ SELECT app.z_used(($1).id) || ($1).name $$;
CREATE FUNCTION app.z_used(i int DEFAULT 3, VARIADIC rest text[] DEFAULT '{}') RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER COST 7 SET work_mem = '5MB' AS $f$
BEGIN
	RETURN 'i' || i; -- $$ and ' and \
END $f$;
COMMENT ON FUNCTION app.z_used(int, text[]) IS 'used';
CREATE FUNCTION app.z_used(text) RETURNS SETOF app.item LANGUAGE sql ROWS 5 AS 'SELECT * FROM app.item WHERE name = $1';
CREATE FUNCTION app.standard(n int) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM app.item WHERE id < n; END;
CREATE FUNCTION app.grouped() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT name FROM app.item GROUP BY id; END;
CREATE PROCEDURE app."Do it"(INOUT a int, b text DEFAULT 'b') LANGUAGE plpgsql AS 'BEGIN a := a + 1; END';
COMMENT ON PROCEDURE app."Do it"(int, text) IS 'does';
CREATE FUNCTION app.next_id() RETURNS int LANGUAGE sql AS 'SELECT 7';
CREATE FUNCTION app.count_items(app.item) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION app.late_id(x app.item DEFAULT NULL) RETURNS int LANGUAGE sql AS 'SELECT 8';
CREATE FUNCTION app.sum_up(numeric, int) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE FUNCTION app.sum_down(numeric, int) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 - $2';
CREATE AGGREGATE app.a_total(int) (SFUNC = app.sum_up, STYPE = numeric, INITCOND = '0', MSFUNC = app.sum_up, MINVFUNC = app.sum_down, MSTYPE = numeric, MINITCOND = '0', PARALLEL = SAFE);
CREATE AGGREGATE app.how_many(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0', FINALFUNC = pg_catalog.abs, FINALFUNC_MODIFY = SHAREABLE);
COMMENT ON AGGREGATE app.a_total(int) IS 'total';
CREATE AGGREGATE app.mid(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);

-- operators, casts, text search
CREATE FUNCTION app.like_it(app.z_first, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1::text = $2';
CREATE FUNCTION app.like_it(text, app.z_first) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2::text';
CREATE OPERATOR app.=~~ (FUNCTION = app.like_it, LEFTARG = app.z_first, RIGHTARG = text, COMMUTATOR = OPERATOR(app.~~=), RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR app.~~= (FUNCTION = app.like_it, LEFTARG = text, RIGHTARG = app.z_first, COMMUTATOR = OPERATOR(app.=~~));
COMMENT ON OPERATOR app.=~~ (app.z_first, text) IS 'likes';
CREATE FUNCTION app.to_int(app.z_first) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE CAST (app.z_first AS int) WITH FUNCTION app.to_int(app.z_first) AS ASSIGNMENT;
CREATE CAST (app.a_second AS text) WITH INOUT AS IMPLICIT;
CREATE TEXT SEARCH DICTIONARY app.dict (TEMPLATE = pg_catalog.simple, STOPWORDS = english, Accept = false);
CREATE TEXT SEARCH CONFIGURATION app.search (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION app.search ALTER MAPPING FOR asciiword, hword WITH app.dict, simple;
ALTER TEXT SEARCH CONFIGURATION app.search DROP MAPPING FOR email;
COMMENT ON TEXT SEARCH CONFIGURATION app.search IS 'search';

-- tables that call functions
CREATE TABLE app.caller (
	id int DEFAULT app.next_id(), other int DEFAULT app.late_id(),
	g text GENERATED ALWAYS AS (app.is_fine('x')::text) STORED,
	v text CONSTRAINT calls CHECK (app.is_fine(v)),
	k tsvector,
	EXCLUDE USING gist (box(point(id, id), point(other, other)) WITH &&) WITH (fillfactor = 60) WHERE (id > 0) DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT "no two" EXCLUDE (id WITH =)
);
COMMENT ON CONSTRAINT "no two" ON app.caller IS 'none';
CREATE INDEX caller_f ON app.caller (app.is_fine(v)) WHERE app.is_fine(v);
CREATE STATISTICS app.some_stats (ndistinct, mcv) ON id, other, (v || g) FROM app.caller;
ALTER STATISTICS app.some_stats SET STATISTICS 55;
COMMENT ON STATISTICS app.some_stats IS 'stats';

-- views, in an order that names do not tell
CREATE VIEW app.z_base WITH (security_barrier, security_invoker = true) AS SELECT id, name AS "na me", app.z_used(id) FROM app.item WHERE name <> 'it''s';
COMMENT ON VIEW app.z_base IS 'base';
COMMENT ON COLUMN app.z_base.id IS 'id of view';
ALTER VIEW app.z_base ALTER COLUMN id SET DEFAULT 9;
CREATE VIEW "Zwei".a_top AS SELECT * FROM app.z_base WHERE id > 1 WITH CASCADED CHECK OPTION;
ALTER VIEW "Zwei".a_top RENAME id TO "I d";
CREATE VIEW app.b_local AS SELECT id FROM app.item WITH LOCAL CHECK OPTION;
CREATE VIEW app.grouping AS SELECT id, name, count(*) FROM app.item GROUP BY id;
CREATE RECURSIVE VIEW app.counting (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM counting WHERE n < 5;
CREATE MATERIALIZED VIEW app.m_filled AS SELECT id, "na me" AS n FROM app.z_base WITH DATA;
CREATE UNIQUE INDEX m_filled_id ON app.m_filled (id);
CREATE INDEX m_filled_expr ON app.m_filled (upper(n)) WHERE n <> 'y';
ALTER MATERIALIZED VIEW app.m_filled CLUSTER ON m_filled_id;
ALTER MATERIALIZED VIEW app.m_filled ALTER COLUMN n SET STATISTICS 44;
COMMENT ON INDEX app.m_filled_id IS 'mat';
COMMENT ON MATERIALIZED VIEW app.m_filled IS 'filled';
CREATE MATERIALIZED VIEW app.a_empty WITH (fillfactor = 70) AS SELECT * FROM app.m_filled WITH NO DATA;
CREATE FUNCTION app.of_view(app.z_base) RETURNS text LANGUAGE sql STABLE AS 'SELECT ($1).id::text';
CREATE FUNCTION app.reads_view() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM app.z_base; END;
CREATE VIEW app.after_function AS SELECT app.of_view(z) AS f, app.reads_view() FROM app.z_base z;
CREATE VIEW app.after_that AS SELECT * FROM app.after_function;
CREATE TABLE app.default_of_view (n bigint DEFAULT app.reads_view());

-- triggers, rules, policies
CREATE FUNCTION app.trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER "Before it" BEFORE INSERT OR UPDATE OF name ON app.item FOR EACH ROW WHEN (NEW.name <> 'x') EXECUTE FUNCTION app.trigger('a', 'b''c');
CREATE TRIGGER off AFTER DELETE ON app.item REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION app.trigger();
ALTER TABLE app.item DISABLE TRIGGER off;
CREATE CONSTRAINT TRIGGER con AFTER INSERT ON app.item DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.trigger();
ALTER TABLE app.item ENABLE ALWAYS TRIGGER con;
COMMENT ON TRIGGER con ON app.item IS 'con';
CREATE TRIGGER instead INSTEAD OF INSERT ON app.z_base FOR EACH ROW EXECUTE FUNCTION app.trigger();
CREATE RULE no_delete AS ON DELETE TO app.item WHERE old.id < 0 DO INSTEAD NOTHING;
CREATE RULE twice AS ON UPDATE TO app.item DO ALSO (INSERT INTO app.caller (id) VALUES (1); NOTIFY x);
ALTER TABLE app.item ENABLE REPLICA RULE twice;
COMMENT ON RULE no_delete ON app.item IS 'no';
CREATE RULE on_view AS ON UPDATE TO "Zwei".a_top DO INSTEAD UPDATE app.item SET name = new."na me";
ALTER TABLE app.item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "only mine" ON app.item AS RESTRICTIVE FOR UPDATE TO CURRENT_USER, pg_monitor USING (name = current_user) WITH CHECK (id > 0);
CREATE POLICY all_read ON app.item FOR SELECT USING (true);
COMMENT ON POLICY all_read ON app.item IS 'policy';
CREATE TABLE app.parted (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE app.parted_1 PARTITION OF app.parted DEFAULT;
ALTER TABLE app.parted ADD CONSTRAINT late CHECK (app.is_fine(id::text));
CREATE TRIGGER every AFTER INSERT ON app.parted FOR EACH ROW EXECUTE FUNCTION app.trigger();
ALTER TABLE app.parted_1 DISABLE TRIGGER every;
CREATE FUNCTION app.event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER "my Event" ON ddl_command_start WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION app.event();
ALTER EVENT TRIGGER "my Event" DISABLE;
COMMENT ON EVENT TRIGGER "my Event" IS 'event';

-- operator classes, and a range whose canonical function takes the range
CREATE TYPE app.weight AS (g numeric);
CREATE FUNCTION app.w_lt(app.weight, app.weight) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).g < ($2).g';
CREATE FUNCTION app.w_le(app.weight, app.weight) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).g <= ($2).g';
CREATE FUNCTION app.w_eq(app.weight, app.weight) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).g = ($2).g';
CREATE FUNCTION app.w_ge(app.weight, app.weight) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).g >= ($2).g';
CREATE FUNCTION app.w_gt(app.weight, app.weight) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).g > ($2).g';
CREATE FUNCTION app.w_cmp(app.weight, app.weight) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT CASE WHEN ($1).g < ($2).g THEN -1 WHEN ($1).g > ($2).g THEN 1 ELSE 0 END';
CREATE OPERATOR app.<# (FUNCTION = app.w_lt, LEFTARG = app.weight, RIGHTARG = app.weight, NEGATOR = OPERATOR(app.>=#));
CREATE OPERATOR app.<=# (FUNCTION = app.w_le, LEFTARG = app.weight, RIGHTARG = app.weight);
CREATE OPERATOR app.=# (FUNCTION = app.w_eq, LEFTARG = app.weight, RIGHTARG = app.weight, COMMUTATOR = OPERATOR(app.=#), MERGES, HASHES);
CREATE OPERATOR app.>=# (FUNCTION = app.w_ge, LEFTARG = app.weight, RIGHTARG = app.weight, NEGATOR = OPERATOR(app.<#));
CREATE OPERATOR app.># (FUNCTION = app.w_gt, LEFTARG = app.weight, RIGHTARG = app.weight);
CREATE OPERATOR CLASS app.a_weights DEFAULT FOR TYPE app.weight USING btree AS OPERATOR 1 app.<#, OPERATOR 2 app.<=#, OPERATOR 3 app.=#, OPERATOR 4 app.>=#, OPERATOR 5 app.>#, FUNCTION 1 app.w_cmp(app.weight, app.weight);
COMMENT ON OPERATOR CLASS app.a_weights USING btree IS 'weights';
CREATE FUNCTION app.w_mixed(app.weight, numeric) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).g < $2';
CREATE FUNCTION app.w_mixed_cmp(app.weight, numeric) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE OPERATOR app.<# (FUNCTION = app.w_mixed, LEFTARG = app.weight, RIGHTARG = numeric);
ALTER OPERATOR FAMILY app.a_weights USING btree ADD OPERATOR 1 app.<# (app.weight, numeric), FUNCTION 1 app.w_mixed_cmp(app.weight, numeric);
CREATE OPERATOR FAMILY app.empty_family USING hash;
CREATE TABLE app.weighed (w app.weight, UNIQUE (w));
CREATE INDEX weighed_w ON app.weighed (w DESC);
CREATE TYPE app.steps;
CREATE FUNCTION app.canonical_steps(app.steps) RETURNS app.steps LANGUAGE internal IMMUTABLE STRICT AS 'int4range_canonical';
CREATE TYPE app.steps AS RANGE (subtype = int4, canonical = app.canonical_steps);
CREATE TABLE app.walk (s app.steps DEFAULT '[1,3]');

-- a domain whose check needs a table
CREATE FUNCTION app.reads_item() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM app.item; END;
CREATE DOMAIN app.far AS int CHECK (VALUE > -app.reads_item());
CREATE TABLE app.uses_far (f app.far DEFAULT 3);
