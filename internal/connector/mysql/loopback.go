package mysql

import (
	"regexp"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// ddlMark stands in DDL that replication has made: it commits by itself, beside the transactions that have their mark in a table, and the
// servers log its text.
const ddlMark = "awsdms_loopback_prevention"

// dropTable reads a statement that the servers write anew for their log: MariaDB with a comment that stands right behind the verb, MySQL
// with all names of tables, whether there are such or not.
var dropTable = regexp.MustCompile("(?i)^\\s*DROP\\s+TABLE\\s+(?:IF\\s+EXISTS\\s+)?((`(?:[^`]|``)+`)\\.`(?:[^`]|``)+`)")

// markDDL marks statements.
func markDDL(ss []catalog.Statement) []catalog.Statement {
	marked := make([]catalog.Statement, len(ss))
	for i, s := range ss {
		marked[i] = s
		if dropTable.MatchString(s.SQL) {
			marked[i].SQL = dropTable.ReplaceAllString(s.SQL, "DROP TABLE IF EXISTS /* "+ddlMark+" */ $1, $2.`"+ddlMark+"_echo`")
		} else {
			marked[i].SQL += " /* " + ddlMark + " */"
		}
	}
	return marked
}
