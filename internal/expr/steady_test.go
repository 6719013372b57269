package expr_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/expr"
)

// TestSteady tells expressions that always say the same of a row from those that do not. Names of columns and texts are no calls.
func TestSteady(t *testing.T) {
	for src, want := range map[string]bool{
		"$random + 1": true, "$random_id": true, "$current_date": true, "$strftime": true, "'random()'": true, "'now'": true, "$now || 'now'": true,
		"strftime('%Y', $born)": true, "julianday($born)": true, "unixepoch($born)": true, "date($born, '+1 day')": true, "datetime($born, 'subsec')": true,
		"time('12:00')": true, "hash_sha256($a)": true, "$AR_M_SOURCE_TABLE_NAME": true, "date(coalesce($born, '2000-01-01'))": true,
		"random()": false, "abs(RANDOM()) % 5": false, "hex(randomblob(4))": false,
		"CURRENT_DATE": false, "current_timestamp || 'x'": false, "CASE WHEN $a THEN CURRENT_TIME END": false,
		"date()": false, "time()": false, "datetime()": false, "julianday()": false, "unixepoch()": false, "strftime('%Y')": false,
		"date('now')": false, "strftime('%Y', 'NOW')": false, "julianday('now') - julianday($born)": false, "date(coalesce($born, 'now'))": false,
		"unixepoch('subsec')": false, "strftime('%s', 'subsecond')": false,
		"$AR_H_TIMESTAMP": false, "$AR_H_OPERATION || $a": false, "operation_indicator('D', 'U', 'I')": false,
	} {
		p, err := expr.Compile(src)
		require.NoError(t, err, src)
		require.Equal(t, want, p.Steady(), src)
	}
}
