package expr

import "strings"

// resolver makes the node of a $NAME.
type resolver func(name string, at int) (node, error)

// parser is a descent through the levels of SQLite's operators, the loosest first.
type parser struct {
	lexer   lexer
	tok     token
	resolve resolver
	depth   int
	// held is an operand that is already read: the next operand of any level.
	held node
	// called are the functions that were called, in lower case.
	called []string
	// clock says that a time is asked for that the expression does not give, now that one of its texts is 'now', dated that it makes times of
	// texts at all.
	clock, now, dated bool
}

// maxDepth bounds how deep expressions nest, so that no text can exhaust the stack.
const maxDepth = 200

// maxSource bounds the text for the same reason: a chain of operators is as deep as it is long.
const maxSource = 64 << 10

func parse(src string, resolve resolver) (node, error) {
	return (&parser{lexer: lexer{src: src}, resolve: resolve}).whole()
}

// whole reads the whole text as one expression.
func (p *parser) whole() (node, error) {
	if len(p.lexer.src) > maxSource {
		return nil, p.fail(maxSource, "the expression is longer than %d bytes", maxSource)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.expression()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != endToken {
		return nil, p.unexpected("the end of the expression")
	}
	return n, nil
}

func (p *parser) advance() (err error) {
	p.tok, err = p.lexer.next()
	return err
}

func (p *parser) fail(at int, format string, args ...any) error {
	return p.lexer.fail(at, format, args...)
}

func (p *parser) unexpected(want string) error {
	switch {
	case p.tok.kind == endToken:
		return p.fail(p.tok.at, "the expression ends where %s should follow", want)
	case isStatement(p.tok):
		return p.fail(p.tok.at, "only an expression is allowed here, no %s statement", strings.ToUpper(p.tok.text))
	}
	return p.fail(p.tok.at, "%q stands where %s should be", p.lexer.src[p.tok.at:p.lexer.at], want)
}

func isStatement(t token) bool {
	if t.kind != wordToken {
		return false
	}
	switch strings.ToUpper(t.text) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "WITH", "PRAGMA", "ATTACH", "ALTER", "REPLACE", "EXISTS", "RAISE":
		return true
	}
	return false
}

func (p *parser) is(word string) bool {
	return p.tok.kind == wordToken && strings.EqualFold(p.tok.text, word)
}

func (p *parser) isSign(s string) bool { return p.tok.kind == signToken && p.tok.text == s }

// accept passes a word if it is next.
func (p *parser) accept(word string) (bool, error) {
	if !p.is(word) {
		return false, nil
	}
	return true, p.advance()
}

func (p *parser) expect(sign string) error {
	if !p.isSign(sign) {
		return p.unexpected("\"" + sign + "\"")
	}
	return p.advance()
}

func (p *parser) expectWord(word string) error {
	if !p.is(word) {
		return p.unexpected(word)
	}
	return p.advance()
}

// enter counts the depth; the caller defers leave.
func (p *parser) enter() error {
	if p.depth++; p.depth > maxDepth {
		return p.fail(p.tok.at, "the expression nests deeper than %d levels", maxDepth)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// expression is the level of OR.
func (p *parser) expression() (node, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	return p.logic("OR", p.and)
}

func (p *parser) and() (node, error) { return p.logic("AND", p.not) }

func (p *parser) logic(word string, operand func() (node, error)) (node, error) {
	left, err := operand()
	for err == nil && p.is(word) {
		if err = p.advance(); err != nil {
			break
		}
		var right node
		if right, err = operand(); err == nil {
			left = &logic{or: word == "OR", left: left, right: right}
		}
	}
	return left, err
}

func (p *parser) not() (node, error) {
	negate, err := p.accept("NOT")
	if err != nil {
		return nil, err
	}
	if !negate {
		return p.equality()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	of, err := p.not()
	return &not{of: of}, err
}

// binary is a level of operators that group to the left.
func (p *parser) binary(operand func() (node, error), build func(op string, l, r node) node, signs ...string) (node, error) {
	left, err := operand()
	for err == nil && p.tok.kind == signToken && contains(signs, p.tok.text) {
		op := p.tok.text
		if err = p.advance(); err != nil {
			break
		}
		var right node
		if right, err = operand(); err == nil {
			left = build(op, left, right)
		}
	}
	return left, err
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (p *parser) relation() (node, error) {
	return p.binary(p.bits, func(op string, l, r node) node { return newComparison(op, l, r) }, "<", "<=", ">", ">=")
}

func (p *parser) bits() (node, error) {
	return p.binary(p.sum, func(op string, l, r node) node { return &bits{op: op, left: l, right: r} }, "&", "|", "<<", ">>")
}

func newArithmetic(op string, l, r node) node { return &arithmetic{op: op[0], left: l, right: r} }

func (p *parser) sum() (node, error) { return p.binary(p.product, newArithmetic, "+", "-") }

func (p *parser) product() (node, error) { return p.binary(p.concat, newArithmetic, "*", "/", "%") }

func (p *parser) concat() (node, error) {
	return p.binary(p.unary, func(_ string, l, r node) node {
		if c, ok := l.(*concat); ok {
			c.parts = append(c.parts, r)
			return c
		}
		return &concat{parts: []node{l, r}}
	}, "||")
}

func (p *parser) unary() (node, error) {
	if n := p.held; n != nil {
		p.held = nil
		return n, nil
	}
	if p.tok.kind != signToken || !contains([]string{"-", "+", "~"}, p.tok.text) {
		return p.primary()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	op := p.tok.text
	if err := p.advance(); err != nil {
		return nil, err
	}
	if op == "-" && p.tok.kind == numberToken {
		return p.number("-")
	}
	of, err := p.unary()
	switch op {
	case "-":
		return &arithmetic{op: '-', left: &constant{v: integer(0)}, right: of}, err
	case "~":
		return &invert{of: of}, err
	}
	return &unaryPlus{of: of}, err
}
