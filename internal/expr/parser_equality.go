package expr

// equality is the level of = <> IS IN LIKE BETWEEN and the tests for NULL.
func (p *parser) equality() (node, error) {
	left, err := p.relation()
	for err == nil {
		var more bool
		if left, more, err = p.equalityTail(left); !more {
			break
		}
	}
	return left, err
}

func (p *parser) equalityTail(left node) (n node, more bool, err error) {
	switch {
	case p.isSign("=") || p.isSign("=="):
		n, err = p.compareTail("=", left)
	case p.isSign("<>") || p.isSign("!="):
		n, err = p.compareTail("<>", left)
	case p.is("ISNULL") || p.is("NOTNULL"):
		n, err = p.closeTail(nullTest(left, p.is("NOTNULL")), p.advance())
	case p.is("IS"):
		n, err = p.isTail(left)
	case p.is("NOT"):
		n, err = p.notTail(left)
	case p.is("IN") || p.is("LIKE") || p.is("BETWEEN"):
		n, err = p.wordTail(left, false)
	case p.is("GLOB") || p.is("REGEXP") || p.is("MATCH") || p.is("COLLATE") || p.isSign("->"):
		err = p.fail(p.tok.at, "the operator %s is not available", p.tok.text)
	default:
		return left, false, nil
	}
	return n, true, err
}

// closeTail goes on after a test that has no right operand: as SQLite's grammar has it, tighter operators that follow
// take the whole test as their left operand.
func (p *parser) closeTail(n node, err error) (node, error) {
	if err != nil {
		return nil, err
	}
	p.held = n
	return p.relation()
}

func (p *parser) compareTail(op string, left node) (node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	right, err := p.relation()
	if err != nil {
		return nil, err
	}
	return newComparison(op, left, right), nil
}

func nullTest(of node, negate bool) node {
	op := "IS"
	if negate {
		op = "IS NOT"
	}
	return newComparison(op, of, &constant{})
}

// isTail reads IS [NOT] [DISTINCT FROM] x.
func (p *parser) isTail(left node) (node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	negate, err := p.accept("NOT")
	if err != nil {
		return nil, err
	}
	distinct, err := p.accept("DISTINCT")
	if err != nil {
		return nil, err
	}
	if distinct {
		negate = !negate
		if err := p.expectWord("FROM"); err != nil {
			return nil, err
		}
	}
	right, err := p.relation()
	if err != nil {
		return nil, err
	}
	if c, ok := right.(*constant); ok && !distinct && c.word {
		return &isTruth{of: left, want: c.v.Int == 1, negate: negate}, nil
	}
	op := "IS"
	if negate {
		op = "IS NOT"
	}
	return newComparison(op, left, right), nil
}

func (p *parser) notTail(left node) (node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.is("NULL") {
		return p.closeTail(nullTest(left, true), p.advance())
	}
	return p.wordTail(left, true)
}

func (p *parser) wordTail(left node, negate bool) (node, error) {
	switch {
	case p.is("IN"):
		return p.inTail(left, negate)
	case p.is("BETWEEN"):
		return p.betweenTail(left, negate)
	case p.is("LIKE"):
		return p.likeTail(left, negate)
	}
	return nil, p.unexpected("IN, BETWEEN, LIKE or NULL")
}

func (p *parser) inTail(left node, negate bool) (node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if !p.isSign("(") {
		return nil, p.unexpected("a list in parentheses")
	}
	list, err := p.arguments()
	if err != nil {
		return nil, err
	}
	return p.closeTail(&in{of: left, list: list, negate: negate}, nil)
}

func (p *parser) betweenTail(left node, negate bool) (node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	low, err := p.relation()
	if err != nil {
		return nil, err
	}
	if err := p.expectWord("AND"); err != nil {
		return nil, err
	}
	high, err := p.relation()
	if err != nil {
		return nil, err
	}
	return &between{of: left, low: low, high: high, negate: negate}, nil
}

func (p *parser) likeTail(left node, negate bool) (node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	pattern, err := p.relation()
	if err != nil {
		return nil, err
	}
	n := &like{of: left, pattern: pattern, negate: negate}
	if escaped, err := p.accept("ESCAPE"); err != nil || !escaped {
		return n, err
	}
	n.escape, err = p.relation()
	return n, err
}
