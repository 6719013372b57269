package convert

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// parseExpression reads an expression. Whatever it does not know is an error: nothing is guessed.
func parseExpression(f catalog.Family, sql string) (*node, error) {
	tokens, err := tokenize(f, sql)
	if err != nil {
		return nil, err
	}
	p := parser{family: f, tokens: significant(tokens)}
	n, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if len(p.tokens) > 0 {
		return nil, errMore
	}
	return n, nil
}

type parser struct {
	family catalog.Family
	tokens []token
	depth  int
}

func (p *parser) peek(n int) token {
	if n < len(p.tokens) {
		return p.tokens[n]
	}
	return token{}
}

// accept takes the tokens if they come next.
func (p *parser) accept(words ...string) bool {
	for i, w := range words {
		if !p.peek(i).is(w) {
			return false
		}
	}
	p.tokens = p.tokens[len(words):]
	return true
}

// The binding of the operators, loosest first. NOT binds between AND and the comparisons.
const (
	orLevel = iota + 1
	andLevel
	notLevel
	compareLevel
	concatLevel
	sumLevel
	productLevel
	tightConcatLevel
)

func (p *parser) level(t token) int {
	switch strings.ToLower(t.text) {
	case "or":
		return orLevel
	case "and":
		return andLevel
	case "=", "==", "<>", "!=", "<", ">", "<=", ">=", "is", "in", "between", "not":
		return compareLevel
	case "||":
		if p.family == catalog.SQLite {
			return tightConcatLevel
		}
		return concatLevel
	case "+", "-":
		return sumLevel
	case "*":
		return productLevel
	}
	return 0
}

// maxDepth bounds the nesting of an expression, which comes from outside.
const maxDepth = 200

func (p *parser) expression(above int) (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, errMore
	}
	defer func() { p.depth-- }()
	left, err := p.operand()
	for err == nil {
		t := p.peek(0)
		level := 0
		if t.kind == wordToken || t.kind == symbolToken {
			level = p.level(t)
		}
		if level <= above {
			return left, nil
		}
		p.tokens = p.tokens[1:]
		left, err = p.operator(left, strings.ToLower(t.text), level)
	}
	return nil, err
}

// operator reads what follows an operator.
func (p *parser) operator(left *node, op string, level int) (*node, error) {
	not := op == "not"
	if not {
		op = strings.ToLower(p.peek(0).text)
		if op != "in" && op != "between" {
			return nil, errMore
		}
		p.tokens = p.tokens[1:]
	}
	switch op {
	case "is":
		return p.isNull(left)
	case "in":
		list, err := p.list("(", ")")
		return &node{kind: inNode, not: not, args: append([]*node{left}, list...)}, err
	case "between":
		low, err := p.expression(compareLevel)
		if err != nil || !p.accept("and") {
			return nil, errMore
		}
		high, err := p.expression(compareLevel)
		return &node{kind: betweenNode, not: not, args: []*node{left, low, high}}, err
	case "||":
		if p.family == catalog.MySQL {
			return nil, errMore // OR or concatenation: the session's sql_mode decides
		}
	case "==":
		op = "="
	case "!=":
		op = "<>"
	}
	if n, ok, err := p.anyOfArray(left, op); ok {
		return n, err
	}
	right, err := p.expression(level)
	if err != nil {
		return nil, err
	}
	return &node{kind: binaryNode, op: op, args: []*node{left, right}}, nil
}

func (p *parser) isNull(left *node) (*node, error) {
	not := p.accept("not")
	if !p.accept("null") {
		return nil, errMore
	}
	return &node{kind: isNullNode, not: not, args: []*node{left}}, nil
}

// anyOfArray reads what PostgreSQL makes of IN: = ANY (ARRAY[…]) and <> ALL (ARRAY[…]).
func (p *parser) anyOfArray(left *node, op string) (n *node, ok bool, err error) {
	not := op == "<>" && p.accept("all", "(")
	if !not && (op != "=" || !p.accept("any", "(")) {
		return nil, false, nil
	}
	open := 1
	for p.accept("(") {
		open++
	}
	if !p.accept("array") {
		return nil, true, errMore
	}
	list, err := p.list("[", "]")
	if err != nil {
		return nil, true, err
	}
	for ; open > 0; open-- {
		for p.accept("::") {
			if _, err := p.typeName(); err != nil {
				return nil, true, err
			}
		}
		if !p.accept(")") {
			return nil, true, errMore
		}
	}
	return &node{kind: inNode, not: not, args: append([]*node{left}, list...)}, true, nil
}

func (p *parser) list(open, end string) ([]*node, error) {
	if !p.accept(open) {
		return nil, errMore
	}
	var list []*node
	for {
		n, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
		if p.accept(end) {
			return list, nil
		}
		if !p.accept(",") {
			return nil, errMore
		}
	}
}

// operand reads an operand with the casts that follow it.
func (p *parser) operand() (*node, error) {
	n, err := p.primary()
	for err == nil && p.accept("::") {
		var name string
		name, err = p.typeName()
		n = &node{kind: castNode, value: name, args: []*node{n}}
	}
	if err == nil && p.accept("at", "time", "zone") {
		var zone *node
		zone, err = p.operand()
		n = &node{kind: callNode, value: "timezone", args: []*node{zone, n}}
	}
	return n, err
}

func (p *parser) primary() (*node, error) {
	t := p.peek(0)
	if t.kind == spaceToken {
		return nil, errMore
	}
	switch {
	case p.accept("("):
		n, err := p.expression(0)
		if err == nil && !p.accept(")") {
			err = errMore
		}
		return n, err
	case p.accept("not"):
		n, err := p.expression(notLevel)
		return &node{kind: unaryNode, op: "not", args: []*node{n}}, err
	case p.accept("-"):
		n, err := p.expression(productLevel)
		if err == nil && n.kind == numberNode {
			return &node{kind: numberNode, value: "-" + n.value}, nil
		}
		return &node{kind: unaryNode, op: "-", args: []*node{n}}, err
	case p.accept("+"):
		return p.expression(productLevel)
	case p.accept("null"):
		return &node{kind: nullNode}, nil
	case p.accept("true"), p.accept("false"):
		return &node{kind: boolNode, value: strings.ToLower(t.text)}, nil
	case p.accept("cast", "("):
		return p.cast()
	}
	p.tokens = p.tokens[1:]
	switch t.kind {
	case numberToken:
		return &node{kind: numberNode, value: t.text}, nil
	case stringToken:
		return &node{kind: textNode, value: t.value}, nil
	case bitsToken:
		return &node{kind: bitsNode, op: strings.ToLower(t.text[:1]), value: t.value}, nil
	case wordToken, quotedToken:
		return p.name(t)
	}
	return nil, errMore
}

func (p *parser) cast() (*node, error) {
	n, err := p.expression(0)
	if err != nil || !p.accept("as") {
		return nil, errMore
	}
	name, err := p.typeName()
	if err != nil || !p.accept(")") {
		return nil, errMore
	}
	return &node{kind: castNode, value: name, args: []*node{n}}, nil
}

// name reads a column, a function, or a word that is a function without parentheses.
func (p *parser) name(t token) (*node, error) {
	if p.family == catalog.MySQL && strings.HasPrefix(t.text, "_") && p.peek(0).kind == stringToken {
		return p.primary() // a character set before a string
	}
	for p.peek(0).is(".") && p.peek(1).isName() {
		t = p.peek(1) // the table or schema before it can only be its own
		p.tokens = p.tokens[2:]
	}
	if t.kind == wordToken || p.peek(0).is("(") {
		name := strings.ToLower(t.value)
		switch {
		case p.accept("(", ")"):
			return &node{kind: callNode, value: name}, nil
		case p.peek(0).is("("):
			list, err := p.list("(", ")")
			return &node{kind: callNode, value: name, args: list}, err
		case strings.HasPrefix(name, "current_"), strings.HasPrefix(name, "local"):
			return &node{kind: callNode, value: name}, nil
		}
	}
	return &node{kind: columnNode, value: t.value}, nil
}

// typeName reads a type after a cast, sizes and brackets left out.
func (p *parser) typeName() (string, error) {
	if !p.peek(0).isName() {
		return "", errMore
	}
	var words []string
	for {
		t := p.peek(0)
		if !t.isName() || len(words) > 0 && !strings.Contains(" varying precision without with time zone unsigned signed integer ", " "+strings.ToLower(t.value)+" ") {
			break
		}
		words = append(words, strings.ToLower(t.value))
		p.tokens = p.tokens[1:]
		if p.accept(".") {
			words = words[:0]
		}
		if p.peek(0).is("(") {
			if err := p.skipSizes(); err != nil {
				return "", err
			}
		}
	}
	name := strings.Join(words, " ")
	for p.accept("[", "]") {
		name += "[]"
	}
	if name == "" {
		return "", errMore
	}
	return name, nil
}

func (p *parser) skipSizes() error {
	for i, t := range p.tokens {
		if t.is(")") {
			p.tokens = p.tokens[i+1:]
			return nil
		}
	}
	return fmt.Errorf("%w: a size is not closed", errMore)
}
