package expr

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"unicode/utf8"

	"github.com/whimbreldb/whimbrel/internal/change"
)

func textFunction(name string) (function, bool) {
	switch name {
	case "lower", "upper":
		return function{1, 1, changeCase(name == "upper"), nil}, true
	case "ltrim", "rtrim", "trim":
		return function{1, 2, trim(name != "rtrim", name != "ltrim"), nil}, true
	case "replace":
		return function{3, 3, replace, nil}, true
	case "substr", "substring":
		return function{2, 3, substr, nil}, true
	case "instr":
		return function{2, 2, instr, nil}, true
	case "length":
		return function{1, 1, length, nil}, true
	case "hex":
		return function{1, 1, hexOf, nil}, true
	case "hash_sha256":
		return function{1, 1, hash, nil}, true
	case "char":
		return function{0, -1, char, nil}, true
	case "unicode":
		return function{1, 1, unicodeOf, nil}, true
	case "typeof":
		return function{1, 1, typeOf, nil}, true
	case "randomblob":
		return function{1, 1, randomBlob, nil}, true
	case "zeroblob":
		return function{1, 1, zeroBlob, nil}, true
	case "operation_indicator":
		return function{3, 3, operationIndicator, nil}, true
	}
	return function{}, false
}

// operationIndicator is DMS's: of three values that of the change that made the row, in the order delete, update, insert.
func operationIndicator(f *frame, a []Value) Value {
	op := change.Insert
	if f.env != nil {
		op = f.env.Change.Op
	}
	switch op {
	case change.Delete:
		return a[0]
	case change.Update:
		return a[1]
	default:
		return a[2]
	}
}

func changeCase(upper bool) func(*frame, []Value) Value {
	return func(f *frame, a []Value) Value {
		p, ok := f.text(a[0])
		if !ok {
			return Value{}
		}
		start := len(f.arena)
		for _, c := range p {
			switch {
			case upper && c >= 'a' && c <= 'z':
				c -= 'a' - 'A'
			case !upper && c >= 'A' && c <= 'Z':
				c += 'a' - 'A'
			}
			f.arena = append(f.arena, c)
		}
		return text(f.since(start))
	}
}

func trim(left, right bool) func(*frame, []Value) Value {
	return func(f *frame, a []Value) Value {
		p, ok := f.text(a[0])
		set := []byte(" ")
		if ok && len(a) == 2 {
			set, ok = f.text(a[1])
		}
		if !ok {
			return Value{}
		}
		for left && len(p) > 0 {
			_, n := utf8.DecodeRune(p)
			if !hasRune(set, p[:n]) {
				break
			}
			p = p[n:]
		}
		for right && len(p) > 0 {
			_, n := utf8.DecodeLastRune(p)
			if !hasRune(set, p[len(p)-n:]) {
				break
			}
			p = p[:len(p)-n]
		}
		return text(p)
	}
}

func hasRune(set, c []byte) bool {
	for len(set) > 0 {
		_, n := utf8.DecodeRune(set)
		if bytes.Equal(set[:n], c) {
			return true
		}
		set = set[n:]
	}
	return false
}

func replace(f *frame, a []Value) Value {
	s, ok1 := f.text(a[0])
	pattern, ok2 := f.text(a[1])
	if !ok1 || !ok2 {
		return Value{}
	}
	if len(pattern) == 0 {
		return text(s)
	}
	with, ok := f.text(a[2])
	if !ok {
		return Value{}
	}
	start := len(f.arena)
	for {
		i := bytes.Index(s, pattern)
		if i < 0 {
			f.arena = append(f.arena, s...)
			return text(f.since(start))
		}
		f.arena = append(f.arena, s[:i]...)
		f.arena = append(f.arena, with...)
		s = s[i+len(pattern):]
		if len(f.arena)-start > maxText {
			return f.fail(errTextSize)
		}
	}
}

// substr counts characters from 1, or from the end when negative; a negative length takes what stands before.
func substr(f *frame, a []Value) Value {
	if a[0].Class == Null || a[1].Class == Null || len(a) == 3 && a[2].Class == Null {
		return Value{}
	}
	p, _ := f.text(a[0])
	binary := a[0].Class == Blob
	size := int64(len(p))
	if binary && size == 0 {
		return Value{} // SQLite has no pointer to show for an empty blob
	}
	if !binary {
		size = int64(utf8.RuneCount(p))
	}
	count := int64(math.MaxInt64)
	if len(a) == 3 {
		count = a[2].int64()
	}
	from, to := window(a[1].int64(), count, size)
	if binary {
		return blob(p[from:to])
	}
	return text(p[runeOffset(p, from):runeOffset(p, to)])
}

// window turns substr's arguments into a range of a text of that size.
func window(begin, count, size int64) (from, to int64) {
	switch {
	case begin < 0:
		begin += size
		if begin < 0 {
			count = max(count, 0) + begin
			begin = 0
		}
	case begin > 0:
		begin--
	case count > 0:
		count--
	}
	if count < 0 {
		count = min(begin, -max(count, -begin))
		begin -= count
	}
	from = min(begin, size)
	return from, from + min(count, size-from)
}

func runeOffset(p []byte, runes int64) int {
	at := 0
	for ; runes > 0 && at < len(p); runes-- {
		_, n := utf8.DecodeRune(p[at:])
		at += n
	}
	return at
}

func instr(f *frame, a []Value) Value {
	if a[0].Class == Null || a[1].Class == Null {
		return Value{}
	}
	p, _ := f.text(a[0])
	q, _ := f.text(a[1])
	i := bytes.Index(p, q)
	if i < 0 {
		return integer(0)
	}
	if a[0].Class == Blob && a[1].Class == Blob {
		return integer(int64(i) + 1)
	}
	return integer(int64(utf8.RuneCount(p[:i])) + 1)
}

func length(f *frame, a []Value) Value {
	p, ok := f.text(a[0])
	switch {
	case !ok:
		return Value{}
	case a[0].Class == Blob:
		return integer(int64(len(p)))
	}
	if i := bytes.IndexByte(p, 0); i >= 0 {
		p = p[:i]
	}
	return integer(int64(utf8.RuneCount(p)))
}

func hexOf(f *frame, a []Value) Value {
	p, _ := f.text(a[0])
	start := len(f.arena)
	f.arena = appendUpperHex(f.arena, p)
	return text(f.since(start))
}

func appendUpperHex(dst, p []byte) []byte {
	const digits = "0123456789ABCDEF"
	for _, c := range p {
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst
}

// hash is DMS's hash_sha256: 64 hexadecimal digits in lower case.
func hash(f *frame, a []Value) Value {
	p, ok := f.text(a[0])
	if !ok {
		return Value{}
	}
	sum := sha256.Sum256(p)
	start := len(f.arena)
	f.arena = hex.AppendEncode(f.arena, sum[:])
	return text(f.since(start))
}

func char(f *frame, a []Value) Value {
	start := len(f.arena)
	for _, v := range a {
		c := v.int64()
		if c < 0 || c > utf8.MaxRune {
			c = utf8.RuneError
		}
		f.arena = utf8.AppendRune(f.arena, rune(c))
	}
	return text(f.since(start))
}

func unicodeOf(f *frame, a []Value) Value {
	p, ok := f.text(a[0])
	if !ok || len(p) == 0 {
		return Value{}
	}
	c, _ := utf8.DecodeRune(p)
	if c == 0 {
		return Value{}
	}
	return integer(int64(c))
}

func typeOf(_ *frame, a []Value) Value {
	names := [...]string{Null: "null", Integer: "integer", Real: "real", Text: "text", Blob: "blob"}
	return text([]byte(names[a[0].settled().Class]))
}

// maxBlob bounds what randomblob and zeroblob make.
const maxBlob = 64 << 20

// maxText bounds what replace and || make, as SQLite does.
const maxText = 1 << 30

var errTextSize = errors.New("the text would be larger than 1 GiB")

var errBlobSize = errors.New("the blob would be larger than 64 MiB")

func randomBlob(f *frame, a []Value) Value {
	n := max(a[0].int64(), 1)
	if n > maxBlob {
		return f.fail(errBlobSize)
	}
	p := make([]byte, n)
	_, _ = rand.Read(p) // never fails: it ends the program instead
	return blob(p)
}

func zeroBlob(f *frame, a []Value) Value {
	n := max(a[0].int64(), 0)
	if n > maxBlob {
		return f.fail(errBlobSize)
	}
	return blob(make([]byte, n))
}
