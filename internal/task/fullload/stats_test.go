package fullload

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

func TestAReloadTakesThePlaceOfTheLoad(t *testing.T) {
	var s Stats
	name := func(n string) catalog.Name { return catalog.Name{Schema: "s", Name: n} }
	for _, n := range []string{"a", "b"} {
		s.add(&TableStats{Source: name(n), Target: name(n)})
	}
	s.BeginReload(name("a"), name("a"))
	s.EndReload(name("nobody"), errors.New("of no table"))
	require.Equal(t, Reloading, s.Tables()[0].State)
	s.EndReload(name("a"), nil)
	s.BeginReload(name("c"), name("c"))
	s.EndReload(name("c"), errors.New("gone"))
	all := s.Tables()
	require.Len(t, all, 3)
	require.True(t, all[0].Reloaded)
	require.NotEqual(t, Reloading, all[0].State)
	require.False(t, all[1].Reloaded)
	require.Equal(t, Failed, all[2].State)
}

// BenchmarkRegister shows what a table costs among few and among many.
func BenchmarkRegister(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			tables := make([]*TableStats, n)
			for i := range tables {
				tables[i] = &TableStats{Source: catalog.Name{Schema: "public", Name: fmt.Sprintf("a_table_%05d", i)}}
			}
			b.ResetTimer()
			for range b.N {
				var s Stats
				for _, t := range tables {
					s.add(t)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/table")
		})
	}
}
