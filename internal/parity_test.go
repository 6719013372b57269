package internal_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// parityIDs says how many features of DMS each part of docs/parity.md lists; they are numbered from 1.
var parityIDs = map[string]int{
	"TK": 21, "FL": 24, "CD": 32, "DD": 17, "LB": 9, "TM": 33, "TS": 14, "ER": 10, "CT": 10, "VA": 12, "DT": 18, "SR": 14, "TG": 22, "OB": 7,
	"RI": 9, "TA": 3, "EV": 3,
}

var (
	parityID   = regexp.MustCompile(`^([A-Z]{2})-(\d{2})$`)
	namedTest  = regexp.MustCompile("^`([a-z0-9/]+)\\.((?:Test|Fuzz)[A-Za-z0-9]+)`$")
	parityRule = regexp.MustCompile(`^[-|]+$`)
)

// parityRow is a line of docs/parity.md.
type parityRow struct{ id, feature, state, remarks, tests string }

// TestParityPageIsCompleteAndProved holds docs/parity.md to its promises: every feature has one line with a known
// state, what is claimed is shown by a test, and the tests exist.
func TestParityPageIsCompleteAndProved(t *testing.T) {
	tests := testFunctions(t, "..")
	seen := map[string]bool{}
	count := map[string]int{}
	for _, row := range parityRows(t) {
		parts := parityID.FindStringSubmatch(row.id)
		require.NotNil(t, parts, "%q is no id", row.id)
		require.False(t, seen[row.id], "%s stands there twice", row.id)
		seen[row.id] = true
		count[parts[1]]++
		require.NotEmpty(t, row.feature, row.id)
		require.Contains(t, []string{"yes", "partly", "not yet", "no"}, row.state, row.id)
		require.True(t, row.state == "not yet" || row.tests != "", "%s: %q is shown by no test", row.id, row.state)
		require.True(t, row.state == "yes" || row.state == "not yet" || row.remarks != "", "%s: %q needs a reason", row.id, row.state)
		for name := range strings.SplitSeq(row.tests, ", ") {
			if name == "" {
				continue
			}
			parts := namedTest.FindStringSubmatch(name)
			require.NotNil(t, parts, "%s: %s names no test", row.id, name)
			require.True(t, tests[parts[1]+"."+parts[2]], "%s: there is no test %s", row.id, name)
		}
	}
	require.Equal(t, parityIDs, count)
	for prefix, n := range parityIDs {
		for i := range n {
			require.True(t, seen[fmt.Sprintf("%s-%02d", prefix, i+1)], "%s-%02d is missing", prefix, i+1)
		}
	}
}

func parityRows(t *testing.T) []parityRow {
	t.Helper()
	page, err := os.ReadFile("../docs/parity.md")
	require.NoError(t, err)
	var rows []parityRow
	for line := range strings.Lines(string(page)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| id |") || parityRule.MatchString(line) {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		require.Len(t, cells, 5, line)
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, parityRow{cells[0], cells[1], cells[2], cells[3], cells[4]})
	}
	return rows
}

// testFunctions finds all tests below a folder, each as the path of its package and its name.
func testFunctions(t *testing.T, root string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				found[filepath.ToSlash(folder)+"."+f.Name.Name] = true
			}
		}
		return nil
	}))
	return found
}
