package summary

import (
	"cmp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/progress"
)

const (
	// mostAlike is how many notes of one kind, schema and reason have a line each.
	mostAlike = 3
	// firstNames are named of more than that.
	firstNames = 3
)

// likeness is what notes have in common that are told in one line.
type likeness struct {
	kind, schema, reason string
	outcome              convert.Outcome
}

func likenessOf(n convert.Note) likeness { return likeness{n.Kind, n.Name.Schema, n.Reason, n.Outcome} }

func (p *printer) list(prefix string, notes []convert.Note) {
	for _, line := range lines(notes) {
		p.line("%s%s", prefix, line)
	}
}

// lines tells notes, many of a kind in one line: a database of a thousand tables with an owner has a thousand.
func lines(notes []convert.Note) []string {
	alike := map[likeness][]convert.Note{}
	for _, n := range notes {
		alike[likenessOf(n)] = append(alike[likenessOf(n)], n)
	}
	var out []string
	for _, n := range notes {
		all, there := alike[likenessOf(n)]
		switch {
		case n.Reason == "" || there && len(all) <= mostAlike:
			out = append(out, n.Text)
		case there:
			out = append(out, together(all))
			delete(alike, likenessOf(n))
		}
	}
	return out
}

// together tells in one sentence what many notes tell.
func together(notes []convert.Note) string {
	var first []string
	for _, n := range notes[:firstNames] {
		first = append(first, cmp.Or(n.ByHand, n.Part, n.Name.Name))
	}
	n := notes[0]
	var b strings.Builder
	b.WriteString(strings.ToUpper(n.Kind[:1]) + plural(n.Kind)[1:])
	if n.Name.Schema != "" {
		b.WriteString(" of schema " + n.Name.Schema)
	}
	b.WriteString(" (" + progress.Count(int64(len(notes))) + ") are not carried over, because " + n.Reason + ": " + strings.Join(first, "; ") +
		"; and " + progress.Count(int64(len(notes)-firstNames)) + " more, which --json lists.")
	return b.String()
}

func plural(kind string) string {
	switch {
	case strings.HasSuffix(kind, "y"):
		return kind[:len(kind)-1] + "ies"
	case strings.HasSuffix(kind, "x"), strings.HasSuffix(kind, "ss"):
		return kind + "es"
	case strings.HasSuffix(kind, "s"):
		return kind
	}
	return kind + "s"
}
