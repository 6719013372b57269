-- Still more of what pg_dump knows: forms that are rare, after tables.sql, objects.sql and harsh.sql.
CREATE SCHEMA r;
CREATE SCHEMA "R $$ :x ?1 %s";
CREATE SCHEMA "pgRest";
-- types
CREATE TYPE r.vec;
CREATE FUNCTION r.vec_in(cstring, oid, int) RETURNS r.vec LANGUAGE internal IMMUTABLE STRICT AS 'varcharin';
CREATE FUNCTION r.vec_out(r.vec) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'varcharout';
CREATE FUNCTION r.vec_typmod_in(cstring[]) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodin';
CREATE FUNCTION r.vec_typmod_out(int) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodout';
CREATE TYPE r.vec (INPUT = r.vec_in, OUTPUT = r.vec_out, TYPMOD_IN = r.vec_typmod_in, TYPMOD_OUT = r.vec_typmod_out, INTERNALLENGTH = VARIABLE, STORAGE = extended, COLLATABLE = true, CATEGORY = 'S', PREFERRED = true);
CREATE FUNCTION r.vec_len(r.vec, int, boolean) RETURNS r.vec LANGUAGE internal IMMUTABLE STRICT AS 'varchar';
CREATE CAST (r.vec AS r.vec) WITH FUNCTION r.vec_len(r.vec, int, boolean) AS IMPLICIT;
CREATE TABLE r.vectors (v r.vec(5) DEFAULT 'abc', vs r.vec(3)[], c r.vec COLLATE "C");
CREATE DOMAIN r.pos AS numeric(10, 3) CHECK (VALUE > 0);
CREATE DOMAIN r.pos2 AS r.pos DEFAULT 4 CHECK (VALUE < 99);
CREATE DOMAIN r.poss AS r.pos2[] CHECK (array_length(VALUE, 1) < 5);
CREATE TYPE r.deep AS (a r.poss, b r.pos2, c int[]);
CREATE TYPE r.deeps AS RANGE (subtype = r.pos2);
CREATE TABLE r.dom (d r.pos2 NOT NULL, ds r.poss DEFAULT '{1,2}', c r.deep DEFAULT ROW('{1}', 3, '{4}'), rg r.deeps, m int4multirange[]);
CREATE TYPE r."En um" AS ENUM ('b', 'z', '');
ALTER TYPE r."En um" ADD VALUE 'a' BEFORE 'b';
ALTER TYPE r."En um" ADD VALUE 'm' AFTER 'b';
COMMIT;
CREATE TYPE r._item AS (x int);
CREATE TABLE r.item (id int, twin r._item, twins r._item[]);
-- functions
CREATE FUNCTION r.hyp_final(internal, VARIADIC "any") RETURNS bigint LANGUAGE internal AS 'hypothetical_rank_final';
CREATE AGGREGATE r.my_rank(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = r.hyp_final, FINALFUNC_EXTRA, HYPOTHETICAL);
CREATE AGGREGATE r.my_avg(numeric) (SFUNC = numeric_avg_accum, STYPE = internal, SSPACE = 128, FINALFUNC = numeric_avg, COMBINEFUNC = numeric_avg_combine, SERIALFUNC = numeric_avg_serialize, DESERIALFUNC = numeric_avg_deserialize, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = RESTRICTED);
CREATE AGGREGATE r.my_min(int) (SFUNC = int4smaller, STYPE = int, SORTOP = OPERATOR(pg_catalog.<));
CREATE AGGREGATE r."Ag g"("it em" anycompatiblearray) (SFUNC = array_cat, STYPE = anycompatiblearray, INITCOND = '{}');
CREATE FUNCTION r."f' $x$ \ "(a text DEFAULT E'x\ny\\z', b r."En um" DEFAULT 'm', c regclass DEFAULT 'r.item', d int[] DEFAULT ARRAY[1,2], OUT e text) LANGUAGE plpgsql AS $$ BEGIN e := '$f$ $_$ $a$'; END $$;
SET work_mem = '7MB';
CREATE FUNCTION r.from_current() RETURNS int LANGUAGE sql SET work_mem FROM CURRENT SET "DateStyle" = 'ISO, DMY' SET search_path = '' AS 'SELECT 1';
SET work_mem = DEFAULT;
CREATE FUNCTION r.two(r.item) RETURNS int LANGUAGE sql IMMUTABLE RETURN ($1).id * 2;
CREATE FUNCTION r.inout(INOUT a anyelement, VARIADIC rest anyarray) LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION r.many() RETURNS TABLE ("sel ect" int, "from" text) LANGUAGE sql ROWS 100000 COST 0.5 STABLE CALLED ON NULL INPUT AS 'SELECT 1, ''a''';
CREATE PROCEDURE r.pr(INOUT x int DEFAULT 5, VARIADIC y int[] DEFAULT '{}') LANGUAGE plpgsql SECURITY DEFINER SET statement_timeout = '1s' AS 'BEGIN END';
CREATE FUNCTION r.trg() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION r.evt() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
-- operators
CREATE FUNCTION r.eqi(r.pos, r.pos) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1::numeric = $2::numeric';
CREATE OPERATOR r.=== (FUNCTION = int4eq, LEFTARG = int, RIGHTARG = int, COMMUTATOR = OPERATOR(r.===), NEGATOR = OPERATOR(r.!==), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR r.!== (FUNCTION = int4ne, LEFTARG = int, RIGHTARG = int, COMMUTATOR = OPERATOR(r.!==), NEGATOR = OPERATOR(r.===), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR FAMILY r.pts USING gist;
CREATE OPERATOR CLASS r.pts_ops FOR TYPE point USING gist FAMILY r.pts AS STORAGE box, OPERATOR 1 <<, OPERATOR 15 <-> (point, point) FOR ORDER BY pg_catalog.float_ops, FUNCTION 1 gist_point_consistent (internal, point, smallint, oid, internal), FUNCTION 2 gist_box_union (internal, internal), FUNCTION 3 gist_point_compress (internal), FUNCTION 5 gist_box_penalty (internal, internal, internal), FUNCTION 6 gist_box_picksplit (internal, internal), FUNCTION 7 gist_box_same (box, box, internal), FUNCTION 8 (point, point) gist_point_distance (internal, point, smallint, oid, internal), FUNCTION 9 gist_point_fetch (internal);
CREATE OPERATOR CLASS r.int_rev FOR TYPE int USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 btint4cmp(int, int), FUNCTION 2 btint4sortsupport(internal), FUNCTION 4 (int4, int4) btequalimage(oid);
CREATE OPERATOR CLASS r.hash_again FOR TYPE int USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(int), FUNCTION 2 hashint4extended(int, bigint);
-- a table with nearly everything
CREATE SEQUENCE r."S'q" AS smallint START 5 INCREMENT 5 MINVALUE -10 MAXVALUE 30 CYCLE CACHE 3;
CREATE TABLE r."T.a'b ""c"" é %s :x $1 ?" (
  "I d" bigint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME r."Id Seq" START -5 INCREMENT -5 MINVALUE -99 MAXVALUE -1),
  "new
line" text DEFAULT E'a\nb\t\\',
  "%" int DEFAULT nextval('r."S''q"'),
  "naïve日本語naïve日本語naïve日本語naïve日本" text COLLATE "de-x-icu",
  at timestamptz(0) DEFAULT '2024-01-01 00:00:00+02', iv interval year to month DEFAULT '1 year 2 mons',
  tz timetz(2) DEFAULT '12:00:00+05:30', m money DEFAULT 12.34, b bit(3) DEFAULT B'101', vb bit varying DEFAULT B'1', x bytea DEFAULT '\xdeadbeef', ch "char" DEFAULT 'x', nm name DEFAULT 'nm',
  js json DEFAULT '{"a": 1}', jb jsonb DEFAULT '{"b": [1, "x''y"]}', u uuid DEFAULT gen_random_uuid(), p point DEFAULT '(1,2)', c circle, ln line, pg polygon, tsq tsquery DEFAULT '''a'' & ''b''',
  r int4range DEFAULT '[1,5)', mr nummultirange DEFAULT '{[1,2],(3,4)}', xd xid8 DEFAULT '5', lsn pg_lsn DEFAULT '0/16', jp jsonpath DEFAULT '$."a"[*]', oi oid DEFAULT 5, rt regtype DEFAULT 'int4', rp regprocedure, mac macaddr8, ci cidr DEFAULT '10.0.0.0/8', ine inet,
  e r."En um" DEFAULT '' , es r."En um"[] DEFAULT ARRAY['a', 'z']::r."En um"[],
  g1 int GENERATED ALWAYS AS (5 * 2) STORED, g2 text GENERATED ALWAYS AS (("%")::text || E'\n''') STORED,
  CONSTRAINT "c''k"" \ $1" CHECK ("%" <> 5 AND "new
line" <> E'a\\b''' AND e <> ''),
  CONSTRAINT "p k" PRIMARY KEY ("I d") INCLUDE (b) WITH (fillfactor = 55),
  CONSTRAINT u1 UNIQUE NULLS NOT DISTINCT ("%", at) DEFERRABLE,
  CONSTRAINT ex EXCLUDE USING gist (c WITH &&, (box(p, p)) WITH ~=) WHERE ("%" > 0)
);
ALTER TABLE r."T.a'b ""c"" é %s :x $1 ?" ALTER jb SET COMPRESSION pglz, ALTER js SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX "ix"" é" ON r."T.a'b ""c"" é %s :x $1 ?" (("%" % 7), (lower("new
line")) COLLATE "C" varchar_pattern_ops DESC NULLS LAST) WHERE ("new
line" ~ E'^\\d+$' OR e = ANY (ARRAY['a', 'b']::r."En um"[]));
CREATE UNIQUE INDEX made_first ON r."T.a'b ""c"" é %s :x $1 ?" (u);
ALTER TABLE r."T.a'b ""c"" é %s :x $1 ?" ADD CONSTRAINT named_later UNIQUE USING INDEX made_first;
CREATE INDEX rev ON r."T.a'b ""c"" é %s :x $1 ?" ("%" r.int_rev);
CREATE INDEX hsh ON r."T.a'b ""c"" é %s :x $1 ?" USING hash ("%" r.hash_again) WITH (fillfactor = 66);
CREATE INDEX pt_gist ON r."T.a'b ""c"" é %s :x $1 ?" USING gist (p r.pts_ops) WITH (buffering = off);
CREATE INDEX brin_bloom ON r."T.a'b ""c"" é %s :x $1 ?" USING brin (u uuid_bloom_ops (n_distinct_per_range = 50, false_positive_rate = 0.05));
COMMENT ON COLUMN r."T.a'b ""c"" é %s :x $1 ?"."%" IS E'per\ncent ''%s'' \\';
CREATE TRIGGER "t'g" AFTER UPDATE OF "%", "I d" ON r."T.a'b ""c"" é %s :x $1 ?" FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.* AND NEW."%" > 3) EXECUTE FUNCTION r.trg(E'a\\b''c\n', '%s', '$1', 'ü');
CREATE TRIGGER always BEFORE INSERT ON r."T.a'b ""c"" é %s :x $1 ?" FOR EACH STATEMENT EXECUTE FUNCTION r.trg();
ALTER TABLE r."T.a'b ""c"" é %s :x $1 ?" ENABLE ALWAYS TRIGGER always;
CREATE RULE "r'l" AS ON INSERT TO r."T.a'b ""c"" é %s :x $1 ?" DO ALSO (INSERT INTO r.item (id) VALUES (new."%"); NOTIFY "ch an", 'it''s'; DELETE FROM r.item WHERE id = 5);
CREATE RULE nothing AS ON DELETE TO r.item DO INSTEAD NOTHING;
ALTER TABLE r.item DISABLE RULE nothing;
ALTER TABLE r.item REPLICA IDENTITY NOTHING;
CREATE CONSTRAINT TRIGGER ct AFTER INSERT OR UPDATE OR DELETE ON r.item FROM r.vectors NOT DEFERRABLE FOR EACH ROW EXECUTE FUNCTION r.trg();
-- partitions
CREATE FUNCTION r.part(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS 'SELECT lower($1)';
CREATE TABLE r.pt (a text COLLATE "C", b int NOT NULL, e r."En um", at timestamptz NOT NULL DEFAULT now(), ok boolean) PARTITION BY RANGE (r.part(a) COLLATE "C" text_pattern_ops, b);
CREATE TABLE r.pt_1 PARTITION OF r.pt (b DEFAULT 7, at DEFAULT '2020-01-01 00:00:00+00', CONSTRAINT c1 CHECK (ok)) FOR VALUES FROM ('a', MINVALUE) TO ('k''', 5) PARTITION BY LIST (e);
CREATE TABLE r.pt_1a (ok boolean, at timestamptz NOT NULL, e r."En um", b int NOT NULL DEFAULT 8, a text COLLATE "C", CONSTRAINT c1 CHECK (ok));
ALTER TABLE r.pt_1 ATTACH PARTITION r.pt_1a FOR VALUES IN ('a', NULL, '');
CREATE TABLE r.pt_1b PARTITION OF r.pt_1 FOR VALUES IN ('z') PARTITION BY HASH (b r.hash_again, at);
CREATE TABLE "R $$ :x ?1 %s".pt_1b0 PARTITION OF r.pt_1b FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE UNLOGGED TABLE r.pt_1b1 PARTITION OF r.pt_1b FOR VALUES WITH (MODULUS 8, REMAINDER 1) WITH (autovacuum_enabled = off);
CREATE TABLE r.pt_max PARTITION OF r.pt FOR VALUES FROM ('x', 3) TO (MAXVALUE, MAXVALUE);
CREATE INDEX pt_ix ON r.pt (at DESC) WITH (fillfactor = 44);
CREATE INDEX pt_expr ON r.pt ((b + 1)) WHERE ok;
ALTER TABLE r.pt_1a ALTER at SET STATISTICS 9, ALTER a SET STORAGE EXTERNAL, ALTER a SET (n_distinct = 3);
CREATE TRIGGER own BEFORE INSERT ON r.pt_1a FOR EACH ROW EXECUTE FUNCTION r.trg();
CREATE TRIGGER all_ AFTER INSERT ON r.pt FOR EACH ROW EXECUTE FUNCTION r.trg('x');
ALTER TABLE r.pt_1a ENABLE ALWAYS TRIGGER all_;
CREATE STATISTICS r.pt_stat (mcv) ON b, (r.part(a)) FROM r.pt;
CREATE TABLE r.pk (id int, k int, PRIMARY KEY (id, k), UNIQUE (k, id)) PARTITION BY LIST (k);
CREATE TABLE r.pk1 PARTITION OF r.pk FOR VALUES IN (1);
CREATE TABLE r.pk2 (k int NOT NULL, id int NOT NULL, CONSTRAINT pk2_u UNIQUE (k, id), CONSTRAINT pk2_p PRIMARY KEY (id, k));
ALTER TABLE r.pk ATTACH PARTITION r.pk2 FOR VALUES IN (2, 3);
CREATE TABLE r.pself (id int, up int, k int, PRIMARY KEY (id, k), FOREIGN KEY (up, k) REFERENCES r.pself DEFERRABLE INITIALLY DEFERRED) PARTITION BY RANGE (k);
CREATE TABLE r.pself1 PARTITION OF r.pself DEFAULT;
CREATE TABLE r.fks (id int, k int, CONSTRAINT to_part FOREIGN KEY (id, k) REFERENCES r.pk ON UPDATE CASCADE ON DELETE SET DEFAULT (k), CONSTRAINT to_leaf FOREIGN KEY (id, k) REFERENCES r.pk1 NOT VALID);
ALTER TABLE r.pk REPLICA IDENTITY FULL;
ALTER TABLE r.pk1 REPLICA IDENTITY USING INDEX pk1_pkey;
-- inheritance
CREATE TABLE r.top (a int DEFAULT 1, b text COLLATE "C" DEFAULT 'x', c int, CONSTRAINT ck CHECK (a > 0), CONSTRAINT nk CHECK (c > 0) NO INHERIT, g int GENERATED ALWAYS AS (a + 1) STORED);
CREATE TABLE r.left_ (a int DEFAULT 2, l int, CONSTRAINT ck CHECK (a > 0)) INHERITS (r.top);
CREATE TABLE r.right_ (a int DEFAULT 3 NOT NULL, rr int, CONSTRAINT own CHECK (rr > 0)) INHERITS (r.top);
CREATE TABLE r.bottom (a int DEFAULT 4, own int GENERATED BY DEFAULT AS IDENTITY) INHERITS (r.left_, r.right_);
ALTER TABLE r.top RENAME c TO cc;
ALTER TABLE r.left_ ALTER b DROP DEFAULT, ALTER b SET NOT NULL;
ALTER TABLE r.right_ ALTER b SET DEFAULT 'rr', ALTER cc SET STATISTICS 3;
CREATE TABLE r.typed OF r._item (x WITH OPTIONS NOT NULL DEFAULT 3 CHECK (x > 0), UNIQUE (x)) WITH (fillfactor = 20);
ALTER TABLE r.typed ALTER x SET STATISTICS 7;
-- views
CREATE VIEW r.v1 AS SELECT * FROM r.item;
ALTER TABLE r.item ADD added int DEFAULT 5;
ALTER TABLE r.item RENAME id TO "Id 2";
CREATE VIEW r.v2 (x, "y y", z) WITH (security_barrier = false, check_option = local) AS SELECT "Id 2", twin, added FROM r.item WHERE added > 3 ORDER BY 1 DESC NULLS LAST;
CREATE TRIGGER io INSTEAD OF INSERT OR UPDATE ON r.v1 FOR EACH ROW EXECUTE FUNCTION r.trg();
CREATE VIEW r.complex AS WITH RECURSIVE w AS MATERIALIZED (SELECT 1 AS n UNION ALL SELECT n + 1 FROM w WHERE n < 3) SEARCH DEPTH FIRST BY n SET ord CYCLE n SET cyc USING path
 SELECT n, count(*) FILTER (WHERE n > 1) OVER win AS c, percentile_cont(0.5) WITHIN GROUP (ORDER BY n) AS pc, GROUPING(n) AS gr FROM w GROUP BY GROUPING SETS ((n), ()) WINDOW win AS (ORDER BY n RANGE BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES);
CREATE VIEW r.joins AS SELECT q."Id 2", j.*, l.s FROM r.item q JOIN (SELECT 5 AS added) tt USING (added) AS uj LEFT JOIN LATERAL (SELECT uj.added AS s) l ON true, ROWS FROM (generate_series(1, 2), unnest(ARRAY['a'])) WITH ORDINALITY AS j (a1, a2, o) WHERE q.twins @> ARRAY[ROW(1)::r._item];
CREATE VIEW r.sampled AS SELECT * FROM r.top TABLESAMPLE BERNOULLI (50) REPEATABLE (3) UNION ALL SELECT a, b, cc, g FROM ONLY r.left_;
CREATE VIEW r.xmlv AS SELECT x.* FROM XMLTABLE('/r' PASSING ('<r><a>1</a></r>'::xml) COLUMNS a int PATH 'a' DEFAULT 5 NOT NULL, o FOR ORDINALITY) x;
CREATE VIEW r.cat AS SELECT c.relname, pg_get_userbyid(c.relowner) AS o FROM pg_class c JOIN information_schema.tables t ON t.table_name = c.relname;
CREATE VIEW r."V ""q"" %s" AS SELECT 1 AS "?column?", 'a' AS "b""b", NULL AS nul, CURRENT_DATE, SESSION_USER;
CREATE MATERIALIZED VIEW r.m1 (one, two) WITH (fillfactor = 30, toast.autovacuum_enabled = off) AS SELECT i."Id 2", i.added FROM r.v1 LEFT JOIN r.item i ON i."Id 2" = r.v1.id;
CREATE MATERIALIZED VIEW r.m2 AS SELECT m.one, r.two(NULL) FROM r.m1 m;
ALTER MATERIALIZED VIEW r.m2 ALTER one SET (n_distinct = 9);
CREATE INDEX ON r.m2 USING brin (one);
CREATE STATISTICS r.m_stat ON one, two FROM r.m1;
CREATE FUNCTION r.reads_m() RETURNS SETOF r.m1 LANGUAGE sql BEGIN ATOMIC SELECT * FROM r.m1; END;
CREATE VIEW r.of_m AS SELECT one, (SELECT count(*) FROM r.reads_m()) FROM r.m2;
COMMENT ON VIEW r.complex IS E'tab\t\\';
-- policies
ALTER TABLE r.item ENABLE ROW LEVEL SECURITY;
CREATE POLICY "p'l" ON r.item AS PERMISSIVE FOR ALL TO PUBLIC USING (EXISTS (SELECT FROM r.fks f WHERE f.id = "Id 2" AND f.k = ANY (SELECT one FROM r.m1))) WITH CHECK (added <> 3);
ALTER TABLE r.pt FORCE ROW LEVEL SECURITY;
-- event triggers
CREATE EVENT TRIGGER e_end ON ddl_command_end EXECUTE FUNCTION r.evt();
CREATE EVENT TRIGGER "E drop" ON sql_drop WHEN TAG IN ('DROP TABLE', 'DROP VIEW') EXECUTE FUNCTION r.evt();
CREATE EVENT TRIGGER e_re ON table_rewrite EXECUTE FUNCTION r.evt();
ALTER EVENT TRIGGER e_end ENABLE ALWAYS;
ALTER EVENT TRIGGER "E drop" ENABLE REPLICA;
-- conversions, casts, search
CREATE DEFAULT CONVERSION r."Con v" FOR 'LATIN2' TO 'UTF8' FROM iso8859_to_utf8;
CREATE CAST (r._item AS text) WITH INOUT;
CREATE CAST (varchar AS r.vec) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE TEXT SEARCH DICTIONARY r."D' c" (TEMPLATE = synonym, SYNONYMS = synonym_sample, CaseSensitive = true);
CREATE TEXT SEARCH DICTIONARY r.thes (TEMPLATE = thesaurus, DICTFILE = thesaurus_sample, Dictionary = pg_catalog.english_stem);
CREATE TEXT SEARCH DICTIONARY r.isp (TEMPLATE = ispell, DictFile = ispell_sample, AffFile = ispell_sample, StopWords = english);
CREATE TEXT SEARCH CONFIGURATION r."C f" (COPY = pg_catalog.german);
ALTER TEXT SEARCH CONFIGURATION r."C f" ALTER MAPPING REPLACE german_stem WITH r."D' c";
CREATE TABLE r.ts (d text, v tsvector GENERATED ALWAYS AS (to_tsvector('r."C f"', d)) STORED);
CREATE INDEX ON r.ts USING gin (to_tsvector('r."C f"'::regconfig, d)) WITH (fastupdate = off, gin_pending_list_limit = 100);
CREATE COLLATION r."Coll '" (provider = libc, locale = 'C');
CREATE COLLATION r.co FROM "de-x-icu";
CREATE TABLE r.coll (a text COLLATE r."Coll '" DEFAULT ('a' COLLATE r.co), CHECK (a COLLATE r.co > 'b'));
-- extensions in odd schemas
CREATE EXTENSION pgcrypto SCHEMA "R $$ :x ?1 %s";
CREATE EXTENSION "uuid-ossp" SCHEMA "pgRest";
CREATE EXTENSION ltree SCHEMA r;
CREATE EXTENSION intarray SCHEMA r;
CREATE TABLE r.ext (p r.ltree DEFAULT 'a.b', ps r.ltree[], u uuid DEFAULT "pgRest".uuid_generate_v4(), h bytea GENERATED ALWAYS AS ("R $$ :x ?1 %s".digest('x'::text, 'md5')) STORED);
CREATE INDEX ON r.ext USING gist (p r.gist_ltree_ops (siglen = 100));
CREATE INDEX ON r.item USING gist ((ARRAY["Id 2"]) r.gist__int_ops (numranges = 50));
-- owned sequences in odd places
CREATE TABLE r.serials (a smallserial, b bigserial, c int);
ALTER SEQUENCE r.serials_a_seq RENAME TO "ren amed";
ALTER SEQUENCE r.serials_b_seq OWNED BY NONE;
CREATE SEQUENCE r.own2 OWNED BY r.serials.c;
CREATE UNLOGGED TABLE r.partly_logged (id int GENERATED ALWAYS AS IDENTITY, s serial);
ALTER SEQUENCE r.partly_logged_id_seq SET LOGGED;
ALTER SEQUENCE r.partly_logged_s_seq SET LOGGED;
CREATE TABLE r.logged (id int GENERATED ALWAYS AS IDENTITY);
ALTER SEQUENCE r.logged_id_seq SET UNLOGGED;
ALTER SEQUENCE r."ren amed" RESTART 77;
ALTER TABLE r.serials ADD PRIMARY KEY (a);
COMMENT ON SEQUENCE r.own2 IS 'owned';
COMMENT ON AGGREGATE r.my_rank(VARIADIC "any" ORDER BY VARIADIC "any") IS 'hyp';
COMMENT ON TYPE r.vec IS 'vec'; COMMENT ON DOMAIN r.pos2 IS 'dom'; COMMENT ON CAST (r._item AS text) IS 'cast'; COMMENT ON OPERATOR FAMILY r.pts USING gist IS 'fam'; COMMENT ON CONVERSION r."Con v" IS 'con'; COMMENT ON TEXT SEARCH DICTIONARY r.thes IS 'th'; COMMENT ON EVENT TRIGGER e_re IS 're'; COMMENT ON TRIGGER io ON r.v1 IS 'io'; COMMENT ON COLUMN r._item.x IS 'of type'; COMMENT ON INDEX r.pt_ix IS 'pt'; COMMENT ON CONSTRAINT ex ON r."T.a'b ""c"" é %s :x $1 ?" IS 'ex'; COMMENT ON COLUMN r.m1.one IS 'one'; COMMENT ON FUNCTION r.inout IS 'inout'; COMMENT ON EXTENSION ltree IS 'tree'; COMMENT ON POLICY "p'l" ON r.item IS 'pol'; COMMENT ON RULE "r'l" ON r."T.a'b ""c"" é %s :x $1 ?" IS 'rule'; COMMENT ON COLLATION r.co IS 'co'; COMMENT ON STATISTICS r.m_stat IS 'st'; COMMENT ON SCHEMA "R $$ :x ?1 %s" IS '$$';
INSERT INTO r.item ("Id 2") VALUES (1), (2);
REFRESH MATERIALIZED VIEW r.m1;
