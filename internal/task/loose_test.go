package task_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// looseTable has columns without a declared type that hold, each by its name, values of one kind or of several.
var looseTable = []string{
	"CREATE TABLE thing (id INTEGER PRIMARY KEY, n, r, nr, big, t, b, nt, bt, bn, none)",
	"INSERT INTO thing VALUES (1, 9223372036854775807, 0.1, 2, 9007199254740993, 'one', x'00ff', 12, x'ff01', x'01', NULL)",
	"INSERT INTO thing VALUES (2, -1, -1e300, 0.5, 0.25, '007', x'', 'a text', 'bytes', 5, NULL)",
	"INSERT INTO thing VALUES (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
	// Another table whose type has a key of integers without saying so.
	"CREATE TABLE pair (k PRIMARY KEY, v ANY)", "INSERT INTO pair VALUES (7, 'seven'), (8, 'eight')",
	"CREATE VIEW total AS SELECT id, n + 0 AS exact, t || '!' AS loud FROM thing WHERE id < 2 UNION ALL SELECT 2, 5, 'x'",
}

// TestColumnsWithoutTypeBecomeWhatTheyHold moves a SQLite file whose columns declare no type.
func TestColumnsWithoutTypeBecomeWhatTheyHold(t *testing.T) {
	types := map[catalog.Family]string{
		catalog.PostgreSQL: "bigint,double precision,double precision,numeric,text,bytea,text,bytea,bytea,bytea",
		catalog.MySQL:      "bigint,double,double,longtext,longtext,longblob,longtext,longblob,longblob,longblob",
	}
	for _, to := range []string{"postgresql-18", "mariadb"} {
		t.Run(to, func(t *testing.T) {
			source, target := newEnd(t, "sqlite"), newEnd(t, to)
			source.exec(t, looseTable...)
			c := config(source, target)
			c.Mappings = rulesOf(t, `{"rules":[
				{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"%","table-name":"%","table-type":"all"},"rule-action":"include"}]}`)
			report, err := run(context.Background(), c)
			require.NoError(t, err)
			there := target.table(t, source, "thing")
			require.Equal(t, types[target.family], strings.Join(target.column(t, "SELECT data_type FROM information_schema.columns WHERE table_name = 'thing'"+
				" AND table_schema = "+map[bool]string{true: "'public'", false: "database()"}[target.family == catalog.PostgreSQL]+" AND column_name <> 'id' ORDER BY ordinal_position"), ","))
			// The row with a number among bytes is rejected: no rule reads all of that column.
			require.Equal(t, []string{"1", "3"}, target.column(t, "SELECT id FROM "+there+" ORDER BY id"))
			require.Equal(t, []string{"9223372036854775807"}, target.column(t, "SELECT n FROM "+there+" WHERE id = 1"))
			require.Equal(t, []string{"9007199254740993"}, target.column(t, "SELECT big FROM "+there+" WHERE id = 1"))
			require.Equal(t, []string{"12"}, target.column(t, "SELECT nt FROM "+there+" WHERE id = 1"))
			require.Equal(t, []string{"seven", "eight"}, target.column(t, "SELECT v FROM "+target.table(t, source, "pair")+" WHERE k < 9 ORDER BY k"))
			require.Equal(t, []string{"9223372036854775807", "5"}, target.column(t, "SELECT exact FROM "+target.table(t, source, "total")+" ORDER BY id"))
			rejected := strings.Join(target.column(t, `SELECT `+target.quote("ERROR")+` FROM `+exceptions(target)+` WHERE `+owned(target)), "\n")
			require.Contains(t, rejected, "the value is a number (the column declares no type; a change-data-type rule has it read as something else)")
			notes := ""
			for _, n := range report.Notes {
				notes += n.Text + "\n"
			}
			require.Contains(t, notes, `Column "nt" of table main.thing declares no type, holds values of the kinds integer, text and becomes `)
			require.Contains(t, notes, `Column "bn" of table main.thing declares no type, holds values of the kinds blob, integer and becomes `)
			require.NotContains(t, notes, `"n" of`)
		})
	}
}

// TestRulesReadColumnsWithoutType has change-data-type decide how they are read.
func TestRulesReadColumnsWithoutType(t *testing.T) {
	for _, to := range []string{"postgresql-18", "mariadb"} {
		t.Run(to, func(t *testing.T) {
			source, target := newEnd(t, "sqlite"), newEnd(t, to)
			source.exec(t, "CREATE TABLE thing (id INTEGER PRIMARY KEY, s, b, n)",
				"INSERT INTO thing VALUES (1, 12, x'00ff', 5), (2, 0.5, 'bytes', '6'), (3, 'a text', NULL, 7.0), (4, x'6162', x'', 8), (5, x'ff', x'01', 9), (6, 'x', 3, 10), (7, 'y', x'02', 'ten')")
			c := config(source, target)
			c.Mappings = rulesOf(t, `{"rules":[
				{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"%","table-name":"%"},"rule-action":"include"},
				{"rule-type":"transformation","rule-id":"2","rule-name":"2","rule-target":"column","object-locator":{"schema-name":"%","table-name":"thing","column-name":"s","data-type":"blob"},"rule-action":"change-data-type","data-type":{"type":"string","length":"20"}},
				{"rule-type":"transformation","rule-id":"3","rule-name":"3","rule-target":"column","object-locator":{"schema-name":"%","table-name":"thing","column-name":"b"},"rule-action":"change-data-type","data-type":{"type":"bytes","length":"20"}},
				{"rule-type":"transformation","rule-id":"4","rule-name":"4","rule-target":"column","object-locator":{"schema-name":"%","table-name":"thing","column-name":"n"},"rule-action":"change-data-type","data-type":{"type":"int4"}}]}`)
			_, err := run(context.Background(), c)
			require.NoError(t, err)
			there := target.table(t, source, "thing")
			require.Equal(t, []string{"12", "0.5", "a text", "ab"}, target.column(t, "SELECT s FROM "+there+" ORDER BY id"))
			require.Equal(t, []string{"5", "6", "7", "8"}, target.column(t, "SELECT n FROM "+there+" ORDER BY id"))
			hex := map[catalog.Family]string{catalog.PostgreSQL: "encode(b, 'hex')", catalog.MySQL: "lower(hex(b))"}[target.family]
			require.Equal(t, []string{"00ff", "6279746573", "NULL", ""}, target.column(t, "SELECT "+hex+" FROM "+there+" ORDER BY id"))
			rejected := target.column(t, `SELECT `+target.quote("ERROR")+` FROM `+exceptions(target)+` WHERE `+owned(target))
			require.Len(t, rejected, 3)
			all := strings.Join(rejected, "\n")
			require.Contains(t, all, "the value is not valid UTF-8 text: X'FF'")
			require.Contains(t, all, "the column holds bytes, the value is a number: 3")
			require.Contains(t, all, "the column holds integers, the value is none: \"ten\"")
		})
	}
}

// TestLaterKindsAreErrors follows changes of columns without a type, across a restart and a change of the table's structure.
func TestLaterKindsAreErrors(t *testing.T) {
	source, target := newEnd(t, "sqlite"), newEnd(t, "postgresql-18")
	source.exec(t, "CREATE TABLE thing (id INTEGER PRIMARY KEY, n, r, t)", "INSERT INTO thing VALUES (1, 1, 0.5, 'one')")
	load(t, source, target)
	source.exec(t, "INSERT INTO thing VALUES (2, 2, 4, 'two')", "INSERT INTO thing VALUES (3, '3', 1.5, 'three')", "INSERT INTO thing VALUES (4, 4, 1.5, 4)",
		"INSERT INTO thing VALUES (5, 5, '1.5', 'five')", "INSERT INTO thing VALUES (6, 6.0, 1.5, 'six')")
	report := catchUp(t, source, target)
	require.EqualValues(t, 4, changesOf(t, report, "thing").Failed)
	source.exec(t, "ALTER TABLE thing RENAME COLUMN n TO number", "ALTER TABLE thing ADD COLUMN more TEXT", "INSERT INTO thing VALUES (7, 7, 7.5, 'seven', 'more')",
		"INSERT INTO thing VALUES (8, x'08', 7.5, 'eight', NULL)")
	report = catchUp(t, source, target)
	require.EqualValues(t, 1, changesOf(t, report, "thing").Failed)
	there := target.table(t, source, "thing")
	require.Equal(t, []string{"1 0.5 one", "2 4 two", "7 7.5 seven"}, target.column(t, "SELECT concat_ws(' ', number, r, t) FROM "+there+" ORDER BY id"))
	require.Equal(t, []string{"bigint"}, target.column(t, "SELECT data_type FROM information_schema.columns WHERE table_name = 'thing' AND column_name = 'number'"))
	rejected := target.column(t, `SELECT "ERROR" FROM awsdms_apply_exceptions`)
	require.True(t, slices.ContainsFunc(rejected, func(s string) bool {
		return strings.Contains(s, "the column declares no type and held no value of type text (integer) when it was looked at, so that it is read as INT8")
	}), rejected)
}

// TestNewColumnsWithoutTypeBecomeWhatTheyHold: a table, and a column, that come while changes are followed become what a load would make of
// them, and stay that; what has gone before it could be looked at is bytes and stops nothing.
func TestNewColumnsWithoutTypeBecomeWhatTheyHold(t *testing.T) {
	for _, to := range []string{"postgresql-18", "mariadb"} {
		t.Run(to, func(t *testing.T) {
			source, target := newEnd(t, "sqlite"), newEnd(t, to)
			source.exec(t, "CREATE TABLE thing (id INTEGER PRIMARY KEY, n)", "INSERT INTO thing VALUES (1, 1)")
			load(t, source, target)
			source.exec(t, "CREATE TABLE fresh (id INTEGER PRIMARY KEY, n, r, t ANY, b, none)", "INSERT INTO fresh VALUES (1, 9007199254740993, 0.5, 'one', x'00', NULL)",
				"ALTER TABLE thing ADD COLUMN more", "UPDATE thing SET more = 'text'", "CREATE TABLE gone (id INTEGER PRIMARY KEY, v)", "DROP TABLE gone")
			catchUp(t, source, target)
			types := map[catalog.Family]string{catalog.PostgreSQL: "bigint double precision text bytea bytea", catalog.MySQL: "bigint double longtext longblob longblob"}[target.family]
			q := "SELECT data_type FROM information_schema.columns WHERE column_name NOT IN ('id', 'n') AND table_name = 'thing' OR column_name <> 'id' AND table_name = 'fresh'"
			if target.family == catalog.MySQL {
				q = "SELECT data_type FROM information_schema.columns WHERE table_schema = database() AND (column_name = 'more' AND table_name = 'thing' OR column_name <> 'id' AND table_name = 'fresh')"
			}
			got := strings.Join(target.column(t, q+" ORDER BY table_name, ordinal_position"), " ")
			require.Equal(t, types+map[catalog.Family]string{catalog.PostgreSQL: " text", catalog.MySQL: " longtext"}[target.family], got)
			source.exec(t, "INSERT INTO fresh VALUES (2, 2, 4, 'two', x'02', x'01')", "INSERT INTO fresh VALUES (3, 'three', 4, 'two', NULL, NULL)", "INSERT INTO thing VALUES (2, 2, 'more')")
			report := catchUp(t, source, target)
			require.EqualValues(t, 1, changesOf(t, report, "fresh").Failed)
			require.Equal(t, []string{"9007199254740993", "2"}, target.column(t, "SELECT n FROM "+target.table(t, source, "fresh")+" ORDER BY id"))
			require.Equal(t, []string{"text", "more"}, target.column(t, "SELECT more FROM "+target.table(t, source, "thing")+" ORDER BY id"))
		})
	}
}

// TestKindsStayBetweenFiles moves values of every kind between SQLite files: as they are where nothing looks into them, and rejected where
// they would become another kind.
func TestKindsStayBetweenFiles(t *testing.T) {
	for name, masked := range map[string]bool{"as they are": false, "looked into": true} {
		t.Run(name, func(t *testing.T) {
			source, target := newEnd(t, "sqlite"), newEnd(t, "sqlite")
			source.exec(t, looseTable...)
			c := config(source, target)
			if masked {
				c.Settings.TargetMetadata.LimitedSizeLobMode, c.Settings.TargetMetadata.LobMaxSize = true, 32
			}
			_, err := run(context.Background(), c)
			require.NoError(t, err)
			q := "SELECT typeof(n)||typeof(r)||typeof(nr)||typeof(big)||typeof(t)||typeof(b)||typeof(nt)||typeof(bt)||typeof(bn)||quote(t)||quote(nt)||quote(bt) FROM thing ORDER BY id"
			want := source.column(t, q)
			if masked {
				want = want[2:]
			}
			require.Equal(t, want, target.column(t, q))
		})
	}
}

func rulesOf(t *testing.T, document string) *mapping.Rules {
	t.Helper()
	rules, err := mapping.Parse([]byte(document))
	require.NoError(t, err)
	return rules
}
