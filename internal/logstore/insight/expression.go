package insight

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// expression makes a value of a row.
type expression func(*row) value

// deepest bounds how expressions nest.
const deepest = 64

type parser struct {
	tokens []token
	next   int
	depth  int
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.kind != end {
		p.next++
	}
	return t
}

// sign takes a sign if it stands there; word a word, in any letters' case.
func (p *parser) sign(s string) bool {
	if t := p.peek(); t.kind == sign && t.text == s {
		p.take()
		return true
	}
	return false
}

func (p *parser) word(w string) bool {
	if t := p.peek(); t.kind == word && strings.EqualFold(t.text, w) {
		p.take()
		return true
	}
	return false
}

func (p *parser) want(s string) error {
	if !p.sign(s) {
		return p.unexpected("%q", s)
	}
	return nil
}

func (p *parser) unexpected(form string, args ...any) error {
	t := p.peek()
	if t.kind == end {
		return wrong(t.at, "the query ends where "+form+" is wanted", args...)
	}
	return wrong(t.at, "%q stands where "+form+" is wanted", append([]any{t.text}, args...)...)
}

func (p *parser) expression() (expression, error) {
	if p.depth++; p.depth > deepest {
		return nil, wrong(p.peek().at, "the query nests more than %d levels deep", deepest)
	}
	defer func() { p.depth-- }()
	left, err := p.conjunction()
	for err == nil && p.word("or") {
		one := left
		var right expression
		if right, err = p.conjunction(); err == nil {
			left = func(r *row) value { return truthValue(one(r).true() || right(r).true()) }
		}
	}
	return left, err
}

func (p *parser) conjunction() (expression, error) {
	left, err := p.negation()
	for err == nil && p.word("and") {
		one := left
		var right expression
		if right, err = p.negation(); err == nil {
			left = func(r *row) value { return truthValue(one(r).true() && right(r).true()) }
		}
	}
	return left, err
}

func (p *parser) negation() (expression, error) {
	nots := 0
	for p.word("not") {
		nots++
	}
	of, err := p.comparison()
	if nots%2 == 1 && err == nil {
		return func(r *row) value { return truthValue(!of(r).true()) }, nil
	}
	return of, err
}

func (p *parser) comparison() (expression, error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	t := p.peek()
	if t.kind == word {
		before := p.next
		not := p.word("not")
		switch {
		case p.word("like"):
			return p.like(left, not)
		case p.word("in"):
			return p.in(left, not)
		}
		p.next = before
		return left, nil
	}
	if t.kind != sign {
		return left, nil
	}
	switch t.text {
	case "=~":
		p.take()
		return p.like(left, false)
	case "=", "==", "!=", "<", "<=", ">", ">=":
		p.take()
		right, err := p.sum()
		op := strings.Replace(t.text, "==", "=", 1)
		return func(r *row) value { return truthValue(compare(op, left(r), right(r))) }, err
	}
	return left, nil
}

// order compares values: as numbers where both are, otherwise as texts.
func order(a, b value) int {
	x, isNum := a.asNumber()
	y, also := b.asNumber()
	switch {
	case isNum && also && x < y:
		return -1
	case isNum && also && x > y:
		return 1
	case isNum && also:
		return 0
	}
	return strings.Compare(a.text, b.text)
}

func compare(op string, a, b value) bool {
	if !a.there || !b.there {
		return op == "!=" && a.there != b.there
	}
	c := order(a, b)
	switch op {
	case "=":
		return c == 0
	case "!=":
		return c != 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

func (p *parser) like(left expression, not bool) (expression, error) {
	t := p.take()
	switch t.kind {
	case text:
		return func(r *row) value { return truthValue(strings.Contains(left(r).text, t.text) != not) }, nil
	case regex:
		re, err := regexp.Compile(t.text)
		if err != nil {
			return nil, wrong(t.at, "the regular expression is not valid (%v)", err)
		}
		return func(r *row) value { return truthValue(re.MatchString(left(r).text) != not) }, nil
	}
	return nil, wrong(t.at, "like compares with a text in quotes or a /regular expression/")
}

func (p *parser) in(left expression, not bool) (expression, error) {
	if err := p.want("["); err != nil {
		return nil, err
	}
	var all []expression
	for !p.sign("]") {
		if len(all) > 0 {
			if err := p.want(","); err != nil {
				return nil, err
			}
		}
		item, err := p.sum()
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return func(r *row) value {
		v, found := left(r), false
		for _, item := range all {
			found = found || compare("=", v, item(r))
		}
		return truthValue(found != not)
	}, nil
}

func (p *parser) sum() (expression, error) {
	left, err := p.product()
	for err == nil {
		op := p.peek()
		if op.kind != sign || op.text != "+" && op.text != "-" {
			break
		}
		p.take()
		left, err = p.arithmetic(left, op.text, p.product)
	}
	return left, err
}

func (p *parser) product() (expression, error) {
	left, err := p.operand()
	for err == nil {
		op := p.peek()
		if op.kind != sign || !strings.Contains("*/%^", op.text) {
			break
		}
		p.take()
		left, err = p.arithmetic(left, op.text, p.operand)
	}
	return left, err
}

func (p *parser) arithmetic(left expression, op string, next func() (expression, error)) (expression, error) {
	right, err := next()
	return func(r *row) value {
		a, ok := left(r).asNumber()
		b, also := right(r).asNumber()
		if !ok || !also {
			return value{}
		}
		switch op {
		case "+":
			return numberValue(a + b)
		case "-":
			return numberValue(a - b)
		case "*":
			return numberValue(a * b)
		case "^":
			return numberValue(math.Pow(a, b))
		}
		if b == 0 {
			return value{}
		}
		if op == "/" {
			return numberValue(a / b)
		}
		return numberValue(math.Mod(a, b))
	}, err
}

func (p *parser) operand() (expression, error) {
	if p.depth++; p.depth > deepest {
		return nil, wrong(p.peek().at, "the query nests more than %d levels deep", deepest)
	}
	defer func() { p.depth-- }()
	t := p.take()
	switch {
	case t.kind == number:
		n, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			return nil, wrong(t.at, "%q is no number", t.text)
		}
		v := numberValue(n)
		return func(*row) value { return v }, nil
	case t.kind == text:
		v := textValue(t.text)
		return func(*row) value { return v }, nil
	case t.kind == sign && t.text == "(":
		inner, err := p.expression()
		if err != nil {
			return nil, err
		}
		return inner, p.want(")")
	case t.kind == sign && t.text == "-":
		of, err := p.operand()
		return func(r *row) value {
			if n, ok := of(r).asNumber(); ok {
				return numberValue(-n)
			}
			return value{}
		}, err
	case t.kind == word && p.sign("("):
		return p.call(t)
	case t.kind == word:
		return func(r *row) value { return r.get(t.text) }, nil
	case t.kind == end:
		return nil, wrong(t.at, "the query ends where a field or value is wanted")
	}
	return nil, wrong(t.at, "%q stands where a field or value is wanted", t.text)
}

// call reads the arguments of a function.
func (p *parser) call(t token) (expression, error) {
	name := strings.ToLower(t.text)
	if name == "bin" {
		return p.bin()
	}
	f, known := scalars()[name]
	if !known {
		return nil, wrong(t.at, "there is no function %s", t.text)
	}
	var args []expression
	for !p.sign(")") {
		if len(args) > 0 {
			if err := p.want(","); err != nil {
				return nil, err
			}
		}
		a, err := p.expression()
		if err != nil {
			return nil, err
		}
		args = append(args, a)
	}
	if len(args) < f.least || len(args) > f.most {
		return nil, wrong(t.at, "%s does not take %d arguments", t.text, len(args))
	}
	return func(r *row) value {
		values := make([]value, len(args))
		for i, a := range args {
			values[i] = a(r)
		}
		return r.makes(f.do(values))
	}, nil
}

// bin rounds the event's time down to a span: bin(5m).
func (p *parser) bin() (expression, error) {
	t := p.take()
	span, ok := spanOf(t)
	if !ok {
		return nil, wrong(t.at, "%q is no span such as 30s, 5m or 1h, of up to ten years", t.text)
	}
	return func(r *row) value {
		v := r.get("@timestamp")
		at := int64(v.number) - int64(v.number)%span.Milliseconds()
		return value{text: time.UnixMilli(at).UTC().Format(timeForm), number: float64(at), isNum: true, there: v.there}
	}, p.want(")")
}

// longestSpan is the longest that bin rounds to: a span, and its number of milliseconds, must not overflow.
const longestSpan = 10 * 365 * 24 * time.Hour

func spanOf(t token) (time.Duration, bool) {
	digits := strings.TrimRight(t.text, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.ParseInt(digits, 10, 32)
	unit := map[string]time.Duration{
		"ms": time.Millisecond, "msec": time.Millisecond, "s": time.Second, "sec": time.Second, "m": time.Minute, "min": time.Minute,
		"h": time.Hour, "hr": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
	}[t.text[len(digits):]]
	if t.kind != number || err != nil || n <= 0 || unit == 0 || n > int64(longestSpan/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}
