package mapping

import (
	"fmt"
	"math"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/document"
)

// Header is what all rules have.
type Header struct {
	Type string // selection, transformation …
	ID   int64
	Name string
}

// String names the rule in messages: selection rule 2 "no-tmp".
func (h Header) String() string { return fmt.Sprintf("%s rule %d %q", h.Type, h.ID, h.Name) }

// subject names a rule by what can be read of it.
func subject(n *document.Node, ruleType string) string {
	id, name := "?", ""
	for _, m := range n.Members {
		switch m.Key {
		case "rule-id":
			id = m.Value.Text
		case "rule-name":
			name = m.Value.Text
		}
	}
	return strings.TrimSpace(fmt.Sprintf("%s rule %s %q", ruleType, id, name))
}

func (p *parser) id(r *document.Reader, optional bool) int64 {
	n := r.Take("rule-id")
	if n == nil {
		if !optional {
			r.Missing("rule-id", "a number no other rule has")
		}
		return -1
	}
	id, ok := r.Whole("rule-id", 0, math.MaxInt64)
	if !ok {
		return -1
	}
	if other, taken := p.ids[id]; taken {
		r.Failf(n, "%d is also the id of %s; give each rule its own", id, other)
	}
	p.ids[id] = parent(n.Path)
	return id
}

func (p *parser) name(r *document.Reader, optional bool) string {
	n := r.Take("rule-name")
	if n == nil {
		if !optional {
			r.Missing("rule-name", "a name no other rule has")
		}
		return ""
	}
	if n.Kind == document.Number {
		return p.unique(r, n)
	}
	if name, ok := r.Text("rule-name"); ok && name == "" {
		r.Failf(n, "is empty; want a name no other rule has")
		return ""
	} else if !ok {
		return ""
	}
	return p.unique(r, n)
}

func (p *parser) unique(r *document.Reader, n *document.Node) string {
	if other, taken := p.names[n.Text]; taken {
		r.Failf(n, "%q is also the name of %s; give each rule its own", n.Text, other)
	}
	p.names[n.Text] = parent(n.Path)
	return n.Text
}

// parent cuts the last key off a path.
func parent(path string) string { return path[:strings.LastIndexByte(path, '.')] }
