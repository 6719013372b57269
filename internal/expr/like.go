package expr

import (
	"errors"
	"unicode/utf8"
)

// like is x LIKE pattern [ESCAPE c].
type like struct {
	plain
	of, pattern node
	escape      node // nil without ESCAPE
	negate      bool
}

const maxPattern = 50000

func (n *like) eval(f *frame) Value {
	v, pattern := n.of.eval(f), n.pattern.eval(f)
	var escape Value
	if n.escape != nil {
		escape = n.escape.eval(f)
	}
	if v.Class == Blob || pattern.Class == Blob {
		return truth(n.negate)
	}
	p, ok := f.text(pattern)
	if len(p) > maxPattern {
		return f.fail(errors.New("the LIKE pattern is too long"))
	}
	var e []byte
	if n.escape != nil {
		var given bool
		if e, given = f.text(escape); !given {
			return Value{}
		}
		if utf8.RuneCount(e) != 1 {
			return f.fail(errors.New("ESCAPE wants a single character"))
		}
	}
	s, given := f.text(v)
	if !ok || !given {
		return Value{}
	}
	return truth(matches(p, s, e) != n.negate)
}

// matches compares a text with a pattern of % and _, ASCII letters in any case.
func matches(p, s, escape []byte) bool {
	var star, mark []byte // the pattern after the last % and the text where its match began
	starred := false
	for {
		switch step, np, ns := matchOne(p, s, escape); {
		case step == anyRun:
			p, star, mark, starred = np, np, s, true
			continue
		case step == matched:
			p, s = np, ns
			continue
		case len(p) == 0 && len(s) == 0:
			return true
		case !starred || len(mark) == 0:
			return false
		}
		_, n := utf8.DecodeRune(mark)
		mark = mark[n:]
		p, s = star, mark
	}
}

type matchStep uint8

const (
	failed matchStep = iota
	matched
	anyRun
)

// matchOne matches one element at the front of the pattern.
func matchOne(p, s, escape []byte) (step matchStep, np, ns []byte) {
	if len(p) == 0 {
		return failed, p, s
	}
	c, n := utf8.DecodeRune(p)
	escaped := len(escape) > 0 && string(p[:n]) == string(escape)
	if escaped {
		if p = p[n:]; len(p) == 0 {
			return failed, p, s
		}
		c, n = utf8.DecodeRune(p)
	}
	if c == '%' && !escaped {
		return anyRun, p[n:], s
	}
	if len(s) == 0 {
		return failed, p, s
	}
	d, m := utf8.DecodeRune(s)
	if c == '_' && !escaped || fold(c) == fold(d) {
		return matched, p[n:], s[m:]
	}
	return failed, p, s
}

func fold(c rune) rune {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
