package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

const routinesQuery = `SELECT routine_schema, routine_name, routine_type, sql_mode, character_set_client, collation_connection, routine_comment
FROM information_schema.routines WHERE %s ORDER BY routine_schema, routine_type, routine_name`

// readRoutines reads functions, packages, package bodies and procedures, in this order: a view may need a function,
// and a package body its package. What a routine's body refers to is looked up when it is called.
func (i *inspector) readRoutines(ctx context.Context) error {
	var all []storedObject
	err := i.each(ctx, "routines", routinesQuery, "routine_schema", "", func(scan scanFunc) error {
		r := storedObject{Object: catalog.Object{Stage: catalog.AfterLoad}}
		err := scan(&r.Name.Schema, &r.Name.Name, &r.Kind, &r.session.sqlMode, &r.session.charset, &r.session.collation, &r.comment)
		r.session.setsMode = true
		r.Kind = strings.ToLower(r.Kind)
		all = append(all, r)
		return err
	})
	if err != nil {
		return err
	}
	return i.showAndFile(ctx, all)
}

const eventsQuery = `SELECT event_schema, event_name, time_zone, sql_mode, character_set_client, collation_connection, status, event_comment
FROM information_schema.events WHERE %s ORDER BY event_schema, event_name`

func (i *inspector) readEvents(ctx context.Context) error {
	var all []storedObject
	err := i.each(ctx, "events", eventsQuery, "event_schema", "", func(scan scanFunc) error {
		e := storedObject{Object: catalog.Object{Kind: "event", Stage: catalog.AtEnd}}
		err := scan(&e.Name.Schema, &e.Name.Name, &e.session.timeZone, &e.session.sqlMode, &e.session.charset, &e.session.collation, &e.Detail, &e.comment)
		e.session.setsMode = true
		e.Detail = strings.ToLower(e.Detail)
		all = append(all, e)
		return err
	})
	if err != nil {
		return err
	}
	return i.showAndFile(ctx, all)
}

// storedObject is an object with a text of its own and the session it was made in.
type storedObject struct {
	catalog.Object
	session habits
	comment string
	// plain is a trigger built from information_schema, for a text whose head cannot be read.
	plain string
}

// showAndFile asks for the CREATE text of each object, where it is wanted, and files it under its schema.
func (i *inspector) showAndFile(ctx context.Context, all []storedObject) error {
	for _, o := range all {
		s := i.schemas[o.Name.Schema]
		if s == nil {
			continue
		}
		if !i.o.Objects {
			o.Detail = ""
			s.Objects = append(s.Objects, o.Object)
			continue
		}
		text, err := i.show(ctx, o.Object)
		if err != nil {
			return err
		}
		if o.DDL, err = o.statements(text); err != nil {
			return fmt.Errorf("inspect %s %s: %w", o.Kind, o.Name, err)
		}
		s.Objects = append(s.Objects, o.Object)
	}
	return nil
}

// statements makes the object's DDL from the server's text.
func (o storedObject) statements(text string) ([]string, error) {
	text, err := withoutDefiner(text)
	if err != nil {
		return nil, err
	}
	if o.Kind == "trigger" {
		h, ok := parseTrigger(text)
		if !ok {
			return o.session.around(o.plain), nil
		}
		return o.session.around(h.inSchema(text, quoteIdent(o.Name.Schema)+".")), nil
	}
	if text, err = qualify(text, o.Name); err != nil {
		return nil, err
	}
	return o.session.around(o.withComment(text)), nil
}

// withComment spells the comment for the session that the object is made in: the servers print it with backslashes escaped, also where
// backslashes escape nothing.
func (o storedObject) withComment(text string) string {
	if !strings.Contains(o.session.sqlMode, "NO_BACKSLASH_ESCAPES") {
		return text
	}
	const clause = "COMMENT "
	return strings.Replace(text, clause+quoteString(o.comment), clause+"'"+strings.ReplaceAll(o.comment, "'", "''")+"'", 1)
}

// show returns the text of SHOW CREATE, which is in the column whose name begins with Create, or for triggers with SQL.
func (i *inspector) show(ctx context.Context, o catalog.Object) (string, error) {
	rows, err := i.q.QueryContext(ctx, "SHOW CREATE "+strings.ToUpper(o.Kind)+" "+quoteTable(o.Name))
	if err != nil {
		return "", fmt.Errorf("inspect %s %s: %w", o.Kind, o.Name, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return "", fmt.Errorf("inspect %s %s: %w", o.Kind, o.Name, err)
	}
	values := make([]*string, len(columns))
	into := make([]any, len(columns))
	for n := range values {
		into[n] = &values[n]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return "", fmt.Errorf("inspect %s %s: %w", o.Kind, o.Name, err)
		}
	}
	if err := rows.Err(); err != nil {
		return "", fmt.Errorf("inspect %s %s: %w", o.Kind, o.Name, err)
	}
	for n, c := range columns {
		if (strings.HasPrefix(c, "Create ") || strings.HasPrefix(c, "SQL ")) && values[n] != nil {
			return *values[n], nil
		}
	}
	return "", &connector.Error{
		Class: connector.Denied, Err: fmt.Errorf("inspect %s %s: the server does not show its text to this user", o.Kind, o.Name),
		Remedy: "grant the user SELECT on mysql.proc (MariaDB) or SHOW_ROUTINE (MySQL 8)",
	}
}

var errNoName = errors.New("the server's text does not name the object")

// withoutDefiner takes the DEFINER clause off a CREATE text.
func withoutDefiner(text string) (string, error) {
	rest, ok := strings.CutPrefix(text, "CREATE ")
	if !ok {
		return "", errNoName
	}
	if after, ok := strings.CutPrefix(rest, "DEFINER="); ok {
		rest = strings.TrimSpace(skipUser(after))
	}
	return "CREATE " + rest, nil
}

// qualify puts the database before the name that a CREATE text gives.
func qualify(text string, n catalog.Name) (string, error) {
	for at := range len(text) {
		name, after, ok := unquoted(text[at:])
		if !ok {
			continue
		}
		if name != n.Name {
			break
		}
		// Backticks quote in every sql_mode.
		return text[:at] + quoteTable(n) + after, nil
	}
	return "", errNoName
}

// skipUser returns what follows an account or a role: `user`@`host`, `role`.
func skipUser(s string) string {
	if _, after, ok := unquoted(s); ok {
		s = after
		if host, ok := strings.CutPrefix(s, "@"); ok {
			_, s, _ = unquoted(host)
		}
		return s
	}
	_, after, _ := strings.Cut(s, " ")
	return after
}
