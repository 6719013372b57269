package redshift

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// conn is one connection. Statements go by the simple protocol, their values as literals.
type conn struct{ *pgconn.PgConn }

// setup are the settings of our sessions.
const setup = "SET datestyle TO ISO; SET timezone TO 'UTC'"

// dial opens a connection and runs the script that the settings give for every one (AfterConnectScript).
func (t *target) dial(ctx context.Context) (*conn, error) {
	raw, err := pgconn.ConnectConfig(ctx, t.reach.cluster)
	if err != nil {
		return nil, classify(ctx, "connect to "+t.Identity(), err)
	}
	c := &conn{raw}
	if _, err := c.run(ctx, setup); err != nil {
		c.end()
		return nil, classify(ctx, "prepare the session", err)
	}
	if t.settings.caseSensitive {
		if _, err := c.run(ctx, "SET enable_case_sensitive_identifier TO true"); err != nil {
			c.end()
			return nil, classify(ctx, "have the session tell names apart by case (CaseSensitiveNames)", err)
		}
	}
	if script := t.settings.afterConnectScript; script != "" {
		if _, err := c.run(ctx, script); err != nil {
			c.end()
			return nil, classify(ctx, "run AfterConnectScript", err)
		}
	}
	return c, nil
}

// end closes a connection without waiting for the server.
func (c *conn) end() {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	_ = c.Close(ctx)
}

// run runs statements and returns how many rows the last one has affected.
func (c *conn) run(ctx context.Context, sql string) (int64, error) {
	results, err := c.Exec(ctx, sql).ReadAll()
	if err != nil || len(results) == 0 {
		return 0, err
	}
	return results[len(results)-1].CommandTag.RowsAffected(), nil
}

// rows runs a query and returns its rows as texts, NULL as an empty one.
func (c *conn) rows(ctx context.Context, sql string) ([][]string, error) {
	results, err := c.Exec(ctx, sql).ReadAll()
	if err != nil || len(results) == 0 {
		return nil, err
	}
	last := results[len(results)-1]
	out := make([][]string, len(last.Rows))
	for i, r := range last.Rows {
		for _, v := range r {
			out[i] = append(out[i], string(v))
		}
	}
	return out, nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteName(n catalog.Name) string {
	if n.Schema == "" {
		return quote(n.Name)
	}
	return quote(n.Schema) + "." + quote(n.Name)
}

func quoteNames(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", ")
}

const (
	// mostJoined is how many pieces a text may be joined of: an expression that nests some thousands is refused (54001).
	mostJoined = 64
	// standIns are characters that a text of many backslashes hardly has all of.
	standIns = "^~|`#@&*!?%=+<>\x01\x02\x03\x04\x05\x06\x07\x08"
)

// literal writes a text. A backslash would begin an escape, so that it is named by its number.
func literal(s string) string {
	quoted := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if !strings.Contains(s, `\`) {
		return quoted
	}
	if strings.Count(s, `\`) > mostJoined {
		for _, c := range standIns {
			if !strings.ContainsRune(s, c) {
				return "replace(" + strings.ReplaceAll(quoted, `\`, string(c)) + ", '" + string(c) + "', chr(92))"
			}
		}
	}
	return "(" + strings.ReplaceAll(quoted, `\`, "'||chr(92)||'") + ")"
}
