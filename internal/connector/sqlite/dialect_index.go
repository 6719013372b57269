package sqlite

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// createIndex uses the index's own statement while it still names this table.
func createIndex(t *catalog.Table, ix *catalog.Index) string {
	if ix.DDL != "" && indexTable(ix.DDL) == t.Name.Name && t.Native["create"] == nativeCreate(t) {
		return ix.DDL
	}
	var parts []string
	for _, p := range ix.Parts {
		part := quote(p.Column)
		if p.Expression != "" {
			part = p.Expression
		}
		if p.Descending {
			part += " DESC"
		}
		parts = append(parts, part)
	}
	unique, where := "", ""
	if ix.Unique {
		unique = "UNIQUE "
	}
	if ix.Where != "" {
		where = " WHERE " + ix.Where
	}
	return "CREATE " + unique + "INDEX " + quote(ix.Name) + " ON " + quote(t.Name.Name) + " (" + strings.Join(parts, ", ") + ")" + where
}

// indexTable returns the table that a CREATE INDEX statement names.
func indexTable(ddl string) string {
	ts := tokenize(ddl)
	for i, t := range ts {
		if t.is("ON") && i+1 < len(ts) {
			return ts[i+1].text
		}
	}
	return ""
}
