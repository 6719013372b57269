package policy

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Principals lists the ARNs of users, roles and sessions that the policy names.
func (p *Policy) Principals() []string {
	var all []string
	for _, s := range p.Statements {
		if s.principals != nil {
			all = append(all, s.principals.arns...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ContextKeys lists the condition keys that decide whether the policy matches: those of conditions, as they are spelled,
// and those of variables, in lower case.
func (p *Policy) ContextKeys() []string {
	var all []string
	add := func(key string) {
		if !slices.ContainsFunc(all, func(have string) bool { return strings.EqualFold(have, key) }) {
			all = append(all, key)
		}
	}
	for _, s := range p.Statements {
		for i := range s.conditions {
			_, spelled, _ := strings.Cut(s.conditions[i].text, " ")
			add(spelled)
		}
	}
	for _, s := range p.Statements {
		for i := range s.conditions {
			for j := range s.conditions[i].values {
				v := &s.conditions[i].values[j]
				v.text.eachVariable(add)
				v.arn.eachVariable(add)
			}
		}
		for i := range s.resources {
			s.resources[i].eachVariable(add)
		}
	}
	return all
}

func (t *template) eachVariable(fn func(key string)) {
	for i := range t.parts {
		if t.parts[i].kind == variable {
			fn(t.parts[i].text)
		}
	}
}

func (t *arnTemplate) eachVariable(fn func(key string)) {
	for i := range t.parts {
		t.parts[i].eachVariable(fn)
	}
	t.whole.eachVariable(fn)
}

// Place is a line and a column of a document, from 1.
type Place struct{ Line, Column int }

// Span is where a statement stands.
type Span struct{ Start, End Place }

// Spans finds where the statements of a document stand, in their order. The document must be one that Parse takes.
func Spans(text string) []Span {
	var top map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &top) != nil {
		return nil
	}
	raw := top["Statement"]
	from := bytes.Index([]byte(text), raw) // a RawMessage is the very bytes of the document
	if len(raw) == 0 || from < 0 {
		return nil
	}
	if raw[0] != '[' {
		return []Span{{placeOf(text, from), placeOf(text, from+len(raw))}}
	}
	var spans []Span
	d := json.NewDecoder(bytes.NewReader(raw))
	_, _ = d.Token()
	for d.More() {
		var one json.RawMessage
		if d.Decode(&one) != nil {
			return nil
		}
		end := from + int(d.InputOffset())
		spans = append(spans, Span{placeOf(text, end-len(one)), placeOf(text, end)})
	}
	return spans
}

func placeOf(text string, at int) Place {
	before := text[:at]
	return Place{1 + strings.Count(before, "\n"), at - strings.LastIndexByte(before, '\n')}
}

// Public reports that an Allow names everyone and has no condition that narrows it down.
func (p *Policy) Public() bool {
	return slices.ContainsFunc(p.allow, func(s *Statement) bool {
		return s.principals != nil && (s.notPrinc || s.principals.all) && len(s.conditions) == 0
	})
}
