package storetest

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// Mirror holds a mirrored store to the store that it mirrors: after each change both answer the same, however it is asked.
func Mirror(t *testing.T, base store.Store) {
	t.Helper()
	ctx := t.Context()
	m, err := store.OpenMirror(ctx, base, "a/", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	both := store.Mirrored(store.Following(base, m.Follower()), m)
	key := rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"a/", "a/x/", "b/"}).Draw(t, "prefix") + rapid.StringMatching(`[ab]{0,2}`).Draw(t, "name")
	})
	rapid.Check(t, func(t *rapid.T) {
		_, err := both.Update(ctx, func(tx store.Tx) error {
			for i := range rapid.IntRange(1, 4).Draw(t, "changes") {
				if k := key.Draw(t, "key"); rapid.Bool().Draw(t, "delete") {
					tx.Delete(k)
				} else {
					tx.Put(k, []byte(fmt.Sprintf(`{"N":%d}`, i)))
				}
			}
			return nil
		})
		require.NoError(t, err)
		r := store.Range{Prefix: rapid.SampledFrom([]string{"a/", "a/x", "b/", "c/"}).Draw(t, "prefix"), Limit: rapid.IntRange(0, 3).Draw(t, "limit")}
		if rapid.Bool().Draw(t, "after") {
			r.After = key.Draw(t, "after")
		}
		want, err := base.List(ctx, r)
		require.NoError(t, err)
		got, err := both.List(ctx, r)
		require.NoError(t, err)
		require.Equal(t, texts(want.Items), texts(got.Items), "%+v", r)
		require.Equal(t, want.More, got.More, "%+v", r)
		require.Equal(t, texts(want.Items), texts(scanned(ctx, t, both, r)), "%+v", r)
		for _, i := range got.Items {
			v, err := store.Decoded[struct{ N int }](i)
			require.NoError(t, err)
			require.JSONEq(t, string(i.Value), fmt.Sprintf(`{"N":%d}`, v.N))
		}
	})
}

func scanned(ctx context.Context, t *rapid.T, s store.Store, r store.Range) (all []store.Item) {
	require.NoError(t, store.Scan(ctx, s, r.Prefix, r.After, func(i store.Item) (bool, error) {
		all = append(all, i)
		return r.Limit == 0 || len(all) < r.Limit, nil
	}))
	return all
}

func texts(items []store.Item) []string {
	all := []string{}
	for _, i := range items {
		all = append(all, fmt.Sprintf("%s=%s@%d", i.Key, i.Value, i.Revision))
	}
	return all
}
