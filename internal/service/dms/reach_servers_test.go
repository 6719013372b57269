package dms

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// tlsServers are servers that take the user mover over TLS alone, with thePassword.
var tlsServers = map[string]func(t *testing.T, cert, key string) int{
	"postgres": func(t *testing.T, cert, key string) int {
		hba := filepath.Join(filepath.Dir(cert), "hba")
		require.NoError(t, os.WriteFile(hba, []byte("hostnossl all postgres 127.0.0.1/32 trust\nhostssl all mover 127.0.0.1/32 scram-sha-256\n"), 0o644)) //nolint:gosec // the server is another user
		d := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL18, "ssl = on", "hba_file = '"+hba+"'", "ssl_cert_file = '"+cert+"'", "ssl_key_file = '"+key+"'")
		c, err := pgx.Connect(t.Context(), d.URL)
		require.NoError(t, err)
		defer func() { _ = c.Close(context.Background()) }()
		_, err = c.Exec(t.Context(), `CREATE ROLE "mover" LOGIN SUPERUSER PASSWORD '`+thePassword+"'")
		require.NoError(t, err)
		return d.Server.Port()
	},
	"mariadb": func(t *testing.T, cert, key string) int {
		d := servertest.PrivateMariaDB(t, "ssl-cert="+cert, "ssl-key="+key)
		db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/", d.Server.Port()))
		require.NoError(t, err)
		defer func() { _ = db.Close() }()
		for _, s := range []string{"CREATE USER mover@'127.0.0.1' IDENTIFIED BY '" + thePassword + "' REQUIRE SSL", "GRANT ALL PRIVILEGES ON *.* TO mover@'127.0.0.1'"} {
			_, err := db.ExecContext(t.Context(), s)
			require.NoError(t, err)
		}
		return d.Server.Port()
	},
}

// TestReachServersOverTLS: what reach makes of an endpoint opens real servers in every mode, with the imported certificate
// and the unsealed password, and no server that another authority stands for.
func TestReachServersOverTLS(t *testing.T) {
	user := map[string]string{"postgres": "postgres", "mariadb": "mysql"}
	for engine, start := range tlsServers {
		t.Run(engine, func(t *testing.T) {
			b := newEndpointBench(t)
			ours, others := servertest.NewAuthority(t), servertest.NewAuthority(t)
			cert, key := ours.Issue(t, "127.0.0.1", user[engine])
			port := int64(start(t, cert, key))
			imported := func(a *servertest.Authority, name string) *string {
				text, err := os.ReadFile(a.CA)
				require.NoError(t, err)
				return b.importPEM(name, string(text)).CertificateArn
			}
			right, wrong := imported(ours, "right"), imported(others, "wrong")
			arn := b.create(&createInput{
				EndpointIdentifier: new("shop"), EndpointType: new("target"), EngineName: &engine, Username: new("mover"), Password: new(thePassword),
				ServerName: new("127.0.0.1"), Port: &port, DatabaseName: map[string]*string{"postgres": new("postgres")}[engine],
			}).EndpointArn
			try := func(mode string, certificate *string, server string) error {
				b.modify(&dmsapi.ModifyEndpointMessage{EndpointArn: arn, SslMode: &mode, CertificateArn: certificate, ServerName: &server})
				out, err := b.reach(t.Context(), b.record(*arn), nil)
				require.NoError(t, err)
				t.Chdir(t.TempDir()) // the instance's folder
				for name, text := range out.Files {
					require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
				}
				return open(t.Context(), asTarget, out.URL, out.Settings)
			}
			require.NoError(t, try("require", nil, "127.0.0.1"))
			require.NoError(t, try("verify-ca", right, "127.0.0.1"))
			require.NoError(t, try("verify-full", right, "127.0.0.1"))
			for mode, server := range map[string]string{"verify-ca": "127.0.0.1", "verify-full": "127.0.0.1"} {
				err := try(mode, wrong, server)
				require.ErrorContains(t, err, "certificate")
				require.NotContains(t, err.Error(), thePassword)
			}
			require.ErrorContains(t, try("verify-full", right, "localhost"), "certificate", "the certificate names another server")
			b.modify(&dmsapi.ModifyEndpointMessage{EndpointArn: arn, Password: new("wrong" + thePassword)})
			err := try("require", nil, "127.0.0.1")
			require.Error(t, err)
			require.NotContains(t, err.Error(), thePassword)
		})
	}
}
