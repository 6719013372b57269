package task_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestLakeLayoutStaysThatOfTheRun: a load that was cut off, and changes, are not gone on with in another format; with the settings of
// the beginning they are, and from anew with any.
func TestLakeLayoutStaysThatOfTheRun(t *testing.T) {
	source, l := newEnd(t, "sqlite"), newLake(t)
	source.exec(t, "CREATE TABLE one (id INTEGER PRIMARY KEY, v TEXT)",
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < 3000) INSERT INTO one SELECT i, hex(randomblob(20)) FROM c")
	b := newBroker(t, l.Endpoint)
	with := func(typ task.Config, edits ...edit) task.Config {
		typ.SegmentBytes = 20 << 10
		l.through(b)(&typ)
		for _, e := range edits {
			e(&typ)
		}
		return typ
	}
	ctx, cancel := context.WithCancel(t.Context())
	b.tripped = cancel
	b.limit.Store(14)
	_, err := run(ctx, with(changesConfig(source, l.end)))
	require.Error(t, err)
	b.limit.Store(0)
	require.NotEmpty(t, l.lines(t, "main/one"), "nothing was loaded before")

	c := with(changesConfig(source, l.end), lakeWith("DataFormat", "parquet"))
	c.Stop.CaughtUp = true
	report, err := run(t.Context(), c)
	if err == nil {
		err = report.Tables[0].Err
	}
	require.ErrorContains(t, err, `DataFormat was "csv" when the run was begun and is "parquet" now`)
	require.ErrorContains(t, err, `set DataFormat to "csv" again`)
	require.NotContains(t, keysOf(l.files(t, "main/one")), "parquet")
}

func TestLakeLayoutOfChangesStaysThatOfTheRun(t *testing.T) {
	source, l := newEnd(t, "sqlite"), newLake(t)
	source.exec(t, "CREATE TABLE one (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO one VALUES (1, 'x')")
	load(t, source, l.end, lakeWith("CsvDelimiter", ";"))
	source.exec(t, "INSERT INTO one VALUES (2, 'y')")
	for _, set := range []edit{lakeWith(), lakeWith("CsvDelimiter", ";", "PreserveTransactions", "true")} {
		c := changesConfig(source, l.end)
		c.Stop.CaughtUp = true
		set(&c)
		_, err := run(t.Context(), c)
		require.Equal(t, connector.Invalid, connector.ClassOf(err), err)
		require.ErrorContains(t, err, "when the run was begun")
	}
	catchUp(t, source, l.end, lakeWith("CsvDelimiter", ";", "MaxFileSize", "100"))
	require.Equal(t, []string{"I;2;y", "1;x"}, l.lines(t, "main/one"))
}
