package cloudwatch

import (
	"encoding/json"
	"time"
)

// annotations are lines and shades that stand in a picture besides its metrics.
type annotations struct {
	Horizontal []mark `json:"horizontal"`
	Vertical   []mark `json:"vertical"`
}

// mark is one of them: a line at a value or a moment, or a band between two.
type mark struct{ edges []edge }

// edge is a line of a mark. What is said besides value and label counts of the first line alone.
type edge struct {
	Value   json.RawMessage `json:"value"`
	Label   string          `json:"label"`
	Fill    string          `json:"fill"`
	Visible *bool           `json:"visible"`
	look

	at     float64 // of a horizontal one
	moment time.Time
}

// UnmarshalJSON reads a mark, or two that make a band.
func (m *mark) UnmarshalJSON(source []byte) error {
	if len(source) > 0 && source[0] == '[' {
		return strictly(source, &m.edges)
	}
	m.edges = make([]edge, 1)
	return strictly(source, &m.edges[0])
}

func (m *mark) shown() bool { return m.edges[0].Visible == nil || *m.edges[0].Visible }

func (m *mark) right() bool { return m.edges[0].YAxis == "right" }

func (a *annotations) check() error {
	for i := range a.Horizontal {
		if err := a.Horizontal[i].check("horizontal", "above", "below", func(e *edge) error { return json.Unmarshal(e.Value, &e.at) }); err != nil {
			return err
		}
	}
	for i := range a.Vertical {
		if err := a.Vertical[i].check("vertical", "before", "after", func(e *edge) error { return json.Unmarshal(e.Value, &e.moment) }); err != nil {
			return err
		}
	}
	return nil
}

// check reads the values of a mark's lines; one side or the other of a single line may be shaded.
func (m *mark) check(kind, one, other string, read func(*edge) error) error {
	if len(m.edges) == 0 || len(m.edges) > 2 {
		return validation("An annotation of the MetricWidget is an object, or two that make a band, not %d.", len(m.edges))
	}
	for i := range m.edges {
		e := &m.edges[i]
		if err := read(e); err != nil || string(e.Value) == "null" {
			return validation("The value %s of a %s annotation is neither a number nor, of a vertical one, a moment such as 2026-11-26T03:00:00Z.", e.Value, kind)
		}
		if err := checkLook("an annotation", e.look); err != nil {
			return err
		}
		if e.Fill != "" && e.Fill != "none" && e.Fill != one && e.Fill != other {
			return validation("The fill %q of a %s annotation is neither %s, %s nor none.", e.Fill, kind, one, other)
		}
	}
	return nil
}
