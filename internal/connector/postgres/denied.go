package postgres

import (
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// holder is the user of a connection, and what it is for.
type holder struct {
	user    string
	target  bool
	control string // the schema of a target's control tables
}

// insufficient is the SQLSTATE of a right that is missing.
const insufficient = "42501"

// explain gives the refusal of a right the whole statement that mends it, which the server's message alone does not tell: not who is refused, nor in
// which schema the table is. The statements that were refused, or names in them, help to find the latter.
func (h holder) explain(err error, statements ...string) error {
	pg := serverErrorIn(err)
	if pg == nil || pg.Code != insufficient || connector.ClassOf(err) != connector.Unclassified {
		return err
	}
	if remedy := h.remedy(pg, strings.Join(statements, "\n")); remedy != "" {
		return &connector.Error{Class: connector.Denied, Err: err, Remedy: remedy}
	}
	return err
}

// What the user of a target is given is all that a target is for: who is given one right after the other is refused once for each.
const (
	tableRights  = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE"
	schemaRights = "USAGE, CREATE"
)

// writes is a statement that changes a table: a source has some too, of the tables in which a task notes something.
var writes = regexp.MustCompile(`(?i)\b(?:INSERT INTO|UPDATE|DELETE FROM|TRUNCATE)\b`)

// denials are the messages of what is missing (PostgreSQL, src/backend/catalog/aclchk.c and those named beside them).
var denials = []struct {
	form *regexp.Regexp
	mend func(h holder, m []string, statements string) string
}{
	{regexp.MustCompile(`^permission denied for database "(.+)"`), func(h holder, m []string, _ string) string { // at the login, utils/init/postinit.c
		return "GRANT CONNECT ON DATABASE " + quote(m[1]) + h.to()
	}},
	{regexp.MustCompile(`^permission denied for database (.+)`), func(h holder, m []string, _ string) string {
		return "GRANT CREATE ON DATABASE " + quote(m[1]) + h.to()
	}},
	{regexp.MustCompile(`^permission denied for schema (.+)`), func(h holder, m []string, statements string) string {
		rights := "USAGE"
		if h.target || makes.MatchString(statements) {
			rights = schemaRights
		}
		return "GRANT " + rights + " ON SCHEMA " + quote(m[1]) + h.to()
	}},
	{regexp.MustCompile(`^permission denied for (?:table|relation|view|materialized view|foreign table) (.+)`), func(h holder, m []string, statements string) string {
		rights := "SELECT"
		if h.target || writes.MatchString(statements) {
			rights = tableRights
		}
		return "GRANT " + rights + " ON " + h.qualified(m[1], statements) + h.to()
	}},
	{regexp.MustCompile(`^permission denied for sequence (.+)`), func(h holder, m []string, statements string) string {
		rights := "SELECT"
		if h.target {
			rights = "USAGE, SELECT, UPDATE"
		}
		return "GRANT " + rights + " ON SEQUENCE " + h.qualified(m[1], statements) + h.to()
	}},
	{regexp.MustCompile(`^permission denied for tablespace (.+)`), func(h holder, m []string, _ string) string {
		return "GRANT CREATE ON TABLESPACE " + quote(m[1]) + h.to()
	}},
	{regexp.MustCompile(`^permission denied for type (.+)`), func(h holder, m []string, statements string) string {
		return "GRANT USAGE ON TYPE " + h.qualified(m[1], statements) + h.to()
	}},
	{regexp.MustCompile(`^permission denied to set parameter "(.+)"`), func(h holder, m []string, _ string) string { // utils/misc/guc.c
		return "GRANT SET ON PARAMETER " + m[1] + h.to()
	}},
	{regexp.MustCompile(`^must be owner of (?:table|relation|foreign table) (.+)`), func(h holder, m []string, statements string) string {
		return "ALTER TABLE " + h.qualified(m[1], statements) + " OWNER" + h.to()
	}},
	{regexp.MustCompile(`^must be owner of (view|materialized view|sequence|type) (.+)`), func(h holder, m []string, statements string) string {
		return "ALTER " + strings.ToUpper(m[1]) + " " + h.qualified(m[2], statements) + " OWNER" + h.to()
	}},
	{regexp.MustCompile(`^must be owner of schema (.+)`), func(h holder, m []string, _ string) string {
		return "ALTER SCHEMA " + quote(m[1]) + " OWNER" + h.to()
	}},
	{regexp.MustCompile(`row-level security policy for table "(.+)"`), func(h holder, _ []string, _ string) string { // executor/execMain.c, utils/misc/rls.c
		return "ALTER ROLE " + quote(h.user) + " BYPASSRLS"
	}},
}

// makes is a statement that makes something in a schema.
var makes = regexp.MustCompile(`(?i)\bCREATE\b`)

func (h holder) to() string { return " TO " + quote(h.user) }

// remedy is what mends a refusal; empty where its message is none that is known, as of a server that speaks another language.
func (h holder) remedy(pg *pgconn.PgError, statements string) string {
	for _, d := range denials {
		if m := d.form.FindStringSubmatch(pg.Message); m != nil {
			return d.mend(h, m, statements)
		}
	}
	return ""
}

// qualified quotes a name that a message tells without its schema, which the refused statement has.
func (h holder) qualified(name, statements string) string {
	in := regexp.MustCompile(`("(?:[^"]|"")+")\.` + regexp.QuoteMeta(quote(name)))
	if m := in.FindStringSubmatch(statements); m != nil {
		return m[1] + "." + quote(name)
	}
	if h.control != "" && strings.HasPrefix(name, "awsdms_") {
		return quote(h.control) + "." + quote(name)
	}
	return quote(name)
}

// holder is who the target's connections belong to.
func (t *target) holder() holder { return holder{user: t.cfg.User, target: true, control: t.control} }
