package keep

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

func TestLogIsBounded(t *testing.T) {
	d := Dir(t.TempDir())
	l, err := d.OpenLog("T1")
	require.NoError(t, err)
	l.max = 100
	line := []byte(strings.Repeat("x", 39) + "\n")
	for range 50 {
		n, err := l.Write(line)
		require.NoError(t, err)
		require.Equal(t, len(line), n)
	}
	require.NoError(t, l.Close())
	path, size, err := d.Log("T1")
	require.NoError(t, err)
	require.EqualValues(t, (OldLogs+1)*80, size, "two lines a file, five files")
	files, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	require.Len(t, files, OldLogs+1)

	again, err := d.OpenLog("T1")
	require.NoError(t, err)
	_, err = again.Write([]byte("more\n"))
	require.NoError(t, err)
	require.NoError(t, again.Close())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(text), "x\nmore\n"), "the log was begun anew")
}

// TestALogIsCleared while it is written, and when nobody writes it.
func TestALogIsCleared(t *testing.T) {
	d := Dir(t.TempDir())
	l, err := d.OpenLog("T1")
	require.NoError(t, err)
	l.max = 10
	for range 4 {
		_, err = l.Write([]byte("12345678\n"))
		require.NoError(t, err)
	}
	require.Len(t, d.LogFiles("T1"), 4)
	path, _, err := d.Log("T1")
	require.NoError(t, err)
	before, err := os.Stat(path)
	require.NoError(t, err)
	require.NoError(t, l.Clear())
	after, err := os.Stat(path)
	require.NoError(t, err)
	require.False(t, os.SameFile(before, after), "a reader takes it for the file that it has read already")
	_, err = l.Write([]byte("new\n"))
	require.NoError(t, err)
	require.Len(t, d.LogFiles("T1"), 1)
	_, size, err := d.Log("T1")
	require.NoError(t, err)
	require.EqualValues(t, 4, size)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "new\n", string(text))
	require.NoError(t, l.Close())
	require.Error(t, l.Clear())
	require.NoError(t, d.ClearLog("T1"))
	_, size, err = d.Log("T1")
	require.NoError(t, err)
	require.Zero(t, size)
	require.NoError(t, d.ClearLog("T2"))
	require.Empty(t, d.LogFiles("T2"))
	require.Error(t, d.ClearLog("../T1"))
}

func TestAnotherInstanceTakesATaskOver(t *testing.T) {
	root := t.TempDir()
	a, b := Dir(filepath.Join(root, "A")), Dir(filepath.Join(root, "B"))
	require.NoError(t, b.Adopt("T1", a), "nothing to take over")
	require.NoError(t, a.Make("T1"))
	want := State{TaskState: instance.TaskState{ID: "T1", Attempt: 3, StopReason: "NORMAL"}, Begun: true}
	require.NoError(t, a.WriteState("T1", want, true))
	require.NoError(t, a.WriteTables("T1", []instance.Table{{Schema: "s", Name: "t", Rows: 7}}))
	require.NoError(t, b.Adopt("T1", a))
	require.NoError(t, a.Forget("T1"))

	got, ok, err := b.State("T1")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, want, got)
	tables, err := b.Tables("T1")
	require.NoError(t, err)
	require.EqualValues(t, 7, tables[0].Rows)
	ids, err := b.Tasks()
	require.NoError(t, err)
	require.Equal(t, []string{"T1"}, ids)
}

func TestIdentifiersStayInTheDirectory(t *testing.T) {
	d := Dir(t.TempDir())
	for _, id := range []string{"", ".", "..", "../x", "a/b", "a b", ".hidden", strings.Repeat("a", 101)} {
		require.Error(t, d.Make(id), id)
		require.Error(t, d.Forget(id), id)
		require.Error(t, d.Adopt(id, d), id)
		_, err := d.Tables(id)
		require.Error(t, err, id)
	}
}
