package assess

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

func targetChecks() []check {
	return []check{
		{name: "check-target-localinfile-set", about: "The target takes LOAD DATA LOCAL (local_infile)", side: onTarget, engines: mysqls, when: Kind.loads, run: localInfile},
		{name: "check-secondary-indexes", about: "Tables that are on the target already have no secondary indexes to slow the load", side: onTarget, engines: mysqls, when: Kind.loads, run: indexesThere},
		{name: "check-target-secondary-indexes", about: "Tables that are on the target already have no secondary indexes to slow the load", side: onTarget, engines: postgreses, when: Kind.loads, run: indexesThere},
		{name: "check-fk-target", about: "Foreign keys that are on the target already refer to tables that are loaded too", side: onTarget, engines: mysqls, when: Kind.loads, run: unlookedReferences},
		{name: "check-session-replication-role", about: "Triggers and foreign keys of the target can stand aside during the load", side: onTarget, engines: postgreses, when: Kind.loads, run: replicationRole},
		{name: "check-target-generated-cols", about: "The target computes no column that the source holds as a value", side: onTarget, engines: postgreses, run: generatedThere},
		{name: "datamasking-digits-randomize", about: "Columns with random digits are in no key", side: onSource, engines: servers, run: maskedKeys(mapping.DigitsRandomize)},
		{name: "datamasking-digits-mask", about: "Columns with masked digits are in no key", side: onSource, engines: servers, run: maskedKeys(mapping.DigitsMask)},
		{name: "datamasking-hash-mask", about: "Columns that are hashed are in no key, and have room for a hash", side: onSource, engines: servers, run: hashed},
	}
}

func localInfile(ctx context.Context, s *subject) ([]Finding, error) {
	rows, err := ask(ctx, s.AskTarget, "SELECT @@global.local_infile")
	if err != nil || rows[0][0] == "1" {
		return nil, err
	}
	return []Finding{{Status: Warning, Object: "local_infile", Reason: "it is OFF: rows are loaded by INSERT, which is slower", Mend: "SET GLOBAL local_infile = ON"}}, nil
}

func indexesThere(_ context.Context, s *subject) (found []Finding, _ error) {
	for _, ct := range s.tables() {
		if t, there := s.onTarget(ct); there && len(t.Indexes) > 0 {
			found = append(found, Finding{
				Status: Warning, Object: t.Name.String(), Reason: fmt.Sprintf("the table is there with %d secondary indexes, which every loaded row has to enter", len(t.Indexes)),
				Mend: "drop them and make them after the load, or let the load make the table (TargetTablePrepMode DROP_AND_CREATE)",
			})
		}
	}
	return found, nil
}

// unlookedReferences reports foreign keys that nobody looks at: they stand aside in the sessions that load, and the server does not look at
// rows later that it has taken so. Where the tables they refer to are loaded too, the source has looked at them.
func unlookedReferences(_ context.Context, s *subject) (found []Finding, _ error) {
	loaded := map[catalog.Name]bool{}
	for _, ct := range s.tables() {
		loaded[ct.Target.Name] = true
	}
	for _, ct := range s.tables() {
		t, there := s.onTarget(ct)
		if !there {
			continue
		}
		for _, k := range t.ForeignKeys {
			if loaded[k.Table] {
				continue
			}
			found = append(found, Finding{
				Status: Warning, Object: t.Name.String() + "." + k.Name,
				Reason: "it refers to " + k.Table.String() + ", which this task does not load, and foreign keys stand aside during the load: rows may refer to none",
				Mend:   "select that table too, or look for such rows after the load: " + orphans(t.Name, k),
			})
		}
	}
	return found, nil
}

// orphans counts the rows of a table that refer to none.
func orphans(n catalog.Name, k *catalog.ForeignKey) string {
	var same, given []string
	for i, c := range k.Columns {
		same = append(same, "p."+quote(catalog.MySQL, k.References[i])+" = c."+quote(catalog.MySQL, c))
		given = append(given, "c."+quote(catalog.MySQL, c)+" IS NOT NULL")
	}
	return "SELECT COUNT(*) FROM " + quoteName(catalog.MySQL, n) + " c WHERE " + strings.Join(given, " AND ") +
		" AND NOT EXISTS (SELECT * FROM " + quoteName(catalog.MySQL, k.Table) + " p WHERE " + strings.Join(same, " AND ") + ")"
}

// replicationRole matters where tables are there already: those that the load makes get their triggers after it.
func replicationRole(ctx context.Context, s *subject) (found []Finding, _ error) {
	rows, err := ask(ctx, s.AskTarget, `SELECT current_user::text, (r.rolsuper OR pg_catalog.has_parameter_privilege('session_replication_role', 'SET'))::text
 FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`)
	if err != nil || rows[0][1] == "true" {
		return nil, err
	}
	for _, ct := range s.tables() {
		if t, there := s.onTarget(ct); there {
			found = append(found, Finding{
				Status: Warning, Object: t.Name.String(),
				Reason: "the table is there already, and user " + rows[0][0] + " may not set session_replication_role: its triggers and foreign keys act on every loaded row",
				Mend:   "GRANT SET ON PARAMETER session_replication_role TO " + quote(catalog.PostgreSQL, rows[0][0]),
			})
		}
	}
	return found, nil
}

func generatedThere(_ context.Context, s *subject) (found []Finding, _ error) {
	for _, p := range s.pairs() {
		if p.there && p.target.Generated != "" && p.source.Generated == "" {
			found = append(found, Finding{
				Status: Warning, Object: p.table.Target.Name.String() + "." + p.target.Name, Reason: "the target computes the column: the source's values are not loaded",
				Mend: "ALTER TABLE " + quoteName(catalog.PostgreSQL, p.table.Target.Name) + " ALTER COLUMN " + quote(catalog.PostgreSQL, p.target.Name) + " DROP EXPRESSION",
			})
		}
	}
	return found, nil
}

// maskedKeys reports masked columns of keys: two rows may become one, and a reference leads nowhere.
func maskedKeys(m mapping.MaskMethod) func(context.Context, *subject) ([]Finding, error) {
	return func(_ context.Context, s *subject) (found []Finding, _ error) {
		columns := s.masked(m)
		if len(columns) == 0 {
			return nil, skipped("no column is masked so")
		}
		for _, p := range columns {
			if key := keyOf(p.table.Plan.Source, p.source.Name); key != "" {
				found = append(found, Finding{
					Object: p.name(), Reason: "the column is masked and part of the " + key + ": rows may collide, or lead nowhere",
					Mend: "take the column out of the rule " + string(m),
				})
			}
		}
		return found, nil
	}
}

// keyOf names the key that a column is part of, empty for none.
func keyOf(t *catalog.Table, column string) string {
	if t.PrimaryKey != nil && slices.Contains(t.PrimaryKey.Columns, column) {
		return "primary key"
	}
	for _, k := range t.ForeignKeys {
		if slices.Contains(k.Columns, column) {
			return "foreign key " + k.Name
		}
	}
	for _, u := range t.Uniques {
		if slices.Contains(u.Columns, column) {
			return "unique constraint " + u.Name
		}
	}
	for _, x := range t.Indexes {
		if x.Unique && slices.ContainsFunc(x.Parts, func(p catalog.IndexPart) bool { return p.Column == column }) {
			return "unique index " + x.Name
		}
	}
	return ""
}

// hashLength is the number of characters of a hash.
const hashLength = 64

func hashed(ctx context.Context, s *subject) ([]Finding, error) {
	found, err := maskedKeys(mapping.HashMask)(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, p := range s.masked(mapping.HashMask) {
		if n := p.target.Type.Length; p.there && n > 0 && n < hashLength {
			found = append(found, Finding{
				Object: p.table.Target.Name.String() + "." + p.target.Name, Reason: fmt.Sprintf("the target's column holds %d characters, a hash has %d", n, hashLength),
				Mend: "widen the target's column to 64 characters",
			})
		}
	}
	return found, nil
}
