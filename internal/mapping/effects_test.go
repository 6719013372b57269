package mapping

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

func TestEffectsAreSaid(t *testing.T) {
	id, name, secret := &catalog.Column{Name: "id"}, &catalog.Column{Name: "name"}, &catalog.Column{Name: "secret"}
	source := &catalog.Table{Columns: []*catalog.Column{id, name, secret}}
	p := &TablePlan{Source: source, Columns: []ColumnPlan{{Name: "id", Source: id}, {Name: "name", Source: name}, {Name: "secret", Source: secret}}}
	require.Empty(t, p.Effects())

	p.Where = []catalog.Predicate{
		{Column: "id", Any: []catalog.Comparison{{Operator: catalog.Between, Low: "1", High: "9"}, {Operator: catalog.Equal, Value: "20"}}},
		{Column: "name", Any: []catalog.Comparison{{Operator: catalog.IsNotNull}}},
	}
	p.Columns = []ColumnPlan{
		{Name: "key", Source: id}, {Name: "name", Source: name, Masks: []Mask{{Method: DigitsMask, Char: '#'}, {Method: HashMask}}}, {Name: "whole", Expression: "$id || $name"},
	}
	p.Key = &KeyPlan{Columns: []string{"key", "name"}}
	p.Parallel = &catalog.ParallelLoad{Type: "ranges", Columns: []string{"id"}, Boundaries: [][]string{{"100"}}}
	p.LOB = &LOBPlan{Mode: "limited", MaxBytes: 64 << 10}
	require.Equal(t, []string{
		"only rows where id is from 1 to 9 or id = 20", "only rows where name is not null", "column id becomes key", "column name is masked: every digit becomes #",
		"column name is masked: a hash stands for its value", "column whole is added: $id || $name", "column secret is left behind", "its key is key, name",
		"loaded in parallel: ranges of id, cut 1 times", "large objects are cut at 64 KB",
	}, p.Effects())
}
