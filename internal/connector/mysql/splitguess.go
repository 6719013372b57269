package mysql

import (
	"context"
	"encoding/hex"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// longestWalk bounds how many rows are passed over in search of a key that no guess has found.
const longestWalk = 10000

// candidate is a key between two others with the estimates of the rows on both sides.
type candidate struct {
	key         []string
	left, right int64
}

// isBalanced reports whether neither side has more than four fifths of the rows.
func (k *candidate) isBalanced() bool {
	return k != nil && max(k.left, k.right) <= (k.left+k.right)*4/5
}

// between finds a key that lies between two, if it can near the middle. Guesses are only guesses: what is returned is
// a key of the index that the server itself has placed after low and before high. nil means there is none.
func (c *cutter) between(ctx context.Context, low, high []string, rows int64) (*candidate, error) {
	inside, err := c.strictly(low, high)
	if err != nil {
		return nil, err
	}
	var best *candidate
	for _, guess := range c.guesses(low, high) {
		k, err := c.try(ctx, inside, guess, low, high)
		if err != nil {
			return nil, err
		}
		if k.isBalanced() {
			return k, nil
		}
		if k != nil && (best == nil || max(k.left, k.right) < max(best.left, best.right)) {
			best = k
		}
	}
	if best != nil {
		return best, nil
	}
	key, err := c.key(ctx, inside, c.names(), min(rows/2, longestWalk))
	if err != nil || key == nil {
		return nil, err
	}
	return c.weigh(ctx, low, key, high)
}

// try looks for the first key at or after a guess.
func (c *cutter) try(ctx context.Context, inside string, guess, low, high []string) (*candidate, error) {
	sp := spec{From: [][]string{guess}}
	for _, column := range c.columns[:len(guess)] {
		sp.Columns = append(sp.Columns, column.Name)
	}
	from, err := sp.conditions(c.table)
	if err != nil {
		return nil, err
	}
	key, err := c.key(ctx, inside+" AND "+from[0], c.names(), 0)
	if err != nil || key == nil {
		return nil, err
	}
	return c.weigh(ctx, low, key, high)
}

// weigh estimates the rows on both sides of a key.
func (c *cutter) weigh(ctx context.Context, low, key, high []string) (*candidate, error) {
	left, err := c.estimate(ctx, low, key)
	if err != nil {
		return nil, err
	}
	right, err := c.estimate(ctx, key, high)
	return &candidate{key: key, left: left, right: right}, err
}

// strictly is the condition on keys after low and before high.
func (c *cutter) strictly(low, high []string) (string, error) {
	where, err := c.span(low, high)
	if err != nil {
		return "", err
	}
	var same []string
	for i, column := range c.columns {
		l, err := valueLiteral(column, low[i])
		if err != nil {
			return "", err
		}
		same = append(same, quoteIdent(column.Name)+" = "+l)
	}
	return where + " AND NOT (" + strings.Join(same, " AND ") + ")", nil
}

// probes are tried after what two texts have in common when the middle of their characters was no good guess, because
// their collation has an order of its own.
const probes = "MFT5CIPX38"

// guesses are beginnings of keys that may lie half way between two: equal as long as those are, then the middle.
func (c *cutter) guesses(low, high []string) [][]string {
	for i, column := range c.columns {
		if low[i] == high[i] {
			continue
		}
		m := middleOf(column, low[i], high[i])
		if m == "" || m == low[i] {
			// Neighbours: the cut lies among the rows that share low's value, or there is none.
			return nil
		}
		same := low[:i:i]
		out := [][]string{append(same, m)}
		if isText(column.BaseType) {
			for _, start := range starts(low[i], high[i]) {
				for _, p := range probes {
					out = append(out, append(same, start+string(p)))
				}
			}
		}
		return out
	}
	return nil
}

func isText(base string) bool { return base == "char" || base == "varchar" }

// starts are what a key between two texts may begin with: what both begin with, and then more and more of the lower,
// for when its group of keys is the large one, or one character more of the upper.
func starts(low, high string) []string {
	n := len([]rune(commonStart(low, high)))
	l, h := []rune(low), []rune(high)
	out := []string{string(l[:n])}
	for m := n + 1; m <= min(n+3, len(l)); m++ {
		out = append(out, string(l[:m]))
	}
	if n < len(h) {
		out = append(out, string(h[:n+1]))
	}
	return out
}

// commonStart is what two texts begin with.
func commonStart(a, b string) string {
	x, y := []rune(a), []rune(b)
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	return string(x[:n])
}

// middleOf returns a value about half way between two, or "".
func middleOf(c *catalog.Column, low, high string) string {
	switch {
	case isInteger(c.BaseType):
		return middleInteger(low, high)
	case c.BaseType == "decimal":
		return middleDecimal(low, high)
	case c.BaseType == "date":
		return middleTime(time.DateOnly, low, high)
	case c.BaseType == "datetime" || c.BaseType == "timestamp":
		return middleTime(time.DateTime, low[:min(len(low), 19)], high[:min(len(high), 19)])
	case c.BaseType == "time":
		return ""
	case isBinary(c.BaseType):
		return middleBinary(low, high)
	case c.BaseType == "uuid":
		return middleUUID(low, high)
	}
	return middleText(low, high, strings.HasPrefix(c.Charset, "utf8"))
}

func middleInteger(low, high string) string {
	a, ok1 := new(big.Int).SetString(low, 10)
	b, ok2 := new(big.Int).SetString(high, 10)
	if !ok1 || !ok2 {
		return ""
	}
	return a.Add(a, b).Rsh(a, 1).String()
}

func middleDecimal(low, high string) string {
	a, err1 := strconv.ParseFloat(low, 64)
	b, err2 := strconv.ParseFloat(high, 64)
	if err1 != nil || err2 != nil {
		return ""
	}
	return strconv.FormatFloat(a+(b-a)/2, 'f', 4, 64)
}

func middleTime(layout, low, high string) string {
	a, err1 := time.Parse(layout, low)
	b, err2 := time.Parse(layout, high)
	if err1 != nil || err2 != nil {
		return ""
	}
	seconds := a.Unix() + (b.Unix()-a.Unix())/2
	return time.Unix(seconds, 0).UTC().Format(layout)
}

func middleBinary(low, high string) string {
	a, err1 := hex.DecodeString(strings.TrimPrefix(low, "0x"))
	b, err2 := hex.DecodeString(strings.TrimPrefix(high, "0x"))
	if err1 != nil || err2 != nil {
		return ""
	}
	n := max(len(a), len(b)) + 1
	return "0x" + hex.EncodeToString(middleBytes(a, b, n))
}

// middleBytes is the middle of two byte strings seen as fractions, in n bytes.
func middleBytes(a, b []byte, n int) []byte {
	x := new(big.Int).SetBytes(append(append([]byte(nil), a...), make([]byte, n-len(a))...))
	y := new(big.Int).SetBytes(append(append([]byte(nil), b...), make([]byte, n-len(b))...))
	return x.Add(x, y).Rsh(x, 1).FillBytes(make([]byte, n))
}

// middleUUID treats a UUID as the number that its digits spell; the server orders some versions otherwise, which costs
// balance only.
func middleUUID(low, high string) string {
	m := strings.TrimPrefix(middleBinary(strings.ReplaceAll(low, "-", ""), strings.ReplaceAll(high, "-", "")), "0x")
	if len(m) < 32 {
		return ""
	}
	return m[:8] + "-" + m[8:12] + "-" + m[12:16] + "-" + m[16:20] + "-" + m[20:32]
}

// middleText keeps what two strings begin with and continues with characters half way between theirs. It knows
// nothing of collations.
func middleText(low, high string, unicode bool) string {
	a, b := []rune(low), []rune(high)
	n := len([]rune(commonStart(low, high)))
	// Three digits of characters after the common beginning are precise enough.
	const digits = 3
	at := func(r []rune, i int) int64 {
		if i < len(r) {
			return int64(r[i])
		}
		return 0
	}
	base := int64(utf8.MaxRune) + 1
	var x, y int64
	for i := n; i < n+digits; i++ {
		x, y = x*base+at(a, i), y*base+at(b, i)
	}
	m := x + (y-x)/2
	out := append([]rune(nil), a[:n]...)
	for i := digits - 1; i >= 0; i-- {
		unit := int64(1)
		for range i {
			unit *= base
		}
		out = append(out, sensible(rune(m/unit%base), unicode))
	}
	return string(out)
}

// sensible replaces what is no character, or none of the column's character set: comparing with that would keep the
// server from using the index.
func sensible(r rune, unicode bool) rune {
	if r < ' ' || r > 0xd7ff || r > '~' && !unicode {
		return 'M'
	}
	return r
}
