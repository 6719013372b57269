package postgres

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// convert has the server turn a value in its type's binary form into what an expression over $1 makes of it, in binary.
func (w *wire) convert(ctx context.Context, expression string, oid uint32, value []byte, take func([]byte) error) error {
	defer w.watch(ctx)()
	p := pipeline{w: w}
	p.parse("", "SELECT "+expression, []uint32{oid})
	at := p.bind("", 1)
	p.parameter(value)
	p.out = append(p.out, 0, 1, 0, 1) // the result in binary
	p.end(at)
	p.out = append(p.out, 'E', 0, 0, 0, 9, 0, 0, 0, 0, 0, 'S', 0, 0, 0, 4)
	if err := p.flush(); err != nil {
		return err
	}
	var failed error
	for {
		kind, body, err := w.frame()
		if err != nil {
			return err
		}
		switch kind {
		case 'D':
			values, err := dataRow(body, nil)
			if err == nil && len(values) == 1 && failed == nil {
				failed = take(values[0])
			}
		case 'E':
			failed = serverError(body)
		case 'Z':
			return failed
		}
	}
}

// convertingDecoder reads a binary value as a layout that only the server can make of it. It asks for every single value:
// in a stream of another engine's target everything comes as text, and this is not needed, but for money.
func (s *stream) convertingDecoder(a attribute, l change.Layout) decoder {
	in, err := inflowOf(&a, l, false)
	if err != nil {
		return nil
	}
	return s.converted(in, strings.Replace(in.expression, quote(a.name), "$1", 1), a.oid)
}

// moneyDecoder reads the text of a money, which has a currency's sign and the points of a language, as the number that the server takes it for: it asks
// for every single value.
func (s *stream) moneyDecoder(a *attribute) decoder {
	in, err := inflowOf(a, change.Decimal, false)
	if err != nil {
		return nil
	}
	return s.converted(in, strings.Replace(in.expression, quote(a.name), "CAST($1 AS pg_catalog.money)", 1), oidText)
}

// converted has the server make a value of a type into what an expression makes of it.
func (s *stream) converted(in inflow, expression string, oid uint32) decoder {
	return func(v *change.Vector, p []byte) error {
		ctx, cancel := context.WithTimeout(s.pump.ctx, connectTimeout)
		defer cancel()
		return s.side.do(ctx, func(w *wire) error {
			return w.convert(ctx, expression, oid, p, func(made []byte) error {
				if made == nil {
					v.AppendNull()
					return nil
				}
				return in.decode(v, made)
			})
		})
	}
}
