package convert

import (
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// noteLoose reports columns without a declared type that hold values of several kinds, which no type of another engine takes as they are.
func (c *converter) noteLoose(t *planned) {
	for i := range t.Plan.Columns {
		p := &t.Plan.Columns[i]
		if p.Source == nil || p.Type != nil || p.Source.Loose == nil || len(p.Source.Loose.Holds) < 2 {
			continue
		}
		holds := p.Source.Loose.Holds
		has := func(h catalog.Holding) bool { return slices.Contains(holds, h) }
		numbers := has(catalog.HoldsIntegers) || has(catalog.HoldsReals)
		var become string
		switch {
		case has(catalog.HoldsBlobs) && numbers:
			become = "its numbers are rejected; a change-data-type rule to clob has numbers, texts and bytes that are UTF-8 read as text"
		case has(catalog.HoldsBlobs):
			become = "its texts are the bytes of their UTF-8"
		case has(catalog.HoldsTexts):
			become = "its numbers are text, as SQLite writes them"
		default: // numbers of both kinds are numbers
			continue
		}
		words := make([]string, len(holds))
		for i, h := range holds {
			words[i] = string(h)
		}
		c.notePart("column type", t.Plan.Source, p.Source.Name, Changed, "Column %q of table %s declares no type, holds values of the kinds %s and becomes %s: %s.",
			p.Source.Name, t.Plan.Source.Name, strings.Join(words, ", "), t.Columns[i].NativeType, become)
	}
}
