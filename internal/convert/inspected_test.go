package convert

import (
	"database/sql"
	"fmt"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql"
	"github.com/whimbreldb/whimbrel/internal/connector/postgres"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

const mariadbWords = `CREATE TABLE parent (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, code char(3) NOT NULL DEFAULT 'abc', UNIQUE KEY code (code));
CREATE TABLE child (id bigint NOT NULL AUTO_INCREMENT, parent int unsigned, qty int NOT NULL DEFAULT 1, price decimal(10,2) DEFAULT 9.95,
 name varchar(50) DEFAULT 'it''s', state enum('new','old') DEFAULT 'new', made datetime DEFAULT current_timestamp(), day date DEFAULT '2020-01-02',
 flag bit(1) DEFAULT b'1', raw varbinary(3) DEFAULT x'00ff', total decimal(20,2) AS (qty * price) STORED, label varchar(120) AS (concat(name, '-', 'x')) VIRTUAL,
 doc json, PRIMARY KEY (id), KEY parent (parent), CONSTRAINT positive CHECK (qty > 0 AND price BETWEEN 0 AND 1000), CONSTRAINT named CHECK (name IN ('a', 'B') OR name IS NULL OR char_length(name) > 1),
 CONSTRAINT fk FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE);`

const postgresWords = `CREATE TABLE parent (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code char(3) NOT NULL DEFAULT 'abc' UNIQUE);
CREATE TABLE child (id bigserial PRIMARY KEY, parent int REFERENCES parent ON DELETE CASCADE, qty int NOT NULL DEFAULT 1, price numeric(10,2) DEFAULT 9.95,
 name varchar(50) DEFAULT 'it''s', made timestamptz DEFAULT now(), noted timestamp DEFAULT (now() AT TIME ZONE 'utc'), day date DEFAULT CURRENT_DATE, born date DEFAULT '2020-01-02',
 flag boolean DEFAULT true, raw bytea DEFAULT '\x00ff', key uuid DEFAULT gen_random_uuid(), minus int DEFAULT -1, big numeric(20,0) DEFAULT 12345678901234567890,
 total numeric(20,2) GENERATED ALWAYS AS (qty * price) STORED, label text GENERATED ALWAYS AS (name || '-' || 'x') STORED,
 CONSTRAINT positive CHECK (qty > 0 AND price BETWEEN 0 AND 1000), CONSTRAINT named CHECK (name IN ('a', 'B') OR name IS NULL OR length(name) > 1));
CREATE INDEX child_parent ON child (parent); CREATE INDEX child_name ON child (name DESC, qty)`

// The words in which the servers give defaults, checks and generated columns are words that convert reads: of tables
// made of nothing but what carries, nothing stays behind.
func TestServersWordsAreUnderstood(t *testing.T) {
	t.Run("mariadb to postgresql", func(t *testing.T) {
		source, target := servertest.MariaDB(t), servertest.PostgreSQL(t, servertest.PostgreSQL15)
		db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/%s?multiStatements=true", source.Server.Port(), source.Name))
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		_, err = db.ExecContext(t.Context(), mariadbWords)
		require.NoError(t, err)
		convertInspected(t, mysql.MariaDBEngine(), source.URL, source.Name, postgres.Engine(), target.URL, toPostgres, "store")
	})
	t.Run("postgresql to mariadb", func(t *testing.T) {
		source, target := servertest.PostgreSQL(t, servertest.PostgreSQL15), servertest.MariaDB(t)
		conn, err := pgx.Connect(t.Context(), source.URL)
		require.NoError(t, err)
		defer func() { require.NoError(t, conn.Close(t.Context())) }()
		_, err = conn.Exec(t.Context(), "CREATE SCHEMA app; SET search_path = app; "+postgresWords)
		require.NoError(t, err)
		convertInspected(t, postgres.Engine(), source.URL, "app", mysql.MariaDBEngine(), target.URL, toMariaDB, "")
	})
}

func convertInspected(t *testing.T, from *connector.Engine, sourceURL, schema string, to *connector.Engine, targetURL string, target Target, into string) {
	t.Helper()
	source, err := from.OpenSource(t.Context(), connector.Config{URL: sourceURL})
	require.NoError(t, err)
	defer func() { require.NoError(t, source.Close()) }()
	found, err := source.Inspect(t.Context(), connector.InspectOptions{Objects: true})
	require.NoError(t, err)
	opened, err := to.OpenTarget(t.Context(), connector.Config{URL: targetURL})
	require.NoError(t, err)
	defer func() { require.NoError(t, opened.Close()) }()
	if into == "" {
		into = opened.DefaultSchema()
	}
	own := *found
	own.Schemas = nil
	for _, s := range found.Schemas {
		if s.Name == schema {
			own.Schemas = append(own.Schemas, s)
		}
	}
	r, err := Convert(Input{Source: &own, Plan: planFor(&own, into), To: target, Options: everything})
	require.NoError(t, err)
	for _, n := range r.Report {
		require.Equal(t, Changed, n.Outcome, n.Text)
		require.NotEqual(t, "generated column", n.Kind, n.Text)
	}
	makeAll(t, opened, to.Dialect, r)
}
