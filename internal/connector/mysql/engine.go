package mysql

import (
	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Engine is MySQL as source and target. The server may turn out to be MariaDB: what it says of itself counts.
func Engine() *connector.Engine { return engine("mysql", Dialect{Flavour: MySQL}) }

// MariaDBEngine is the same under MariaDB's name, for plans that are made before a server is reached.
func MariaDBEngine() *connector.Engine { return engine("mariadb", Dialect{Flavour: MariaDB}) }

func engine(name string, d Dialect) *connector.Engine {
	return &connector.Engine{
		Name: name, Family: catalog.MySQL, Schemes: []string{name}, Dialect: d,
		OpenSource: openSource, OpenTarget: openTarget,
	}
}
