package postgres

import (
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// unpublished begins the tag of a new table that could not join the publications of a run, whose digest follows: rows of it may be
// missed.
const unpublished = "UNPUBLISHED "

// columnsNow is the tag of what a table's columns are when a statement has run, each with its number, before the row that tells of the statement.
const columnsNow = "COLUMNS"

// unidentified is the tag of a table that has lost what identified its rows.
const unidentified = "UNIDENTIFIED"

// auditBody is what the event triggers do. Publications and audit stand in blocks of their own, so that one goes on without the other.
func (s *source) auditBody() string {
	table := quoteName(catalog.Name{Schema: s.settings.artifacts, Name: auditTable})
	const ours = `f.pubname LIKE 'whimbrel\_%'`
	return `
#variable_conflict use_column
DECLARE made record; pub record; move record; piece record; affected oid[]; missed text[] := '{}'; lost oid[] := '{}'; filled boolean := false;
 joined oid[] := '{}'; parted oid[] := '{}'; came oid[] := '{}'; gone oid[] := '{}'; in_sets boolean;
BEGIN` + partitionsBody() + keysOfSets + `
 BEGIN -- tables with another key
  IF tg_event = 'sql_drop' THEN
   IF tg_tag <> 'DROP TABLE' AND EXISTS (SELECT FROM pg_event_trigger_dropped_objects() WHERE object_type IN ('index', 'table constraint', 'table column') AND NOT is_temporary) THEN
    FOR move IN ` + fmt.Sprintf(movesSQL, ours, "true") + ` LOOP
     EXECUTE move.statement;
     lost := CASE WHEN move.lost THEN lost || move.prrelid ELSE lost END;
    END LOOP;
   END IF;
  ELSE
   SELECT array_agg(t.relid) INTO affected FROM pg_event_trigger_ddl_commands() e CROSS JOIN LATERAL (SELECT e.objid AS relid
    UNION SELECT relid FROM pg_partition_tree(e.objid) UNION SELECT relid FROM pg_partition_ancestors(e.objid)) t WHERE e.classid = 'pg_class'::regclass;
   FOR move IN ` + fmt.Sprintf(movesSQL, ours, "r.prrelid = ANY (affected)") + ` LOOP
    EXECUTE move.statement;
    lost := CASE WHEN move.lost THEN lost || move.prrelid ELSE lost END;
   END LOOP;
  END IF;
 EXCEPTION WHEN OTHERS THEN
  RAISE WARNING 'Whimbrel could not publish a table as its key allows: %', SQLERRM;
 END;
 BEGIN -- new tables
 IF (tg_tag IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO') OR joined <> '{}') AND tg_event <> 'sql_drop' THEN
  FOR made IN SELECT DISTINCT c.oid, c.relname, n.nspname, (` + fit + `) AS fit FROM (SELECT objid FROM pg_event_trigger_ddl_commands()
    WHERE classid = 'pg_class'::regclass AND NOT in_extension AND tg_tag <> 'ALTER TABLE' UNION SELECT unnest(joined)) e
   JOIN pg_class c ON c.oid = e.objid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND c.relname NOT LIKE 'awsdms\_%' LOOP
   filled := false;
   FOR pub IN SELECT f.oid, f.pubname, obj_description(f.oid, 'pg_publication') AS chosen, i.pubname AS part FROM pg_publication f
    LEFT JOIN pg_publication i ON i.pubname = left(f.pubname::text, ` + partStem + `) || '` + partSuffix + `' AND obj_description(i.oid, 'pg_publication') = '` + inUse + `'
    WHERE ` + ours + ` AND f.pubupdate AND NOT f.puballtables AND NOT EXISTS (SELECT FROM pg_publication_rel r WHERE r.prrelid = made.oid AND r.prpubid IN (f.oid, i.oid)) LOOP
    BEGIN
     IF pub.chosen IS NULL OR (SELECT bool_and(NOT excluded) FROM jsonb_to_recordset(pub.chosen::jsonb) AS x (schema text, "table" text, excluded boolean)
      WHERE EXISTS (SELECT FROM (SELECT made.oid UNION SELECT relid FROM pg_partition_ancestors(made.oid)) o (id) JOIN pg_class c ON c.oid = o.id
       JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname::text ~ schema AND c.relname::text ~ "table")) THEN
` + isSet + `
      IF in_sets OR made.fit OR pub.part IS NOT NULL THEN
       IF in_sets THEN
        ` + joinSets + `
       ELSE
        EXECUTE format('ALTER PUBLICATION %I ADD TABLE ONLY %I.%I', CASE WHEN made.fit THEN pub.pubname ELSE pub.part END, made.nspname, made.relname);
       END IF;
       IF tg_tag <> 'CREATE TABLE' THEN -- its rows came first
        filled := true;
        IF ` + local("made.oid") + ` THEN
         EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I)', made.nspname, made.relname) INTO filled;
        END IF;
       END IF;
      END IF;
      IF filled OR NOT in_sets AND NOT made.fit AND pub.part IS NULL THEN
       missed := missed || ARRAY[made.oid::text || ' ' || right(pub.pubname, 8)];
      END IF;
     END IF;
    EXCEPTION WHEN OTHERS THEN
     missed := missed || ARRAY[made.oid::text || ' ' || right(pub.pubname, 8)];
     RAISE WARNING 'Whimbrel could not publish table %.%: %', made.nspname, made.relname, SQLERRM;
    END;
   END LOOP;
  END LOOP;
 END IF;
 EXCEPTION WHEN OTHERS THEN
  RAISE WARNING 'Whimbrel could not publish a new table: %', SQLERRM;
 END;
 BEGIN -- the audit
 INSERT INTO ` + table + ` (` + auditColumns + `) SELECT clock_timestamp(), session_user, txid_current()::text, '` + unidentified + `', c.oid::int4, c.relname, n.nspname, current_query()
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY (lost);
 INSERT INTO ` + table + ` (` + auditColumns + `) SELECT clock_timestamp(), session_user, txid_current()::text, '` + unpublished + `' || split_part(m, ' ', 2), c.oid::int4, c.relname, n.nspname, current_query()
  FROM unnest(missed) m JOIN pg_class c ON c.oid = split_part(m, ' ', 1)::oid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY (joined);
 ` + partitionRows(table) + `
 IF tg_event = 'sql_drop' THEN
  INSERT INTO ` + table + ` (` + auditColumns + `) SELECT DISTINCT ON (objid) clock_timestamp(), session_user, txid_current()::text, 'DROP TABLE',
   objid::int4, object_name, schema_name, current_query() FROM pg_event_trigger_dropped_objects() WHERE object_type = 'table' AND NOT is_temporary;
 ELSE
  INSERT INTO ` + table + ` (` + auditColumns + `) SELECT clock_timestamp(), session_user, txid_current()::text, tag, oid::int4, relname, nspname, query
   FROM (SELECT DISTINCT c.oid, c.relname, n.nspname FROM pg_event_trigger_ddl_commands() e
    JOIN pg_class c ON c.oid = e.objid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE e.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'p') AND (c.relpersistence = 'p' OR c.relpersistence = 'u' AND tg_tag = 'ALTER TABLE' AND current_query() ~* 'unlogged') AND NOT e.in_extension) o
   CROSS JOIN LATERAL (SELECT 2, left(tg_tag, 24), current_query() UNION ALL SELECT 1, '` + unpublished + `' || split_part(m, ' ', 2), current_query() FROM unnest(missed) m
    WHERE split_part(m, ' ', 1) = o.oid::text UNION ALL SELECT 0, '` + columnsNow + `', json_agg(json_build_object('number', a.attnum, 'name', a.attname,
     'type', format_type(a.atttypid, a.atttypmod), 'generated', a.attgenerated <> '', 'key', coalesce(a.attnum = ANY (i.indkey), false), 'identity', c.relreplident) ORDER BY a.attnum)::text
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END
    WHERE a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped) t (step, tag, query) ORDER BY step;
 END IF;
 DELETE FROM ` + table + `;
 EXCEPTION WHEN OTHERS THEN
  RAISE WARNING 'Whimbrel could not tell of a change of structure: %', SQLERRM;
 END;
END `
}
