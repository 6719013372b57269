package sqlite

import (
	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Schema is the name of the one schema of a SQLite database.
const Schema = "main"

// Engine describes SQLite to the list of engines.
func Engine() *connector.Engine {
	return &connector.Engine{
		Family:     catalog.SQLite,
		Schemes:    []string{"sqlite", "sqlite3"},
		Dialect:    Dialect{},
		OpenSource: openSource,
		OpenTarget: openTarget,
	}
}
