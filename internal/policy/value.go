package policy

import (
	"encoding/base64"
	"net/netip"
	"strings"
	"time"
)

// value is one value of a condition; which fields are used depends on the operator's family.
type value struct {
	text   template
	arn    arnTemplate
	number decimal
	when   time.Time
	prefix netip.Prefix
	bytes  string
	flag   bool
}

// compileValue reads one value of a condition.
func compileValue(op *operator, text string, variables bool) (value, error) {
	var v value
	var err error
	switch op.family {
	case familyString:
		v.text, err = syntax{wildcards: op.like, variables: variables}.compile(text)
	case familyNumeric:
		var ok bool
		if v.number, ok = parseDecimal(text); !ok {
			err = problemf("%q is no number; %s wants a whole or decimal number", text, op.name)
		}
	case familyDate:
		var ok bool
		if v.when, ok = parseDate(text); !ok {
			err = problemf("%q is no date; %s wants one such as 2026-01-31T10:00:00Z, or seconds since 1970", text, op.name)
		}
	case familyBool, familyNull:
		err = v.compileFlag(op, text, variables)
	case familyBinary:
		raw, failed := base64.StdEncoding.DecodeString(text)
		if v.bytes = string(raw); failed != nil {
			err = problemf("%q is not base64, which %s wants", text, op.name)
		}
	case familyIP:
		var ok bool
		if v.prefix, ok = parsePrefix(text); !ok {
			err = problemf("%q is no address; %s wants one such as 203.0.113.0/24 or 2001:db8::/32", text, op.name)
		}
	case familyARN:
		err = v.compileARN(op, text, variables)
	}
	return v, err
}

func (v *value) compileFlag(op *operator, text string, variables bool) (err error) {
	if op.family == familyBool && variables && strings.Contains(text, "${") {
		v.text, err = syntax{variables: true}.compile(text)
		return err
	}
	switch {
	case strings.EqualFold(text, "true"):
		v.flag = true
	case !strings.EqualFold(text, "false"):
		return problemf("%q is neither true nor false, which %s wants", text, op.name)
	}
	return nil
}

func (v *value) compileARN(op *operator, text string, variables bool) (err error) {
	s := syntax{wildcards: true, variables: variables}
	parts := splitTemplate(text)
	switch {
	case text == "*":
		v.arn.all = true
		return nil
	case len(parts) == 6:
		v.arn, err = compileParts(parts, s)
		return err
	case variables && strings.Contains(text, "${"):
		v.arn.whole, err = s.compile(text)
		return err
	}
	return problemf("%q is no ARN; %s wants all six parts of one, such as arn:aws:dms:*:111122223333:task:*", text, op.name)
}

// matchers compare a given value with those of a condition, one for each family.
var matchers = [...]func(*condition, string, *Context) bool{
	familyString:  matchString,
	familyNumeric: matchNumber,
	familyDate:    matchDate,
	familyBool:    matchBool,
	familyBinary:  matchBinary,
	familyIP:      matchIP,
	familyARN:     matchARN,
}

func matchString(c *condition, given string, keys *Context) bool {
	for i := range c.values {
		t := &c.values[i].text
		if !c.operator.fold {
			if t.match(given, keys) {
				return true
			}
			continue
		}
		if text, ok := t.expand(keys); ok && strings.EqualFold(text, given) {
			return true
		}
	}
	return false
}

func matchNumber(c *condition, given string, _ *Context) bool {
	n, ok := parseDecimal(given)
	for i := range c.values {
		if ok && orderOf(n.compare(c.values[i].number))&c.operator.wants != 0 {
			return true
		}
	}
	return false
}

func matchDate(c *condition, given string, _ *Context) bool {
	when, ok := parseDate(given)
	for i := range c.values {
		if ok && orderOf(when.Compare(c.values[i].when))&c.operator.wants != 0 {
			return true
		}
	}
	return false
}

func orderOf(sign int) order {
	switch {
	case sign < 0:
		return less
	case sign > 0:
		return greater
	}
	return equal
}

func matchBool(c *condition, given string, keys *Context) bool {
	yes := strings.EqualFold(given, "true")
	if !yes && !strings.EqualFold(given, "false") {
		return false
	}
	for i := range c.values {
		v := &c.values[i]
		if v.text.variables > 0 {
			if text, ok := v.text.expand(keys); ok && strings.EqualFold(text, given) {
				return true
			}
			continue
		}
		if v.flag == yes {
			return true
		}
	}
	return false
}

func matchBinary(c *condition, given string, _ *Context) bool {
	for i := range c.values {
		if c.values[i].bytes == given {
			return true
		}
	}
	return false
}

func matchIP(c *condition, given string, _ *Context) bool {
	addr, err := netip.ParseAddr(given)
	if err != nil {
		return false
	}
	addr = addr.Unmap().WithZone("")
	for i := range c.values {
		if c.values[i].prefix.Contains(addr) {
			return true
		}
	}
	return false
}

func matchARN(c *condition, given string, keys *Context) bool {
	arn, ok := splitARN(given)
	for i := range c.values {
		t := &c.values[i].arn
		if t.all && ok || t.match(&arn, ok, given, keys) {
			return true
		}
	}
	return false
}
