package insight

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MostRows is how many rows a query may answer with, and how many it answers with unless it says otherwise.
const MostRows = 10_000

// A Query is a query that has been read.
type Query struct {
	commands []command
	shown    []string // fields, in their order
	grouped  bool
	sorted   bool
	limit    int
}

// command makes a stage that hands rows on to the next, and counts what it keeps.
type command func(next stage, h *held) stage

// Parse reads a query. What is wrong with it is an *Error.
func Parse(source string) (*Query, error) {
	if !utf8.ValidString(source) {
		return nil, wrong(1, "the query is no text in UTF-8")
	}
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	p, q := &parser{tokens: tokens}, &Query{limit: MostRows}
	for {
		t := p.take()
		read := map[string]func(*parser, *Query) error{
			"fields": readFields, "display": readDisplay, "filter": readFilter, "parse": readParse, "stats": readStats, "sort": readSort, "order": readSort,
			"limit": readLimit, "head": readLimit, "dedup": readDedup,
		}[strings.ToLower(t.text)]
		if t.kind != word || read == nil {
			return nil, wrong(t.at, "%q is no command: want fields, display, filter, parse, stats, sort, limit or dedup", t.text)
		}
		if err := read(p, q); err != nil {
			return nil, err
		}
		if p.peek().kind == end {
			break
		}
		if err := p.want("|"); err != nil {
			return nil, err
		}
	}
	if len(q.shown) == 0 {
		q.shown = []string{"@timestamp", "@message"}
	}
	if !q.grouped && !q.sorted { // the newest first
		q.commands = append(q.commands, sortBy([]sortKey{{name: "@timestamp", descending: true}}))
	}
	return q, nil
}

// named is an expression with the name of its result.
type named struct {
	name string
	of   expression
}

// readNamed reads expressions with commas between them; as names one, otherwise its own text does.
func readNamed(p *parser) (all []named, err error) {
	for {
		start := p.next
		of, err := p.expression()
		if err != nil {
			return nil, err
		}
		name := p.spelled(start)
		if p.word("as") {
			t := p.take()
			if t.kind != word {
				return nil, wrong(t.at, "a name is wanted behind as")
			}
			name = t.text
		}
		all = append(all, named{name, of})
		if !p.sign(",") {
			return all, nil
		}
	}
}

// spelled is what was read since a token.
func (p *parser) spelled(start int) string {
	var b strings.Builder
	for _, t := range p.tokens[start:p.next] {
		b.WriteString(t.text)
	}
	return b.String()
}

func readFields(p *parser, q *Query) error {
	all, err := readNamed(p)
	if err != nil {
		return err
	}
	for _, n := range all {
		if !slices.Contains(q.shown, n.name) {
			q.shown = append(q.shown, n.name)
		}
	}
	q.commands = append(q.commands, each(func(r *row) bool {
		for _, n := range all {
			if v := n.of(r); v.there {
				r.set(n.name, v)
			}
		}
		return true
	}))
	return nil
}

func readDisplay(p *parser, q *Query) error {
	q.shown = nil
	return readFields(p, q)
}

func readFilter(p *parser, q *Query) error {
	of, err := p.expression()
	if err != nil {
		return err
	}
	q.commands = append(q.commands, each(func(r *row) bool { return of(r).true() }))
	return nil
}

// readParse reads parse FIELD "a * b *" as x, y, or parse FIELD /a (?<x>…)/.
func readParse(p *parser, q *Query) error {
	field := "@message"
	if t := p.peek(); t.kind == word {
		field = p.take().text
	}
	t := p.take()
	var re *regexp.Regexp
	var names []string
	var err error
	switch t.kind {
	case regex:
		if re, err = regexp.Compile(t.text); err != nil {
			return wrong(t.at, "the regular expression is not valid (%v)", err)
		}
		names = re.SubexpNames()[1:]
	case text:
		parts := strings.Split(t.text, "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		pattern := strings.Join(parts, "(.*?)")
		if strings.HasSuffix(t.text, "*") {
			pattern = strings.TrimSuffix(pattern, "?)") + ")"
		}
		re = regexp.MustCompile("(?s)" + pattern)
		if !p.word("as") {
			return p.unexpected("as, and a name for each *,")
		}
		for {
			n := p.take()
			if n.kind != word {
				return wrong(n.at, "a name is wanted behind as")
			}
			names = append(names, n.text)
			if !p.sign(",") {
				break
			}
		}
		if len(names) != len(parts)-1 {
			return wrong(t.at, "there are %d * and %d names", len(parts)-1, len(names))
		}
	default:
		return wrong(t.at, "parse takes a text with * in it or a /regular expression/")
	}
	q.commands = append(q.commands, each(func(r *row) bool {
		found := re.FindStringSubmatch(r.get(field).text)
		for i, name := range names {
			if i+1 < len(found) && name != "" {
				r.set(name, textValue(found[i+1])) // a part of the message, not a copy
			}
		}
		return true
	}))
	for _, name := range names {
		if name != "" && len(q.shown) > 0 && !slices.Contains(q.shown, name) {
			q.shown = append(q.shown, name)
		}
	}
	return nil
}

func readSort(p *parser, q *Query) error {
	p.word("by")
	var keys []sortKey
	for {
		start := p.next
		of, err := p.expression()
		if err != nil {
			return err
		}
		k := sortKey{name: p.spelled(start), of: of}
		switch {
		case p.word("desc"):
			k.descending = true
		case p.word("asc"):
		}
		keys = append(keys, k)
		if !p.sign(",") {
			break
		}
	}
	q.sorted = true
	q.commands = append(q.commands, sortBy(keys))
	return nil
}

func readLimit(p *parser, q *Query) error {
	t := p.take()
	n, err := strconv.Atoi(t.text)
	if t.kind != number || err != nil || n < 1 || n > MostRows {
		return wrong(t.at, "%q is no number from 1 to %d", t.text, MostRows)
	}
	q.limit = n
	return nil
}

func readDedup(p *parser, q *Query) error {
	all, err := readNamed(p)
	if err != nil {
		return err
	}
	if !q.sorted && !q.grouped {
		q.sorted = true
		q.commands = append(q.commands, sortBy([]sortKey{{name: "@timestamp", descending: true}}))
	}
	q.commands = append(q.commands, func(next stage, h *held) stage {
		seen := map[string]bool{}
		return &pass{next, func(r *row) (bool, error) {
			key := keyOf(all, r)
			if seen[key] || len(seen) >= mostGroups {
				return false, nil
			}
			seen[key] = true
			return true, h.take(fieldCost + len(key))
		}}
	})
	return nil
}

func keyOf(all []named, r *row) string {
	var b strings.Builder
	for _, n := range all {
		v := n.of(r)
		b.WriteString(strconv.Quote(v.text))
		b.WriteString(strconv.FormatBool(v.there))
	}
	return b.String()
}
