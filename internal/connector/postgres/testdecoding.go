package postgres

import (
	"bytes"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// What follows reads the text of the plugin test_decoding (PostgreSQL's contrib/test_decoding/test_decoding.c):
//
//	table public.item: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:2 name[text]:'it''s' body[text]:unchanged-toast-datum
//
// Names are quoted as SQL quotes them, types are as format_type spells them, values of most types stand in quotes that are
// doubled within. Nothing else is escaped, so that a value may hold any character, a line's end too.

// textChange is a change as its line tells it.
type textChange struct {
	tables []catalog.Name // several for TRUNCATE alone
	op     string         // INSERT, UPDATE, DELETE, TRUNCATE
	old    []textColumn
	hasOld bool
	row    []textColumn // the new row; of a DELETE the old one is in old
	// bare says that the plugin had no row to tell: the table's rows have no identity.
	bare bool
}

// textColumn is a column of a row.
type textColumn struct {
	name, native string
	kind         byte // as in a tuple of pgoutput: n: null, u: unchanged and not sent, t: text
	value        []byte
}

// textReader goes through a line.
type textReader struct {
	p   []byte
	bad bool
}

func (r *textReader) eat(s string) bool {
	if rest, ok := bytes.CutPrefix(r.p, []byte(s)); ok {
		r.p = rest
		return true
	}
	return false
}

func (r *textReader) must(s string) {
	if !r.eat(s) {
		r.fail()
	}
}

func (r *textReader) fail() { r.bad, r.p = true, nil }

// parseTextChange reads the line of a change. Its values share the line's bytes, or scratch's.
func parseTextChange(line []byte) (textChange, error) {
	var c textChange
	r := &textReader{p: line}
	r.must("table ")
	for more := true; more; more = r.eat(", ") {
		n := catalog.Name{Schema: r.identifier()}
		r.must(".")
		n.Name = r.identifier()
		c.tables = append(c.tables, n)
		if r.bad {
			break
		}
	}
	r.must(": ")
	for _, op := range []string{"INSERT", "UPDATE", "DELETE", "TRUNCATE"} {
		if r.eat(op + ":") {
			c.op = op
			break
		}
	}
	const none = " (no-tuple-data)"
	switch c.op {
	case "INSERT":
		c.bare = r.eat(none)
		c.row = r.columns()
	case "UPDATE":
		if r.eat(" old-key:") {
			c.hasOld = true
			c.old = r.columns()
			r.must(" new-tuple:")
		}
		c.bare = r.eat(none)
		c.row = r.columns()
	case "DELETE":
		c.bare = r.eat(none)
		c.hasOld = !c.bare
		c.old = r.columns()
	case "TRUNCATE":
		r.p = nil // flags: every table concerned is listed
	default:
		r.fail()
	}
	if r.bad || len(r.p) > 0 || len(c.tables) > 1 && c.op != "TRUNCATE" {
		return c, fmt.Errorf("%w: change %s", errMalformed, excerpt(line))
	}
	return c, nil
}

// columns reads as many columns as there are.
func (r *textReader) columns() []textColumn {
	var all []textColumn
	for !r.bad && len(r.p) > 1 && r.p[0] == ' ' && !bytes.HasPrefix(r.p, []byte(" new-tuple:")) {
		r.p = r.p[1:]
		c := textColumn{name: r.identifier()}
		r.must("[")
		c.native = r.nativeType()
		r.must("]:")
		c.kind, c.value = r.value()
		all = append(all, c)
	}
	return all
}

// identifier reads a name, quoted or not.
func (r *textReader) identifier() string {
	if len(r.p) > 0 && r.p[0] == '"' {
		return string(r.quoted('"'))
	}
	n := 0
	for n < len(r.p) && plainInName(r.p[n]) {
		n++
	}
	if n == 0 {
		r.fail()
		return ""
	}
	name := string(r.p[:n])
	r.p = r.p[n:]
	return name
}

// plainInName reports whether a name may have the character without quotes.
func plainInName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_'
}

// quoted reads what stands in quotes, which are doubled within.
func (r *textReader) quoted(quote byte) []byte {
	for i := 1; i < len(r.p); i++ {
		if r.p[i] != quote {
			continue
		}
		if i+1 < len(r.p) && r.p[i+1] == quote {
			i++
			continue
		}
		inside := r.p[1:i]
		r.p = r.p[i+1:]
		if bytes.IndexByte(inside, quote) >= 0 {
			q := []byte{quote}
			inside = bytes.ReplaceAll(inside, append(q, quote), q)
		}
		return inside
	}
	r.fail()
	return nil
}

// nativeType reads up to the bracket that closes the type, whose own may be those of an array.
func (r *textReader) nativeType() string {
	depth := 0
	for i := 0; i < len(r.p); i++ {
		switch r.p[i] {
		case '"':
			// Doubled quotes end one quoted part and begin the next at once.
			n := bytes.IndexByte(r.p[i+1:], '"')
			if n < 0 {
				r.fail()
				return ""
			}
			i += n + 1
		case '[':
			depth++
		case ']':
			if depth == 0 {
				t := string(r.p[:i])
				r.p = r.p[i:]
				return t
			}
			depth--
		}
	}
	r.fail()
	return ""
}

// value reads a value: a text in quotes, bits, or what needs no quotes.
func (r *textReader) value() (kind byte, value []byte) {
	switch {
	case len(r.p) > 0 && r.p[0] == '\'':
		return 't', r.quoted('\'')
	case len(r.p) > 1 && r.p[0] == 'B' && r.p[1] == '\'':
		r.p = r.p[1:]
		return 't', r.quoted('\'')
	}
	n := bytes.IndexByte(r.p, ' ')
	if n < 0 {
		n = len(r.p)
	}
	value = r.p[:n]
	r.p = r.p[n:]
	switch string(value) {
	case "null":
		return 'n', nil
	case "unchanged-toast-datum":
		return 'u', nil
	case "true", "false":
		return 't', value[:1]
	case "":
		r.fail()
	}
	return 't', value
}
