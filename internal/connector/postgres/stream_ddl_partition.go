package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// The tags of what became of partitions: of the tables that have got or lost rows with them, and of the partitions themselves.
const (
	ofPartitions = "PARTITION "
	rowsCame     = ofPartitions + "ROWS CAME"
	rowsLeft     = ofPartitions + "ROWS LEFT"
	attached     = ofPartitions + "ATTACHED"
	detached     = ofPartitions + "DETACHED"
)

const (
	before            = "awsdms_before_ddl"
	beforeDropTrigger = "awsdms_before_ddl_drop"
)

// beforeBody notes the partitions that there were before a statement, for the other function, which runs after it. A function that is
// STABLE sees the catalog as the statement has found it.
const beforeBody = `
DECLARE found text;
BEGIN
 IF tg_event = 'sql_drop' THEN
  SELECT string_agg(i.inhrelid || ':' || i.inhparent, ' ') INTO found FROM pg_event_trigger_dropped_objects() d JOIN pg_inherits i ON i.inhrelid = d.objid
   WHERE d.classid = 'pg_class'::regclass AND d.object_type = 'table' AND NOT d.is_temporary;
 ELSE
  SELECT string_agg(i.inhrelid || ':' || i.inhparent, ' ') INTO found FROM pg_event_trigger_ddl_commands() e JOIN pg_class c ON c.oid = e.objid AND c.relkind = 'p'
   JOIN pg_inherits i ON i.inhparent = e.objid WHERE e.classid = 'pg_class'::regclass;
 END IF;
 PERFORM set_config('whimbrel.partitions', 'known ' || coalesce(found, ''), true);
EXCEPTION WHEN OTHERS THEN
 PERFORM set_config('whimbrel.partitions', '', true);
 RAISE WARNING 'Whimbrel could not look at partitions: %', SQLERRM;
END `

// local is a condition on the relation of an expression: its rows are all here. This function, which runs with the rights of who made it, reads
// no foreign table, whose server somebody else chooses.
func local(relation string) string {
	return `EXISTS (SELECT FROM pg_class WHERE oid = ` + relation + ` AND relkind IN ('r', 'p')) AND NOT EXISTS (SELECT FROM pg_partition_tree(` + relation + `) t JOIN pg_class c ON c.oid = t.relid WHERE c.relkind = 'f')`
}

// partitionsBody finds out what a statement has done to partitions: joined and parted are those that were attached and detached, came
// and gone the tables that have got and lost rows thereby. What anybody may have put into the setting counts only where the
// function before has just written it.
func partitionsBody() string {
	return `
 BEGIN -- partitions
 IF (tg_event = 'sql_drop' OR tg_tag = 'ALTER TABLE') AND current_setting('whimbrel.partitions', true) LIKE 'known %' THEN
  FOR piece IN SELECT split_part(p, ':', 1)::oid AS child, split_part(p, ':', 2)::oid AS parent FROM unnest(string_to_array(trim(substr(current_setting('whimbrel.partitions'), 7)), ' ')) p WHERE p <> '' LOOP
   IF EXISTS (SELECT FROM pg_class WHERE oid = piece.parent AND relkind = 'p') AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = piece.child AND inhparent = piece.parent) THEN
    filled := true;
    IF EXISTS (SELECT FROM pg_class WHERE oid = piece.child) THEN
     parted := parted || piece.child;
     IF ` + local("piece.child") + ` THEN
      BEGIN EXECUTE format('SELECT EXISTS (SELECT FROM %s)', piece.child::regclass) INTO filled; EXCEPTION WHEN OTHERS THEN filled := true; END;
     END IF;
    END IF;
    IF filled THEN
     gone := gone || ARRAY(SELECT relid::oid FROM pg_partition_ancestors(piece.parent));
    END IF;
   END IF;
  END LOOP;
  IF tg_tag = 'ALTER TABLE' AND tg_event <> 'sql_drop' THEN
   FOR piece IN SELECT i.inhrelid AS child, i.inhparent AS parent FROM pg_event_trigger_ddl_commands() e JOIN pg_class c ON c.oid = e.objid AND c.relkind = 'p' JOIN pg_inherits i ON i.inhparent = e.objid
    WHERE e.classid = 'pg_class'::regclass AND i.inhrelid || ':' || i.inhparent <> ALL (string_to_array(substr(current_setting('whimbrel.partitions'), 7), ' ')) LOOP
    filled := true;
    IF ` + local("piece.child") + ` THEN
     BEGIN EXECUTE format('SELECT EXISTS (SELECT FROM %s)', piece.child::regclass) INTO filled; EXCEPTION WHEN OTHERS THEN filled := true; END;
    END IF;
    joined := joined || ARRAY(SELECT relid::oid FROM pg_partition_tree(piece.child));
    IF filled THEN
     came := came || ARRAY(SELECT relid::oid FROM pg_partition_ancestors(piece.parent));
    END IF;
   END LOOP;
  END IF;
 END IF;
 PERFORM set_config('whimbrel.partitions', '', true);
 EXCEPTION WHEN OTHERS THEN
  RAISE WARNING 'Whimbrel could not tell what became of partitions: %', SQLERRM;
 END;`
}

// partitionRows tells in the audit what partitionsBody has found.
func partitionRows(table string) string {
	return `
 INSERT INTO ` + table + ` (` + auditColumns + `) SELECT clock_timestamp(), session_user, txid_current()::text, k.tag, c.oid::int4, c.relname, n.nspname, current_query()
  FROM (SELECT '` + detached + `', unnest(parted) UNION SELECT '` + rowsLeft + `', unnest(gone) UNION SELECT '` + attached + `', unnest(joined) UNION SELECT '` + rowsCame + `', unnest(came)) k (tag, relid)
  JOIN pg_class c ON c.oid = k.relid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p';`
}

// partitioned takes what the audit tells of partitions.
func (s *stream) partitioned(ctx context.Context, tag string, id uint32, name catalog.Name, sql string) error {
	t := s.names[name]
	switch tag {
	case rowsCame, rowsLeft:
		if t != nil && t.f.Table.PartitionBy != "" {
			s.giveUp(t, map[string]string{
				rowsCame: "a partition with rows was attached, whose rows were not changes of the table",
				rowsLeft: "a partition was detached or dropped, and its rows are gone from the table",
			}[tag])
		}
		return nil
	case attached:
		if t == nil {
			return s.created(ctx, id, name, sql, true)
		}
		switch {
		case s.missed[name]: // it was taken for a partition from the first, and its rows from before were not published
			delete(s.missed, name)
			s.giveUp(t, "it had rows before it became a partition")
		case t.f.Table.PartitionOf == nil:
			s.reparted[name] = true
			s.giveUp(t, "it has become a partition of another table: attach it on the target too where there are partitions")
		}
		return nil
	}
	if t == nil {
		delete(s.relations, id) // it is its root's no more
		s.missed[name] = true
		return s.created(ctx, id, name, sql, true)
	}
	s.giveUp(t, "it is no partition any more: detach it on the target too")
	return nil
}

func (s *stream) giveUp(t *followed, why string) {
	s.announce(&connector.Structure{Kind: connector.Unreadable, Number: t.f.Number, Table: t.f.Table, Why: why + ": reload the table"})
}

// makeBefore makes the function that looks before a statement, and its triggers, whose names come first.
func (s *source) makeBefore() string {
	function := quoteName(catalog.Name{Schema: s.settings.artifacts, Name: before})
	var b strings.Builder
	b.WriteString("CREATE OR REPLACE FUNCTION " + function + "() RETURNS event_trigger LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $whimbrel$" + beforeBody + "$whimbrel$;\n")
	b.WriteString("COMMENT ON FUNCTION " + function + "() IS '" + madeByUs + "';\nDO $whimbrel$ BEGIN\n")
	for trigger, on := range map[string]string{before: "ddl_command_end WHEN TAG IN ('ALTER TABLE')", beforeDropTrigger: "sql_drop"} {
		fmt.Fprintf(&b, ` IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = '%[1]s') THEN
  CREATE EVENT TRIGGER %[1]s ON %[2]s EXECUTE FUNCTION %[3]s();
  COMMENT ON EVENT TRIGGER %[1]s IS '%[4]s';
 END IF;
`, trigger, on, function, madeByUs)
	}
	b.WriteString("END $whimbrel$;\n")
	return b.String()
}
