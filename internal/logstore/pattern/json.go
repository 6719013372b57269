package pattern

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// deepest bounds how conditions nest.
const deepest = 32

// test is a condition on a message's JSON.
type test func(root any) bool

func parseJSON(source string) (func([]byte) bool, error) {
	if !strings.HasSuffix(source, "}") || len(source) < 2 {
		return nil, fmt.Errorf("the pattern begins with { and does not end with }")
	}
	p := &jsonParser{rest: source[1 : len(source)-1]}
	t, err := p.any(0)
	if err != nil {
		return nil, err
	}
	if p.skip(); p.rest != "" {
		return nil, fmt.Errorf("%q is one too many", cutShort(p.rest))
	}
	return func(message []byte) bool {
		message = bytes.TrimSpace(message)
		if len(message) == 0 || message[0] != '{' && message[0] != '[' {
			return false
		}
		var root any
		d := json.NewDecoder(bytes.NewReader(message))
		d.UseNumber()
		return d.Decode(&root) == nil && t(root)
	}, nil
}

type jsonParser struct{ rest string }

func (p *jsonParser) skip() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *jsonParser) take(word string) bool {
	p.skip()
	after, ok := strings.CutPrefix(p.rest, word)
	if ok {
		p.rest = after
	}
	return ok
}

func (p *jsonParser) any(depth int) (test, error) {
	if depth > deepest {
		return nil, fmt.Errorf("conditions nest more than %d levels deep", deepest)
	}
	left, err := p.all(depth)
	for err == nil && p.take("||") {
		one := left
		var right test
		if right, err = p.all(depth); err == nil {
			left = func(root any) bool { return one(root) || right(root) }
		}
	}
	return left, err
}

func (p *jsonParser) all(depth int) (test, error) {
	left, err := p.one(depth)
	for err == nil && p.take("&&") {
		one := left
		var right test
		if right, err = p.one(depth); err == nil {
			left = func(root any) bool { return one(root) && right(root) }
		}
	}
	return left, err
}

func (p *jsonParser) one(depth int) (test, error) {
	if p.take("(") {
		t, err := p.any(depth + 1)
		if err == nil && !p.take(")") {
			err = fmt.Errorf("a ) is missing before %q", cutShort(p.rest))
		}
		return t, err
	}
	path, err := p.selector()
	if err != nil {
		return nil, err
	}
	if t := p.state(path); t != nil {
		return t, nil
	}
	c, rest, err := takeComparison(p.rest, " \t\r\n)&|")
	p.rest = rest
	return func(root any) bool {
		found := path.find(root, nil)
		if len(found) == 0 {
			return false
		}
		for _, v := range found {
			if c.value(v) {
				return true
			}
		}
		return false
	}, err
}

// state reads IS NULL, IS TRUE, IS FALSE and NOT EXISTS; nil when something else stands there.
func (p *jsonParser) state(path selector) test {
	before := p.rest
	if p.take("NOT") && p.take("EXISTS") {
		return func(root any) bool { return len(path.find(root, nil)) == 0 }
	}
	p.rest = before
	if p.take("EXISTS") {
		return func(root any) bool { return len(path.find(root, nil)) > 0 }
	}
	if p.take("IS") {
		for word, want := range map[string]any{"NULL": nil, "TRUE": true, "FALSE": false} {
			if p.take(word) {
				return func(root any) bool {
					for _, v := range path.find(root, nil) {
						if v == want {
							return true
						}
					}
					return false
				}
			}
		}
	}
	p.rest = before
	return nil
}

// value compares a value of JSON.
func (c *comparison) value(v any) bool {
	switch v := v.(type) {
	case string:
		if c.op != "=" && c.op != "!=" {
			return false
		}
		return c.text(v)
	case json.Number:
		return c.text(v.String())
	case bool:
		return c.text(strconv.FormatBool(v))
	}
	return c.op == "!="
}

// selector is a path such as $.a.b[0].
type selector []step

type step struct {
	name  string
	index int // of an array; -1: all of it; -2: a name
}

const (
	everyItem = -1
	byName    = -2
)

// selector reads a path.
func (p *jsonParser) selector() (selector, error) {
	p.skip()
	start := p.rest
	if !strings.HasPrefix(p.rest, "$") {
		return nil, fmt.Errorf("a selector such as $.member is missing before %q", cutShort(start))
	}
	p.rest = p.rest[1:]
	var path selector
	for {
		switch {
		case strings.HasPrefix(p.rest, "."):
			n := strings.IndexAny(p.rest[1:], ".[ \t=!<>)&|")
			if n < 0 {
				n = len(p.rest) - 1
			}
			if n == 0 {
				return nil, fmt.Errorf("the selector %q has an empty member", cutShort(start))
			}
			name := p.rest[1 : 1+n]
			s := step{name, byName}
			if name == "*" {
				s.index = everyItem
			}
			path, p.rest = append(path, s), p.rest[1+n:]
		case strings.HasPrefix(p.rest, "["):
			inner, behind, closed := strings.Cut(p.rest[1:], "]")
			if !closed {
				return nil, fmt.Errorf("the selector %q has a [ that is not closed", cutShort(start))
			}
			s, err := subscript(inner)
			if err != nil {
				return nil, fmt.Errorf("the selector %q: %w", cutShort(start), err)
			}
			path, p.rest = append(path, s), behind
		default:
			if len(path) == 0 {
				return nil, fmt.Errorf("the selector %q names no member", cutShort(start))
			}
			return path, nil
		}
	}
}

func subscript(inner string) (step, error) {
	inner = strings.TrimSpace(inner)
	if inner == "*" {
		return step{index: everyItem}, nil
	}
	if len(inner) >= 2 && (inner[0] == '\'' || inner[0] == '"') && inner[len(inner)-1] == inner[0] {
		return step{inner[1 : len(inner)-1], byName}, nil
	}
	n, err := strconv.Atoi(inner)
	if err != nil || n < 0 {
		return step{}, fmt.Errorf("[%s] is no number of an item, * or name in quotes", inner)
	}
	return step{index: n}, nil
}

// find collects the values that a path leads to.
func (path selector) find(v any, found []any) []any {
	if len(path) == 0 {
		return append(found, v)
	}
	s, rest := path[0], path[1:]
	switch v := v.(type) {
	case map[string]any:
		switch s.index {
		case byName:
			if inner, ok := v[s.name]; ok {
				return rest.find(inner, found)
			}
		case everyItem:
			for _, inner := range v {
				found = rest.find(inner, found)
			}
		}
	case []any:
		switch {
		case s.index == everyItem:
			for _, inner := range v {
				found = rest.find(inner, found)
			}
		case s.index >= 0 && s.index < len(v):
			return rest.find(v[s.index], found)
		}
	}
	return found
}
