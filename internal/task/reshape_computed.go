package task

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// computedAsBefore looks whether the source computes its columns as it did: what it has made of the rows that are there no change tells, and a
// target that computes a column itself would go on as before.
func (a *alteration) computedAsBefore() error {
	for _, p := range a.after.Plan.Columns {
		if p.Source == nil {
			continue
		}
		old := a.old(p.Source)
		if old == nil || a.sameExpression(old.Generated, p.Source.Generated) {
			continue
		}
		const how = "; load the table anew"
		switch {
		case old.Generated == "":
			return fmt.Errorf("the source computes column %s from here on, which has changed the rows that were there"+how, p.Source.Name)
		case p.Source.Generated == "":
			return fmt.Errorf("the source does not compute column %s any more"+how, p.Source.Name)
		}
		return fmt.Errorf("the source computes column %s as (%s), and no more as (%s), which has changed the rows that were there"+how, p.Source.Name, p.Source.Generated, old.Generated)
	}
	return nil
}

// asWritten is what the same expression may have more or less of, as a statement has it and as the server prints it.
var asWritten = regexp.MustCompile("[\\s()`\"]+|_(?:utf8(?:mb[34])?|latin1|binary)\\b")

func plainly(expression string) string {
	return strings.ToLower(asWritten.ReplaceAllString(expression, ""))
}

// sameExpression compares expressions of before and of now, in which columns may have other names.
func (a *alteration) sameExpression(old, now string) bool {
	if plainly(old) == plainly(now) {
		return true
	}
	if old == "" || now == "" || len(a.renamed) == 0 {
		return false
	}
	return plainly(catalog.RenamedIn(old, a.renamed)) == plainly(now)
}
