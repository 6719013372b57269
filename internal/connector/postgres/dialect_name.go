package postgres

import (
	"strings"
	"unicode/utf8"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// maxName is the longest identifier in bytes (NAMEDATALEN - 1).
const maxName = 63

// quote quotes an identifier. Every identifier goes through here: quoting always is simpler than knowing when.
func quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// quoteName quotes a qualified name.
func quoteName(n catalog.Name) string {
	if n.Schema == "" {
		return quote(n.Name)
	}
	return quote(n.Schema) + "." + quote(n.Name)
}

// quoteNames quotes a list of identifiers and joins it with commas.
func quoteNames(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", ")
}

// quoteLiteral quotes a text for SQL, for servers with standard_conforming_strings on or off.
func quoteLiteral(s string) string {
	q := "'" + strings.ReplaceAll(strings.ReplaceAll(s, "'", "''"), `\`, `\\`) + "'"
	if strings.Contains(s, `\`) {
		return "E" + q
	}
	return q
}

// defaultName is the name PostgreSQL gives a constraint when none is given, before it makes it unique: both parts are
// cut, the longer first, until all fits.
func defaultName(table, column, label string) string {
	a, b := len(table), len(column)
	for a+b+len(label)+2 > maxName {
		if a > b {
			a--
		} else {
			b--
		}
	}
	return clip(table, a) + "_" + clip(column, b) + "_" + label
}

// clip cuts a string to at most n bytes without cutting a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
