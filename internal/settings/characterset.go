package settings

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/whimbreldb/whimbrel/internal/document"
)

// CharacterSetSettings replaces characters of text on the way: first the replacements, then what the target's
// character set cannot hold.
type CharacterSetSettings struct {
	CharacterReplacements CharacterReplacements
	CharacterSetSupport   *CharacterSetSupport
}

// CharacterReplacements are applied together; of two for one character the last one wins.
type CharacterReplacements []CharacterReplacement

// CharacterReplacement replaces one character. A Target of 0 deletes it.
type CharacterReplacement struct{ Source, Target rune }

// CharacterSetSupport replaces the characters that a character set lacks.
type CharacterSetSupport struct {
	CharacterSet string
	// ReplaceWith takes their place; 0 deletes them.
	ReplaceWith CodePoint `json:"ReplaceWithCharacterCodePoint"`
}

// CodePoint is a character, written in hexadecimal.
type CodePoint rune

func (c *CharacterReplacements) fill(n *document.Node, problems *document.Problems) {
	if n.Kind == document.Null {
		*c = nil
		return
	}
	if n.Kind != document.Array {
		problems.Addf("", n.Path, "is %s; want an array of replacements", n.Show())
		return
	}
	*c = nil
	for _, item := range n.Items {
		r, ok := item.Read("", problems)
		if !ok {
			continue
		}
		*c = append(*c, CharacterReplacement{codePoint(r, "SourceCharacterCodePoint"), codePoint(r, "TargetCharacterCodePoint")})
		r.Done()
	}
}

func codePoint(r *document.Reader, key string) rune {
	n := r.Take(key)
	if n == nil {
		r.Missing(key, "a Unicode code point in hexadecimal, such as 35 or 1F600")
		return 0
	}
	var c CodePoint
	c.fill(n, r.Problems)
	return rune(c)
}

func (c *CodePoint) fill(n *document.Node, problems *document.Problems) {
	digits := n.Text
	for _, prefix := range []string{"U+", "u+", "0x", "0X"} {
		digits = strings.TrimPrefix(digits, prefix)
	}
	v, err := strconv.ParseUint(digits, 16, 32)
	if n.Kind != document.Number && n.Kind != document.String || err != nil || v > utf8.MaxRune || !utf8.ValidRune(rune(v)) {
		problems.Addf("", n.Path, "is %s; want a Unicode code point in hexadecimal, such as 35 or 1F600", n.Show())
		return
	}
	*c = CodePoint(v)
}

// MarshalJSON writes the code point in hexadecimal.
func (c CodePoint) MarshalJSON() ([]byte, error) { return json.Marshal(fmt.Sprintf("%04X", rune(c))) }

// MarshalJSON writes the replacement with DMS's keys.
func (c CharacterReplacement) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct{ SourceCharacterCodePoint, TargetCharacterCodePoint CodePoint }{CodePoint(c.Source), CodePoint(c.Target)})
}

func (c *CharacterSetSettings) check(fail failure) {
	if c != nil && c.CharacterSetSupport != nil && c.CharacterSetSupport.CharacterSet == "" {
		fail("CharacterSetSettings.CharacterSetSupport.CharacterSet", "is missing; want the name of a character set, such as ISO-8859-1")
	}
}
