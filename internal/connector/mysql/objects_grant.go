package mysql

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// grantedSchema is the schema that a grant is on: where the name is a pattern, an underscore of it has a backslash.
const grantedSchema = "REPLACE(table_schema, CONCAT(CHAR(92), '_'), '_')"

// granted are the privileges of one account on one thing. The servers put accounts in quotes, and leave quotes within as they are.
const granted = ` WHERE %s AND privilege_type <> 'USAGE' AND grantee <> CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''') GROUP BY `

const withOption = "CASE MAX(is_grantable) WHEN 'YES' THEN ' WITH GRANT OPTION' ELSE '' END"

// readGrants tells of the privileges that others have on databases, tables and columns, as far as the user is shown them: accounts
// belong to their server.
func (i *inspector) readGrants(ctx context.Context) error {
	const list = "GROUP_CONCAT(privilege_type ORDER BY privilege_type SEPARATOR ', ')"
	for _, l := range []struct{ query, schema, table string }{
		{"SELECT " + grantedSchema + ", '', '', grantee, " + list + ", " + withOption + " FROM information_schema.schema_privileges" + granted + "table_schema, grantee",
			grantedSchema, ""},
		{"SELECT table_schema, table_name, table_name, grantee, " + list + ", " + withOption + " FROM information_schema.table_privileges" + granted +
			"table_schema, table_name, grantee", "table_schema", "table_name"},
		{"SELECT table_schema, table_name, table_name, grantee, GROUP_CONCAT(CONCAT(privilege_type, ' (`', REPLACE(column_name, '`', '``'), '`)') ORDER BY privilege_type SEPARATOR ', '), " +
			withOption + " FROM information_schema.column_privileges" + granted + "table_schema, table_name, grantee, column_name", "table_schema", "table_name"},
	} {
		err := i.each(ctx, "grants", l.query, l.schema, l.table, func(scan scanFunc) error {
			o := catalog.Object{Kind: "grant", Detail: "accounts belong to the server"}
			var grantee, privileges, option string
			if err := scan(&o.Name.Schema, &o.Name.Name, &o.Table, &grantee, &privileges, &option); err != nil {
				return err
			}
			on := quoteIdent(o.Name.Schema) + ".*"
			if o.Table != "" {
				on = quoteTable(o.Name)
			}
			o.ByHand = "GRANT " + privileges + " ON " + on + " TO " + quoteAccount(grantee) + option
			i.file(o)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// quoteAccount spells 'user'@'host' so that quotes in it are safe.
func quoteAccount(grantee string) string {
	user, host := grantee, ""
	if at := strings.LastIndex(grantee, "'@'"); at > 0 {
		user, host = grantee[1:at], strings.TrimSuffix(grantee[at+3:], "'")
	}
	if host == "" { // a role of MariaDB
		return quoteString(user)
	}
	return quoteString(user) + "@" + quoteString(host)
}
