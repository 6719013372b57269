package mysql

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestUnmovedTellsChangedTables changes keys between two snapshots, which leaves no trace in the table itself.
func TestUnmovedTellsChangedTables(t *testing.T) {
	server := servertest.PrivateMariaDB(t)
	f := newFixture(t, server)
	f.exec("CREATE TABLE item (id INT PRIMARY KEY, v INT)", "INSERT INTO item SELECT seq, seq FROM seq_1_to_100",
		"CREATE TABLE parts (id INT PRIMARY KEY) PARTITION BY HASH(id) PARTITIONS 3", "INSERT INTO parts VALUES (1), (2), (3)",
		"CREATE TABLE old_style (id INT PRIMARY KEY) ENGINE=MyISAM", "INSERT INTO old_style VALUES (1)",
		"CREATE TABLE other (id INT)")
	tables := []*catalog.Table{f.inspected("item"), f.inspected("parts"), f.inspected("old_style")}
	witnesses := func() (all []string) {
		snap, err := f.source.Snapshot(t.Context(), 1)
		require.NoError(t, err)
		defer func() { require.NoError(t, snap.Close()) }()
		for _, table := range tables {
			w, err := snap.Witness(t.Context(), table)
			require.NoError(t, err)
			all = append(all, w)
		}
		return all
	}
	unmoved := func(witnesses []string) (all []bool) {
		snap, err := f.source.Snapshot(t.Context(), 1)
		require.NoError(t, err)
		defer func() { require.NoError(t, snap.Close()) }()
		for i, table := range tables {
			same, err := snap.Unmoved(t.Context(), table, witnesses[i])
			require.NoError(t, err)
			all = append(all, same)
		}
		return all
	}
	yes, no := []bool{true, true, true}, []bool{false, false, false}

	fresh := witnesses()
	require.Equal(t, yes, unmoved(fresh), "nothing was committed anywhere")
	f.exec("INSERT INTO other VALUES (1)")
	require.Equal(t, no, unmoved(fresh), "they were written so shortly before that nobody can tell")

	rested := make([]string, len(tables))
	for i, text := range witnesses() {
		var w witness
		require.NoError(t, json.Unmarshal([]byte(text), &w))
		w.At += quiet
		aged, err := json.Marshal(w)
		require.NoError(t, err)
		rested[i] = string(aged)
	}
	f.exec("INSERT INTO other VALUES (2)")
	require.Equal(t, yes, unmoved(rested))
	// UPDATE_TIME counts in seconds.
	f.exec("DO SLEEP(1.1)", "UPDATE item SET id = 1000 WHERE id = 3")
	require.Equal(t, []bool{false, true, true}, unmoved(rested))
	f.exec("UPDATE parts SET id = 7 WHERE id = 1", "UPDATE old_style SET id = 8")
	require.Equal(t, no, unmoved(rested))

	require.Equal(t, no, unmoved([]string{"key ranges", "", "{}"}))
	before := witnesses()
	server.Server.Kill()
	require.NoError(t, server.Server.Start())
	f.source = newFixture(t, server).source
	for i := range before {
		var w witness
		require.NoError(t, json.Unmarshal([]byte(before[i]), &w))
		w.Position = ""
		aged, err := json.Marshal(w)
		require.NoError(t, err)
		before[i] = string(aged)
	}
	require.Equal(t, no, unmoved(before), "a server that was restarted has forgotten")
}
