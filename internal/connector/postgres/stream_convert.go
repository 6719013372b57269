package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// convert has the server turn a value in its type's binary form into what an expression over $1 makes of it, in binary.
func (w *wire) convert(ctx context.Context, expression string, oid uint32, value []byte, take func([]byte) error) error {
	return w.compute(ctx, "SELECT "+expression, []uint32{oid}, []byte{'b'}, [][]byte{value}, take)
}

// compute has the server answer a question for one value, in binary, over parameters in the forms in which a stream tells values: binary, text or null.
func (w *wire) compute(ctx context.Context, sql string, types []uint32, kinds []byte, values [][]byte, take func([]byte) error) error {
	defer w.watch(ctx)()
	p := pipeline{w: w}
	p.parse("", sql, types)
	at := p.bindAs(kinds)
	for i, value := range values {
		if kinds[i] == 'n' {
			p.out = append(p.out, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		p.parameter(value)
	}
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
		return s.ask("convert a value", func(ctx context.Context, w *wire, take func([]byte) error) error {
			return w.convert(ctx, expression, oid, p, take)
		}, in.decode, v)
	}
}

// asideError is a failure of the connection beside the stream, of which the value that was asked about is not the reason.
type asideError struct{ error }

func (e asideError) Unwrap() error { return e.error }

// ask appends what the server answers to a question about one value.
func (s *stream) ask(doing string, question func(ctx context.Context, w *wire, take func([]byte) error) error, decode decoder, v *change.Vector) error {
	ctx, cancel := context.WithTimeout(s.pump.ctx, connectTimeout)
	defer cancel()
	var unfit error
	err := s.side.do(ctx, func(w *wire) error {
		return question(ctx, w, func(made []byte) error {
			if made == nil {
				v.AppendNull()
				return nil
			}
			unfit = decode(v, made)
			return nil
		})
	})
	if err == nil {
		return unfit
	}
	if pg := serverErrorIn(err); pg != nil && !passes(pg.Code) {
		return err
	}
	if ctx.Err() != nil && s.pump.ctx.Err() == nil {
		return asideError{&connector.Error{Class: connector.Lost, Err: fmt.Errorf("%s: no answer within %s", doing, connectTimeout)}}
	}
	return asideError{classify(ctx, doing, err)}
}

// passes reports whether an SQLSTATE tells of the server's state, which may be another in a moment, and not of what it was asked.
func passes(code string) bool {
	class, _ := classOfState(code)
	return class == connector.Lost || class == connector.Busy || class == connector.Full || strings.HasPrefix(code, "57")
}
