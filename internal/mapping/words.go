package mapping

import (
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/document"
)

// oneOf lists the keys of a table of words, for a message.
func oneOf[K ~string, V any](words map[K]V) string {
	list := make([]string, 0, len(words))
	for w := range words {
		list = append(list, string(w))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// word reads a required member that is one of a list of words.
func word(r *document.Reader, key string, words ...string) string {
	n := r.Take(key)
	if n == nil {
		r.Missing(key, "one of "+strings.Join(words, ", "))
		return ""
	}
	if n.Kind != document.String || !slices.Contains(words, n.Text) {
		r.Failf(n, "is %s; want one of %s", n.Show(), strings.Join(words, ", "))
		return ""
	}
	return n.Text
}

// text reads a required member that is a string and not empty.
func text(r *document.Reader, key, want string) string {
	if r.Take(key) == nil {
		r.Missing(key, want)
		return ""
	}
	s, ok := r.Text(key)
	if ok && s == "" {
		r.Failf(r.Take(key), "is empty; want %s", want)
	}
	return s
}

// list joins words for a message.
func list[S ~string](words []S) string {
	out := ""
	for i, w := range words {
		if i > 0 {
			out += ", "
		}
		out += string(w)
	}
	return out
}
