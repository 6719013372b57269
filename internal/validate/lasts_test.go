package validate

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhetherARepairLasts: fewer rows differ after it; where they are too many to be counted, others.
func TestWhetherARepairLasts(t *testing.T) {
	result := func(given string, failed int64, from, to uint64) *Result {
		r := &Result{Failed: failed, Given: given, repair: &repair{}}
		for i := from; i < to; i++ {
			x := fix{}
			binary.BigEndian.PutUint64(x.id[:], i)
			r.repair.fixes = append(r.repair.fixes, x)
		}
		return r
	}
	const many = "more than 1048576 rows differ"
	first := result(many, openRows+5, 0, 1000).Taken()
	require.True(t, result(many, openRows+9, 1000, 2000).Lasts(first), "more of them are found by chance, but others")
	require.False(t, result(many, openRows+1, 950, 1950).Lasts(first), "a trigger has spoiled what was written")
	require.True(t, result("", openRows, 0, 1000).Lasts(first))
	counted := result("", 500, 0, 500).Taken()
	require.True(t, result("", 499, 0, 499).Lasts(counted))
	require.False(t, result("", 500, 500, 1000).Lasts(counted))
	require.False(t, result(many, openRows+1, 0, 1000).Lasts(counted))
}
