package demo

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"unicode/utf8"
)

// generator makes up rows, always the same ones for one seed.
type generator struct {
	ctx                         context.Context // of the one call that fills the shop
	tx                          *sql.Tx
	rand                        *rand.Rand
	orders, customers, products int
	addresses, categories       int
	prices                      []int64 // in cents, by product
	start                       time.Time
}

// inserter returns a function that inserts one row.
func (g *generator) inserter(table string, columns int) (insert func(...any) error, done func() error, err error) {
	s, err := g.tx.PrepareContext(g.ctx, "INSERT INTO "+table+" VALUES (?"+strings.Repeat(",?", columns-1)+")") //nolint:sqlclosecheck // done closes it
	if err != nil {
		return nil, nil, err
	}
	insert = func(values ...any) error {
		if _, err := s.ExecContext(g.ctx, values...); err != nil {
			return fmt.Errorf("insert into %s: %w", table, err)
		}
		return g.ctx.Err()
	}
	return insert, s.Close, nil
}

func pick[T any](g *generator, from []T) T { return from[g.rand.IntN(len(from))] }

// maybe returns the value, or NULL that many times in a hundred.
func (g *generator) maybe(nulls int, v any) any {
	if g.rand.IntN(100) < nulls {
		return nil
	}
	return v
}

// money writes cents as a decimal.
func money(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

// moment is a time up to so many days after the shop has opened, in whole milliseconds.
func (g *generator) moment(days int) time.Time {
	return g.start.Add(time.Duration(g.rand.Int64N(int64(days)*86_400_000)) * time.Millisecond)
}

// stamp writes a time the way most programs do, with a fraction only where there is one.
func stamp(t time.Time) string {
	if t.Nanosecond() == 0 {
		return t.Format(time.DateTime)
	}
	return t.Format(time.DateTime + ".000")
}

func (g *generator) sentence(words int) string {
	var b strings.Builder
	for i := range words {
		w := pick(g, vocabulary)
		if i == 0 {
			_, n := utf8.DecodeRuneInString(w)
			w = strings.ToUpper(w[:n]) + w[n:]
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(w)
	}
	b.WriteByte('.')
	return b.String()
}

func (g *generator) uuid() string {
	a, b := g.rand.Uint64(), g.rand.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}

// image is a made-up picture: the head of a PNG file, then noise. Most are small, a few are large.
func (g *generator) image() []byte {
	size := 300 << g.rand.IntN(7)
	if g.rand.IntN(50) == 0 {
		size = 200_000 + g.rand.IntN(400_000)
	}
	b := make([]byte, size+g.rand.IntN(size))
	copy(b, "\x89PNG\r\n\x1a\n")
	for i := 8; i+8 <= len(b); i += 8 {
		n := g.rand.Uint64()
		for j := range 8 {
			b[i+j] = byte(n >> (8 * j))
		}
	}
	return b
}
