package document

import (
	"slices"
	"strconv"
	"strings"
)

// Reader takes the members of one object by key and reports, at the end, the keys nobody asked for.
type Reader struct {
	Subject  string
	Problems *Problems
	node     *Node
	asked    []string
	ignored  []string
}

// Read begins reading an object. A value of another kind is a problem, and the reader then behaves as if over an
// empty object whose missing members were already reported.
func (n *Node) Read(subject string, problems *Problems) (*Reader, bool) {
	r := &Reader{Subject: subject, Problems: problems, node: n}
	if n.Kind != Object {
		r.Failf(n, "is %s; want an object", n.Show())
		return r, false
	}
	return r, true
}

// Path leads to a member of the object.
func (r *Reader) Path(key string) string { return join(r.node.Path, key) }

// Failf reports a problem with a value.
func (r *Reader) Failf(n *Node, format string, args ...any) {
	r.Problems.Addf(r.Subject, n.Path, format, args...)
}

// Missing reports that a member must be there.
func (r *Reader) Missing(key, want string) {
	r.Problems.Addf(r.Subject, r.Path(key), "is missing; want %s", want)
}

// Take returns a member, nil when it is absent or null.
func (r *Reader) Take(key string) *Node {
	n := r.Raw(key)
	if n != nil && n.Kind == Null {
		return nil
	}
	return n
}

// Raw returns a member, nil when it is absent; a null is returned as it is.
func (r *Reader) Raw(key string) *Node {
	r.asked = append(r.asked, key)
	return r.Peek(key)
}

// Ignore lets keys be present that carry nothing.
func (r *Reader) Ignore(keys ...string) { r.ignored = append(r.ignored, keys...) }

// Done reports the members nobody asked for.
func (r *Reader) Done() {
	for _, m := range r.node.Members {
		if slices.Contains(r.asked, m.Key) || slices.Contains(r.ignored, m.Key) {
			continue
		}
		known := slices.Clone(r.asked)
		slices.Sort(known)
		r.Failf(m.Value, "the key has no meaning here; keys that have: %s", strings.Join(slices.Compact(known), ", "))
	}
}

// Text returns a string member, and whether it was there and a string.
func (r *Reader) Text(key string) (string, bool) {
	n := r.Take(key)
	if n == nil {
		return "", false
	}
	if n.Kind != String {
		r.Failf(n, "is %s; want a string", n.Show())
		return "", false
	}
	return n.Text, true
}

// Flag returns a boolean member, or the default when it is absent.
func (r *Reader) Flag(key string, def bool) bool {
	n := r.Take(key)
	if n == nil {
		return def
	}
	switch {
	case n.Kind == Bool, n.Kind == String && (n.Text == "true" || n.Text == "false"):
		return n.Text == "true"
	}
	r.Failf(n, "is %s; want true or false", n.Show())
	return def
}

// Whole returns a whole number from low to high, written as a number or as a string, and whether it was there and right.
func (r *Reader) Whole(key string, low, high int64) (int64, bool) {
	n := r.Take(key)
	if n == nil {
		return 0, false
	}
	v, err := strconv.ParseInt(n.Text, 10, 64)
	if n.Kind != Number && n.Kind != String || err != nil || v < low || v > high {
		r.Failf(n, "is %s; want a whole number from %d to %d", n.Show(), low, high)
		return 0, false
	}
	return v, true
}

// Array returns the items of an array member, and whether it was there and an array.
func (r *Reader) Array(key string) ([]*Node, bool) {
	n := r.Take(key)
	if n == nil {
		return nil, false
	}
	if n.Kind != Array {
		r.Failf(n, "is %s; want an array", n.Show())
		return nil, false
	}
	return n.Items, true
}

// Texts returns the items of an array of strings; numbers count as their text.
func (r *Reader) Texts(key string) []string {
	items, _ := r.Array(key)
	return r.TextsOf(items)
}

// TextsOf returns the texts of strings and numbers, and reports any other value.
func (r *Reader) TextsOf(items []*Node) []string {
	var out []string
	for _, n := range items {
		if n.Kind != String && n.Kind != Number {
			r.Failf(n, "is %s; want a string", n.Show())
			continue
		}
		out = append(out, n.Text)
	}
	return out
}

// Peek returns a member, nil when it is absent, without asking for it.
func (r *Reader) Peek(key string) *Node {
	for _, m := range r.node.Members {
		if m.Key == key {
			return m.Value
		}
	}
	return nil
}
