package mysql

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func qualified(n catalog.Name) string {
	if n.Schema == "" {
		return quote(n.Name)
	}
	return quote(n.Schema) + "." + quote(n.Name)
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for n, name := range names {
		quoted[n] = quote(name)
	}
	return strings.Join(quoted, ", ")
}

var literalEscapes = strings.NewReplacer(`\`, `\\`, `'`, `''`, "\x00", `\0`, "\n", `\n`, "\r", `\r`, "\x1a", `\Z`)

// literal quotes a string for a session without NO_BACKSLASH_ESCAPES.
func literal(text string) string { return "'" + literalEscapes.Replace(text) + "'" }
