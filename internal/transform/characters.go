package transform

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// characterFilter replaces characters, then those that the target's character set lacks.
type characterFilter struct {
	ascii      [utf8.RuneSelf]rune // what becomes of each
	plainASCII bool                // no ASCII character changes
	replace    map[rune]rune
	encoder    *encoding.Encoder // nil: every character is in the set
	substitute rune
	known      map[rune]rune // what became of characters seen before
	buf        []byte
}

// deleted is what a character becomes that is to go.
const deleted rune = -1

// maxKnown bounds the memory of characters seen.
const maxKnown = 1 << 16

func newCharacterFilter(c Characters) (*characterFilter, error) {
	f := &characterFilter{replace: map[rune]rune{}, substitute: c.Substitute, known: map[rune]rune{}, plainASCII: true}
	for _, r := range c.Replace {
		f.replace[r.From] = r.To
	}
	if c.Charset != "" && !strings.HasPrefix(strings.ToUpper(c.Charset), "UTF") {
		set, err := ianaindex.IANA.Encoding(c.Charset)
		if err != nil || set == nil {
			return nil, fmt.Errorf("the character set %q is not known or not supported", c.Charset)
		}
		f.encoder = set.NewEncoder()
	}
	for r := range rune(utf8.RuneSelf) {
		f.ascii[r] = f.decide(r)
		f.plainASCII = f.plainASCII && (f.ascii[r] == r)
	}
	return f, nil
}

// decide says what becomes of a character.
func (f *characterFilter) decide(r rune) rune {
	if to, ok := f.replace[r]; ok {
		if to == 0 {
			return deleted
		}
		r = to
	}
	if f.encoder == nil {
		return r
	}
	f.buf = utf8.AppendRune(f.buf[:0], r)
	if _, err := f.encoder.Bytes(f.buf); err == nil {
		return r
	}
	if f.substitute == 0 {
		return deleted
	}
	return f.substitute
}

func (f *characterFilter) become(r rune) rune {
	if r < utf8.RuneSelf {
		return f.ascii[r]
	}
	to, ok := f.known[r]
	if !ok {
		to = f.decide(r)
		if len(f.known) < maxKnown {
			f.known[r] = to
		}
	}
	return to
}

func (f *characterFilter) apply(_ *Transformer, dst, src *change.Vector, _ string) error {
	dst.Reset(src.Layout)
	for i := range src.Len() {
		if src.IsNull(i) {
			dst.AppendNull()
			continue
		}
		dst.Data = f.append(dst.Data, src.Value(i))
		dst.Seal()
	}
	return nil
}

func (f *characterFilter) append(dst, p []byte) []byte {
	if f.plainASCII && isASCII(p) {
		return append(dst, p...)
	}
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		switch to := f.become(r); {
		case r == utf8.RuneError && n == 1 && f.encoder == nil:
			dst = append(dst, p[0]) // not a character: for the target to judge
		case to != deleted:
			dst = utf8.AppendRune(dst, to)
		}
		p = p[n:]
	}
	return dst
}

func isASCII(p []byte) bool {
	for _, c := range p {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
