package fullload_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/sqlite"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// forgetful is a target whose every commit holds and is reported as failed.
type forgetful struct {
	connector.Target
	class connector.Class
}

func (f forgetful) Load(ctx context.Context, r connector.LoadRequest) (connector.Loader, error) {
	l, err := f.Target.Load(ctx, r)
	return forgetfulLoader{l, f.class}, err
}

type forgetfulLoader struct {
	connector.Loader
	class connector.Class
}

func (l forgetfulLoader) Commit(ctx context.Context, c connector.Counts) error {
	if err := l.Loader.Commit(ctx, c); err != nil {
		return err
	}
	return &connector.Error{Class: l.class, Err: errors.New("the answer to COMMIT is lost")}
}

// TestCommitThatHeldInSpiteOfItsError must load nothing twice, whatever class the error has.
func TestCommitThatHeldInSpiteOfItsError(t *testing.T) {
	for _, class := range []connector.Class{connector.Lost, connector.Busy, connector.Data} {
		dir := t.TempDir()
		source, target := filepath.Join(dir, "source.db"), filepath.Join(dir, "target.db")
		fill(t, source, 5000)
		e := sqlite.Engine()
		src, err := e.OpenSource(t.Context(), connector.Config{URL: "sqlite:" + source})
		require.NoError(t, err)
		dst, err := e.OpenTarget(t.Context(), connector.Config{URL: "sqlite:" + target})
		require.NoError(t, err)
		c, err := src.Inspect(t.Context(), connector.InspectOptions{Objects: true})
		require.NoError(t, err)
		snapshot, err := src.Snapshot(t.Context(), 3)
		require.NoError(t, err)
		for _, ft := range likeLoad(t, c, snapshot, e.Dialect, connector.SplitOptions{SegmentBytes: 32 << 10}) {
			tables := []*fullload.Table{ft}
			require.NoError(t, journal(t.Context(), dst, tables))
			require.NoError(t, dst.Exec(t.Context(), ft.Create))
			ft.Create = nil
			stats := &fullload.Stats{}
			require.NoError(t, fullload.Run(t.Context(), fullload.Config{
				Run: "r", Snapshot: snapshot, Target: forgetful{dst, class}, Tables: tables, Workers: 3, Stats: stats,
				Retry: fullload.Retry{Count: 3}, Log: slog.New(slog.DiscardHandler),
			}))
			require.NoError(t, stats.Tables()[0].Err)
			require.EqualValues(t, 5000, stats.Tables()[0].Rows)
		}
		require.NoError(t, snapshot.Close())
		require.NoError(t, dst.Close())
		require.NoError(t, src.Close())
		require.Equal(t, fingerprint(t, source), fingerprint(t, target))
	}
}
