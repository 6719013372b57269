package validate

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// errTwice says that an object has two members of one name, which only a side that keeps the spelling can hold.
var errTwice = errors.New("two members of one name")

// appendJSON appends a document in one spelling: members by name, no blanks, numbers without zeros at the end. What is no
// document, or would lose something, stays as it is.
func appendJSON(dst, document []byte, dedup bool) []byte {
	start := len(dst)
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	out, err := appendNode(dst, d, dedup)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errTwice
		}
	}
	if err == nil && bytes.ContainsRune(out[start:], utf8.RuneError) && !bytes.ContainsRune(document, utf8.RuneError) {
		err = errTwice // half of a surrogate pair, which the decoder replaces
	}
	if err != nil {
		return append(dst[:start], document...)
	}
	return out
}

func appendNode(dst []byte, d *json.Decoder, dedup bool) ([]byte, error) {
	t, err := d.Token()
	if err != nil {
		return dst, err
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			return appendArray(dst, d, dedup)
		}
		return appendObject(dst, d, dedup)
	case json.Number:
		n, ok := change.AppendDecimal(nil, []byte(t))
		if !ok {
			return append(dst, t...), nil
		}
		return appendTrimmed(dst, n), nil
	default:
		text, err := json.Marshal(t)
		return append(dst, text...), err
	}
}

func appendArray(dst []byte, d *json.Decoder, dedup bool) (_ []byte, err error) {
	dst = append(dst, '[')
	for d.More() {
		if dst, err = appendNode(dst, d, dedup); err != nil {
			return dst, err
		}
		dst = append(dst, ',')
	}
	_, err = d.Token()
	return append(dst, ']'), err
}

func appendObject(dst []byte, d *json.Decoder, dedup bool) ([]byte, error) {
	members := map[string][]byte{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return dst, err
		}
		value, err := appendNode(nil, d, dedup)
		if err != nil {
			return dst, err
		}
		if _, twice := members[name.(string)]; twice && !dedup { //nolint:forcetypeassert // the decoder sees to it
			return dst, errTwice
		}
		members[name.(string)] = value //nolint:forcetypeassert // the decoder sees to it
	}
	if _, err := d.Token(); err != nil {
		return dst, err
	}
	dst = append(dst, '{')
	for _, name := range slices.Sorted(maps.Keys(members)) {
		text, err := json.Marshal(name)
		if err != nil {
			return dst, err
		}
		dst = append(append(append(append(dst, text...), ':'), members[name]...), ',')
	}
	return append(dst, '}'), nil
}
