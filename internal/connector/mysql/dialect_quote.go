package mysql

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

func quoteIdent(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func quoteTable(n catalog.Name) string {
	if n.Schema == "" {
		return quoteIdent(n.Name)
	}
	return quoteIdent(n.Schema) + "." + quoteIdent(n.Name)
}

func quoteIdents(names []string) string {
	quoted := make([]string, len(names))
	for n, name := range names {
		quoted[n] = quoteIdent(name)
	}
	return strings.Join(quoted, ", ")
}

var literalEscapes = strings.NewReplacer(`\`, `\\`, `'`, `''`, "\x00", `\0`, "\n", `\n`, "\r", `\r`, "\x1a", `\Z`)

// quoteString quotes a string for a session without NO_BACKSLASH_ESCAPES.
func quoteString(text string) string { return "'" + literalEscapes.Replace(text) + "'" }
