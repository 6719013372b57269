package mysql

import (
	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Engine is MySQL and MariaDB as sources and targets.
func Engine() *connector.Engine {
	return &connector.Engine{
		Family:     catalog.MySQL,
		Schemes:    []string{"mysql", "mariadb"},
		Dialect:    Dialect{},
		OpenSource: openSource,
		OpenTarget: openTarget,
	}
}
