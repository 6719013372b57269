package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func TestURLsAsLibpqReadsThem(t *testing.T) {
	t.Setenv("PGPASSWORD", "from-environment")
	cfg, err := parseConfig("postgresql://u@db.example:6000/shop?sslmode=none&application_name=mine", os.Getenv)
	require.NoError(t, err)
	require.Equal(t, "from-environment", cfg.Password)
	require.Equal(t, uint16(6000), cfg.Port)
	require.Nil(t, cfg.TLSConfig)
	require.Equal(t, "mine", cfg.RuntimeParams["application_name"])
	require.Equal(t, "postgres://db.example:6000/shop", identity(cfg))

	cfg, err = parseConfig("postgres://u:p@/shop?host=/run/sockets&sslmode=verify-full", os.Getenv)
	require.NoError(t, err)
	require.Equal(t, "/run/sockets", cfg.Host)
	require.Equal(t, "p", cfg.Password)
	require.Equal(t, "whimbrel", cfg.RuntimeParams["application_name"])

	t.Setenv("PGPASSWORD", "")
	pass := filepath.Join(t.TempDir(), "pgpass")
	require.NoError(t, os.WriteFile(pass, []byte("db.example:5432:shop:u:from-file\n"), 0o600))
	t.Setenv("PGPASSFILE", pass)
	cfg, err = parseConfig("postgres://u@db.example/shop?sslmode=require", os.Getenv)
	require.NoError(t, err)
	require.Equal(t, "from-file", cfg.Password)
	require.NotNil(t, cfg.TLSConfig)
	require.True(t, cfg.TLSConfig.InsecureSkipVerify)

	cfg, err = parseConfig("postgres://u@one.example:5001,two.example:5002/shop?sslmode=disable", os.Getenv)
	require.NoError(t, err)
	require.Equal(t, "one.example", cfg.Host)
	require.Len(t, cfg.Fallbacks, 1)
}

// TestOnlyTheEnvironmentGivenIsRead: a server that runs many migrations must not lend its own passwords to all of them.
func TestOnlyTheEnvironmentGivenIsRead(t *testing.T) {
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, ".pgpass"), []byte("*:*:*:*:of-the-process\n"), 0o600))
	t.Setenv("HOME", home)
	for variable, value := range map[string]string{
		"PGHOST": "process.example", "PGPORT": "6001", "PGUSER": "process", "PGPASSWORD": "of-the-process", "PGDATABASE": "process", "PGSSLMODE": "verify-full",
		"PGAPPNAME": "process", "PGCONNECT_TIMEOUT": "77", "PGTZ": "Asia/Tokyo", "PGOPTIONS": "-c geqo=off", "PGSSLROOTCERT": "/none/such", "PGTARGETSESSIONATTRS": "standby",
	} {
		t.Setenv(variable, value)
	}
	own := map[string]string{"PGPASSWORD": "mine +&=%", "PGPORT": "6002", "PGSSLMODE": "disable", "PGTZ": "UTC"}
	for name, getenv := range map[string]func(string) string{"none": nil, "another": func(v string) string { return own[v] }} {
		t.Run(name, func(t *testing.T) {
			for _, url := range []string{"postgres://u@db.example/shop", "postgres://u@db.example?dbname=shop", "postgres:///shop?host=db.example&user=u"} {
				cfg, err := parseConfig(url, getenv)
				require.NoError(t, err)
				port, password, params := uint16(5432), "", map[string]string{"application_name": "whimbrel", "client_encoding": "UTF8"}
				if getenv != nil {
					port, password, params["timezone"] = 6002, own["PGPASSWORD"], "UTC"
					require.Nil(t, cfg.TLSConfig)
				}
				require.Equal(t, []any{"db.example", port, "u", "shop", password}, []any{cfg.Host, cfg.Port, cfg.User, cfg.Database, cfg.Password}, url)
				require.Equal(t, params, cfg.RuntimeParams)
				require.Equal(t, connectTimeout, cfg.ConnectTimeout)
				require.Nil(t, cfg.ValidateConnect)
			}
		})
	}
	cfg, err := parseConfig("postgres://", os.Getenv)
	require.ErrorContains(t, err, "/none/such", "%v", cfg)

	t.Setenv("PGSERVICE", "process")
	_, err = parseConfig("postgres://u@db.example/shop", nil)
	require.ErrorContains(t, err, "PGSERVICE")
}

// TestHomeOfTheEnvironmentGiven takes the password file from the home directory that the environment names.
func TestHomeOfTheEnvironmentGiven(t *testing.T) {
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, ".pgpass"), []byte("db.example:5432:shop:u:at-home\n"), 0o600))
	cfg, err := parseConfig("postgres://u@db.example/shop", func(v string) string {
		if v == "HOME" {
			return home
		}
		return ""
	})
	require.NoError(t, err)
	require.Equal(t, "at-home", cfg.Password)
}

func TestErrorsKeepThePassword(t *testing.T) {
	const secret = "hunter2%21x"
	for _, url := range []string{
		"postgres://u:" + secret + "@host:port/db", "postgres://u:" + secret + "@host/db?sslmode=maybe", "postgres://u@host/db?password=" + secret + "&sslmode=maybe",
		"postgres://u:" + secret + "@h:1,k:z/db", "postgres://u:%zz" + secret + "@host/db", "postgres://u:" + secret + "@127.0.0.1:1/db?sslmode=disable&connect_timeout=1",
	} {
		_, err := Engine().OpenTarget(t.Context(), connector.Config{URL: url})
		require.Error(t, err, url)
		for _, form := range []string{"hunter2", secret} {
			require.NotContains(t, err.Error(), form, url)
		}
		if !strings.Contains(url, "127.0.0.1") {
			require.Equal(t, connector.Invalid, connector.ClassOf(err), "%v", err)
		}
	}
}

// TestNoPieceOfAPasswordIsTakenForAHost: a password that is written as it is may hold what ends it early.
func TestNoPieceOfAPasswordIsTakenForAHost(t *testing.T) {
	for _, raw := range []string{
		"postgres://u:before@after@127.0.0.1:1/db", "postgres://u@x:before@127.0.0.1:1/db", "postgres://u:before@after@127.0.0.1:1,127.0.0.1:2/db",
		"postgres://u:before/after@127.0.0.1:1/db", "postgres://u:before?after@127.0.0.1:1/db", "postgres://u:before#after@127.0.0.1:1/db",
	} {
		_, err := Engine().OpenSource(t.Context(), connector.Config{URL: raw})
		require.Equal(t, connector.Invalid, connector.ClassOf(err), "%s: %v", raw, err)
		require.NotContains(t, err.Error(), "before", raw)
		require.NotContains(t, err.Error(), "after", raw)
	}
	cfg, err := parseConfig("postgres://u:p%40w@h/db?options=-csearch_path%3Da@b", nil)
	require.NoError(t, err)
	require.Equal(t, "p@w", cfg.Password)
}

func TestErrorsHaveTheirClass(t *testing.T) {
	for code, class := range map[string]connector.Class{
		"22001": connector.Data, "23505": connector.Data, "57P01": connector.Lost, "08006": connector.Lost, "40P01": connector.Busy, "40001": connector.Busy,
		"55P03": connector.Busy, "53300": connector.Busy, "53100": connector.Full, "28P01": connector.Denied, "42501": connector.Denied,
		"3D000": connector.Missing, "42P01": connector.Missing, "42601": connector.Unclassified,
	} {
		err := classify(t.Context(), "try", fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code}))
		require.Equal(t, class, connector.ClassOf(err), code)
	}
	require.NoError(t, classify(t.Context(), "try", nil))
	require.Equal(t, connector.Lost, connector.ClassOf(classify(t.Context(), "try", io.ErrUnexpectedEOF)))
	ctx, cancel := context.WithCancelCause(t.Context())
	asked := errors.New("asked")
	cancel(asked)
	require.ErrorIs(t, classify(ctx, "try", io.EOF), asked)
}

func TestConnectionErrorsHaveTheirClass(t *testing.T) {
	db := servertest.PostgreSQL(t, servertest.PostgreSQL18)
	for url, class := range map[string]connector.Class{
		strings.Replace(db.URL, "/"+db.Name, "/nowhere", 1):              connector.Missing,
		strings.Replace(db.URL, "postgres:secret@", "nobody:secret@", 1): connector.Denied,
		"postgres://u@127.0.0.1:1/db?sslmode=disable":                    connector.Lost,
		"postgres://u@no-such-host.invalid/db?sslmode=disable":           connector.Missing,
	} {
		_, err := Engine().OpenSource(t.Context(), connector.Config{URL: url})
		require.Equal(t, class, connector.ClassOf(err), "%v", err)
	}
}
