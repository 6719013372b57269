package formula

import (
	"slices"
	"strings"
)

// An Expression is a formula that has been read.
type Expression struct {
	root node
	// Names are the ids of other queries that it uses, each once.
	Names []string
	// All says that it uses all metrics of the request: METRICS().
	All bool
}

type node interface {
	eval(e *evaluation) (Value, error)
}

type (
	constant  struct{ value Value }
	reference struct {
		id string
		at int
	}
	unary struct {
		op string
		of node
		at int
	}
	binary struct {
		op          string
		left, right node
		at          int
	}
	call struct {
		name string
		of   function
		args []node
		at   int
	}
	array struct {
		items []node
		at    int
	}
)

// deepest bounds how expressions nest.
const deepest = 64

// Longest is the longest expression, in bytes: CloudWatch's own limit, and what bounds how long a chain of operators is.
const Longest = 2048

type parser struct {
	tokens []token
	next   int
	depth  int
	out    *Expression
}

// Parse reads an expression. What is wrong with it is an *Error.
func Parse(source string) (*Expression, error) {
	if len(source) > Longest {
		return nil, wrong(Longest+1, "the expression is %d bytes long, of at most %d,", len(source), Longest)
	}
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, out: &Expression{}}
	if p.out.root, err = p.expression(0); err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != end {
		return nil, wrong(t.at, "%q is one too many", t.text)
	}
	return p.out, nil
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.kind != end {
		p.next++
	}
	return t
}

func (p *parser) is(op string) bool {
	t := p.peek()
	return t.kind == operator && t.text == op
}

func (p *parser) want(op string) error {
	if !p.is(op) {
		t := p.peek()
		if t.kind == end {
			return wrong(t.at, "%q is missing at the end", op)
		}
		return wrong(t.at, "%q stands where %q is wanted", t.text, op)
	}
	p.take()
	return nil
}

// binding is how tightly an operator binds; 0 for what is none between two operands.
func binding(t token) int {
	op := t.text
	if t.kind == name {
		op = strings.ToUpper(op)
	} else if t.kind != operator {
		return 0
	}
	switch op {
	case "||", "OR":
		return 1
	case "&&", "AND":
		return 2
	case "<", ">", "<=", ">=", "==", "!=":
		return 3
	case "+", "-":
		return 4
	case "*", "/":
		return 5
	case "^":
		return 7
	}
	return 0
}

// negation binds between products and powers: -2^2 is -4.
const negation = 6

func (p *parser) expression(above int) (node, error) {
	if p.depth++; p.depth > deepest {
		return nil, wrong(p.peek().at, "the expression nests more than %d levels deep", deepest)
	}
	defer func() { p.depth-- }()
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	for {
		t := p.peek()
		strength := binding(t)
		if strength == 0 || strength <= above {
			return left, nil
		}
		p.take()
		under := strength
		if t.text == "^" {
			under-- // to the right
		}
		right, err := p.expression(under)
		if err != nil {
			return nil, err
		}
		left = &binary{strings.ToUpper(t.text), left, right, t.at}
	}
}

func (p *parser) operand() (node, error) {
	t := p.take()
	switch {
	case t.kind == number:
		return &constant{Value{Kind: Scalar, Number: t.number}}, nil
	case t.kind == text:
		return &constant{Value{Kind: Text, Text: t.text}}, nil
	case t.kind == name && p.is("("):
		return p.call(t)
	case t.kind == name:
		return p.reference(t)
	case t.text == "(" && t.kind == operator:
		inner, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		return inner, p.want(")")
	case t.text == "[" && t.kind == operator:
		items, err := p.list("]")
		return &array{items, t.at}, err
	case t.kind == operator && (t.text == "-" || t.text == "+"):
		of, err := p.expression(negation)
		return &unary{t.text, of, t.at}, err
	case t.kind == end:
		return nil, wrong(t.at, "the expression ends early")
	}
	return nil, wrong(t.at, "%q stands where a value is wanted", t.text)
}

// words are names that stand for themselves.
var words = []string{"REPEAT", "LINEAR", "ASC", "DSC", "DESC", "AVG", "SUM", "MIN", "MAX"}

func (p *parser) reference(t token) (node, error) {
	if slices.Contains(words, strings.ToUpper(t.text)) && strings.ToUpper(t.text) == t.text {
		return &constant{Value{Kind: Text, Text: t.text}}, nil
	}
	if t.text[0] < 'a' || t.text[0] > 'z' {
		return nil, wrong(t.at, "%q is neither the id of a query, which begins with a small letter, nor a function", t.text)
	}
	if !slices.Contains(p.out.Names, t.text) {
		p.out.Names = append(p.out.Names, t.text)
	}
	return &reference{t.text, t.at}, nil
}

func (p *parser) call(t token) (node, error) {
	f, known := functions()[strings.ToUpper(t.text)]
	if !known {
		return nil, wrong(t.at, "there is no function %s", t.text)
	}
	p.take()
	args, err := p.list(")")
	if err != nil {
		return nil, err
	}
	if len(args) < f.least || len(args) > f.most {
		return nil, wrong(t.at, "%s takes %s, not %d", strings.ToUpper(t.text), arguments(f), len(args))
	}
	if strings.EqualFold(t.text, "METRICS") {
		p.out.All = true
	}
	return &call{strings.ToUpper(t.text), f, args, t.at}, nil
}

// list reads expressions up to what closes them.
func (p *parser) list(closing string) (items []node, err error) {
	for !p.is(closing) {
		if len(items) > 0 {
			if err := p.want(","); err != nil {
				return nil, err
			}
		}
		item, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, p.want(closing)
}
