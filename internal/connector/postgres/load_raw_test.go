package postgres

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// rawHeader is a CopyData frame with the binary format's header alone.
func rawHeader() []byte {
	body := append(slices.Clone(copySignature), 0, 0, 0, 0, 0, 0, 0, 0)
	return append(binary.BigEndian.AppendUint32([]byte{'d'}, uint32(len(body)+4)), body...)
}

func rawEnd() []byte { return append([]byte{'d', 0, 0, 0, 6}, endMark...) }

// rawRequest is the request of a table that its load makes.
func rawRequest(s *sink, run string) connector.LoadRequest {
	r := s.request(change.Native)
	r.Raw, r.Mark = true, marks(run, "t", 1)[0]
	r.Mark.Table = s.table.Name
	r.Before = []catalog.Statement{{SQL: `DROP TABLE public.t`}, {SQL: `CREATE TABLE public.t (id int)`}}
	r.After = []catalog.Statement{{SQL: `ALTER TABLE public.t ADD PRIMARY KEY (id)`}}
	return r
}

// A small table costs its target two exchanges: all up to its first row goes with the COPY.
func TestRawLoadOpensItsTransactionWithTheCopy(t *testing.T) {
	s := newSink(t, `CREATE TABLE t (id int)`)
	ctx := t.Context()
	r := rawRequest(s, "a")
	require.NoError(t, s.target.Journal().Plan(ctx, []connector.Mark{r.Mark}))

	idle, err := s.target.Load(ctx, r)
	require.NoError(t, err)
	idle.Abort()

	l, err := s.target.Load(ctx, r)
	require.NoError(t, err)
	defer l.Abort()
	require.NoError(t, l.(connector.RawLoader).WriteRaw(ctx, rawHeader()))
	awaitQuery(t, s.db, "BEGIN;\nDROP TABLE public.t;\nCREATE TABLE public.t (id int);\nCOPY ", 1)
	require.NoError(t, l.(connector.RawLoader).WriteRaw(ctx, rawEnd()))
	require.NoError(t, l.Commit(ctx, connector.Counts{}))
	require.Equal(t, []string{"1"}, lines(t, s.db, `SELECT count(*)::text FROM pg_constraint WHERE conrelid = 't'::regclass AND contype = 'p'`))
}

func TestRawLoadWithoutAPieceMakesItsTable(t *testing.T) {
	s := newSink(t, `CREATE TABLE t (other text)`)
	ctx := t.Context()
	r := rawRequest(s, "a")
	require.NoError(t, s.target.Journal().Plan(ctx, []connector.Mark{r.Mark}))
	l, err := s.target.Load(ctx, r)
	require.NoError(t, err)
	defer l.Abort()
	require.NoError(t, l.Commit(ctx, connector.Counts{}))
	require.Equal(t, []string{"id"}, lines(t, s.db, `SELECT attname::text FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0`))
}

func TestASegmentIsMarkedOnce(t *testing.T) {
	s := newSink(t, `CREATE TABLE t (id int)`)
	ctx := t.Context()
	r := rawRequest(s, "a")
	r.Before, r.After = nil, nil
	require.NoError(t, s.target.Journal().Plan(ctx, []connector.Mark{r.Mark}))
	commit := func(r connector.LoadRequest) error {
		l, err := s.target.Load(ctx, r)
		require.NoError(t, err)
		defer l.Abort()
		return l.Commit(ctx, connector.Counts{Rows: 3})
	}
	otherwise := r
	otherwise.Mark.Segment.Spec = "another plan"
	for _, refused := range []connector.LoadRequest{otherwise, r} {
		if refused.Mark == r.Mark {
			require.NoError(t, commit(r))
		}
		err := commit(refused)
		require.ErrorContains(t, err, ": segment 1 of public.t is loaded already, or was planned anew by another run")
		require.NotContains(t, err.Error(), "configuration parameter")
		require.Equal(t, connector.Invalid, connector.ClassOf(err))
	}
	known, err := s.target.Journal().Read(ctx, "a")
	require.NoError(t, err)
	require.Len(t, known, 1)
	require.True(t, known[0].Done)
	require.EqualValues(t, 3, known[0].Counts.Rows)
}
