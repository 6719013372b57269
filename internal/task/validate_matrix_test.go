package task_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// plantMatrix has every value of the type matrix that has arrived become another one of its type, or none, and a bit of a bit string the
// other one: validation finds each of them, and a repair undoes it.
func plantMatrix(t *testing.T, source, target *end, rows []matrixRow) {
	t.Helper()
	before := make([]string, len(rows))
	planted := map[int]bool{}
	for i, r := range rows {
		before[i] = whatArrived(t, source, target, i, r)
	}
	for i, r := range rows {
		if before[i] == "" || r.value == "'NULL'" { // it was rejected, or is printed like none
			continue
		}
		planted[i] = plantInMatrix(t, source, target, rows, i, before[i])
	}
	require.Greater(t, len(planted), len(rows)/3)
	for _, repair := range []bool{false, true} {
		v := compareEnds(t, config(source, target), repair)
		for i := range planted {
			got, about := resultOf(t, v, matrixTable(i)), fmt.Sprintf("%s %s (table %s)", rows[i].nativeType, rows[i].value, matrixTable(i))
			if planted[i] && !repair {
				assert.EqualValues(t, 1, got.Different, "%s is not found: %s", about, got.Reason)
				assert.EqualValues(t, 1, got.Failed, about)
				continue
			}
			assert.Equal(t, validate.Validated, got.State, "%s: %s %+v", about, got.Reason, got.Failures)
		}
	}
}

// whatArrived is a target's value, and nothing if there is no row.
func whatArrived(t *testing.T, source, target *end, i int, r matrixRow) string {
	t.Helper()
	text := strings.Join(printed(t, source, target, i, r), "|")
	if text == "-0" {
		return "0" // is the same number
	}
	return text
}

// plantInMatrix reports whether the value is now another one.
func plantInMatrix(t *testing.T, source, target *end, rows []matrixRow, i int, now string) bool {
	t.Helper()
	there, v := qualified(source, target, matrixTable(i)), target.quote("v")
	var values []string
	if strings.HasPrefix(rows[i].nativeType, "bit") {
		values = map[catalog.Family][]string{
			catalog.PostgreSQL: {"set_bit(" + v + ", 0, 1 - get_bit(" + v + ", 0))", "NOT " + v}, catalog.MySQL: {v + " ^ 1"},
		}[target.family]
	}
	for j := i + 1; j < len(rows); j++ {
		if rows[j].nativeType == rows[i].nativeType {
			values = append(values, fmt.Sprintf("(SELECT o.%s FROM %s o)", v, qualified(source, target, matrixTable(j))))
		}
	}
	for _, value := range append(values, "NULL") {
		_, err := target.db.ExecContext(context.Background(), fmt.Sprintf("UPDATE %s SET %s = %s", there, v, value))
		if err == nil && whatArrived(t, source, target, i, rows[i]) != now {
			return true
		}
	}
	return false
}
