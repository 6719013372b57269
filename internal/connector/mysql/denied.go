package mysql

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// The servers' refusals of a right on a database, a table or a column of it (ER_DBACCESS_DENIED_ERROR, ER_TABLEACCESS_DENIED_ERROR,
// ER_COLUMNACCESS_DENIED_ERROR).
const (
	databaseDenied = 1044
	tableDenied    = 1142
	columnDenied   = 1143
)

// targetRights are those that DMS asks of the user of a target (AWS DMS user guide, "Using a MySQL-compatible database as a target").
const targetRights = "ALTER, CREATE, DROP, INDEX, INSERT, UPDATE, DELETE, SELECT"

// mayNotRead gives the refusal to read a table the whole statement that allows it. It takes an error before it is wrapped.
func (s *host) mayNotRead(ctx context.Context, err error, table catalog.Name) error {
	return s.explainDenied(ctx, err, "SELECT", quoteTable(table))
}

// mayNotWrite gives the refusal to make, fill or change a table of a target the whole statement that allows all that a target is for: who is
// given one right after the other is refused once for each.
func (t *target) mayNotWrite(ctx context.Context, err error, schema string) error {
	if err == nil {
		return nil
	}
	if m := deniedTable.FindStringSubmatch(err.Error()); m != nil && strings.HasPrefix(m[1], "awsdms_") {
		schema = t.host.cfg.controlSchema
	}
	if schema == t.host.cfg.controlSchema {
		return t.host.explainDenied(ctx, err, "ALL", quoteIdent(schema)+".*")
	}
	rights := targetRights
	if m := deniedRight.FindStringSubmatch(err.Error()); m != nil && !slices.Contains(strings.Split(rights, ", "), m[1]) {
		rights += ", " + m[1]
	}
	return t.host.explainDenied(ctx, err, rights, quoteIdent(schema)+".*")
}

// deniedRight is the right that the server has missed, the first if there are several.
var deniedRight = regexp.MustCompile(`\b([A-Z]+(?: [A-Z]+)*)(?:, [A-Z ,]+)? command denied to user`)

func (s *host) explainDenied(ctx context.Context, err error, rights, on string) error {
	if code, _ := codeOf(err); code != databaseDenied && code != tableDenied && code != columnDenied {
		return err
	}
	user := accountIn(err)
	if user == "" {
		user = s.account(ctx)
	}
	own := &connector.Error{Class: connector.Denied, Err: err, Remedy: "GRANT " + rights + " ON " + on + " TO " + user}
	var known *connector.Error
	if errors.As(err, &known) {
		if known.Error() != err.Error() {
			return err // it was wrapped, and has told its remedy
		}
		own.Err = known.Err
	}
	return own
}

// account is the user as the server knows it, quoted: the host in its refusals is the client's, and not that of the account.
func (s *host) account(ctx context.Context) string {
	var account string
	if err := s.control.QueryRowContext(ctx, "SELECT CURRENT_USER()").Scan(&account); err != nil {
		return quoteString(s.cfg.user)
	}
	name, host, _ := cutLast(account, "@")
	return quoteString(name) + "@" + quoteString(host)
}

// namedTable is a table or a database as our own statements name it.
var namedTable = regexp.MustCompile("(?:^CREATE DATABASE (?:IF NOT EXISTS )?((?:`[^`]*`)+))|((?:`[^`]*`)+)\\.(?:`[^`]*`)+")

// schemaIn is the database of the table that a statement is about, the first that it names.
func (t *target) schemaIn(sql string) string {
	m := namedTable.FindStringSubmatch(sql)
	if m == nil {
		return t.host.cfg.database
	}
	name := m[1] + m[2] // one of them is empty
	return strings.ReplaceAll(name[1:len(name)-1], "``", "`")
}

// deniedTable is the table that a refusal names; MariaDB tells its database too.
var deniedTable = regexp.MustCompile("for table (?:`.*`\\.)?[`'](.+)[`']")

// schemaOf is the database of the table that a refusal is about, among statements that were sent together.
func (t *target) schemaOf(err error, statements []string) string {
	m := deniedTable.FindStringSubmatch(err.Error())
	for _, sql := range statements {
		if m != nil && strings.Contains(sql, "."+quoteIdent(m[1])) {
			return t.schemaIn(sql)
		}
	}
	return t.host.cfg.database
}

// deniedDatabase is the refusal to enter a database. The account in it is the server's own, with the host that the server knows it by.
var deniedDatabase = regexp.MustCompile(`for user '(.*)'@'(.*)' to database '(.*)'`)

// mayNotEnter gives the refusal to enter the database that an endpoint names, where nothing can be asked of the server, the whole statement that
// allows what the endpoint is for.
func mayNotEnter(err error, rights string) error {
	var known *connector.Error
	code, _ := codeOf(err)
	if code != databaseDenied || !errors.As(err, &known) {
		return err
	}
	m := deniedDatabase.FindStringSubmatch(known.Err.Error())
	if m == nil {
		return err
	}
	return &connector.Error{Class: connector.Denied, Err: known.Err, Remedy: "GRANT " + rights + " ON " + quoteIdent(m[3]) + ".* TO " + accountIn(err)}
}

// accountIn is the account in the refusal to enter a database; empty in another error.
func accountIn(err error) string {
	if m := deniedDatabase.FindStringSubmatch(err.Error()); m != nil {
		return quoteString(m[1]) + "@" + quoteString(m[2])
	}
	return ""
}

// monitor is the right to ask where the binary log ends.
func (s *host) monitor() string {
	if s.mariadb {
		return "BINLOG MONITOR"
	}
	return "REPLICATION CLIENT"
}
