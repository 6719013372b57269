package binlog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// What a part of a difference does.
const (
	diffReplace = 0
	diffInsert  = 1
	diffRemove  = 2
)

// AppendJSONDiff writes a document of MySQL's binary JSON, changed as a difference of a partial update says. Source:
// MySQL's json_diff.h. Of the document only what the paths lead through is taken apart.
func AppendJSONDiff(dst, document, diff []byte) ([]byte, error) {
	if len(document) == 0 {
		return dst, ErrMalformed
	}
	root := &jsonNode{kind: document[0], raw: document[1:]}
	left := len(document) + len(diff)
	for len(diff) > 0 {
		var err error
		if diff, err = root.change(diff); err != nil {
			return dst, err
		}
	}
	return root.append(dst, &jsonWriter{left: left}, 0)
}

// jsonNode is a value; a list that has been taken apart has parts in place of its bytes.
type jsonNode struct {
	kind  byte
	raw   []byte
	open  bool
	parts []jsonPart
}

// jsonPart is a member of an object or an item of an array.
type jsonPart struct {
	key []byte
	jsonNode
}

func (n *jsonNode) object() bool { return n.kind == jsonSmallObject || n.kind == jsonLargeObject }
func (n *jsonNode) array() bool  { return n.kind == jsonSmallArray || n.kind == jsonLargeArray }

// change carries out the first part of a difference and returns the others.
func (n *jsonNode) change(diff []byte) ([]byte, error) {
	op := diff[0]
	size, b, ok := lenenc(diff[1:])
	if !ok || size > uint64(len(b)) || op > diffRemove {
		return nil, ErrMalformed
	}
	path := b[:size]
	b = b[size:]
	var value jsonNode
	if op != diffRemove {
		if size, b, ok = lenenc(b); !ok || size > uint64(len(b)) || size == 0 {
			return nil, ErrMalformed
		}
		value = jsonNode{kind: b[0], raw: b[1:size]}
		b = b[size:]
	}
	legs, err := parseJSONPath(path)
	if err != nil {
		return nil, err
	}
	return b, n.apply(op, legs, value)
}

// apply goes to the parent of the place that the legs lead to and changes it there.
func (n *jsonNode) apply(op byte, legs []jsonLeg, value jsonNode) error {
	if len(legs) == 0 {
		if op != diffReplace {
			return ErrMalformed
		}
		*n = value
		return nil
	}
	leg := legs[0]
	if !n.object() && !n.array() || n.array() != (leg.key == nil) {
		return fmt.Errorf("%w: a difference leads to what the document does not have", ErrMalformed)
	}
	if err := n.takeApart(); err != nil {
		return err
	}
	at, found := n.find(leg)
	switch {
	case len(legs) > 1 && found:
		return n.parts[at].apply(op, legs[1:], value)
	case len(legs) == 1 && op == diffInsert && (!found || n.array()):
		n.parts = slices.Insert(n.parts, at, jsonPart{key: leg.key, jsonNode: value})
	case len(legs) == 1 && op == diffReplace && found:
		n.parts[at].jsonNode = value
	case len(legs) == 1 && op == diffRemove && found:
		n.parts = slices.Delete(n.parts, at, at+1)
	default:
		return fmt.Errorf("%w: a difference leads to what the document does not have", ErrMalformed)
	}
	return nil
}

// find returns where the part is, or would be: keys are in the order of their lengths, then of their bytes.
func (n *jsonNode) find(leg jsonLeg) (int, bool) {
	switch {
	case leg.fromLast:
		return max(len(n.parts)-1-leg.index, 0), leg.index < len(n.parts)
	case leg.key == nil:
		return min(leg.index, len(n.parts)), leg.index < len(n.parts)
	}
	return slices.BinarySearchFunc(n.parts, leg.key, func(p jsonPart, key []byte) int {
		if len(p.key) != len(key) {
			return len(p.key) - len(key)
		}
		return bytes.Compare(p.key, key)
	})
}

// takeApart makes parts of a list's bytes.
func (n *jsonNode) takeApart() error {
	if n.open {
		return nil
	}
	l, err := openList(n.kind, n.raw)
	if err != nil {
		return err
	}
	n.open, n.parts = true, make([]jsonPart, l.count)
	for i := range n.parts {
		if n.parts[i].key, n.parts[i].kind, n.parts[i].raw, err = l.at(i); err != nil {
			return err
		}
	}
	return nil
}

func (n *jsonNode) append(dst []byte, w *jsonWriter, depth int) ([]byte, error) {
	if !n.open {
		return w.append(dst, n.kind, n.raw, depth)
	}
	if w.left--; w.left < 0 || depth > maxJSONDepth {
		return dst, ErrMalformed
	}
	open, end := byte('['), byte(']')
	if n.object() {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	var err error
	for i := range n.parts {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		if n.object() {
			dst = append(appendJSONString(dst, n.parts[i].key), ": "...)
		}
		if dst, err = n.parts[i].append(dst, w, depth+1); err != nil {
			return dst, err
		}
	}
	return append(dst, end), nil
}

// jsonLeg is a step of a path: a key, or an index where the key is nil, which is counted from the last part where fromLast says so.
type jsonLeg struct {
	key      []byte
	index    int
	fromLast bool
}

// setIndex reads 3, last or last-2.
func (l *jsonLeg) setIndex(text string) bool {
	text, l.fromLast = strings.CutPrefix(text, "last")
	if l.fromLast && text == "" {
		return true
	}
	if l.fromLast {
		var minus bool
		if text, minus = strings.CutPrefix(text, "-"); !minus {
			return false
		}
	}
	index, err := strconv.ParseUint(text, 10, 32)
	l.index = int(index)
	return err == nil
}

// parseJSONPath reads $.key."other key"[3][last-1].
func parseJSONPath(path []byte) ([]jsonLeg, error) {
	bad := fmt.Errorf("%w: path %q", ErrMalformed, path)
	if len(path) == 0 || path[0] != '$' {
		return nil, bad
	}
	var legs []jsonLeg
	for b := path[1:]; len(b) > 0; {
		if len(legs) > maxJSONDepth {
			return nil, bad
		}
		var leg jsonLeg
		var end int
		switch {
		case b[0] == '[':
			end = bytes.IndexByte(b, ']') + 1
			if end == 0 {
				return nil, bad
			}
			if !leg.setIndex(string(b[1 : end-1])) {
				return nil, bad
			}
		case len(b) > 1 && b[0] == '.' && b[1] == '"':
			if end = 1 + quotedEnd(b[1:]); end == 1 {
				return nil, bad
			}
			var key string
			if err := json.Unmarshal(b[1:end], &key); err != nil {
				return nil, bad
			}
			leg.key = append([]byte{}, key...)
		case len(b) > 1 && b[0] == '.':
			if end = 1 + bytes.IndexAny(b[1:], ".["); end == 0 {
				end = len(b)
			}
			leg.key = b[1:end:end]
		default:
			return nil, bad
		}
		legs, b = append(legs, leg), b[end:]
	}
	return legs, nil
}

// quotedEnd is the length of the quoted text at the start of b; 0 when it does not end.
func quotedEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}
