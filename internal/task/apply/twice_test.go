package apply

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// permute changes the keys of some rows in one statement, whose rows come in any order: in between a key may be that of two.
func permute(u *author) {
	keys := slices.Sorted(maps.Keys(u.w))
	if len(keys) == 0 {
		return
	}
	keys = rapid.Permutation(keys).Draw(u.t, "order")[:rapid.IntRange(1, len(keys)).Draw(u.t, "rows")]
	to := rapid.Permutation(append(slices.Clone(keys), freeKeys(u.w)...)).Draw(u.t, "new keys")
	after := maps.Clone(u.w)
	for _, key := range keys {
		delete(after, key)
	}
	all := [3]bool{true, true, true}
	for i, key := range keys {
		fresh := u.w[key]
		if rapid.Bool().Draw(u.t, "changed") {
			fresh.a = rapid.StringMatching(`[a-c]{0,2}`).Draw(u.t, "a")
		}
		put(&u.c.Old, key, u.w[key], all)
		put(&u.c.New, to[i], fresh, all)
		u.g.Add(u.c, change.Update, true, true, 0)
		after[to[i]] = fresh
	}
	clear(u.w)
	maps.Copy(u.w, after)
}

func freeKeys(w world) (free []int64) {
	for key := int64(1); key <= 6; key++ {
		if _, taken := w[key]; !taken {
			free = append(free, key)
		}
	}
	return free
}

// comeOrGo inserts or deletes a row, telling the whole of it.
func comeOrGo(u *author) {
	key := rapid.Int64Range(1, 6).Draw(u.t, "key")
	all := [3]bool{true, true, true}
	if old, there := u.w[key]; there {
		put(&u.c.Old, key, old, all)
		u.g.Add(u.c, change.Delete, false, true, 0)
		delete(u.w, key)
		return
	}
	u.w[key] = row{"new", rapid.StringMatching(`[a-c]{0,2}`).Draw(u.t, "b")}
	put(&u.c.New, key, u.w[key], all)
	u.g.Add(u.c, change.Insert, true, false, 0)
}

// TestKeysOfTwoRowsInBetween: a source that checks its key at the end of a statement lets rows take each other's keys.
func TestKeysOfTwoRowsInBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := world{}
		for key := range int64(rapid.IntRange(1, 5).Draw(t, "rows")) {
			before[key+1] = row{fmt.Sprint("a", key), fmt.Sprint("b", key)}
		}
		u := newAuthor(t, maps.Clone(before))
		for range rapid.IntRange(1, 8).Draw(t, "statements") {
			if rapid.Bool().Draw(t, "permute") {
				permute(u)
			} else {
				comeOrGo(u)
			}
		}
		u.g.Commit(time.Now())
		table := testTable()
		table.Swaps, table.Twice = true, true
		w := NewWork()
		w.Reset(u.g, func(int) *Table { return table })
		w.Fold()
		require.False(t, w.inOrder)
		folded := maps.Clone(before)
		for _, s := range w.sets.list {
			carryOut(t, folded, s)
		}
		require.Equal(t, u.w, folded)
	})
}
