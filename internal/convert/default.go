package convert

import (
	"errors"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

var (
	errDefault  = errors.New("its expression has no equal on the target")
	errSequence = errors.New("it takes its value from a sequence that is not the column's own")
	errZeroDate = errors.New("the target has no such date")
)

// unlikeDefault translates a column's default, or reports that it cannot.
func (c *converter) unlikeDefault(t *planned, s *catalog.Column, col *catalog.Column) {
	if s.Default == nil {
		return
	}
	n, err := parseExpression(c.from, *s.Default)
	if err == nil {
		var text string
		if text, err = (defaultWriter{c: c, source: s, col: col}).write(n); err == nil {
			if text != "" {
				col.Default = &text
			}
			if c.to == catalog.SQLite && text == "CURRENT_TIMESTAMP" && s.Type.Hint != datatype.WithZone && !strings.Contains(strings.ToLower(*s.Default), "'utc'") {
				c.notePart("default", t.Plan.Source, s.Name, Changed, "The default of column %q of table %s is the time in UTC, because SQLite's CURRENT_TIMESTAMP knows no other zone.", s.Name, t.Plan.Source.Name)
			}
			return
		}
	}
	c.notePart("default", t.Plan.Source, s.Name, NotCarried, "The default %s of column %q of table %s is not carried over, because %v: set one on the target by hand if new rows rely on it.", *s.Default, s.Name, t.Plan.Source.Name, err)
}

// defaultWriter writes the default of one column.
type defaultWriter struct {
	c      *converter
	source *catalog.Column
	col    *catalog.Column
}

// write returns the default's text on the target; nothing for NULL.
func (w defaultWriter) write(n *node) (string, error) {
	for n.kind == castNode {
		n = n.args[0]
	}
	switch n.kind {
	case nullNode:
		return "", nil
	case numberNode, textNode, boolNode:
		return w.literal(n)
	case bitsNode:
		return w.bits(n)
	case callNode:
		return w.call(n)
	}
	return "", errDefault
}

// literal writes a constant in the form the target's column takes.
func (w defaultWriter) literal(n *node) (string, error) {
	t := w.col.Type
	switch {
	case t.Kind == datatype.Boolean:
		return w.boolean(n.value)
	case classOf(t) == numberClass:
		value := n.value
		if n.kind == boolNode {
			value = map[string]string{"true": "1", "false": "0"}[value]
		}
		if _, err := strconv.ParseFloat(value, 64); err != nil || checkNumber(value) != nil {
			return "", errDefault
		}
		if w.c.to == catalog.SQLite && strings.Contains(w.col.NativeType, "TEXT") {
			return quoteString(w.c.to, value), nil
		}
		return value, nil
	case t.Kind == datatype.Date || t.Kind == datatype.DateTime || t.Kind == datatype.Time:
		return w.moment(n)
	case t.Kind == datatype.Blob || t.Kind == datatype.Bytes:
		if hex, ok := strings.CutPrefix(n.value, `\x`); ok && w.c.from == catalog.PostgreSQL && strings.Trim(hex, "0123456789abcdefABCDEF") == "" {
			return w.bits(&node{kind: bitsNode, op: "x", value: hex})
		}
		return "", errDefault
	}
	return w.wrap(quoteString(w.c.to, n.value)), nil
}

func (w defaultWriter) boolean(value string) (string, error) {
	switch strings.ToLower(value) {
	case "1", "true", "t", "yes", "on":
		return w.truth(true), nil
	case "0", "false", "f", "no", "off":
		return w.truth(false), nil
	}
	return "", errDefault
}

func (w defaultWriter) truth(b bool) string {
	return translator{to: w.c.to}.boolean(b)
}

// moment keeps a constant date or time. A word such as now or infinity is no constant, and a zero date no date.
func (w defaultWriter) moment(n *node) (string, error) {
	if n.kind != textNode || n.value == "" || n.value[0] < '0' || n.value[0] > '9' {
		return "", errDefault
	}
	if w.col.Type.Kind != datatype.Time && (strings.HasPrefix(n.value, "0000") || strings.Contains(n.value, "-00")) {
		return "", errZeroDate
	}
	if w.source.Type.Hint == datatype.WithZone && w.c.to != catalog.PostgreSQL {
		return "", errDefault // its zone would have to be applied
	}
	return quoteString(w.c.to, n.value), nil
}

// bits writes b'101' and x'ff'.
func (w defaultWriter) bits(n *node) (string, error) {
	t := w.col.Type
	switch {
	case t.Kind == datatype.Boolean && n.op == "b":
		return w.boolean(n.value)
	case t.Kind.IsText() && n.op == "b":
		return w.wrap(quoteString(w.c.to, n.value)), nil
	case classOf(t) == numberClass && n.op == "b":
		v, err := strconv.ParseUint(n.value, 2, 63)
		if err != nil {
			return "", errDefault
		}
		return strconv.FormatUint(v, 10), nil
	case (t.Kind == datatype.Bytes || t.Kind == datatype.Blob) && n.op == "x":
		if w.c.to == catalog.PostgreSQL {
			return `'\x` + strings.ToLower(n.value) + `'::bytea`, nil
		}
		return w.wrap("x'" + n.value + "'"), nil
	}
	return "", errDefault
}

// call writes the functions that give a new row its time or its identifier.
func (w defaultWriter) call(n *node) (string, error) {
	switch n.value {
	case "now", "current_timestamp", "localtimestamp", "transaction_timestamp", "statement_timestamp":
		return w.now()
	case "timezone":
		if w.col.Type.Kind == datatype.DateTime && len(n.args) == 2 && isUTC(n.args[0]) && isNow(n.args[1]) {
			return w.utc(), nil
		}
	case "datetime":
		if w.c.from == catalog.SQLite && len(n.args) == 1 && n.args[0].value == "now" {
			return w.now()
		}
	case "current_date", "curdate":
		if w.col.Type.Kind == datatype.Date {
			return w.either("CURRENT_DATE", "(curdate())"), nil
		}
	case "current_time", "localtime", "curtime":
		if w.col.Type.Kind == datatype.Time {
			return w.either("CURRENT_TIME", "(curtime())"), nil
		}
	case "gen_random_uuid", "uuid_generate_v4", "uuid":
		return w.uuid()
	case "nextval":
		return "", errSequence
	}
	return "", errDefault
}

// either chooses between SQL's word and the expression that MySQL takes as a default instead.
func (w defaultWriter) either(word, mysql string) string {
	if w.c.to == catalog.MySQL {
		return mysql
	}
	return word
}

// now writes the present moment: in UTC where the source's is (SQLite) or where the target keeps an instant without
// a zone (MySQL).
func (w defaultWriter) now() (string, error) {
	t := w.col.Type
	if t.Kind == datatype.Date {
		return w.call(&node{kind: callNode, value: "current_date"})
	}
	if t.Kind != datatype.DateTime {
		return "", errDefault
	}
	switch {
	case w.c.to == catalog.PostgreSQL && t.Hint == datatype.WithZone:
		return "CURRENT_TIMESTAMP", nil
	case w.c.from == catalog.SQLite || w.c.to == catalog.MySQL && w.source.Type.Hint == datatype.WithZone:
		return w.utc(), nil
	case w.c.to == catalog.MySQL && t.Scale > 0:
		return sizedCall("CURRENT_TIMESTAMP", t.Scale), nil
	}
	return "CURRENT_TIMESTAMP", nil
}

// utc writes the present moment in UTC for a column without a zone.
func (w defaultWriter) utc() string {
	switch w.c.to {
	case catalog.PostgreSQL:
		return "(now() AT TIME ZONE 'utc')"
	case catalog.MySQL:
		return "(" + sizedCall("utc_timestamp", w.col.Type.Scale) + ")"
	}
	return "CURRENT_TIMESTAMP"
}

func sizedCall(function string, digits int) string {
	return function + "(" + strconv.Itoa(digits) + ")"
}

func isUTC(n *node) bool {
	for n.kind == castNode {
		n = n.args[0]
	}
	return n.kind == textNode && strings.EqualFold(n.value, "utc")
}

func isNow(n *node) bool {
	return n.kind == callNode && (n.value == "now" || n.value == "current_timestamp")
}

func (w defaultWriter) uuid() (string, error) {
	if !w.col.Type.Kind.IsText() {
		return "", errDefault
	}
	switch w.c.to {
	case catalog.PostgreSQL:
		if w.col.BaseType == "uuid" {
			return "gen_random_uuid()", nil
		}
		return "(gen_random_uuid())::text", nil
	case catalog.MySQL:
		return "(uuid())", nil
	}
	return "", errDefault
}

// wrap makes an expression of a constant where MySQL takes no plain one: for its unbounded types.
func (w defaultWriter) wrap(text string) string {
	if w.c.to == catalog.MySQL && (w.col.Type.Kind.IsLOB() || strings.HasSuffix(w.col.BaseType, "text") || strings.HasSuffix(w.col.BaseType, "blob")) {
		return "(" + text + ")"
	}
	return text
}
