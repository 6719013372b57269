package validate

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// While changes are followed a row that cannot be read is told as that too, not as one that is missing.
func TestRowThatCannotBeReadWhileFollowing(t *testing.T) {
	for _, kind := range []Kind{MissingSource, MissingTarget} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newDelayBench(0, time.Hour)
				b.changes()
				one := []*kept{{shown: []string{"7", "new"}, values: [][]byte{[]byte("7"), []byte("new")}}}
				found := &both{source: one}
				if kind == MissingTarget {
					found = &both{target: one}
				}
				lost := []Failure{{Kind: kind, Key: []string{"id=70"}, Why: "another row"}, {Kind: kind, Key: []string{"id=7"}, Why: "no number"}}
				for range 60 {
					r := b.x.pending[oneRow]
					if r == nil {
						break
					}
					require.NoError(t, b.judge(t.Context(), b.x, b.pair, map[[16]byte]uint64{oneRow: r.generation}, map[[16]byte]*both{oneRow: found}, lost))
					aSecondPasses()
				}
				require.Len(t, b.reports, 1)
				require.Len(t, b.reports[0].Failures, 1)
				f := b.reports[0].Failures[0]
				require.Equal(t, RecordDiff, f.Kind)
				require.Equal(t, []string{"7"}, f.Key)
				require.Equal(t, "no number", f.Why)
			})
		})
	}
}

// Rows that cannot be read are told once, however both sides hold them, and those of the source keep the target's from being removed.
func TestRowsThatCannotBeReadAreToldOnce(t *testing.T) {
	p := &pair{keys: []int{0, 1}, columns: []column{{name: "k"}, {name: "n"}}}
	p.lost.failures = []Failure{
		{Kind: MissingTarget, Key: []string{`k="a, b", n=1`}, Why: "odd"}, {Kind: MissingSource, Key: []string{`k="a, b", n=1`}, Why: "odd there"},
		{Kind: MissingTarget, Key: []string{`k="c, d", n=5`}, Why: "odd"}, {Kind: MissingTarget, Key: []string{"k=e, f, n=6"}, Why: "odd"},
		{Kind: MissingSource, Key: []string{"k=x, n=2"}, Why: "odd there"}, {Kind: MissingSource, Key: []string{"k=x, n=3"}, Why: "odd there"},
	}
	got := p.joined([]Failure{{Kind: MissingTarget, Key: []string{"x", "2"}, id: [16]byte{1}}, {Kind: MissingSource, Key: []string{"x", "3"}},
		{Kind: MissingSource, Key: []string{"c, d", "5"}}, {Kind: MissingSource, Key: []string{"e, f", "6"}}})
	require.Equal(t, []Failure{
		{Kind: RecordDiff, Key: []string{"x", "2"}, Why: "odd there", inTarget: true, id: [16]byte{1}},
		{Kind: MissingSource, Key: []string{"x", "3"}},
		{Kind: RecordDiff, Key: []string{"c, d", "5"}, Why: "odd"}, {Kind: RecordDiff, Key: []string{"e, f", "6"}, Why: "odd"},
		{Kind: RecordDiff, Key: []string{`k="a, b", n=1`}, Why: "odd; odd there"},
		{Kind: MissingSource, Key: []string{"k=x, n=3"}, Why: "odd there"},
	}, got)

	require.False(t, p.unknownKeys())
	f := &repair{pair: p, fixes: []fix{{id: [16]byte{1}, added: []int{0}}, {id: [16]byte{2}, removed: []int{0}}, {id: [16]byte{3}, removed: []int{1}}}}
	f.heed(append(got, Failure{Kind: RecordDiff, Key: []string{"y", "4"}, Why: "odd", id: [16]byte{2}}))
	require.Equal(t, []fix{{id: [16]byte{1}, added: []int{0}, unread: true}, {id: [16]byte{3}, removed: []int{1}}}, f.fixes)
	p.lost.failures = append(p.lost.failures, Failure{Kind: MissingTarget, Key: []string{"row 7 of segment 1/1"}, Why: "odd"})
	f.heed(got)
	require.Equal(t, []fix{{id: [16]byte{1}, added: []int{0}, unread: true}}, f.fixes, "any row may be the one")
}
