package metric

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// A Dimension is one pair of what tells metrics of a name apart.
type Dimension struct{ Name, Value string }

// A Name names a metric. Dimensions are in the order of their names.
type Name struct {
	Namespace, Metric string
	Dimensions        []Dimension
}

// Of makes a name; the order of the dimensions given does not count.
func Of(namespace, metric string, dimensions ...Dimension) Name {
	sorted := slices.Clone(dimensions)
	slices.SortFunc(sorted, func(a, b Dimension) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value)) })
	return Name{namespace, metric, sorted}
}

// Value is that of a dimension, and whether the metric has it.
func (n Name) Value(dimension string) (string, bool) {
	for _, d := range n.Dimensions {
		if d.Name == dimension {
			return d.Value, true
		}
	}
	return "", false
}

func (n Name) key() nameKey { return nameKey{n.Namespace, n.Metric, dimensionsText(n.Dimensions)} }

// dimensionsText is how dimensions stand in the file, one text for one set.
func dimensionsText(all []Dimension) string {
	flat := make([]string, 0, 2*len(all))
	for _, d := range all {
		flat = append(flat, d.Name, d.Value)
	}
	text, _ := json.Marshal(flat) // texts always can be
	return string(text)
}

func dimensionsOf(text string) ([]Dimension, error) {
	var flat []string
	if err := json.Unmarshal([]byte(text), &flat); err != nil || len(flat)%2 != 0 {
		return nil, fmt.Errorf("dimensions %q are damaged", text)
	}
	var all []Dimension
	for i := 0; i < len(flat); i += 2 {
		all = append(all, Dimension{flat[i], flat[i+1]})
	}
	return all, nil
}
