package convert

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// class sorts values by how engines compare them.
type class uint8

const (
	anyClass class = iota // a literal that takes the other side's class
	numberClass
	textClass
	boolClass
	dateClass
	momentClass
	otherClass // compares and computes differently in every engine
)

func classOf(t datatype.Type) class {
	switch {
	case t.Kind == datatype.Boolean:
		return boolClass
	case t.Kind.IsInteger(), t.Kind == datatype.Numeric, t.Kind == datatype.Real4, t.Kind == datatype.Real8:
		return numberClass
	case t.Kind == datatype.Date:
		return dateClass
	case t.Kind == datatype.DateTime:
		return momentClass
	case t.Kind.IsText() && (t.Hint == datatype.NoHint || t.Hint == datatype.UUID || t.Hint == datatype.Enum || t.Hint == datatype.FixedWidth):
		return textClass
	}
	return otherClass
}

// translator writes expressions over the columns of one table for another family.
type translator struct {
	from, to catalog.Family
	table    *tableNames
	target   *catalog.Table
	// generated says that the result is a value, not only a truth: it must come out the same to the last digit.
	generated bool
}

// translate writes an expression of the source for the target. The error says what does not carry.
func (tr translator) translate(sql string) (string, error) {
	n, err := parseExpression(tr.from, sql)
	if err != nil {
		return "", err
	}
	text, got, err := tr.write(n)
	if err != nil {
		return "", err
	}
	if !tr.generated && got != boolClass {
		return "", errMore
	}
	return bare(text), nil
}

// bare takes off the parentheses that write puts around a compound node.
func bare(text string) string {
	if strings.HasPrefix(text, "(") {
		return text[1 : len(text)-1]
	}
	return text
}

// write returns the text of a node, in parentheses where it is compound.
func (tr translator) write(n *node) (string, class, error) {
	switch n.kind {
	case columnNode:
		return tr.column(n.value)
	case numberNode:
		return n.value, numberClass, checkNumber(n.value)
	case textNode:
		return quoteString(tr.to, n.value), anyClass, nil
	case nullNode:
		return "NULL", anyClass, nil
	case boolNode:
		return tr.boolean(n.value == "true"), boolClass, nil
	case castNode:
		return tr.cast(n)
	case unaryNode:
		return tr.unary(n)
	case binaryNode:
		return tr.binary(n)
	case inNode, betweenNode:
		return tr.members(n)
	case isNullNode:
		return tr.isNull(n)
	case callNode:
		return tr.call(n)
	}
	return "", anyClass, errMore
}

func checkNumber(text string) error {
	if strings.Trim(text, "0123456789.-+eE") != "" {
		return errMore
	}
	return nil
}

func (tr translator) boolean(b bool) string {
	switch {
	case tr.to == catalog.SQLite && b:
		return "1"
	case tr.to == catalog.SQLite:
		return "0"
	case b:
		return "TRUE"
	}
	return "FALSE"
}

// find returns the source column a name in an expression means.
func (tr translator) find(name string) (*catalog.Column, error) {
	for _, c := range tr.table.source.Columns {
		if c.Name == name || tr.from != catalog.PostgreSQL && strings.EqualFold(c.Name, name) {
			return c, nil
		}
	}
	return nil, fmt.Errorf("it mentions %q, which is no column", name)
}

func (tr translator) column(name string) (string, class, error) {
	c, err := tr.find(name)
	if err != nil {
		return "", otherClass, err
	}
	to, ok := tr.table.columns[c.Name]
	switch {
	case !ok:
		return "", otherClass, fmt.Errorf("it mentions column %q, which is removed", c.Name)
	case tr.table.retyped[c.Name]:
		return "", otherClass, fmt.Errorf("it mentions column %q, whose type is changed", c.Name)
	}
	text := quoteName(tr.to, to)
	got := classOf(c.Type)
	if c.BaseType == "citext" {
		got = otherClass // compares by case everywhere else
	}
	target := tr.target.Column(to)
	if got == numberClass && tr.to == catalog.SQLite && target != nil && strings.Contains(target.NativeType, "TEXT") {
		if tr.generated {
			return "", otherClass, errMore
		}
		// A decimal kept as text would be compared letter by letter.
		text = "CAST(" + text + " AS REAL)"
	}
	return text, got, nil
}

// cast drops a cast that changes nothing here: of a literal, or within a class.
func (tr translator) cast(n *node) (string, class, error) {
	inner := n.args[0]
	to := castClass(n.value)
	if inner.kind == textNode {
		switch to {
		case numberClass:
			if err := checkNumber(inner.value); err != nil || inner.value == "" {
				return "", to, errMore
			}
			return inner.value, to, nil
		case textClass:
			return quoteString(tr.to, inner.value), anyClass, nil
		case dateClass:
			if tr.generated {
				return "", to, errMore
			}
			return quoteString(tr.to, inner.value), dateClass, nil
		}
		return "", to, errMore
	}
	text, got, err := tr.write(inner)
	if err != nil {
		return "", got, err
	}
	widening := n.value == "numeric" || inner.kind == numberNode && n.value != "integer"
	if got == textClass && to == textClass || got == numberClass && to == numberClass && widening {
		return text, got, nil
	}
	return "", got, errMore
}

func castClass(typeName string) class {
	switch typeName {
	case "text", "varchar", "character varying":
		return textClass
	case "numeric", "integer", "bigint", "smallint", "double precision", "real", "decimal":
		return numberClass
	case "date":
		return dateClass
	}
	return otherClass
}

func (tr translator) unary(n *node) (string, class, error) {
	text, got, err := tr.write(n.args[0])
	switch {
	case err != nil:
		return "", got, err
	case n.op == "not" && (got == boolClass || tr.to != catalog.PostgreSQL && got == numberClass):
		return "(NOT " + text + ")", boolClass, nil
	case n.op == "-" && got == numberClass:
		return "(-" + text + ")", numberClass, nil
	}
	return "", got, errMore
}

func (tr translator) binary(n *node) (string, class, error) {
	switch n.op {
	case "and", "or":
		return tr.logic(n)
	case "+", "-", "*":
		return tr.arithmetic(n)
	case "||":
		return tr.concat(n.args)
	case "=", "<>", "<", ">", "<=", ">=":
		sides, _, err := tr.comparable(n.op == "=" || n.op == "<>", n.args...)
		if err != nil {
			return "", boolClass, err
		}
		return "(" + sides[0] + " " + n.op + " " + sides[1] + ")", boolClass, nil
	}
	return "", anyClass, errMore
}

func (tr translator) logic(n *node) (string, class, error) {
	texts := make([]string, 2)
	for i, arg := range n.args {
		text, got, err := tr.write(arg)
		if err != nil {
			return "", boolClass, err
		}
		if got != boolClass {
			return "", boolClass, errMore
		}
		texts[i] = text
	}
	return "(" + texts[0] + " " + strings.ToUpper(n.op) + " " + texts[1] + ")", boolClass, nil
}

func (tr translator) arithmetic(n *node) (string, class, error) {
	texts := make([]string, 2)
	for i, arg := range n.args {
		text, got, err := tr.write(arg)
		if err != nil {
			return "", numberClass, err
		}
		if got != numberClass || tr.generated && !tr.exact(arg) {
			return "", numberClass, errMore
		}
		texts[i] = text
	}
	return "(" + texts[0] + " " + n.op + " " + texts[1] + ")", numberClass, nil
}

// exact reports whether engines compute with a value to the same last digit. SQLite does so with integers alone.
func (tr translator) exact(n *node) bool {
	if n.kind != columnNode {
		return n.kind != numberNode || tr.to != catalog.SQLite && tr.from != catalog.SQLite || !strings.ContainsAny(n.value, ".eE")
	}
	c, err := tr.find(n.value)
	if err != nil {
		return false
	}
	return c.Type.Kind.IsInteger() || c.Type.Kind == datatype.Numeric && tr.to != catalog.SQLite && tr.from != catalog.SQLite
}

// concat joins texts; NULL in any of them makes the result NULL, which is what || does and MySQL's CONCAT.
func (tr translator) concat(args []*node) (string, class, error) {
	texts := make([]string, len(args))
	for i, arg := range args {
		text, got, err := tr.write(arg)
		if err != nil {
			return "", textClass, err
		}
		if got != textClass && got != anyClass || tr.padded(arg) {
			return "", textClass, errMore
		}
		texts[i] = text
	}
	if tr.to == catalog.MySQL {
		return "concat(" + strings.Join(texts, ", ") + ")", textClass, nil
	}
	return "(" + strings.Join(texts, " || ") + ")", textClass, nil
}

// padded reports whether a value is blank-padded, which engines cut or keep as they like.
func (tr translator) padded(n *node) bool {
	if n.kind == castNode {
		return tr.padded(n.args[0])
	}
	if n.kind != columnNode {
		return false
	}
	c, err := tr.find(n.value)
	return err == nil && c.Type.Hint == datatype.FixedWidth
}

func (tr translator) isNull(n *node) (string, class, error) {
	operand := n.args[0]
	if operand.kind != columnNode {
		return "", boolClass, errMore
	}
	c, err := tr.find(operand.value)
	if err != nil {
		return "", boolClass, err
	}
	to, ok := tr.table.columns[c.Name]
	if !ok {
		return "", boolClass, fmt.Errorf("it mentions column %q, which is removed", c.Name)
	}
	if n.not {
		return "(" + quoteName(tr.to, to) + " IS NOT NULL)", boolClass, nil
	}
	return "(" + quoteName(tr.to, to) + " IS NULL)", boolClass, nil
}

func (tr translator) members(n *node) (string, class, error) {
	texts, got, err := tr.comparable(n.kind == inNode, n.args...)
	if err != nil {
		return "", boolClass, err
	}
	not := ""
	if n.not {
		not = "NOT "
	}
	if n.kind == betweenNode {
		if got == textClass {
			return "", boolClass, errMore
		}
		return "(" + texts[0] + " " + not + "BETWEEN " + texts[1] + " AND " + texts[2] + ")", boolClass, nil
	}
	return "(" + texts[0] + " " + not + "IN (" + strings.Join(texts[1:], ", ") + "))", boolClass, nil
}
