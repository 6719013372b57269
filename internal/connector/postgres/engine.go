package postgres

import (
	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Engine is PostgreSQL as the program knows it.
func Engine() *connector.Engine {
	return &connector.Engine{
		Family:     catalog.PostgreSQL,
		Schemes:    []string{"postgres", "postgresql"},
		Dialect:    Dialect{},
		OpenSource: openSource,
		OpenTarget: openTarget,
	}
}
