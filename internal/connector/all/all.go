// Package all lists the engines that Whimbrel speaks: the one place where names meet code.
package all

import (
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql"
	"github.com/whimbreldb/whimbrel/internal/connector/postgres"
	"github.com/whimbreldb/whimbrel/internal/connector/redshift"
	"github.com/whimbreldb/whimbrel/internal/connector/s3"
	"github.com/whimbreldb/whimbrel/internal/connector/sqlite"
)

// Engines returns every engine.
func Engines() connector.Engines {
	return connector.Engines{postgres.Engine(), mysql.Engine(), mysql.MariaDBEngine(), sqlite.Engine(), s3.Engine(), redshift.Engine()}
}
