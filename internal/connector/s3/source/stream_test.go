package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/csvfile"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/external"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// shelf is a Store that is only read, in memory.
type shelf struct {
	store.Store
	files map[string]string
}

func (s shelf) Identity() string { return "shelf" }

func (s shelf) Open(_ context.Context, key string) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(s.files[key])), nil
}

func (s shelf) List(ctx context.Context, prefix string, f func(store.Object) error) error {
	return s.ListFrom(ctx, prefix, "", f)
}

func (s shelf) ListFrom(_ context.Context, prefix, from string, f func(store.Object) error) error {
	for key, text := range s.files { // in no order: who lists sorts
		if !strings.HasPrefix(key, prefix) || key < from {
			continue
		}
		if err := f(store.Object{Key: key, Size: int64(len(text)), Modified: time.Unix(1, 0)}); err != nil {
			return err
		}
	}
	return nil
}

const definition = `{"Tables":[{"TableName":"t","TableOwner":"o","TableColumns":[{"ColumnName":"id","ColumnType":"INT4","ColumnIsPk":"true"},{"ColumnName":"v","ColumnType":"CLOB","ColumnNullable":"true"},
	{"ColumnName":"at","ColumnType":"DATETIME","ColumnNullable":"true","ColumnDateFormat":"YYYY-MM-dd HH:mm:ss.F"},{"ColumnName":"b","ColumnType":"BLOB","ColumnNullable":"true"}]}]}`

func sourceOf(t require.TestingT, files map[string]string) *source {
	tables, err := external.Parse([]byte(definition))
	require.NoError(t, err)
	c := Config{Store: shelf{files: files}, Tables: tables, Dialect: csvfile.Dialect{Delimiter: ",", RowDelimiter: "\n", Quotes: true}, Changes: "log/", Log: slog.New(slog.DiscardHandler)}
	return New(c).(*source)
}

func (s *source) columns() (out []connector.ReadColumn) {
	for _, c := range s.Tables[0].Columns {
		out = append(out, connector.ReadColumn{Column: c, Layout: change.LayoutOf(c.Type)})
	}
	return out
}

// follow delivers changes from a position on, as texts, until there are no more or the group so many has come. It returns the position
// behind them.
func (s *source) follow(t require.TestingT, from string, groups, most int, rejected *int) (texts []string, at string, err error) {
	r := connector.StreamRequest{
		Pool: change.NewBoundedGroupPool(1, most, 1<<20), Tables: []connector.Followed{{Number: 3, Table: s.Tables[0].Table, Columns: s.columns()}},
		Reject: func(int, change.Reject) error { *rejected++; return nil },
	}
	st, err := s.Stream(context.Background(), r, from)
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	at = from
	for range groups {
		e, err := st.Next(context.Background())
		if err != nil {
			return texts, at, err
		}
		order, err := s.Compare(at, e.Position)
		require.NoError(t, err)
		require.LessOrEqual(t, order, 0, "%s, then %s", at, e.Position)
		at = e.Position
		if e.Changes != nil {
			require.Equal(t, e.Position, e.Changes.Position)
			require.False(t, e.Changes.Open)
			texts = append(texts, textsOf(e.Changes)...)
			r.Pool.Put(e.Changes)
		} else if e.Quiet {
			break
		}
	}
	return texts, at, nil
}

func textsOf(g *change.Group) []string {
	out := make([]string, g.Len())
	for _, c := range g.Tables {
		for i, op := range c.Ops {
			b, row := &c.New, c.After[i]
			if op == change.Delete {
				b, row = &c.Old, c.Before[i]
			}
			text := fmt.Sprintf("%s %d", op, b.Columns[0].Ints[row])
			if !b.Columns[1].IsNull(int(row)) {
				text += " " + string(b.Columns[1].Value(int(row)))
			}
			out[c.Seq[i]] = text
		}
	}
	return out
}

// TestAStreamGoesOnFromAnyPosition: wherever it is left, what comes behind is delivered once, in order.
func TestAStreamGoesOnFromAnyPosition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		files := map[string]string{}
		var want []string
		n := 0
		for file := range rapid.IntRange(1, 4).Draw(t, "files") {
			var text strings.Builder
			for range rapid.IntRange(0, 12).Draw(t, "lines") {
				n++
				switch rapid.IntRange(0, 4).Draw(t, "line") {
				case 0:
					fmt.Fprintf(&text, "I,t,o,%d,\"a\nb\",,\n", n)
					want = append(want, fmt.Sprintf("INSERT %d a\nb", n))
				case 1:
					fmt.Fprintf(&text, "update,t,o,%d,x,2024-01-01 00:00:00,00ff\r\n", n)
					want = append(want, fmt.Sprintf("UPDATE %d x", n))
				case 2:
					fmt.Fprintf(&text, "D,t,o,%d,,,\n", n)
					want = append(want, fmt.Sprintf("DELETE %d", n))
				case 3:
					fmt.Fprintf(&text, "I,t,o,x,%d,,\n", n) // rejected
				default:
					text.WriteString("I,other,o,1\n\n")
				}
			}
			files[fmt.Sprintf("log/%d.csv", file)] = text.String()
		}
		s := sourceOf(t, files)
		most := rapid.IntRange(1, 5).Draw(t, "size of a group")
		var got []string
		rejected := 0
		at := position{}.String()
		for range 100 {
			texts, behind, err := s.follow(t, at, rapid.IntRange(1, 3).Draw(t, "groups"), most, &rejected)
			require.NoError(t, err)
			got = append(got, texts...)
			if end, err := s.End(context.Background()); err == nil && end == behind {
				break
			}
			at = behind
		}
		require.Equal(t, want, got)
	})
}

// TestNamesOfUnknownTablesAreBounded in the log, and where they are remembered.
func TestNamesOfUnknownTablesAreBounded(t *testing.T) {
	long := strings.Repeat("n", 1<<20)
	s := sourceOf(t, map[string]string{"log/1.csv": "INSERT," + long + ",o,1,a,,\nINSERT,u," + long + ",1,a,,\nINSERT,u," + long + ",2,b,,\n"})
	var log bytes.Buffer
	s.Log = slog.New(slog.NewTextHandler(&log, nil))
	rejected := 0
	_, _, err := s.follow(t, position{}.String(), 1, 10, &rejected)
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(log.String(), "has no definition"))
	require.Less(t, log.Len(), 2000)
}

// TestAFileThatHasChangedIsNotGoneOnWith: the records that were read of it are others by now.
func TestAFileThatHasChangedIsNotGoneOnWith(t *testing.T) {
	s := sourceOf(t, map[string]string{"log/1.csv": "I,t,o,1,,,\nI,t,o,2,,,\n"})
	rejected := 0
	_, at, err := s.follow(t, position{}.String(), 1, 1, &rejected)
	require.NoError(t, err)
	require.JSONEq(t, `{"file":"1.csv","records":1,"size":22}`, at)
	for _, files := range []map[string]string{{"log/1.csv": "I,t,o,7,,,\n"}, {}} {
		_, _, err = sourceOf(t, files).follow(t, at, 1, 1, &rejected)
		require.Equal(t, connector.Missing, connector.ClassOf(err), err)
		require.ErrorContains(t, err, "is gone or is another by now")
	}
}

// TestAFileThatGrowsIsNotTakenForWhole: what a writer adds to a file while it is read, or once it was, is not left out in silence.
func TestAFileThatGrowsIsNotTakenForWhole(t *testing.T) {
	files := map[string]string{"log/1.csv": "I,t,o,1,,,\n", "log/2.csv": "I,t,o,2,,,\n"}
	rejected := 0
	texts, at, err := sourceOf(t, files).follow(t, position{}.String(), 9, 9, &rejected)
	require.NoError(t, err)
	require.Equal(t, []string{"INSERT 1", "INSERT 2"}, texts)
	files["log/2.csv"] += "I,t,o,3,,,\n"
	_, _, err = sourceOf(t, files).follow(t, at, 9, 9, &rejected)
	require.Equal(t, connector.Missing, connector.ClassOf(err), err)
	require.ErrorContains(t, err, "had 11 bytes when it was read, and has 22 by now")

	s := sourceOf(t, map[string]string{"log/1.csv": "I,t,o,1,,,\n", "o/t/LOAD1.csv": "1,,,\n"})
	s.Store = growing{s.Store.(shelf)}
	_, _, err = s.follow(t, position{}.String(), 9, 9, &rejected)
	require.ErrorContains(t, err, "log/1.csv had 11 bytes when it was listed, and 14 when it was read")
	sn, err := s.Snapshot(t.Context(), 1)
	require.NoError(t, err)
	pool := change.NewPool(1, 0)
	err = sn.Read(t.Context(), connector.ReadRequest{
		Table: s.Tables[0].Table, Columns: s.columns(), Pool: pool, Reject: func(change.Reject) error { return nil },
		Emit: func(b *change.Batch) error { pool.Put(b); return nil },
	})
	require.Equal(t, connector.Missing, connector.ClassOf(err), err)
}

// TestAFileThatIsEmptyYetIsReadOnceItIsNot: a writer makes a file before anything is in it. Wherever reading begins, and whatever else is
// read, such a file is not behind it.
func TestAFileThatIsEmptyYetIsReadOnceItIsNot(t *testing.T) {
	files := map[string]string{"log/1.csv": "I,t,o,1,,,\n", "log/2.csv": ""}
	rejected := 0
	texts, at, err := sourceOf(t, files).follow(t, position{}.String(), 9, 9, &rejected)
	require.NoError(t, err)
	require.Equal(t, []string{"INSERT 1"}, texts)
	end, err := sourceOf(t, files).End(t.Context())
	require.NoError(t, err)
	since, err := sourceOf(t, files).Start(t.Context(), connector.StreamRequest{}, connector.StartPoint{At: time.Unix(2, 0)})
	require.NoError(t, err)

	files["log/2.csv"] = "I,t,o,2,,,\n"
	for _, from := range []string{at, end, since} {
		texts, _, err = sourceOf(t, files).follow(t, from, 9, 9, &rejected)
		require.NoError(t, err)
		require.Equal(t, []string{"INSERT 2"}, texts, "from %s", from)
	}

	files = map[string]string{"log/1.csv": ""}
	texts, at, err = sourceOf(t, files).follow(t, position{}.String(), 9, 9, &rejected)
	require.NoError(t, err)
	require.Empty(t, texts)
	files["log/1.csv"] = "I,t,o,1,,,\n"
	texts, _, err = sourceOf(t, files).follow(t, at, 9, 9, &rejected)
	require.NoError(t, err)
	require.Equal(t, []string{"INSERT 1"}, texts)
}

// growing is a shelf whose files are still being written.
type growing struct{ shelf }

func (g growing) Open(_ context.Context, key string) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(g.files[key] + "\n\n\n")), nil
}

// FuzzFiles: whatever the bytes, nothing panics, a full load and the changes each end, and all that is delivered is of its column's type.
func FuzzFiles(f *testing.F) {
	f.Add([]byte("I,t,o,1,\"a\",2024-02-29 00:00:00,00\nD,t,o,2,,,\n"))
	f.Add([]byte("1,a,,\nI,2,b,2024-01-01 00:00:00.5,ff\n"))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := sourceOf(t, map[string]string{"log/1.csv": string(text), "o/t/LOAD1.csv": string(text)})
		rejected := 0
		_, _, _ = s.follow(t, position{}.String(), 1000, 100, &rejected)
		sn, err := s.Snapshot(t.Context(), 1)
		require.NoError(t, err)
		rows := 0
		pool := change.NewPool(1, 0)
		err = sn.Read(t.Context(), connector.ReadRequest{
			Table: s.Tables[0].Table, Columns: s.columns(), Pool: pool, Reject: func(r change.Reject) error {
				require.Contains(t, r.Key, "o/t/LOAD1.csv line ")
				return nil
			},
			Emit: func(b *change.Batch) error {
				for i := range b.Columns {
					require.Equal(t, b.Rows(), b.Columns[i].Len())
				}
				rows += b.Rows()
				pool.Put(b)
				return nil
			},
		})
		require.LessOrEqual(t, rows, bytes.Count(text, []byte("\n"))+1)
		require.True(t, err == nil || slices.Contains([]connector.Class{connector.Data, connector.Lost}, connector.ClassOf(err)), err)
	})
}
