package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// Program is an expression that has been checked. It does not change and may be shared.
type Program struct {
	src     string
	columns []string
	uses    []string
	steady  bool
}

// Compile checks an expression. The error is an *Error that tells the position.
func Compile(src string) (*Program, error) {
	p := &Program{src: src}
	in := &parser{lexer: lexer{src: src}, resolve: func(name string, _ int) (node, error) {
		if n := placeholderNode(name); n != nil {
			p.uses = append(p.uses, "$"+name)
			return n, nil
		}
		if !slices.Contains(p.columns, name) {
			p.columns = append(p.columns, name)
		}
		return &named{name: name}, nil
	}}
	if _, err := in.whole(); err != nil {
		return nil, err
	}
	p.uses = append(p.uses, in.called...)
	p.steady = !in.clock && !(in.now && in.dated) && !slices.ContainsFunc(p.uses, isUnsteady)
	return p, nil
}

// isUnsteady reports whether a placeholder or a function has another value each time, or for each change of a row.
func isUnsteady(use string) bool {
	return slices.Contains([]string{"random", "randomblob", "operation_indicator"}, use) || strings.HasPrefix(use, "$AR_H_")
}

// Steady reports whether a row has the same result whenever it is read, and whatever change it came by.
func (p *Program) Steady() bool { return p.steady }

// Columns lists the columns the expression refers to, in order of appearance.
func (p *Program) Columns() []string { return p.columns }

// Uses lists the placeholders ($AR_H_OPERATION) and the functions in lower case (operation_indicator) of the expression.
func (p *Program) Uses() []string { return p.uses }

// Column describes one column of the batches an expression is bound to.
type Column struct {
	Name   string
	Layout change.Layout
	Type   datatype.Type
}

// Bind ties the expression to the columns of a batch, in their order. The error names an unknown column together
// with the known ones.
func (p *Program) Bind(columns []Column, env *Environment) (*Bound, error) {
	root, err := parse(p.src, func(name string, at int) (node, error) {
		if n := placeholderNode(name); n != nil {
			return n, nil
		}
		i := slices.IndexFunc(columns, func(c Column) bool { return c.Name == name })
		switch {
		case i >= 0 && columns[i].Layout == change.Native:
			return nil, &Error{at + 1, fmt.Sprintf("column %q cannot be read here: its values travel in the engine's own form", name)}
		case i >= 0:
			return &column{index: i, layout: columns[i].Layout}, nil
		}
		return nil, unknownColumn(name, at, columns)
	})
	if err != nil {
		return nil, err
	}
	return &Bound{root: root, frame: frame{env: env}}, nil
}

func unknownColumn(name string, at int, columns []Column) error {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return &Error{at + 1, fmt.Sprintf("there is no column %q; the columns are %s", name, strings.Join(names, ", "))}
}

// Bound is an expression ready to evaluate. It reuses its memory and belongs to one goroutine.
type Bound struct {
	root  node
	frame frame
}

// Eval evaluates the expression for one row. Bytes of the result are valid until the next Eval or until the batch
// changes.
func (b *Bound) Eval(batch *change.Batch, row int) (Value, error) {
	f := &b.frame
	f.batch, f.row, f.err = batch, row, nil
	f.arena = f.arena[:0]
	v := b.root.eval(f)
	f.batch = nil
	return v, f.err
}

// EvalText evaluates a rename expression: every $NAME stands for the text in names, the $AR_… placeholders too. The
// keys may be written with or without the $. The result must not be NULL.
func (p *Program) EvalText(names map[string]string) (string, error) {
	names = withoutDollar(names)
	root, err := parse(p.src, func(name string, at int) (node, error) {
		if _, ok := names[name]; ok {
			return &named{name: name}, nil
		}
		known := make([]string, 0, len(names))
		for n := range names {
			known = append(known, "$"+n)
		}
		slices.Sort(known)
		return nil, &Error{at + 1, fmt.Sprintf("$%s is not known in a rename; known are %s", name, strings.Join(known, ", "))}
	})
	if err != nil {
		return "", err
	}
	f := frame{named: names}
	v := root.eval(&f)
	if f.err != nil {
		return "", fmt.Errorf("evaluate %q: %w", p.src, f.err)
	}
	if v.Class == Null {
		return "", fmt.Errorf("evaluate %q: the result is NULL, which is no name", p.src)
	}
	return string(v.AppendText(nil)), nil
}

func withoutDollar(names map[string]string) map[string]string {
	out := make(map[string]string, len(names))
	for k, v := range names {
		out[strings.TrimPrefix(k, "$")] = v
	}
	return out
}
