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
	cfg, err := parseConfig("postgresql://u@db.example:6000/shop?sslmode=none&application_name=mine")
	require.NoError(t, err)
	require.Equal(t, "from-environment", cfg.Password)
	require.Equal(t, uint16(6000), cfg.Port)
	require.Nil(t, cfg.TLSConfig)
	require.Equal(t, "mine", cfg.RuntimeParams["application_name"])
	require.Equal(t, "postgres://db.example:6000/shop", identity(cfg))

	cfg, err = parseConfig("postgres://u:p@/shop?host=/run/sockets&sslmode=verify-full")
	require.NoError(t, err)
	require.Equal(t, "/run/sockets", cfg.Host)
	require.Equal(t, "p", cfg.Password)
	require.Equal(t, "whimbrel", cfg.RuntimeParams["application_name"])

	t.Setenv("PGPASSWORD", "")
	pass := filepath.Join(t.TempDir(), "pgpass")
	require.NoError(t, os.WriteFile(pass, []byte("db.example:5432:shop:u:from-file\n"), 0o600))
	t.Setenv("PGPASSFILE", pass)
	cfg, err = parseConfig("postgres://u@db.example/shop?sslmode=require")
	require.NoError(t, err)
	require.Equal(t, "from-file", cfg.Password)
	require.NotNil(t, cfg.TLSConfig)
	require.True(t, cfg.TLSConfig.InsecureSkipVerify)

	cfg, err = parseConfig("postgres://u@one.example:5001,two.example:5002/shop?sslmode=disable")
	require.NoError(t, err)
	require.Equal(t, "one.example", cfg.Host)
	require.Len(t, cfg.Fallbacks, 1)
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
