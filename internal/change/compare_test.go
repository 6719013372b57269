package change

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDecimalsCompareAsNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (*big.Rat, []byte) {
			text := rapid.StringMatching(`-?[0-9]{1,4}(\.[0-9]{1,4})?`).Draw(t, name)
			r, ok := new(big.Rat).SetString(text)
			require.True(t, ok)
			return r, []byte(text)
		}
		a, x := draw("a")
		b, y := draw("b")
		require.Equal(t, a.Cmp(b), compareDecimals(x, y))
	})
	require.Negative(t, compareDecimals([]byte("-Infinity"), []byte("-99")))
	require.Positive(t, compareDecimals([]byte("NaN"), []byte("Infinity")))
}

func TestUnsignedCompare(t *testing.T) {
	var v Vector
	v.Reset(Uint64)
	v.AppendInt(-1) // the largest
	v.AppendInt(5)
	require.Positive(t, Compare(&v, 0, &v, 1))
	v.Layout = Int64
	require.Negative(t, Compare(&v, 0, &v, 1))
}
