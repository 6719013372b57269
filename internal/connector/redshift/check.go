package redshift

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// check is what opening shows: the bucket may be listed, the user may log in, and what answers is Redshift.
func (t *target) check(ctx context.Context) error {
	if err := t.store.Check(ctx); err != nil {
		return err
	}
	return t.atDesk(ctx, "look at the cluster", func(c *conn) error {
		found, err := c.rows(ctx, "SELECT version()")
		if err != nil {
			return err
		}
		if len(found) != 1 || !strings.Contains(strings.ToLower(found[0][0]), "redshift") {
			return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("the server at %s is no Redshift", t.Identity()), Remedy: "use the engine postgres for a PostgreSQL server"}
		}
		return nil
	})
}

// Rehearse implements connector.Rehearser: a row goes through the bucket into a temporary table, as all rows will, in a transaction
// that is given up; so that the cluster can read the bucket with the role, or the keys, that COPY is given.
func (t *target) Rehearse(ctx context.Context) error {
	f := t.newFile(ctx, "probe", loads)
	if _, err := f.Write([]byte("1\n")); err != nil {
		return err
	}
	if err := f.finish(); err != nil {
		return err
	}
	keys := []string{f.key}
	defer func() { t.discard(keys) }()
	m, err := t.stageManifest(ctx, keys)
	if err != nil {
		return err
	}
	keys = append(keys, m)
	return t.atDesk(ctx, "try COPY through the bucket", func(c *conn) error {
		name := "awsdms_probe_" + strings.ToLower(rand.Text()[:8])
		for _, sql := range []string{"BEGIN", "CREATE TEMP TABLE " + name + " (n integer)"} {
			if _, err := c.run(ctx, sql); err != nil {
				return err
			}
		}
		if _, err := t.copyIn(ctx, c, t.copySQL(copying{into: name, columns: []string{"n"}, manifest: m, null: t.null}), 1, 0); err != nil {
			return err
		}
		if _, err := c.run(ctx, "ROLLBACK"); err != nil {
			return err
		}
		return t.mayWrite(ctx, c)
	})
}

// mayWrite makes sure that schemas and tables can be made, and the control tables kept.
func (t *target) mayWrite(ctx context.Context, c *conn) error {
	found, err := c.rows(ctx, "SELECT has_database_privilege(current_database(), 'create') OR has_schema_privilege('public', 'create')")
	if err != nil {
		return err
	}
	if len(found) != 1 || found[0][0] != "t" {
		return &connector.Error{Class: connector.Denied, Err: fmt.Errorf("the user %s may make neither schemas in the database nor tables in the schema public", t.reach.cluster.User), Remedy: "GRANT CREATE ON DATABASE to the user"}
	}
	return nil
}
