package expr

import (
	"slices"
	"strings"
)

// function is a function with its number of arguments; most below 0 means any number.
type function struct {
	least, most int
	apply       func(f *frame, args []Value) Value
	// node makes a node of its own where arguments must not all be evaluated.
	node func(args []node) node
}

// functionNamed looks a function up by its name in lower case.
func functionNamed(name string) (function, bool) {
	switch name {
	case "coalesce":
		return function{least: 2, most: -1, node: newCoalesce}, true
	case "ifnull":
		return function{least: 2, most: 2, node: newCoalesce}, true
	case "iif", "if":
		return function{least: 2, most: -1, node: newIf}, true
	}
	for _, table := range [...]func(string) (function, bool){textFunction, numberFunction, dateFunction} {
		if fn, ok := table(name); ok {
			return fn, true
		}
	}
	return function{}, false
}

// functionNames lists what exists, for messages.
const functionNames = "abs, char, coalesce, date, datetime, hash_sha256, hex, ifnull, iif, instr, julianday, length, lower, ltrim, max, min, " +
	"nullif, operation_indicator, random, randomblob, replace, round, rtrim, sign, strftime, substr, substring, time, trim, typeof, unicode, " +
	"unixepoch, upper, zeroblob"

// call is a call of a function.
type call struct {
	plain
	apply  func(f *frame, args []Value) Value
	args   []node
	values []Value
}

func (n *call) eval(f *frame) Value {
	for i, a := range n.args {
		n.values[i] = a.eval(f)
	}
	return n.apply(f, n.values)
}

func newCall(p *parser, name token, args []node) (node, error) {
	lower := strings.ToLower(name.text)
	fn, ok := functionNamed(lower)
	if !ok {
		return nil, p.fail(name.at, "there is no function %q; there are %s", name.text, functionNames)
	}
	p.called = append(p.called, lower)
	if (lower == "max" || lower == "min") && len(args) == 1 {
		return nil, p.fail(name.at, "%s wants at least two arguments: over rows of a table it has no meaning here", lower)
	}
	if len(args) < fn.least || fn.most >= 0 && len(args) > fn.most {
		return nil, p.fail(name.at, "%s does not take %d arguments", lower, len(args))
	}
	if err := refuseLocalTime(p, name, args); err != nil {
		return nil, err
	}
	p.noteTime(lower, args)
	if fn.node != nil {
		return fn.node(args), nil
	}
	return &call{apply: fn.apply, args: args, values: make([]Value, len(args))}, nil
}

// refuseLocalTime says at once what evaluation could only say row by row.
func refuseLocalTime(p *parser, name token, args []node) error {
	if !readsTime(strings.ToLower(name.text)) {
		return nil
	}
	for _, a := range args {
		if c, ok := a.(*constant); ok && isLocalModifier(c.v.Bytes) {
			return p.fail(name.at, "the modifier %q is not available: values have no local time zone here", c.v.Bytes)
		}
	}
	return nil
}

func readsTime(function string) bool {
	return slices.Contains([]string{"date", "time", "datetime", "julianday", "strftime", "unixepoch"}, function)
}

// noteTime takes note of a function that reads a time: without one it asks the clock, and so it does for the modifier subsec in its place.
func (p *parser) noteTime(function string, args []node) {
	if !readsTime(function) {
		return
	}
	p.dated = true
	if function == "strftime" {
		args = args[1:]
	}
	if len(args) == 0 {
		p.clock = true
		return
	}
	if c, ok := args[0].(*constant); ok {
		word := string(c.v.Bytes)
		p.clock = p.clock || strings.EqualFold(word, "subsec") || strings.EqualFold(word, "subsecond")
	}
}

func isLocalModifier(p []byte) bool {
	return strings.EqualFold(string(p), "localtime") || strings.EqualFold(string(p), "utc")
}

// coalesce is the first argument that is not NULL.
type coalesce struct {
	plain
	args []node
}

func newCoalesce(args []node) node { return &coalesce{args: args} }

func (n *coalesce) eval(f *frame) Value {
	for _, a := range n.args {
		if v := a.eval(f); v.Class != Null {
			return v
		}
	}
	return Value{}
}

// newIf makes iif(condition, value, … [, otherwise]) a CASE.
func newIf(args []node) node {
	n := &choice{}
	for len(args) >= 2 {
		n.when, n.then = append(n.when, args[0]), append(n.then, args[1])
		args = args[2:]
	}
	if len(args) == 1 {
		n.otherwise = args[0]
	}
	return n
}
