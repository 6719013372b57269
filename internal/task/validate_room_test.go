package task_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/validate"
)

// TestRepairOfMoreThanThereIsRoomFor repairs rows that differ and are more than memory holds at once, those of a table with a key and those that
// were loaded twice: it goes on until none is left.
func TestRepairOfMoreThanThereIsRoomFor(t *testing.T) {
	t.Parallel()
	source, target := newEnd(t, "sqlite"), newEnd(t, "sqlite")
	doc := func(i int) string {
		return fmt.Sprintf("CAST(printf('%%.%dc', char(%d)) AS BLOB)", 1<<20, 'a'+i%20)
	}
	for _, e := range []*end{source, target} {
		e.exec(t, "CREATE TABLE keyed (id INTEGER PRIMARY KEY, doc BLOB)")
		spoiled := map[*end]string{target: " || x'00'"}[e]
		for i := range 66 {
			e.exec(t, fmt.Sprintf("INSERT INTO keyed VALUES (%d, %s%s)", i, doc(i), spoiled))
		}
	}
	source.exec(t, "CREATE TABLE twice (id INTEGER PRIMARY KEY, doc BLOB)")
	target.exec(t, "CREATE TABLE twice (id INTEGER NOT NULL, doc BLOB)")
	for i := range 72 {
		if i < 36 {
			source.exec(t, fmt.Sprintf("INSERT INTO twice VALUES (%d, %s)", i, doc(i)))
		}
		target.exec(t, fmt.Sprintf("INSERT INTO twice VALUES (%d, %s)", i%36, doc(i%36)))
	}
	v := compareEnds(t, config(source, target), true)
	for _, r := range v.Tables {
		require.Equal(t, validate.Validated, r.State, "%s: %s, %d differ after %d rounds, %+v", r.Source, r.Reason, r.Failed, v.Rounds, v.Repaired[r.Source])
	}
	require.Greater(t, v.Rounds, 2)
}
