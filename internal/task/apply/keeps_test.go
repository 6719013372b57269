package apply

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// mortal is an author of a table whose deleted rows stay, with D in b; live are the keys that the source has.
type mortal struct {
	*author
	live map[int64]bool
}

func (u *mortal) change() {
	key := rapid.Int64Range(1, 5).Draw(u.t, "key")
	fresh := row{rapid.StringMatching(`[a-c]{0,2}`).Draw(u.t, "a"), rapid.StringMatching(`[a-c]{0,2}`).Draw(u.t, "b")}
	all, keyOnly := [3]bool{true, true, true}, [3]bool{true, false, false}
	switch {
	case !u.live[key]:
		known := all
		if rapid.Bool().Draw(u.t, "without a column") {
			known[1], fresh.a = false, ""
		}
		put(&u.c.New, key, fresh, known)
		u.g.Add(u.c, change.Insert, true, false, 0)
		u.w[key], u.live[key] = fresh, true
	case rapid.Bool().Draw(u.t, "delete"):
		put(&u.c.Old, key, u.w[key], keyOnly)
		put(&u.c.New, key, row{b: "D"}, [3]bool{true, false, true})
		u.g.Add(u.c, change.Delete, true, true, 0)
		u.w[key] = row{u.w[key].a, "D"}
		delete(u.live, key)
	default:
		u.move(key, fresh)
	}
}

// move updates a row, now and then under another key, where a dead one may stand.
func (u *mortal) move(key int64, fresh row) {
	known, old := [3]bool{true, true, true}, u.w[key]
	if rapid.Bool().Draw(u.t, "unsent") {
		known[2], fresh.b = false, old.b
	}
	to := rapid.Int64Range(1, 5).Draw(u.t, "to")
	if u.live[to] {
		to = key
	}
	before := to != key || rapid.Bool().Draw(u.t, "old sent")
	if before {
		put(&u.c.Old, key, old, [3]bool{true, false, false})
	}
	put(&u.c.New, to, fresh, known)
	u.g.Add(u.c, change.Update, true, before, 0)
	delete(u.w, key)
	delete(u.live, key)
	u.w[to], u.live[to] = fresh, true
}

// carry does what a set asks for; a row that makes room for another need not be there.
func carry(t require.TestingT, w world, s connector.RowSet) {
	if s.Op == change.Delete {
		for i := range s.Len() {
			delete(w, s.Old.Columns[0].Ints[i])
		}
		return
	}
	carryOut(t, w, s)
}

// TestDeletedRowsThatStay: whatever becomes of rows that stay when they are deleted, the sets come to it, folded and one by one.
func TestDeletedRowsThatStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := world{}
		u := &mortal{newAuthor(t, nil), map[int64]bool{}}
		for key := range int64(4) {
			before[key+1] = row{fmt.Sprint("a", key), "D"}
			if rapid.Bool().Draw(t, "alive") {
				before[key+1], u.live[key+1] = row{fmt.Sprint("a", key), fmt.Sprint("b", key)}, true
			}
		}
		u.w = maps.Clone(before)
		for range rapid.IntRange(1, 30).Draw(t, "changes") {
			u.change()
		}
		u.g.Commit(time.Now())
		table := testTable()
		table.Keeps = true
		w := NewWork()
		w.Reset(u.g, func(int) *Table { return table })
		w.Fold()
		require.False(t, w.inOrder)
		folded := maps.Clone(before)
		for _, s := range w.sets.list {
			carry(t, folded, s)
		}
		require.Equal(t, u.w, folded, "folded")

		single := maps.Clone(before)
		var one sets
		for _, s := range inOrder(w) {
			one.reset()
			require.NoError(t, one.single(s.table, s.changes, s.index))
			for _, set := range one.list {
				carry(t, single, set)
			}
		}
		require.Equal(t, u.w, single, "one by one")
	})
}
