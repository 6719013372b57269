package expr

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
)

// primary is a literal, a reference, a call, CASE, CAST or something in parentheses.
func (p *parser) primary() (node, error) {
	t := p.tok
	switch {
	case t.kind == numberToken:
		return p.number("")
	case t.kind == stringToken:
		p.now = p.now || strings.EqualFold(t.text, "now")
		return &constant{v: text([]byte(t.text))}, p.advance()
	case t.kind == blobToken:
		raw, err := hex.DecodeString(t.text)
		if err != nil {
			return nil, p.fail(t.at, "a blob literal wants an even number of hexadecimal digits")
		}
		return &constant{v: blob(raw)}, p.advance()
	case t.kind == columnToken:
		n, err := p.resolve(t.text, t.at)
		if err != nil {
			return nil, err
		}
		return n, p.advance()
	case p.isSign("("):
		return p.group()
	case t.kind == wordToken && !isStatement(t):
		return p.word()
	case p.is("REPLACE"):
		return p.word()
	}
	return nil, p.unexpected("a value")
}

func (p *parser) group() (node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.expression()
	if err != nil {
		return nil, err
	}
	if p.isSign(",") {
		return nil, p.fail(p.tok.at, "lists of values in parentheses belong after IN only")
	}
	// A chain of || inside parentheses is closed: what follows it must not join it.
	if c, ok := n.(*concat); ok {
		n = &closed{c}
	}
	return n, p.expect(")")
}

// closed is a chain of || in parentheses.
type closed struct{ *concat }

func (p *parser) number(sign string) (node, error) {
	t := p.tok
	v, ok := literal(sign, t.text)
	if !ok {
		return nil, p.fail(t.at, "%q is not a number", t.text)
	}
	return &constant{v: v}, p.advance()
}

// literal reads a number as SQLite reads its source: an integer when it fits 64 bits, else a real.
func literal(sign, s string) (Value, bool) {
	if len(s) > 2 && s[1]|0x20 == 'x' {
		u, err := strconv.ParseUint(s[2:], 16, 64)
		if sign == "-" {
			return integer(-int64(u)), err == nil && int64(u) != math.MinInt64
		}
		return integer(int64(u)), err == nil
	}
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X") {
		return Value{}, false
	}
	if strings.IndexFunc(s, func(r rune) bool { return !isDigit(byte(r)) }) < 0 {
		if i, err := strconv.ParseInt(sign+s, 10, 64); err == nil {
			return integer(i), true
		}
	}
	f := scan([]byte(s)).f
	if sign == "-" {
		f = -f
	}
	return Value{Class: Real, Float: f}, true
}

// word is a keyword that is a value, or the name of a function.
func (p *parser) word() (node, error) {
	t := p.tok
	switch strings.ToUpper(t.text) {
	case "NULL":
		return &constant{}, p.advance()
	case "TRUE":
		return &constant{v: integer(1), word: true}, p.advance()
	case "FALSE":
		return &constant{v: integer(0), word: true}, p.advance()
	case "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP":
		p.clock = true
		return currentTime(strings.ToUpper(t.text)), p.advance()
	case "NOT":
		return p.not()
	case "CASE":
		return p.caseOf()
	case "CAST":
		return p.cast()
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if !p.isSign("(") {
		return nil, p.fail(t.at, "unknown word %q: a column is written $%s, a text 'in single quotes'", t.text, t.text)
	}
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	return newCall(p, t, args)
}

// arguments reads a list in parentheses.
func (p *parser) arguments() ([]node, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var list []node
	for !p.isSign(")") {
		if len(list) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		n, err := p.expression()
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, p.advance()
}

func (p *parser) caseOf() (node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	n := &choice{}
	var err error
	if !p.is("WHEN") {
		if n.of, err = p.expression(); err != nil {
			return nil, err
		}
	}
	for {
		when, err := p.accept("WHEN")
		if err != nil {
			return nil, err
		}
		if !when {
			break
		}
		if err := p.branch(n); err != nil {
			return nil, err
		}
	}
	if len(n.when) == 0 {
		return nil, p.unexpected("WHEN")
	}
	if otherwise, err := p.accept("ELSE"); err != nil {
		return nil, err
	} else if otherwise {
		if n.otherwise, err = p.expression(); err != nil {
			return nil, err
		}
	}
	return n, p.expectWord("END")
}

func (p *parser) branch(n *choice) error {
	when, err := p.expression()
	if err != nil {
		return err
	}
	if err := p.expectWord("THEN"); err != nil {
		return err
	}
	then, err := p.expression()
	n.when, n.then = append(n.when, when), append(n.then, then)
	return err
}

func (p *parser) cast() (node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	of, err := p.expression()
	if err != nil {
		return nil, err
	}
	if err := p.expectWord("AS"); err != nil {
		return nil, err
	}
	start := p.tok.at
	for p.tok.kind == wordToken {
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	name := p.lexer.src[start:p.tok.at]
	if name == "" {
		return nil, p.unexpected("a type")
	}
	if err := p.typeSize(); err != nil {
		return nil, err
	}
	return &cast{of: of, to: typeAffinity(name)}, p.expect(")")
}

// typeSize passes (n) or (n, m) after a type's name.
func (p *parser) typeSize() error {
	if !p.isSign("(") {
		return nil
	}
	args, err := p.arguments()
	if err == nil && (len(args) == 0 || len(args) > 2) {
		err = p.unexpected("a size such as (10) or (10, 2)")
	}
	return err
}

// typeAffinity is SQLite's rule for the names of types.
func typeAffinity(name string) affinity {
	name = strings.ToUpper(name)
	has := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(name, part) {
				return true
			}
		}
		return false
	}
	switch {
	case has("INT"):
		return integerAffinity
	case has("CHAR", "CLOB", "TEXT"):
		return textAffinity
	case has("BLOB"):
		return blobAffinity
	case has("REAL", "FLOA", "DOUB"):
		return realAffinity
	}
	return numericAffinity
}
