package convert

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// scope is where a text of SQL stands: bare column names are those of table, bare table names those of its schema.
type scope struct {
	family catalog.Family
	names  *names
	schema string
	table  *tableNames // nil outside a table
}

// rewrite returns the text with every renamed schema, table and column under its new name. It fails when the text
// mentions something that was removed, or when a word could mean a renamed thing and something else.
func (s scope) rewrite(sql string) (string, error) {
	if s.names.same {
		return sql, nil
	}
	tokens, err := tokenize(s.family, sql)
	if err != nil {
		return "", err
	}
	changed := false
	for i := 0; i < len(tokens); i++ {
		if tokens[i].kind == stringToken {
			if i+2 < len(tokens) && tokens[i+1].is("::") && tokens[i+2].is("regclass") {
				inner, err := s.rewriteName(tokens[i].value)
				if err != nil {
					return "", err
				}
				if inner != tokens[i].value {
					tokens[i].text, changed = quoteString(s.family, inner), true
				}
				continue
			}
			if err := s.checkBody(tokens[i].value); err != nil {
				return "", err
			}
		}
		if !tokens[i].isName() {
			continue
		}
		chain := chainAt(tokens, i)
		if len(chain) == 1 && i > 0 && tokens[i-1].is("::") {
			continue // a type
		}
		did, err := s.rename(tokens, chain)
		if err != nil {
			return "", err
		}
		changed = changed || did
		i = chain[len(chain)-1]
	}
	if !changed {
		return sql, nil
	}
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString(t.text)
	}
	return b.String(), nil
}

// rewriteName renames what a string names that is read as a name: nextval('shop.orders_id_seq'::regclass).
func (s scope) rewriteName(name string) (string, error) {
	s.table = nil
	return s.rewrite(name)
}

// chainAt returns the indexes of the names in a.b.c starting at i.
func chainAt(tokens []token, i int) []int {
	chain := []int{i}
	for i+2 < len(tokens) && tokens[i+1].is(".") && tokens[i+2].isName() {
		i += 2
		chain = append(chain, i)
	}
	return chain
}

// rename puts the new names into one chain.
func (s scope) rename(tokens []token, chain []int) (bool, error) {
	first := tokens[chain[0]]
	if len(chain) == 1 {
		return s.renameBare(tokens, chain[0])
	}
	if schema, ok := s.findSchema(first); ok {
		return s.renameQualified(tokens, chain, schema)
	}
	if s.table != nil && s.matches(first, s.table.source.Name.Name) {
		tokens[chain[0]].text = quoteName(s.family, s.table.to.Name)
		_, err := s.renameColumn(tokens, chain[1])
		return true, err
	}
	if t := s.findTable(s.schema, first); t != nil && t.to.Name != t.source.Name.Name {
		tokens[chain[0]].text = quoteName(s.family, t.to.Name)
		return true, nil
	}
	return false, nil
}

// renameQualified puts the new names into schema.thing or schema.table.column.
func (s scope) renameQualified(tokens []token, chain []int, schema string) (bool, error) {
	changed := false
	if to := s.names.schemas[schema]; to != schema {
		tokens[chain[0]].text = quoteName(s.family, to)
		changed = true
	}
	t := s.findTable(schema, tokens[chain[1]])
	if t == nil {
		return changed, nil
	}
	if t.to != t.source.Name {
		tokens[chain[0]].text = quoteName(s.family, t.to.Schema)
		tokens[chain[1]].text = quoteName(s.family, t.to.Name)
		changed = true
	}
	if len(chain) > 2 {
		inner := s
		inner.table = t
		did, err := inner.renameColumn(tokens, chain[2])
		return changed || did, err
	}
	return changed, nil
}

// tableWords come before the name of a table.
var tableWords = [...]string{"on", "from", "join", "into", "update", "table", "references", "only"}

// ambiguousWords are words of SQL that expressions use unquoted, so that a column of the same name cannot be told
// from them.
const ambiguousWords = " and or not null is in between like case when then else end text integer int date time timestamp " +
	"numeric decimal real float double char varchar boolean interval collate desc asc using on where unique key default " +
	"check primary references true false cast as exists distinct from select "

func (s scope) renameBare(tokens []token, i int) (bool, error) {
	before, after := neighbour(tokens, i, -1), neighbour(tokens, i, 1)
	for _, w := range tableWords {
		if before.is(w) {
			t := s.findTable(s.schema, tokens[i])
			if t == nil || t.to.Name == t.source.Name.Name {
				return false, nil
			}
			tokens[i].text = quoteName(s.family, t.to.Name)
			return true, nil
		}
	}
	if after.is("(") {
		return false, nil // a function
	}
	return s.renameColumn(tokens, i)
}

func (s scope) renameColumn(tokens []token, i int) (bool, error) {
	if s.table == nil {
		return false, nil
	}
	for _, c := range s.table.source.Columns {
		if !s.matches(tokens[i], c.Name) {
			continue
		}
		to, ok := s.table.columns[c.Name]
		switch {
		case !ok:
			return false, fmt.Errorf("it mentions column %q, which is removed", c.Name)
		case to == c.Name:
			return false, nil
		case tokens[i].kind == wordToken && strings.Contains(ambiguousWords, " "+strings.ToLower(c.Name)+" "):
			return false, fmt.Errorf("it mentions %q, which is a renamed column and a word of SQL", c.Name)
		}
		tokens[i].text = quoteName(s.family, to)
		return true, nil
	}
	return false, nil
}

// checkBody fails when the body of a function or another string mentions something renamed: whether the word there
// means it cannot be told.
func (s scope) checkBody(body string) error {
	words := strings.FieldsFunc(body, func(r rune) bool { return r < 128 && !isWordPart(byte(r)) })
	if len(words) < 2 {
		return nil // a plain literal
	}
	for _, w := range words {
		if what, ok := s.names.moved[strings.ToLower(w)]; ok {
			return fmt.Errorf("its text mentions %s on the target", what)
		}
	}
	return nil
}

func (s scope) findSchema(t token) (string, bool) {
	if _, ok := s.names.schemas[t.value]; ok {
		return t.value, true
	}
	for _, from := range slices.Sorted(maps.Keys(s.names.schemas)) {
		if s.matches(t, from) {
			return from, true
		}
	}
	return "", false
}

func (s scope) findTable(schema string, t token) *tableNames { return s.names.find(schema, t.value) }

// matches reports whether a token names a thing: exactly in PostgreSQL, in any case elsewhere.
func (s scope) matches(t token, name string) bool {
	if s.family == catalog.PostgreSQL {
		return t.value == name
	}
	return strings.EqualFold(t.value, name)
}

// neighbour returns the nearest token that is no blank, or a zero token.
func neighbour(tokens []token, i, step int) token {
	for i += step; i >= 0 && i < len(tokens); i += step {
		if tokens[i].kind != spaceToken {
			return tokens[i]
		}
	}
	return token{}
}
