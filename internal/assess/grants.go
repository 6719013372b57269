package assess

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// grants are what a user of MySQL or MariaDB may do, its own and by its role.
type grants []grant

// grant is a line of SHOW GRANTS. The database is a pattern, as in GRANT ("*" is any); the table is "*" for all.
type grant struct {
	rights          []string
	database, table string
}

// The words of SHOW GRANTS. Rights of single columns, which have these in brackets, are none of the table.
var (
	grantLine   = regexp.MustCompile("(?is)^GRANT (.+?) ON (?:TABLE )?(\\*|`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\")\\.(\\*|`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\") TO ")
	ofColumns   = regexp.MustCompile(`[A-Za-z ]+\([^)]*\)`)
	roleOfMySQL = "SELECT COALESCE(CURRENT_ROLE(), 'NONE'), VERSION() LIKE '%MariaDB%'"
)

// mysqlGrants asks for them. MariaDB shows those of the role that is set by itself, MySQL when the roles are named.
func mysqlGrants(ctx context.Context, end connector.Asker) (grants, error) {
	role, err := ask(ctx, end, roleOfMySQL)
	if err != nil {
		return nil, err
	}
	show := "SHOW GRANTS"
	if role[0][0] != "NONE" && role[0][1] != "1" {
		show += " FOR CURRENT_USER() USING " + role[0][0]
	}
	rows, err := ask(ctx, end, show)
	if err != nil {
		return nil, err
	}
	var given grants
	for _, r := range rows {
		m := grantLine.FindStringSubmatch(r[0])
		if m == nil {
			continue
		}
		g := grant{database: unquoted(m[2]), table: unquoted(m[3])}
		for _, right := range strings.Split(ofColumns.ReplaceAllString(m[1], ""), ",") {
			g.rights = append(g.rights, strings.ToUpper(strings.TrimSpace(right)))
		}
		given = append(given, g)
	}
	return given, nil
}

func unquoted(name string) string {
	if len(name) < 2 {
		return name
	}
	mark := name[:1]
	return strings.ReplaceAll(name[1:len(name)-1], mark+mark, mark)
}

// lacks lists the rights that are missing for any of some tables of a database; without tables, for the database as a whole.
func (g grants) lacks(rights []string, database string, tables []string) (missing []string) {
	if len(tables) == 0 {
		tables = []string{"*"}
	}
	for _, right := range rights {
		if slices.ContainsFunc(tables, func(t string) bool { return !g.has(right, database, t) }) {
			missing = append(missing, right)
		}
	}
	return missing
}

func (g grants) has(right, database, table string) bool {
	return slices.ContainsFunc(g, func(x grant) bool {
		var covers bool
		switch {
		case x.database == "*":
			covers = true
		case x.table == "*":
			covers = like(x.database, database)
		default:
			covers = x.database == database && x.table == table
		}
		return covers && (slices.Contains(x.rights, right) || slices.Contains(x.rights, "ALL PRIVILEGES") || slices.Contains(x.rights, "ALL"))
	})
}

// like matches a database with the pattern of a grant.
func like(pattern, name string) bool {
	var re strings.Builder
	re.WriteString("^(?s)")
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			re.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		case c == '%':
			re.WriteString(".*")
		case c == '_':
			re.WriteString(".")
		default:
			re.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	re.WriteString("$")
	matched, err := regexp.MatchString(re.String(), name)
	return err == nil && matched
}
