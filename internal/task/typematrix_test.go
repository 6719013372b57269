package task_test

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// matrixRow is a line of docs/type-matrix.md.
type matrixRow struct {
	from       catalog.Family
	nativeType string
	value      string
	want       map[catalog.Family]string
}

var matrixHeadings = map[string]catalog.Family{
	"PostgreSQL": catalog.PostgreSQL, "MySQL": catalog.MySQL, "MySQL and MariaDB": catalog.MySQL, "SQLite": catalog.SQLite,
}

// readMatrix reads the page that says what should happen.
func readMatrix(t *testing.T) []matrixRow {
	t.Helper()
	f, err := os.Open("../../docs/type-matrix.md")
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	var rows []matrixRow
	var from catalog.Family
	var columns []catalog.Family
	for s := bufio.NewScanner(f); s.Scan(); {
		line := s.Text()
		if heading, ok := strings.CutPrefix(line, "## From "); ok {
			from, columns = matrixHeadings[heading], nil
			require.NotEmpty(t, from, line)
		}
		cells := strings.Split(line, "|")
		if from == "" || len(cells) != 6 || strings.HasPrefix(line, "|---") {
			continue
		}
		if columns == nil {
			columns = []catalog.Family{matrixHeadings[strings.TrimSpace(cells[3])], matrixHeadings[strings.TrimSpace(cells[4])]}
			continue
		}
		rows = append(rows, matrixRow{
			from: from, nativeType: strings.TrimSpace(cells[1]), value: strings.TrimSpace(cells[2]),
			want: map[catalog.Family]string{columns[0]: cells[3][1 : len(cells[3])-1], columns[1]: cells[4][1 : len(cells[4])-1]},
		})
	}
	require.Greater(t, len(rows), 100)
	return rows
}

// Types that a source must make before a column can have them.
var matrixTypes = []string{
	"CREATE TYPE mood AS ENUM ('sad', 'happy')",
	"CREATE DOMAIN postcode AS varchar(10) CHECK (VALUE ~ '^[0-9]+$')",
	"CREATE TYPE address AS (street text, number int)",
	"CREATE DOMAIN percent AS numeric(5,2) CHECK (VALUE BETWEEN 0 AND 100)",
	`CREATE TYPE "odd ""type"", Ü" AS ENUM ('plain', 'Ä b''c')`,
	"CREATE EXTENSION hstore", "CREATE EXTENSION citext",
}

func TestTypeMatrix(t *testing.T) {
	rows := readMatrix(t)
	for _, from := range engines {
		for _, to := range engines {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, from), newEnd(t, to)
				var mine []matrixRow
				for _, r := range rows {
					if r.from == source.family {
						mine = append(mine, r)
					}
				}
				fillMatrix(t, source, mine)
				migrate(t, source, target)
				for i, r := range mine {
					checkMatrix(t, source, target, i, r)
				}
			})
		}
	}
}

func matrixTable(i int) string { return fmt.Sprintf("m%03d", i) }

func fillMatrix(t *testing.T, source *end, rows []matrixRow) {
	t.Helper()
	if source.family == catalog.PostgreSQL {
		for _, s := range matrixTypes {
			source.exec(t, s)
		}
	}
	for i, r := range rows {
		source.exec(t, fmt.Sprintf("CREATE TABLE %s (id int PRIMARY KEY, v %s)", matrixTable(i), matrixColumn(source, r.nativeType)))
		source.exec(t, fmt.Sprintf("INSERT INTO %s VALUES (1, %s)", matrixTable(i), r.value))
	}
}

// matrixColumn is the type as a column of the source is declared.
func matrixColumn(source *end, native string) string {
	switch {
	case source.family == catalog.MySQL:
		return native + " NULL"
	case native == "(none)":
		return ""
	}
	return native
}

func checkMatrix(t *testing.T, source, target *end, i int, r matrixRow) {
	t.Helper()
	about := fmt.Sprintf("%s %s (table %s)", r.nativeType, r.value, matrixTable(i))
	before, after := printed(t, source, source, i, r), printed(t, source, target, i, r)
	want := "="
	if target.family != source.family {
		want = r.want[target.family]
	}
	switch strings.TrimSpace(want) {
	case "rejected":
		assert.Empty(t, after, about)
		reasons := target.column(t, fmt.Sprintf("SELECT %s FROM %s WHERE %s = '%s' AND %s", target.quote("ERROR"), exceptions(target),
			target.quote("TABLE_NAME"), matrixTable(i), owned(target)))
		assert.Len(t, reasons, 1, about)
		assert.NotContains(t, reasons, "", about)
	case "=":
		assert.Equal(t, before, after, about)
	default:
		assert.Equal(t, []string{want}, after, about)
	}
}

func exceptions(e *end) string {
	if e.family == catalog.MySQL {
		return "awsdms_control.awsdms_apply_exceptions"
	}
	return "awsdms_apply_exceptions"
}

// owned picks the rows of this test's tables: the tests of a MariaDB server share its control database.
func owned(e *end) string {
	if e.family == catalog.MySQL {
		return fmt.Sprintf("TABLE_OWNER = '%s'", e.database())
	}
	return "1 = 1"
}

// printed reads the value of a table as the engine prints it, shortened when it is long.
func printed(t *testing.T, source, e *end, i int, r matrixRow) []string {
	t.Helper()
	out := e.column(t, fmt.Sprintf("SELECT %s FROM %s", printing(e, source, r), qualified(source, e, matrixTable(i))))
	for i, s := range out {
		if len(s) > 200 {
			out[i] = fmt.Sprintf("%d bytes, sha256 %x", len(s), sha256.Sum256([]byte(s)))
		}
	}
	return out
}

// qualified names a table where a migration with the default names has put it.
func qualified(source, e *end, table string) string {
	if e.family == catalog.PostgreSQL && source.family == catalog.MySQL {
		return e.quote(source.database()) + "." + table
	}
	return table
}

var binaryType = regexp.MustCompile(`(?i)^(binary|varbinary|tinyblob|mediumblob|blob|longblob|bytea|point)`)

// isBytes reports whether the value of a row becomes bytes. Where no type is declared, the value decides.
func isBytes(source *end, r matrixRow) bool {
	switch r.nativeType {
	case "ANY", "(none)":
		return strings.HasPrefix(r.value, "x'")
	case "point":
		return source.family != catalog.PostgreSQL
	}
	return binaryType.MatchString(r.nativeType)
}

// printing is the expression that prints column v.
func printing(e, source *end, r matrixRow) string {
	bytes := isBytes(source, r)
	switch e.family {
	case catalog.PostgreSQL:
		if r.nativeType == "inet" {
			return "abbrev(v::inet)" // a cast writes the length of every network
		}
		return "v::text"
	case catalog.MySQL:
		switch {
		case bytes && r.nativeType == "point":
			return `CONCAT('\\x', LOWER(HEX(ST_AsWKB(v))))`
		case bytes:
			return `CONCAT('\\x', LOWER(HEX(v)))`
		case strings.HasPrefix(r.nativeType, "bit") && source.family == catalog.MySQL:
			return "LPAD(BIN(v), " + strings.Trim(r.nativeType, "bit()") + ", '0')"
		}
		if r.nativeType == "real" || r.nativeType == "float" {
			return "CAST(CAST(v AS DOUBLE) AS CHAR)" // MariaDB prints six digits of a float
		}
		return "CAST(v AS CHAR)"
	default:
		if bytes {
			return `CASE WHEN v IS NOT NULL THEN '\x' || lower(hex(v)) END`
		}
		return "CASE typeof(v) WHEN 'real' THEN printf('%!.17g', v) ELSE CAST(v AS TEXT) END"
	}
}

func (e *end) database() string {
	return e.url[strings.LastIndexByte(e.url, '/')+1:]
}
