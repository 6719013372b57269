package mysql

import (
	"context"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// readRoutineGrants tells of the privileges that others have on functions, procedures and packages. The servers show them in a table of their
// own alone, with what may be given on as one privilege more.
func (i *inspector) readRoutineGrants(ctx context.Context) error {
	const query = "SELECT db, routine_name, routine_type, user, host, proc_priv FROM mysql.procs_priv WHERE %s AND proc_priv <> ''" +
		" AND CONCAT(user, '@', host) <> CURRENT_USER() ORDER BY db, routine_type, routine_name, user, host"
	err := i.each(ctx, "grants on routines", query, "db", "", func(scan scanFunc) error {
		o := catalog.Object{Kind: "grant", Detail: "accounts belong to the server"}
		var kind, user, host, privileges string
		if err := scan(&o.Name.Schema, &o.Name.Name, &kind, &user, &host, &privileges); err != nil {
			return err
		}
		o.ByHand = "GRANT " + routinePrivileges(privileges, " ON "+kind+" "+quoteTable(o.Name)+" TO "+quoteAccount("'"+user+"'@'"+host+"'"))
		i.file(o)
		return nil
	})
	if connector.ClassOf(classify(ctx, err)) == connector.Denied {
		i.hiddenRoutineGrants()
		return nil
	}
	return err
}

// routinePrivileges writes out a set such as "Execute,Alter Routine,Grant" around what it is on.
func routinePrivileges(set, on string) string {
	words := strings.Split(strings.ToUpper(set), ",")
	option := ""
	if n := slices.Index(words, "GRANT"); n >= 0 {
		words, option = slices.Delete(words, n, n+1), " WITH GRANT OPTION"
	}
	if len(words) == 0 {
		words = []string{"USAGE"}
	}
	slices.Sort(words)
	return strings.Join(words, ", ") + on + option
}

// hiddenRoutineGrants tells that there may be some.
func (i *inspector) hiddenRoutineGrants() {
	for _, s := range i.catalog.Schemas {
		if slices.ContainsFunc(s.Objects, func(o catalog.Object) bool {
			return o.Kind == "function" || o.Kind == "procedure" || o.Kind == "package"
		}) {
			i.file(catalog.Object{Kind: "grants on routines", Name: catalog.Name{Schema: s.Name, Name: "functions and procedures"},
				Detail: "the user may not read mysql.procs_priv, which lists them"})
		}
	}
}
