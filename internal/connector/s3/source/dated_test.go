package source

import (
	"context"
	"log/slog"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/external"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// arriving is a shelf on which more files lie at each listing.
type arriving struct {
	shelf
	next []map[string]string
}

func (a *arriving) List(ctx context.Context, prefix string, f func(store.Object) error) error {
	err := a.shelf.List(ctx, prefix, f)
	if len(a.next) > 0 {
		maps.Copy(a.files, a.next[0])
		a.next = a.next[1:]
	}
	return err
}

// TestFilesThatJustComeAreWaitedFor: a writer publishes those of one moment side by side, so that what comes first by its name may be seen last. What comes
// later than that is told of, and not left out.
func TestFilesThatJustComeAreWaitedFor(t *testing.T) {
	t.Parallel()
	tables, err := external.Parse([]byte(definition))
	require.NoError(t, err)
	const first, second, third = "20240131-235900000.parquet", "20240131-235900001.parquet", "20240131-235900002.parquet"
	a := &arriving{shelf{files: map[string]string{"o/t/z/" + second: "x", "o/t/LOAD1.parquet": "x", "o/t/" + second + ".part": "x"}}, []map[string]string{
		{"o/t/y/" + second: "x", "o/t/" + third: "x"}, {"o/t/" + first: "x"},
	}}
	s := New(Config{Store: a, Tables: tables, Parquet: true, Log: slog.New(slog.DiscardHandler)}).(*source)
	st := &stream{source: s}
	all, more, err := st.settled(t.Context())
	require.NoError(t, err)
	require.False(t, more)
	var keys []string
	for i, f := range all {
		require.Equal(t, i, f.before)
		keys = append(keys, f.key)
	}
	require.Equal(t, []string{"o/t/" + first, "o/t/y/" + second, "o/t/z/" + second, "o/t/" + third}, keys)

	st.at = all[2].end()
	all, _, err = st.settled(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int{2, 3}, []int{all[0].before, all[1].before}, "from the file that was read on")
	a.files["o/t/20240101-000000000.parquet"] = "x"
	_, _, err = st.settled(t.Context())
	require.Equal(t, connector.Missing, connector.ClassOf(err))
	require.ErrorContains(t, err, "a file has come whose name is before those that were read")
	delete(a.files, "o/t/"+first)
	_, _, err = st.settled(t.Context())
	require.NoError(t, err, "who clears up old files does no harm")
}

// TestPositionsOfParquetFilesAreInTheOrderOfTheirNames, whatever folders they are in.
func TestPositionsOfParquetFilesAreInTheOrderOfTheirNames(t *testing.T) {
	t.Parallel()
	s := New(Config{Parquet: true}).(*source)
	for _, c := range [][2]string{
		{`{"file":"z/20240131-235900000.parquet"}`, `{"file":"a/20240131-235900001.parquet"}`}, {`{"file":"a/20240131-235900000.parquet"}`, `{"file":"b/20240131-235900000.parquet","records":1}`},
		{`{"file":"a/20240131-235900000.parquet","records":1,"files":4}`, `{"file":"a/20240131-235900000.parquet","files":4}`}, {`{}`, `{"file":"a/20240131-235900000.parquet","records":1}`},
	} {
		order, err := s.Compare(c[0], c[1])
		require.NoError(t, err)
		require.Equal(t, -1, order, "%v", c)
	}
	_, err := parsePosition(`{"file":"a","files":-1}`)
	require.Error(t, err)
}

// TestPromisedFilesAreWaitedFor: what comes behind a file that its writer has committed and not published yet is not read, however long that takes.
func TestPromisedFilesAreWaitedFor(t *testing.T) {
	t.Parallel()
	tables, err := external.Parse([]byte(definition))
	require.NoError(t, err)
	const first, second, third = "o/t/20240131-235900000.parquet", "o/t/20240131-235900001.parquet", "o/t/20240131-235900002.parquet"
	files, promises := map[string]string{first: "x", third: "x"}, [][]string{{first, second}}
	s := New(Config{Store: shelf{files: files}, Tables: tables, Parquet: true, Log: slog.New(slog.DiscardHandler), Promised: func(context.Context) ([]string, error) {
		now := promises[0]
		if len(promises) > 1 {
			promises = promises[1:]
		}
		return now, nil
	}}).(*source)
	st := &stream{source: s}
	look := func() (int, int) {
		all, n, err := st.certain(t.Context())
		require.NoError(t, err)
		return n, len(all)
	}
	requireAre := func(n, of int) {
		t.Helper()
		got, all := look()
		require.Equal(t, []int{n, of}, []int{got, all})
	}
	requireAre(1, 2)
	files[second] = "x"
	requireAre(3, 3)
	promises = [][]string{{first, second}, {third}}
	requireAre(0, 3) // what was promised when the list was made is not known
	requireAre(3, 3)
	promises = [][]string{{"o/other/20240131-235900000.parquet", "o/t/20240131-235900000.csv"}} // of no table here, and none of these files
	requireAre(3, 3)
	st.at = position{File: first, Records: 1, Size: 1}
	promises = [][]string{{"o/t/a/20240131-235900000.parquet"}}
	all, more, err := st.settled(t.Context())
	require.NoError(t, err)
	require.True(t, more)
	require.Len(t, all, 1)
	require.Equal(t, first, all[0].key, "a file that was begun is gone on with")
	st.at = position{File: second}
	promises = [][]string{{"o/t/a/20240131-235900000.parquet"}} // which was read, and cleared up
	requireAre(2, 2)
}
