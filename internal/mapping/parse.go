package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/document"
)

// grammarKeys are all keys of rules. Consoles write the ones a rule does not use as null, which is let pass.
var grammarKeys = []string{
	"rule-type", "rule-id", "rule-name", "rule-action", "rule-target", "object-locator", "load-order", "filters",
	"value", "old-value", "data-type", "expression", "primary-key-def", "before-image-def", "parallel-load",
	"lob-settings", "target-table-name", "kafka-target-topic", "disable-kafka-topic-normalization",
	"mapping-parameters", "tag-set", "source-function", "target-function",
}

// ruleTypes are the values of rule-type with the reader of each.
var ruleTypes = map[string]func(*parser, *document.Reader, Header){
	"selection":       (*parser).selection,
	"transformation":  (*parser).transformation,
	"table-settings":  (*parser).tableSettings,
	"object-mapping":  (*parser).objectMapping,
	"post-processing": (*parser).postProcessing,
	"validation":      (*parser).validation,
}

// Parse reads and checks a table-mapping document. The error joins everything that is wrong with it.
func Parse(text []byte) (*Rules, error) {
	p := parser{rules: &Rules{}}
	root, err := document.Parse(text, &p.problems)
	if err != nil {
		return nil, err
	}
	p.document(root)
	if err := p.problems.Err(); err != nil {
		return nil, err
	}
	p.rules.sort()
	var compact bytes.Buffer
	if err := json.Compact(&compact, bytes.TrimPrefix(text, []byte("\ufeff"))); err != nil {
		return nil, fmt.Errorf("keep the document: %w", err)
	}
	p.rules.document = compact.Bytes()
	return p.rules, nil
}

// parser gathers the rules of one document and what is wrong with them.
type parser struct {
	rules    *Rules
	problems document.Problems
	ids      map[int64]string  // path of the rule that has the id
	names    map[string]string // path of the rule that has the name
}

func (p *parser) document(root *document.Node) {
	r, ok := root.Read("", &p.problems)
	if !ok {
		return
	}
	p.ids, p.names = map[int64]string{}, map[string]string{}
	items, ok := r.Array("rules")
	if !ok && r.Raw("rules") == nil {
		r.Missing("rules", "an array of rules")
	}
	selections := 0
	for _, item := range items {
		if p.rule(item) == "selection" {
			selections++
		}
	}
	if selections == 0 && p.problems.Len() == 0 {
		p.problems.Addf("", "rules", "holds no selection rule; at least one is needed")
	}
	r.Done()
	if p.problems.Len() == 0 {
		p.contradictions()
	}
}

// rule reads one rule and returns its type.
func (p *parser) rule(n *document.Node) string {
	r, ok := n.Read("", &p.problems)
	if !ok {
		return ""
	}
	h := Header{ID: -1}
	h.Type, _ = r.Text("rule-type")
	r.Subject = subject(n, h.Type)
	optional := h.Type == "validation"
	h.ID = p.id(r, optional)
	h.Name = p.name(r, optional)
	read, known := ruleTypes[h.Type]
	switch {
	case r.Take("rule-type") == nil:
		r.Missing("rule-type", "one of "+oneOf(ruleTypes))
		return ""
	case !known:
		r.Failf(r.Take("rule-type"), "is %s; want one of %s", r.Take("rule-type").Show(), oneOf(ruleTypes))
		return ""
	}
	ignoreEmpty(r, n)
	read(p, r, h)
	r.Done()
	return h.Type
}

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

// ignoreEmpty lets pass what consoles add: a key of the grammar with null, and an empty list of filters.
func ignoreEmpty(r *document.Reader, n *document.Node) {
	for _, m := range n.Members {
		empty := m.Value.Kind == document.Null && slices.Contains(grammarKeys, m.Key)
		if empty || m.Key == "filters" && m.Value.Kind == document.Array && len(m.Value.Items) == 0 {
			r.Ignore(m.Key)
		}
	}
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

// oneOf lists the keys of a table of words, for a message.
func oneOf[K ~string, V any](words map[K]V) string {
	list := make([]string, 0, len(words))
	for w := range words {
		list = append(list, string(w))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// word reads a required member that is one of a list of words.
func word(r *document.Reader, key string, words ...string) string {
	n := r.Take(key)
	if n == nil {
		r.Missing(key, "one of "+strings.Join(words, ", "))
		return ""
	}
	if n.Kind != document.String || !slices.Contains(words, n.Text) {
		r.Failf(n, "is %s; want one of %s", n.Show(), strings.Join(words, ", "))
		return ""
	}
	return n.Text
}

// text reads a required member that is a string and not empty.
func text(r *document.Reader, key, want string) string {
	if r.Take(key) == nil {
		r.Missing(key, want)
		return ""
	}
	s, ok := r.Text(key)
	if ok && s == "" {
		r.Failf(r.Take(key), "is empty; want %s", want)
	}
	return s
}
