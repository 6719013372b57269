package task

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
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

// dropRecomputed takes out the columns that the target computes and the source computes otherwise now, or one of them not at all: they are
// added again as they are now, for rows that all come again.
func (a *alteration) dropRecomputed(dialect connector.Alterer) {
	for i, p := range a.after.Plan.Columns {
		if p.Source == nil {
			continue
		}
		old, now := a.old(p.Source), a.after.Columns[i]
		there := a.target.Column(now.Name)
		if old == nil || there == nil || there.Generated == "" && now.Generated == "" || a.sameExpression(old.Generated, p.Source.Generated) {
			continue
		}
		a.do(dialect.DropColumn(a.target.Name, now.Name))
		a.without(now.Name)
	}
}

var (
	// tokens are the parts of an expression: texts, names in quotes, words, anything else.
	tokens     = regexp.MustCompile("'(?:[^'\\\\]|''|\\\\.)*'|\"(?:[^\"]|\"\")+\"|`(?:[^`]|``)+`|[\\pL\\pN_$]+|\\S")
	word       = regexp.MustCompile(`^[\pL_][\pL\pN_$]*$`)
	introducer = regexp.MustCompile(`^_(utf8(mb[34])?|latin1|binary)$`)
)

// plainly is an expression without what one server prints and a statement, or another server, leaves out: blanks, the case of words, quotes, the
// character sets of texts, and parentheses around a single thing or all. Others may decide what comes first, and stay.
func plainly(expression string) string {
	groups := [][]string{nil}
	for _, token := range tokens.FindAllString(expression, -1) {
		last := len(groups) - 1
		switch {
		case introducer.MatchString(token):
			continue
		case token == "(":
			groups = append(groups, nil)
			continue
		case token == ")" && last > 0:
			token = group(groups[last], groups[last-1])
			groups, last = groups[:last], last-1
		case token[0] == '"':
			if bare := strings.Trim(token, `"`); word.MatchString(bare) && bare == strings.ToLower(bare) {
				token = bare
			}
		case token[0] != '\'':
			token = strings.ToLower(strings.Trim(token, "`"))
		}
		groups[last] = append(groups[last], token)
	}
	if len(groups) == 1 && len(groups[0]) == 1 {
		return strings.TrimSuffix(strings.TrimPrefix(groups[0][0], "("), ")")
	}
	lines := make([]string, len(groups))
	for i, g := range groups {
		lines[i] = strings.Join(g, " ")
	}
	return strings.Join(lines, "(")
}

// group is what stands in parentheses behind something, without them where they say nothing.
func group(inner, before []string) string {
	if len(inner) == 1 && (len(before) == 0 || !word.MatchString(before[len(before)-1])) {
		return inner[0]
	}
	return "(" + strings.Join(inner, " ") + ")"
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
