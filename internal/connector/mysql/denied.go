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

// The servers' refusals of a right on a table or a column of it (ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR).
const (
	tableDenied  = 1142
	columnDenied = 1143
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
	rights := targetRights
	if m := deniedRight.FindStringSubmatch(err.Error()); m != nil && !slices.Contains(strings.Split(rights, ", "), m[1]) {
		rights += ", " + m[1]
	}
	return t.host.explainDenied(ctx, err, rights, quoteIdent(schema)+".*")
}

// deniedRight is the right that the server has missed, the first if there are several.
var deniedRight = regexp.MustCompile(`\b([A-Z]+(?: [A-Z]+)*)(?:, [A-Z ,]+)? command denied to user`)

func (s *host) explainDenied(ctx context.Context, err error, rights, on string) error {
	if code, _ := codeOf(err); code != tableDenied && code != columnDenied {
		return err
	}
	own := &connector.Error{Class: connector.Denied, Err: err, Remedy: "GRANT " + rights + " ON " + on + " TO " + s.account(ctx)}
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

// namedTable is a table as our own statements name it.
var namedTable = regexp.MustCompile("((?:`[^`]*`)+)\\.(?:`[^`]*`)+")

// schemaIn is the database of the table that a statement is about, the first that it names.
func (t *target) schemaIn(sql string) string {
	m := namedTable.FindStringSubmatch(sql)
	if m == nil {
		return t.host.cfg.database
	}
	return strings.ReplaceAll(m[1][1:len(m[1])-1], "``", "`")
}
