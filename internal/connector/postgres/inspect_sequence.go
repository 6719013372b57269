package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// sequence is a sequence with what ties it to a column.
type sequence struct {
	catalog.Sequence
	oid      uint32
	unlogged bool
	readable bool
	known    bool // whether Last was read
	owner    uint32
	column   int16
	internal bool // owned as the sequence of an identity column
	users    int  // how many column defaults refer to it
}

const sequencesQuery = `SELECT c.oid, c.schema, c.relname, c.relpersistence = 'u', format_type(s.seqtypid, NULL), s.seqstart, s.seqmin, s.seqmax, s.seqincrement,
	s.seqcache, s.seqcycle, has_sequence_privilege(c.oid, 'SELECT') AND has_schema_privilege(c.relnamespace, 'USAGE'), coalesce(d.description, ''),
	coalesce(o.refobjid, 0), coalesce(o.refobjsubid, 0)::int2, coalesce(o.deptype = 'i', false),
	(SELECT count(*) FROM pg_catalog.pg_depend u WHERE u.refclassid = 'pg_catalog.pg_class'::regclass AND u.refobjid = c.oid
		AND u.classid = 'pg_catalog.pg_attrdef'::regclass)
	FROM rel c JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid
	LEFT JOIN pg_catalog.pg_depend o ON o.classid = 'pg_catalog.pg_class'::regclass AND o.objid = c.oid AND o.refclassid = 'pg_catalog.pg_class'::regclass
		AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')
	LEFT JOIN pg_catalog.pg_description d ON d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
	WHERE c.relkind = 'S' ORDER BY c.schema COLLATE "C", c.relname COLLATE "C"`

func (in *inspector) loadSequences(ctx context.Context) error {
	var all []*sequence
	err := in.each(ctx, "sequences", in.rel()+sequencesQuery, func(rows pgx.Rows) error {
		s := &sequence{}
		if err := rows.Scan(&s.oid, &s.Name.Schema, &s.Name.Name, &s.unlogged, &s.Type, &s.Start, &s.Min, &s.Max, &s.Increase, &s.Cache, &s.Cycle,
			&s.readable, &s.Comment, &s.owner, &s.column, &s.internal, &s.users); err != nil {
			return err
		}
		s.Last = s.Start
		all = append(all, s)
		return nil
	})
	if err != nil {
		return err
	}
	if err := in.loadValues(ctx, all); err != nil {
		return err
	}
	for _, s := range all {
		in.addSequence(s)
	}
	return nil
}

// sequencesPerQuery bounds the length of one query for values.
const sequencesPerQuery = 200

// loadValues reads where sequences stand. Only reading them as tables can be undone by a savepoint, which gives back
// the locks: the functions for it hold one lock per sequence to the end of the transaction, and locks are scarce.
func (in *inspector) loadValues(ctx context.Context, all []*sequence) error {
	byOID := map[uint32]*sequence{}
	var parts []string
	for _, s := range all {
		if s.readable {
			byOID[s.oid] = s
			parts = append(parts, fmt.Sprintf("SELECT %d::oid, last_value, is_called FROM %s", s.oid, quoteName(s.Name)))
		}
	}
	for chunk := range slices.Chunk(parts, sequencesPerQuery) {
		if err := in.readValues(ctx, strings.Join(chunk, " UNION ALL "), byOID); err != nil {
			return err
		}
	}
	return nil
}

func (in *inspector) readValues(ctx context.Context, sql string, byOID map[uint32]*sequence) error {
	if _, err := in.q.Exec(ctx, "SAVEPOINT values_of_sequences"); err != nil {
		return fmt.Errorf("read values of sequences: %w", err)
	}
	err := in.each(ctx, "values of sequences", sql, func(rows pgx.Rows) error {
		var oid uint32
		var last int64
		var called bool
		err := rows.Scan(&oid, &last, &called)
		if s := byOID[oid]; s != nil {
			s.Last, s.Called, s.known = last, called, true
		}
		return err
	})
	if err != nil {
		return err
	}
	if _, err := in.q.Exec(ctx, "ROLLBACK TO SAVEPOINT values_of_sequences"); err != nil {
		return fmt.Errorf("read values of sequences: %w", err)
	}
	return nil
}

// unlikeOwner gives a sequence that is made with its table a persistence of its own.
func (in *inspector) unlikeOwner(owner *relation, s *sequence) {
	words := map[bool]string{true: " SET UNLOGGED", false: " SET LOGGED"}[s.unlogged]
	if s.unlogged != (owner.table.Native["persistence"] != "") {
		in.tableObject(owner, "persistence of sequence", s.Name.Name, catalog.AtEnd, "ALTER SEQUENCE "+quoteName(s.Name)+words)
	}
}

func (in *inspector) addSequence(s *sequence) {
	in.sequences[s.oid] = s
	owner := in.relations[s.owner]
	var c *catalog.Column
	if owner != nil {
		c = owner.columns[s.column]
	}
	if c != nil && owner.table != nil {
		in.unlikeOwner(owner, s)
	}
	switch {
	case c != nil && s.internal && owner.table != nil && owner.table.PartitionOf != nil:
		in.partitionIdentity(owner, c, s)
	case c != nil && s.internal:
		in.number(owner, c, s, "SEQUENCE NAME "+quoteName(s.Name)+" "+s.options(false))
	case c != nil && s.users == 1 && c.Default != nil && isNextval(*c.Default, s.Name):
		c.Identity.Kind = catalog.IdentitySerial
		in.number(owner, c, s, s.options(true))
	default:
		in.addOwnSequence(s, owner, c)
	}
}

// partitionIdentity takes the identity of a partition's own out of the table: PostgreSQL 17 and later know no such
// thing and refuse to attach the partition, which must not stop its rows.
func (in *inspector) partitionIdentity(r *relation, c *catalog.Column, s *sequence) {
	when := "ALWAYS"
	if c.Identity.Kind == catalog.IdentityByDefault {
		when = "BY DEFAULT"
	}
	c.Identity = catalog.Identity{}
	ddl := []string{fmt.Sprintf("ALTER TABLE ONLY %s ALTER COLUMN %s ADD GENERATED %s AS IDENTITY (SEQUENCE NAME %s %s)",
		quoteName(r.name), quote(c.Name), when, quoteName(s.Name), s.options(false))}
	if s.known {
		ddl = append(ddl, setval(s.Name, s.Last, s.Called).SQL)
	}
	in.tableObjectDetail(r, "identity", c.Name, "of the partition alone", catalog.AtEnd, ddl...)
}

// number fills the identity of a column from its sequence.
func (in *inspector) number(r *relation, c *catalog.Column, s *sequence, options string) {
	c.Native = in.ddl(options)
	c.Identity.Sequence, c.Identity.Start, c.Identity.Increase = s.Name, s.Start, s.Increase
	c.Identity.Next, c.Identity.Known, c.Identity.Spent = s.next()
	if s.Comment != "" {
		in.tableObject(r, "comment", s.Name.Name, catalog.AtEnd, "COMMENT ON SEQUENCE "+quoteName(s.Name)+" IS "+quoteLiteral(s.Comment))
	}
}

// next returns the value that nextval would give, whether it is known, and whether there is none any more, in which
// case the value is the last one.
func (s *sequence) next() (value int64, known, spent bool) {
	switch {
	case !s.known:
		return 0, false, false
	case !s.Called:
		return s.Last, true, false
	case s.Increase > 0 && s.Last > s.Max-s.Increase:
		return s.after(s.Min)
	case s.Increase < 0 && s.Last < s.Min-s.Increase:
		return s.after(s.Max)
	}
	return s.Last + s.Increase, true, false
}

// after is what follows the last value: the first one again when the sequence cycles.
func (s *sequence) after(first int64) (value int64, known, spent bool) {
	if s.Cycle {
		return first, true, false
	}
	return s.Last, true, true
}

// isNextval reports whether a default is nextval of the sequence and nothing else.
func isNextval(expression string, n catalog.Name) bool {
	inner, ok := strings.CutPrefix(expression, "nextval('")
	if !ok {
		return false
	}
	inner, ok = strings.CutSuffix(inner, "'::regclass)")
	if !ok {
		return false
	}
	// The server quotes only what must be quoted.
	return strings.ReplaceAll(strings.ReplaceAll(inner, "''", "'"), `"`, "") == strings.ReplaceAll(n.Schema+"."+n.Name, `"`, "")
}

// options spells the options of a sequence in full.
func (s *sequence) options(withType bool) string {
	var b strings.Builder
	if withType {
		b.WriteString("AS " + s.Type + " ")
	}
	fmt.Fprintf(&b, "START WITH %d INCREMENT BY %d MINVALUE %d MAXVALUE %d CACHE %d", s.Start, s.Increase, s.Min, s.Max, s.Cache)
	if s.Cycle {
		b.WriteString(" CYCLE")
	}
	return b.String()
}

// addOwnSequence lists a sequence that stands on its own. One that a column merely owns is given to it at the end.
func (in *inspector) addOwnSequence(s *sequence, owner *relation, c *catalog.Column) {
	if in.o.Objects {
		unlogged := ""
		if s.unlogged {
			unlogged = "UNLOGGED "
		}
		s.DDL = []string{"CREATE " + unlogged + "SEQUENCE " + quoteName(s.Name) + " " + s.options(true)}
	}
	schema := in.schema(s.Name.Schema)
	schema.Sequences = append(schema.Sequences, &s.Sequence)
	if c != nil {
		in.tableObject(owner, "sequence owner", s.Name.Name, catalog.AtEnd,
			fmt.Sprintf("ALTER SEQUENCE %s OWNED BY %s.%s", quoteName(s.Name), quoteName(owner.name), quote(c.Name)))
	}
}
