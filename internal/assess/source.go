package assess

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

func sourceChecks() []check {
	return []check{
		{name: "check-supported-version", about: "The source's version is supported", side: onSource, engines: mysqls, run: mysqlVersion},
		{name: "check-auto-increment", about: "Columns that number themselves do so on the target", side: onSource, engines: mysqls, run: autoIncrement},
		{name: "check-table-partition", about: "Partitioned tables are partitioned on the target", side: onSource, engines: mysqls, run: partitions},
		{name: "check-skip-table-suspension-partition-ddl", about: "Statements that empty or exchange partitions do not suspend a table", side: onSource, engines: mysqls, when: Kind.follows, run: suspendedByPartitions},
		{name: "check-invisible-columns", about: "Invisible columns are invisible on the target", side: onSource, engines: mysqls, run: invisible},
		{name: "check-generated-columns", about: "Generated columns are generated on the target", side: onSource, engines: mysqls, run: generated},
		{name: "check-max-allowed-packet-lob", about: "No value is larger than the servers' max_allowed_packet", side: onSource, engines: mysqls, run: largerThanPackets},
		{name: "check-views", about: "Views go along", side: onSource, engines: []string{"mariadb"}, run: viewsLeft(false)},
		{name: "check-dbversion", about: "The source's version is supported", side: onSource, engines: postgreses, run: postgresVersion},
		{name: "check-similar-table-name", about: "The target tells table names apart that differ by case alone", side: onSource, engines: postgreses, run: similarNames},
		{
			name: "check-pk-lob", about: "No key holds large objects that the target bounds", side: onSource, engines: postgreses,
			when: func(k Kind) bool { return slices.Contains(mysqls, k.Target) }, run: lobKeys,
		},
		{name: "check-limited-lob-size", about: "No value is longer than LobMaxSize", side: onSource, engines: postgreses, run: longValues},
		{
			name: "check-postgis-data-type", about: "Geometries of PostGIS go to PostgreSQL alone", side: onSource, engines: postgreses,
			when: func(k Kind) bool { return k.Target != "postgres" }, run: postGIS,
		},
		{name: "check-for-logical-decoding-work-mem", about: "Large transactions are decoded in memory (logical_decoding_work_mem is at least 64 MB)", side: onSource, engines: postgreses, when: Kind.follows, run: decodingMemory},
		{name: "check-materialized-views", about: "Materialized views go along", side: onSource, engines: postgreses, run: viewsLeft(true)},
		{name: "check-longrunningtxn", about: "No transaction has been open for more than 10 minutes", side: onSource, engines: postgreses, when: Kind.follows, run: longTransactions},
		{name: "check-preparedtxn", about: "No prepared transaction is open", side: onSource, engines: postgreses, when: Kind.follows, run: prepared},
	}
}

// The versions that are supported, as docs/postgresql.md and docs/mysql.md have them.
const (
	postgresFrom, postgresTo = 15, 18
	mysqlFrom                = 8
	mariadbFrom, mariadbSub  = 10, 6
)

// version reads the first two numbers of a version's text.
func version(text string) (major, minor int) {
	first, rest, _ := strings.Cut(text, ".")
	digits := func(s string) int {
		end := strings.IndexFunc(s, func(c rune) bool { return c < '0' || c > '9' })
		if end >= 0 {
			s = s[:end]
		}
		n, _ := strconv.Atoi(s)
		return n
	}
	return digits(first), digits(rest)
}

func mysqlVersion(_ context.Context, s *subject) ([]Finding, error) {
	major, minor := version(s.Catalog.Version)
	supported, want := major >= mysqlFrom, "MySQL 8 or later"
	if s.Catalog.Engine == "mariadb" {
		supported, want = major > mariadbFrom || major == mariadbFrom && minor >= mariadbSub, "MariaDB 10.6 or later"
	}
	if supported {
		return nil, nil
	}
	return []Finding{{Object: s.Source, Reason: "the source is version " + s.Catalog.Version, Mend: "upgrade it to " + want}}, nil
}

func postgresVersion(_ context.Context, s *subject) ([]Finding, error) {
	major, _ := version(s.Catalog.Version)
	f := Finding{
		Object: s.Source, Reason: "the source is version " + s.Catalog.Version,
		Mend: fmt.Sprintf("supported are PostgreSQL %d to %d", postgresFrom, postgresTo),
	}
	switch {
	case major < postgresFrom:
		return []Finding{f}, nil
	case major > postgresTo:
		f.Status = Warning
		f.Reason += ", which nobody has tried yet"
		return []Finding{f}, nil
	}
	return nil, nil
}

func autoIncrement(_ context.Context, s *subject) (found []Finding, _ error) {
	for _, p := range s.pairs() {
		if p.source.Identity.Kind != catalog.NotIdentity && p.target.Identity.Kind == catalog.NotIdentity {
			found = append(found, Finding{
				Status: Warning, Object: p.name(), Reason: "the column numbers itself at the source and not on the target",
				Mend: s.attribute(p, "have new rows bring a value, or give the target's column a sequence after the load"),
			})
		}
	}
	return found, nil
}

// attribute says how an attribute of a column is kept where the settings alone leave it behind.
func (s *subject) attribute(p pair, otherwise string) string {
	if !p.there && s.Settings.WhimbrelSettings.Compatibility == "dms" {
		return "leave WhimbrelSettings.Compatibility empty"
	}
	return otherwise
}

func partitions(_ context.Context, s *subject) (found []Finding, _ error) {
	for _, ct := range s.tables() {
		if t, _ := s.onTarget(ct); len(ct.Plan.Source.Partitions) > 0 && len(t.Partitions) == 0 && s.SourceEngine.Family != s.TargetEngine.Family {
			found = append(found, Finding{
				Status: Warning, Object: ct.Plan.Source.Name.String(),
				Reason: fmt.Sprintf("its %d partitions become one table, which is not partitioned", len(ct.Plan.Source.Partitions)),
				Mend:   "make the partitioned table on the target before the load, where it should be one there",
			})
		}
	}
	return found, nil
}

// keepsPartitioned is the setting of a source that has partition statements ignored which change rows.
const keepsPartitioned = "skipTableSuspensionForPartitionDdl"

func suspendedByPartitions(_ context.Context, s *subject) (found []Finding, _ error) {
	for name, value := range s.SourceSettings {
		if on, err := strconv.ParseBool(strings.ToLower(value)); err == nil && on && strings.EqualFold(name, keepsPartitioned) {
			return nil, nil
		}
	}
	for _, ct := range s.tables() {
		t := ct.Plan.Source
		if len(t.Partitions) == 0 {
			continue
		}
		found = append(found, Finding{
			Status: Warning, Object: t.Name.String(),
			Reason: "partitions that are exchanged suspend the table, and so do those that are dropped or emptied where the target's table is not partitioned in the same way: the log does not hold their rows",
			Mend:   "load the table anew after such a statement, or set " + keepsPartitioned + " to true at the source's endpoint: then the target keeps these rows",
		})
	}
	return found, nil
}

func invisible(_ context.Context, s *subject) (found []Finding, _ error) {
	for _, p := range s.pairs() {
		if strings.Contains(p.source.Native, "INVISIBLE") && s.SourceEngine.Family != s.TargetEngine.Family {
			found = append(found, Finding{
				Status: Warning, Object: p.name(), Reason: "the column is invisible at the source; the target has no such thing, and SELECT * returns it",
				Mend: "name the columns in programs that read the target, or leave the column out (a remove-column rule)",
			})
		}
	}
	return found, nil
}

func generated(_ context.Context, s *subject) (found []Finding, _ error) {
	for _, p := range s.pairs() {
		if p.source.Generated != "" && p.target.Generated == "" {
			found = append(found, Finding{
				Status: Warning, Object: p.name(), Reason: "the column is computed at the source (" + p.source.Generated + ") and a plain one with the values of now on the target",
				Mend: s.attribute(p, "have new rows bring a value, or write a trigger on the target"),
			})
		}
	}
	return found, nil
}

// viewsLeft reports views of the selected schemas that are not made on the target.
func viewsLeft(materialized bool) func(context.Context, *subject) ([]Finding, error) {
	return func(_ context.Context, s *subject) (found []Finding, _ error) {
		made := map[catalog.Name]bool{}
		for _, v := range s.Schema.Views {
			made[v.Name] = true
		}
		for _, p := range s.Mapping.Tables {
			if p.View != nil {
				made[p.Target] = true
			}
		}
		reasons := map[catalog.Name]string{}
		for _, n := range s.Schema.Report {
			reasons[n.Name] = n.Text
		}
		for _, schema := range s.Catalog.Schemas {
			to, selected := s.Mapping.Schemas[schema.Name]
			for _, v := range schema.Views {
				if !selected || v.Materialized != materialized || made[catalog.Name{Schema: to, Name: v.Name.Name}] {
					continue
				}
				f := Finding{Status: Warning, Object: v.Name.String(), Reason: reasons[v.Name], Mend: "write it for the target by hand, or select it as a table (table-type view)"}
				if f.Reason == "" {
					f.Reason = "tables and primary keys alone are asked for (WhimbrelSettings.SecondaryObjects)"
				}
				found = append(found, f)
			}
		}
		return found, nil
	}
}

// similarNames asks a MySQL target whether it tells names apart; SQLite never does, and PostgreSQL always.
func similarNames(ctx context.Context, s *subject) (found []Finding, _ error) {
	apart := s.TargetEngine.Family == catalog.PostgreSQL
	if s.TargetEngine.Family == catalog.MySQL {
		rows, err := ask(ctx, s.AskTarget, "SELECT @@lower_case_table_names")
		if err != nil {
			return nil, err
		}
		apart = rows[0][0] == "0"
	}
	if apart {
		return nil, nil
	}
	first := map[catalog.Name]catalog.Name{}
	for _, p := range s.Mapping.Tables {
		key := catalog.Name{Schema: strings.ToLower(p.Target.Schema), Name: strings.ToLower(p.Target.Name)}
		other, taken := first[key]
		if !taken {
			first[key] = p.Source.Name
			continue
		}
		found = append(found, Finding{
			Status: Warning, Object: p.Source.Name.String(),
			Reason: "it becomes " + p.Target.String() + ", which differs from what becomes of " + other.String() + " by case alone: the target does not tell them apart",
			Mend:   "rename one of them in the table mappings",
		})
	}
	return found, nil
}

func lobKeys(_ context.Context, s *subject) (found []Finding, _ error) {
	for _, ct := range s.tables() {
		t := ct.Plan.Source
		if t.PrimaryKey == nil {
			continue
		}
		for _, name := range t.PrimaryKey.Columns {
			if c := t.Column(name); c != nil && c.Type.Kind.IsLOB() {
				found = append(found, Finding{
					Status: Warning, Object: t.Name.String() + "." + name, Reason: "the key's column is " + c.NativeType + ", and the target bounds keys: rows with longer values are rejected",
					Mend: "a change-data-type rule in the table mappings says how long the values are",
				})
			}
		}
	}
	return found, nil
}

// longValues looks for values that the limited LOB mode would cut.
func longValues(ctx context.Context, s *subject) (found []Finding, _ error) {
	m := s.Settings.TargetMetadata
	if !m.LimitedSizeLobMode || !m.SupportLobs {
		return nil, skipped("LimitedSizeLobMode is false: no value is cut")
	}
	for _, ct := range s.tables() {
		limit := m.LobMaxSize << 10
		if l := ct.Plan.LOB; l != nil {
			if l.Mode != "limited" {
				continue
			}
			limit = l.MaxBytes
		}
		for _, c := range ct.Plan.Columns {
			if c.Source == nil || !c.Source.Type.Kind.IsLOB() {
				continue
			}
			value := quote(catalog.PostgreSQL, c.Source.Name)
			if c.Source.BaseType != "bytea" && c.Source.BaseType != "text" {
				value += "::text"
			}
			n := ct.Plan.Source.Name
			rows, err := ask(ctx, s.AskSource, fmt.Sprintf("SELECT count(*)::text, max(octet_length(%[1]s))::text FROM %[2]s WHERE octet_length(%[1]s) > %[3]d", value, quoteName(catalog.PostgreSQL, n), limit))
			if err != nil {
				return nil, fmt.Errorf("measure the values of %s.%s: %w", n, c.Source.Name, err)
			}
			if rows[0][0] != "0" {
				found = append(found, Finding{
					Object: n.String() + "." + c.Source.Name,
					Reason: fmt.Sprintf("%s values are longer than %d bytes and would be cut there; the longest has %s", rows[0][0], limit, rows[0][1]),
					Mend:   "raise TargetMetadata.LobMaxSize (KB), or set FullLobMode to true",
				})
			}
		}
	}
	return found, nil
}

func longTransactions(ctx context.Context, s *subject) (found []Finding, _ error) {
	rows, err := ask(ctx, s.AskSource, fmt.Sprintf(`SELECT pid::text, coalesce(usename, ''), date_trunc('second', now() - xact_start)::text FROM pg_catalog.pg_stat_activity
 WHERE xact_start < clock_timestamp() - interval '%d milliseconds' AND pid <> pg_catalog.pg_backend_pid() AND backend_type = 'client backend'`, s.long.Milliseconds()))
	for _, r := range rows {
		found = append(found, Finding{
			Status: Warning, Object: "process " + r[0] + " of " + r[1], Reason: "its transaction has been open for " + r[2] + ": following changes can begin only after its end",
			Mend: "have it commit, or end it: SELECT pg_terminate_backend(" + r[0] + ")",
		})
	}
	return found, err
}

func prepared(ctx context.Context, s *subject) (found []Finding, _ error) {
	rows, err := ask(ctx, s.AskSource, "SELECT gid, owner, prepared::text FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()")
	for _, r := range rows {
		gid := literal(catalog.PostgreSQL, r[0])
		found = append(found, Finding{
			Status: Warning, Object: "prepared transaction " + r[0], Reason: "of " + r[1] + ", prepared at " + r[2] + ": following changes can begin only after its end",
			Mend: "COMMIT PREPARED " + gid + " or ROLLBACK PREPARED " + gid,
		})
	}
	return found, err
}
