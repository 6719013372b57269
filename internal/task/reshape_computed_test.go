package task

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExpressionsThatAreTheSame(t *testing.T) {
	for _, same := range [][2]string{
		{"n * 2", "((N*2))"},
		{"concat(`v`,_utf8mb4'\\'',`n`)", "CONCAT(v, '\\'', (n))"},
		{"(a + b) * c", "((a)+(b))*c"},
		{"f(a)", "F( a )"},
		{`("m" * 2)`, "(m * 2)"},
	} {
		require.Equal(t, plainly(same[0]), plainly(same[1]))
	}
	for _, other := range [][2]string{
		{"(a + b) * c", "a + (b * c)"},
		{"a - (b - c)", "a - b - c"},
		{"concat(v, 'A')", "concat(v, 'a')"},
		{"concat(v, ' ')", "concat(v, '')"},
		{"f(a, b)", "f(b, a)"},
		{"a || b", "a"},
		{"(a", "a"},
		{`"N" * 2`, "n * 2"},
	} {
		require.NotEqual(t, plainly(other[0]), plainly(other[1]))
	}
}
