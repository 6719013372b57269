package task_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// catalogOf describes an end, without what two servers with the same objects may tell differently, a line for each
// value that is not empty.
func catalogOf(t *testing.T, e *end) []string {
	t.Helper()
	engine, err := all.Engines().ForURL(e.url)
	require.NoError(t, err)
	s, err := engine.OpenSource(t.Context(), connector.Config{URL: e.url, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	c, err := s.Inspect(t.Context(), connector.InspectOptions{Objects: true})
	require.NoError(t, err)
	for _, schema := range c.Schemas {
		for _, table := range schema.Tables {
			table.Number, table.Rows, table.Bytes, table.RowsGuessed = 0, 0, 0, false
			for _, column := range table.Columns {
				column.Number = 0
			}
		}
		// Who made them is told of to be done by hand.
		schema.Objects = slices.DeleteFunc(schema.Objects, func(o catalog.Object) bool { return o.ByHand != "" })
		for _, view := range schema.Views {
			view.Rows, view.Bytes = 0, 0
		}
	}
	text, err := json.Marshal([]any{c.Schemas, c.Objects})
	require.NoError(t, err)
	var tree any
	require.NoError(t, json.Unmarshal(text, &tree))
	return flat("", tree)
}

func flat(path string, tree any) (lines []string) {
	switch v := tree.(type) {
	case map[string]any:
		name, _ := v["Name"].(string)
		for key, value := range v {
			lines = append(lines, flat(path+"/"+name+"."+key, value)...)
		}
	case []any:
		for i, value := range v {
			lines = append(lines, flat(fmt.Sprintf("%s[%d]", path, i), value)...)
		}
	default:
		if tree != nil && tree != "" && tree != false && tree != 0.0 {
			lines = append(lines, fmt.Sprintf("%s = %v", path, tree))
		}
	}
	return lines
}

func checkSameCatalog(t *testing.T, source, target *end) {
	t.Helper()
	want, got := catalogOf(t, source), catalogOf(t, target)
	require.NotEmpty(t, want)
	seen := map[string]bool{}
	for _, line := range got {
		seen[line] = true
	}
	for _, line := range want {
		assert.True(t, seen[line], "the target lacks: %s", line)
	}
	assert.Len(t, got, len(want))
}

// fromFile runs a file of statements, whole or cut at a line of its own.
func (e *end) fromFile(t *testing.T, path, separator string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	statements := []string{string(text)}
	if separator != "" {
		statements = strings.Split(string(text), separator)
	}
	c, err := e.db.Conn(context.Background())
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	for _, s := range statements {
		if strings.TrimSpace(s) == "" {
			continue
		}
		_, err := c.ExecContext(context.Background(), s)
		require.NoError(t, err, s)
	}
}

func TestRichPostgreSQLArrivesWhole(t *testing.T) {
	for _, c := range []struct {
		engine string
		files  []string
	}{
		{"postgresql-15", []string{"tables.sql", "objects.sql"}}, {"postgresql-18", []string{"tables.sql", "objects.sql", "tables18.sql"}},
		{"postgresql-18", []string{"harsh.sql"}}, {"postgresql-15", []string{"rare.sql"}}, {"postgresql-18", []string{"rare.sql", "rare18.sql"}},
	} {
		t.Run(c.engine+" "+c.files[0], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, c.engine), newEnd(t, c.engine)
			for _, name := range c.files {
				source.fromFile(t, "../connector/postgres/testdata/"+name, "")
			}
			report := migrate(t, source, target)
			require.Empty(t, report.Failed)
			require.True(t, report.Complete())
			checkSameCatalog(t, source, target)
		})
	}
}

// wholeServer is an end of which everything moves, since its URL names no database; the server's own empty one goes first.
func wholeServer(t *testing.T, d *servertest.Database) *end {
	e := mariadbEnd(t, d)
	e.exec(t, "DROP DATABASE "+d.Name)
	u, err := url.Parse(d.URL)
	require.NoError(t, err)
	u.Path = ""
	dsn := fmt.Sprintf("whimbrel:secret@tcp(%s)/?sql_mode=%%27%%27", u.Host)
	return &end{engine: "mariadb", family: catalog.MySQL, url: u.String(), db: servertest.OpenDB(t, "mysql", dsn)}
}

func TestRichMySQLArrivesWhole(t *testing.T) {
	t.Parallel()
	source, target := wholeServer(t, servertest.PrivateMySQL(t)), wholeServer(t, servertest.PrivateMySQL(t))
	source.fromFile(t, "../connector/mysql/testdata/rich_mysql.sql", "\n;;\n")
	report := migrate(t, source, target)
	require.Empty(t, report.Failed)
	require.True(t, report.Complete())
	checkSameCatalog(t, source, target)
	for _, table := range []string{"customer", "place", "sale", "bill"} {
		require.Equal(t, source.column(t, "SELECT count(*) FROM `rich my`."+table), target.column(t, "SELECT count(*) FROM `rich my`."+table))
	}
}

func TestRichMariaDBArrivesWhole(t *testing.T) {
	for _, file := range []string{"rich.sql", "harsh.sql"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			source, target := wholeServer(t, servertest.PrivateMariaDB(t)), wholeServer(t, servertest.PrivateMariaDB(t))
			source.fromFile(t, "../connector/mysql/testdata/"+file, "\n;;\n")
			report := migrate(t, source, target)
			require.Empty(t, report.Failed)
			require.True(t, report.Complete())
			checkSameCatalog(t, source, target)
			if file == "harsh.sql" {
				const rows = "SELECT concat(id, v) FROM harsh.all_merged ORDER BY id"
				require.Equal(t, source.column(t, rows), target.column(t, rows), "rows of a MERGE table are those of others, which go along with them")
				const spent = "SELECT NEXTVAL(harsh.spent)"
				_, err := target.db.ExecContext(t.Context(), spent)
				require.ErrorContains(t, err, "has run out")
			}
		})
	}
}

// What another engine does not understand is in the notes; what the plan promises, the target takes.
func TestRichDatabasesCrossEngines(t *testing.T) {
	for _, to := range []string{"mariadb", "sqlite"} {
		t.Run("postgresql-18 to "+to, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, "postgresql-18"), newEnd(t, to)
			for _, name := range []string{"tables.sql", "objects.sql", "tables18.sql"} {
				source.fromFile(t, "../connector/postgres/testdata/"+name, "")
			}
			if to == "mariadb" { // several schemas become databases, which need a server of their own
				target = mariadbEnd(t, servertest.PrivateMariaDB(t))
			}
			report := migrate(t, source, target)
			require.Empty(t, report.Failed)
			requireNamed(t, report, "function", "procedure", "trigger", "type", "domain", "view", "policy", "extension")
		})
	}
	for _, to := range []string{"postgresql-15", "sqlite"} {
		t.Run("mariadb to "+to, func(t *testing.T) {
			t.Parallel()
			source, target := mariadbEnd(t, servertest.PrivateMariaDB(t)), newEnd(t, to)
			source.fromFile(t, "../connector/mysql/testdata/rich.sql", "\n;;\n")
			source.url = source.url[:strings.LastIndexByte(source.url, '/')+1]
			report := migrate(t, source, target)
			require.Empty(t, report.Failed)
			requireNamed(t, report, "function", "procedure", "trigger", "event", "view")
		})
	}
}

// requireNamed wants a line in the report for at least one thing of each kind, by name.
func requireNamed(t *testing.T, report *task.Report, kinds ...string) {
	t.Helper()
	for _, kind := range kinds {
		at := slices.IndexFunc(report.Notes, func(n convert.Note) bool { return n.Kind == kind && n.Outcome == convert.NotCarried })
		require.NotEqual(t, -1, at, "no %s is named in the report", kind)
		require.Contains(t, report.Notes[at].Text, report.Notes[at].Name.Name)
	}
}

func TestSQLiteTriggersAreNamed(t *testing.T) {
	t.Parallel()
	source, target := newEnd(t, "sqlite"), newEnd(t, "postgresql-15")
	source.exec(t, "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)",
		"CREATE TRIGGER item_upper AFTER INSERT ON item BEGIN UPDATE item SET name = upper(name) WHERE id = new.id; END")
	requireNamed(t, migrate(t, source, target), "trigger")
}

// A row of a table without columns holds nothing, and counts.
func TestTableWithoutColumns(t *testing.T) {
	t.Parallel()
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "postgresql-15")
	source.exec(t, "CREATE TABLE mark ()", "INSERT INTO mark DEFAULT VALUES", "INSERT INTO mark DEFAULT VALUES")
	report := migrate(t, source, target)
	require.Empty(t, report.Failed)
	require.True(t, report.Complete())
	require.Equal(t, []string{"2"}, target.column(t, "SELECT count(*) FROM mark"))
}

// The servers print a function of a view's own database without the database, and whoever makes the view is elsewhere.
func TestViewsFindTheFunctionsTheyCall(t *testing.T) {
	for name, private := range map[string]func(testing.TB, ...string) *servertest.Database{"mariadb": servertest.PrivateMariaDB, "mysql": servertest.PrivateMySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, name), wholeServer(t, private(t))
			source.exec(t, "CREATE TABLE item (id INT PRIMARY KEY)", "INSERT INTO item VALUES (3)",
				"CREATE FUNCTION doubled(n INT) RETURNS INT DETERMINISTIC NO SQL RETURN n * 2", "CREATE VIEW twice AS SELECT doubled(id) AS n FROM item")
			report := migrate(t, source, target)
			require.Empty(t, report.Failed)
			database := source.url[strings.LastIndexByte(source.url, '/')+1:]
			require.Equal(t, []string{"6"}, target.column(t, "SELECT n FROM "+source.quote(database)+".twice"))
		})
	}
}

func TestHistoryOfRowsIsReported(t *testing.T) {
	t.Parallel()
	source, target := newEnd(t, "mariadb"), newEnd(t, "mariadb")
	source.exec(t, "CREATE TABLE price (id INT PRIMARY KEY, n INT) WITH SYSTEM VERSIONING", "INSERT INTO price VALUES (1, 1)", "UPDATE price SET n = 2")
	c := config(source, target)
	c.Mappings = rules(t, source, includeAll, `"rule-action":"change-data-type","rule-target":"column","object-locator":{"schema-name":"$S","table-name":"price","column-name":"n"},"data-type":{"type":"int8"}`)
	report, err := run(t.Context(), c)
	require.NoError(t, err)
	require.Len(t, report.Notes, 1)
	require.Contains(t, report.Notes[0].Text, "begins its history anew")
	require.Equal(t, []string{"2"}, target.column(t, "SELECT n FROM price FOR SYSTEM_TIME ALL"))
	report = migrate(t, source, newEnd(t, "sqlite"))
	require.Contains(t, report.Notes[0].Text, "keeps no history")
}
