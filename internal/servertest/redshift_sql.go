package servertest

import (
	"fmt"
	"strings"
)

// token is a word, a quoted name, a text, or a sign of SQL, with the blanks before it.
type token struct {
	blank, text string
	kind        byte // w word or number, q quoted name, s text, p sign
}

// is reports whether a token is one of some words or signs.
func (t token) is(words ...string) bool {
	for _, w := range words {
		if (t.kind == 'w' || t.kind == 'p') && strings.EqualFold(t.text, w) {
			return true
		}
	}
	return false
}

// value is what stands in a text.
func (t token) value() string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(t.text, "'"), "'"), "''", "'")
}

type tokens []token

func (ts tokens) String() string {
	var b strings.Builder
	for _, t := range ts {
		b.WriteString(t.blank + t.text)
	}
	return strings.TrimSpace(b.String())
}

// at reports whether there is one of some words at a place.
func (ts tokens) at(i int, words ...string) bool { return i < len(ts) && ts[i].is(words...) }

// has reports whether some words stand one behind the other, and where.
func (ts tokens) has(words ...string) (int, bool) {
	for i := range ts {
		n := 0
		for n < len(words) && ts.at(i+n, words[n]) {
			n++
		}
		if n == len(words) {
			return i, true
		}
	}
	return 0, false
}

// redshiftStatements takes a text apart. In texts a backslash begins an escape.
func redshiftStatements(sql string) ([]tokens, error) {
	var all []tokens
	var one tokens
	for i := 0; i < len(sql); {
		start := i
		for i < len(sql) && strings.IndexByte(" \t\r\n", sql[i]) >= 0 {
			i++
		}
		if i == len(sql) {
			break
		}
		t := token{blank: sql[start:i]}
		from := i
		c := sql[i]
		switch {
		case c == '\'' || c == '"':
			t.kind = 's'
			if c == '"' {
				t.kind = 'q'
			}
			end := false
			for i++; i < len(sql) && !end; i++ {
				switch {
				case sql[i] == '\\' && c == '\'':
					i++
				case sql[i] == c && i+1 < len(sql) && sql[i+1] == c:
					i++
				case sql[i] == c:
					end = true
				}
			}
			if !end {
				return nil, refuse("42601", "unterminated quoted string")
			}
		case isWord(c):
			t.kind = 'w'
			for i < len(sql) && (isWord(sql[i]) || sql[i] == '.' && c >= '0' && c <= '9') {
				i++
			}
		default:
			t.kind = 'p'
			if i++; c == '|' && i < len(sql) && sql[i] == '|' {
				i++
			}
		}
		t.text = sql[from:min(i, len(sql))]
		if t.is(";") {
			all, one = append(all, one), nil
			continue
		}
		one = append(one, t)
	}
	all = append(all, one)
	kept := all[:0]
	for _, st := range all {
		if len(st) > 0 {
			kept = append(kept, st)
		}
	}
	return kept, nil
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}

// neverThere are the words of PostgreSQL that Redshift does not know ("Unsupported PostgreSQL features").
var neverThere = [][]string{
	{"on", "conflict"}, {"savepoint"}, {"rollback", "to"}, {"returning"}, {"create", "index"}, {"create", "unique", "index"}, {"create", "sequence"}, {"create", "type"},
	{"create", "trigger"}, {"create", "domain"}, {"for", "update"}, {"from", "(", "values"}, {"jsonb"}, {"bytea"}, {"uuid"}, {"serial"}, {"bigserial"},
	{"pg_advisory_xact_lock"}, {"pg_try_advisory_lock"}, {"to_regclass"}, {"do"}, {"create", "extension"}, {"listen"}, {"notify"}, {"unlogged"},
	{"without", "oids"}, {"set", "schema"}, {"session_replication_role"}, {"synchronous_commit"}, {"alter", "column"}, {"drop", "default"}, {"add", "constraint"}, {"add", "check"},
	{"distinct", "from"}, {"ctid"}, {"xmin"}, {"collate"}, {"lateral"}, {"filter", "("}, {"tablesample"},
}

// translate makes PostgreSQL's SQL of Redshift's. after is run behind it.
func (s *redshiftSession) translate(st tokens) (sql string, after []string, err error) {
	for _, words := range neverThere {
		if _, ok := st.has(words...); ok && !(words[0] == "do" && !st.at(0, "do")) {
			return "", nil, unsupported("%s", strings.ToUpper(strings.Join(words, " ")))
		}
	}
	if _, ok := st.has("["); ok {
		return "", nil, unsupported("an array")
	}
	if f := strangeFunction(st); f != "" {
		return "", nil, refuse("42883", "function %s() does not exist", f)
	}
	st = s.folded(st)
	st = s.functions(st)
	switch {
	case st.at(0, "create") && (st.at(1, "table") || st.at(2, "table")):
		return s.createTable(st)
	case st.at(0, "alter") && st.at(1, "table"):
		sql, err = s.alterTable(st)
		return sql, nil, err
	case st.at(0, "truncate") && s.pg.TxStatus() == 'T':
		return st.String(), []string{"COMMIT"}, nil // and what was done before it
	}
	return st.String(), nil, nil
}

// folded has quoted names in small letters, unless names are told apart by case.
func (s *redshiftSession) folded(st tokens) tokens {
	out := make(tokens, len(st))
	copy(out, st)
	for i := range out {
		if out[i].kind == 'q' && !s.caseSensitive {
			out[i].text = strings.ToLower(out[i].text)
		}
	}
	return out
}

// functions puts what only this session knows in the place of functions.
func (s *redshiftSession) functions(st tokens) tokens {
	values := map[string]string{
		"version": "'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2, Redshift 1.0.77467'", "pg_last_copy_id": fmt.Sprint(s.lastCopy), "pg_last_copy_count": fmt.Sprint(s.lastCount),
	}
	var out tokens
	for i := 0; i < len(st); i++ {
		v, ok := values[strings.ToLower(st[i].text)]
		if ok && st[i].kind == 'w' && st.at(i+1, "(") && st.at(i+2, ")") {
			out = append(out, token{st[i].blank, v, 'w'})
			i += 2
			continue
		}
		out = append(out, st[i])
	}
	return out
}

// alterTable lets one change of one column through, as Redshift does.
func (s *redshiftSession) alterTable(st tokens) (string, error) {
	i, ok := st.has("add", "column")
	if !ok {
		return st.String(), nil
	}
	rest := st[i+2:]
	c, err := readColumn(rest)
	if err != nil {
		return "", err
	}
	if _, null := rest.has("not", "null"); null {
		if _, given := rest.has("default"); !given {
			return "", refuse("0A000", "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression")
		}
	}
	return st[:i+2].String() + " " + c.sql, nil
}
