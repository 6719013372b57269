package pattern

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// operand is what something is compared with.
type operand struct {
	text   string
	number float64
	isNum  bool
	wild   *regexp.Regexp // of a text with *, or a regular expression
}

// comparison is an operator with its operand.
type comparison struct {
	op   string
	with operand
}

var comparisons = []string{"!=", "<=", ">=", "=", "<", ">"}

// takeComparison takes an operator and its operand off the beginning of a text. ends are the bytes that end a bare operand.
func takeComparison(source, ends string) (c comparison, rest string, err error) {
	source = strings.TrimLeft(source, " \t")
	for _, op := range comparisons {
		if after, ok := strings.CutPrefix(source, op); ok {
			c.op, rest = op, strings.TrimLeft(after, " \t")
			break
		}
	}
	if c.op == "" {
		return c, "", fmt.Errorf("one of =, !=, <, >, <=, >= is missing before %q", cutShort(source))
	}
	c.with, rest, err = takeOperand(rest, ends)
	if err == nil && c.op != "=" && c.op != "!=" && !c.with.isNum {
		err = fmt.Errorf("%s compares with a number, and %q is none", c.op, c.with.text)
	}
	return c, rest, err
}

func takeOperand(source, ends string) (o operand, rest string, err error) {
	switch {
	case source == "":
		return o, "", fmt.Errorf("a comparison ends early")
	case source[0] == '"':
		if o.text, rest, err = quoted(source); err != nil {
			return o, "", err
		}
	case source[0] == '%':
		inner, behind, closed := strings.Cut(source[1:], "%")
		if !closed {
			return o, "", fmt.Errorf("the regular expression %s is not closed by a %%", cutShort(source))
		}
		o.text, rest = inner, behind
		if o.wild, err = regexp.Compile(inner); err != nil {
			return o, "", fmt.Errorf("the regular expression %%%s%% is not valid: %w", inner, err)
		}
		return o, rest, nil
	default:
		n := strings.IndexAny(source, ends)
		if n < 0 {
			n = len(source)
		}
		if o.text, rest = source[:n], source[n:]; o.text == "" {
			return o, "", fmt.Errorf("a value is missing before %q", cutShort(source))
		}
		if v, err := strconv.ParseFloat(o.text, 64); err == nil {
			o.number, o.isNum = v, true
		}
	}
	if strings.Contains(o.text, "*") {
		parts := strings.Split(o.text, "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		o.wild = regexp.MustCompile(`(?s)\A` + strings.Join(parts, ".*") + `\z`)
	}
	return o, rest, nil
}

// text compares a text.
func (c *comparison) text(v string) bool {
	switch c.op {
	case "=":
		return c.with.is(v)
	case "!=":
		return !c.with.is(v)
	}
	n, err := strconv.ParseFloat(v, 64)
	return err == nil && c.number(n)
}

func (o *operand) is(v string) bool {
	if o.wild != nil {
		return o.wild.MatchString(v)
	}
	if v == o.text {
		return true
	}
	if !o.isNum {
		return false
	}
	n, err := strconv.ParseFloat(v, 64)
	return err == nil && n == o.number
}

// number compares a number with a number.
func (c *comparison) number(v float64) bool {
	switch c.op {
	case "<":
		return v < c.with.number
	case ">":
		return v > c.with.number
	case "<=":
		return v <= c.with.number
	case ">=":
		return v >= c.with.number
	}
	return false
}

func cutShort(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
