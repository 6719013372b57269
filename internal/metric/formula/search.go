package formula

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/metric"
)

// A Search finds metrics: {Namespace,Dimension,…} words, where a word may be Property=word, "an exact one", NOT one, and
// words may be joined by AND (or nothing), OR and parentheses.
type Search struct {
	namespace  string   // empty: any
	dimensions []string // exactly these, where schema
	schema     bool
	match      func(*metric.Name) bool
}

// Matches reports that a metric is found.
func (s *Search) Matches(n *metric.Name) bool {
	if s.schema {
		if n.Namespace != s.namespace || len(n.Dimensions) != len(s.dimensions) {
			return false
		}
		for _, d := range s.dimensions {
			if _, ok := n.Value(d); !ok {
				return false
			}
		}
	}
	return s.match(n)
}

// ParseSearch reads a search.
func ParseSearch(source string) (*Search, error) {
	s := &Search{}
	rest := strings.TrimSpace(source)
	if after, ok := strings.CutPrefix(rest, "{"); ok {
		inner, behind, closed := strings.Cut(after, "}")
		if !closed {
			return nil, errors.New("searches with a { that is never closed")
		}
		rest, s.schema = behind, true
		for i, part := range strings.Split(inner, ",") {
			part = strings.Trim(strings.TrimSpace(part), `"`)
			if part == "" {
				return nil, errors.New("searches with a {Namespace,Dimension,…} that has an empty part")
			}
			if i == 0 {
				s.namespace = part
				continue
			}
			s.dimensions = append(s.dimensions, part)
		}
	}
	p := &searchParser{words: searchWords(rest)}
	match, err := p.any(0)
	if err != nil {
		return nil, err
	}
	if len(p.words) > 0 {
		return nil, fmt.Errorf("searches with a %q too many", p.words[0])
	}
	if match == nil {
		if !s.schema {
			return nil, errors.New("searches for nothing: give words, or {Namespace,Dimension,…}")
		}
		match = func(*metric.Name) bool { return true }
	}
	s.match = match
	return s, nil
}

// searchWords cuts a search into words, quoted texts with their quotes, and single signs.
func searchWords(source string) []string {
	var out []string
	for i := 0; i < len(source); {
		c := source[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == ',':
			i++
		case strings.IndexByte("()=", c) >= 0:
			out = append(out, string(c))
			i++
		case c == '"':
			n := strings.IndexByte(source[i+1:], '"')
			if n < 0 {
				n = len(source) - i - 1
			}
			out = append(out, `"`+source[i+1:i+1+n])
			i += n + 2
		default:
			n := strings.IndexAny(source[i:], " \t\n,()=\"")
			if n < 0 {
				n = len(source) - i
			}
			out = append(out, source[i:i+n])
			i += n
		}
	}
	return out
}

type matcher func(*metric.Name) bool

type searchParser struct{ words []string }

func (p *searchParser) next() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

// any reads what OR joins.
func (p *searchParser) any(depth int) (matcher, error) {
	if depth > deepest {
		return nil, fmt.Errorf("searches more than %d levels deep", deepest)
	}
	left, err := p.all(depth)
	if err != nil {
		return nil, err
	}
	for p.next() == "OR" {
		p.words = p.words[1:]
		right, err := p.all(depth)
		if err != nil {
			return nil, err
		}
		if left == nil || right == nil {
			return nil, errors.New("searches with an OR that has nothing on one side")
		}
		one := left
		left = func(n *metric.Name) bool { return one(n) || right(n) }
	}
	return left, nil
}

// all reads what stands side by side; nil when that is nothing.
func (p *searchParser) all(depth int) (matcher, error) {
	var parts []matcher
	for p.next() != "" && p.next() != "OR" && p.next() != ")" {
		if p.next() == "AND" {
			p.words = p.words[1:]
			continue
		}
		m, err := p.one(depth)
		if err != nil {
			return nil, err
		}
		parts = append(parts, m)
	}
	if len(parts) == 0 {
		return nil, nil
	}
	return func(n *metric.Name) bool {
		return !slices.ContainsFunc(parts, func(m matcher) bool { return !m(n) })
	}, nil
}

func (p *searchParser) one(depth int) (matcher, error) {
	word := p.next()
	p.words = p.words[1:]
	switch {
	case word == "NOT":
		if p.next() == "" || p.next() == ")" || depth > deepest {
			return nil, errors.New("searches with a NOT that nothing follows")
		}
		m, err := p.one(depth + 1)
		if err != nil {
			return nil, err
		}
		return func(n *metric.Name) bool { return !m(n) }, nil
	case word == "(":
		return p.group(depth, "")
	case word == "=":
		return nil, errors.New("searches with a = that no property stands before")
	case p.next() != "=":
		return wordMatcher("", word), nil
	}
	p.words = p.words[1:]
	property := strings.TrimPrefix(word, `"`)
	switch value := p.next(); value {
	case "", ")", "=":
		return nil, fmt.Errorf("searches with nothing behind %s=", property)
	case "(":
		p.words = p.words[1:]
		return p.group(depth, property)
	default:
		p.words = p.words[1:]
		return wordMatcher(property, value), nil
	}
}

// group reads up to the closing parenthesis: an expression, or the values of a property that OR joins.
func (p *searchParser) group(depth int, property string) (matcher, error) {
	if property == "" {
		m, err := p.any(depth + 1)
		if err != nil {
			return nil, err
		}
		if p.next() != ")" || m == nil {
			return nil, errors.New("searches with parentheses that are empty or never closed")
		}
		p.words = p.words[1:]
		return m, nil
	}
	var values []matcher
	for p.next() != ")" {
		value := p.next()
		if value == "" {
			return nil, errors.New("searches with parentheses that are never closed")
		}
		if p.words = p.words[1:]; value != "OR" {
			values = append(values, wordMatcher(property, value))
		}
	}
	p.words = p.words[1:]
	return func(n *metric.Name) bool {
		return slices.ContainsFunc(values, func(m matcher) bool { return m(n) })
	}, nil
}

// wordMatcher looks for a word: the whole of a quoted one, otherwise as a part whatever its letters' case.
func wordMatcher(property, word string) matcher {
	exact, quoted := strings.CutPrefix(word, `"`)
	lower := strings.ToLower(word)
	hit := func(value string) bool {
		if quoted {
			return value == exact
		}
		return strings.Contains(strings.ToLower(value), lower)
	}
	return func(n *metric.Name) bool {
		switch property {
		case "":
			if hit(n.Namespace) || hit(n.Metric) {
				return true
			}
			return slices.ContainsFunc(n.Dimensions, func(d metric.Dimension) bool { return hit(d.Name) || hit(d.Value) })
		case "Namespace":
			return hit(n.Namespace)
		case "MetricName":
			return hit(n.Metric)
		case ":aws.AccountId":
			return true // there is one account
		}
		value, ok := n.Value(property)
		return ok && hit(value)
	}
}
