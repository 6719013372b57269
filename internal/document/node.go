package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Kind is the kind of a JSON value.
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"null", "true or false", "a number", "a string", "an array", "an object"}

// String names the kind with its article, as a message needs it.
func (k Kind) String() string { return kindNames[k] }

// Node is one JSON value and its place in the document.
type Node struct {
	// Path leads to the value: rules[2].object-locator.schema-name. The whole document's is empty.
	Path string
	Kind Kind
	// Text is a string's value, a number as it is written, or "true" and "false".
	Text    string
	Items   []*Node  // of an array
	Members []Member // of an object, in the order of the document
}

// Member is one key of an object.
type Member struct {
	Key   string
	Value *Node
}

// Show spells the value for a message: at most 60 characters of it.
func (n *Node) Show() string {
	switch n.Kind {
	case Null:
		return "null"
	case String:
		return strconv.Quote(shorten(n.Text))
	case Array:
		return fmt.Sprintf("an array of %d", len(n.Items))
	case Object:
		return "an object"
	default:
		return shorten(n.Text)
	}
}

func shorten(s string) string {
	if utf8.RuneCountInString(s) <= 60 {
		return s
	}
	return string([]rune(s)[:60]) + "…"
}

// Parse reads a document. Keys that occur twice in one object are added to the problems.
func Parse(text []byte, problems *Problems) (*Node, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if at := invalidUTF8(text); at >= 0 {
		return nil, fmt.Errorf("%s: the document is not valid UTF-8", position(text, at))
	}
	var raw json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, syntaxError(text, err)
	}
	r := reader{decoder: json.NewDecoder(bytes.NewReader(text)), problems: problems}
	r.decoder.UseNumber()
	return r.value("")
}

func invalidUTF8(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// reader builds nodes from the tokens of a document that is known to be well formed.
type reader struct {
	decoder  *json.Decoder
	problems *Problems
}

func (r *reader) value(path string) (*Node, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	n := &Node{Path: path}
	switch v := token.(type) {
	case json.Delim:
		if v == '[' {
			return n, r.array(n)
		}
		return n, r.object(n)
	case string:
		n.Kind, n.Text = String, v
	case json.Number:
		n.Kind, n.Text = Number, v.String()
	case bool:
		n.Kind, n.Text = Bool, strconv.FormatBool(v)
	}
	return n, nil
}

func (r *reader) array(n *Node) error {
	n.Kind = Array
	for r.decoder.More() {
		item, err := r.value(fmt.Sprintf("%s[%d]", n.Path, len(n.Items)))
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	_, err := r.decoder.Token()
	return err
}

func (r *reader) object(n *Node) error {
	n.Kind = Object
	seen := map[string]bool{}
	for r.decoder.More() {
		token, err := r.decoder.Token()
		if err != nil {
			return fmt.Errorf("read the document: %w", err)
		}
		key, _ := token.(string)
		value, err := r.value(join(n.Path, key))
		if err != nil {
			return err
		}
		if seen[key] {
			r.problems.Addf("", value.Path, "the key occurs twice in its object; keep one")
			continue
		}
		seen[key] = true
		n.Members = append(n.Members, Member{key, value})
	}
	_, err := r.decoder.Token()
	return err
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
