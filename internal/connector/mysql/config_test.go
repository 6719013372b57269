package mysql

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func env(pairs map[string]string) func(string) string {
	return func(k string) string { return pairs[k] }
}

// TestURL: what the URL says, and what its gaps are filled with.
func TestURL(t *testing.T) {
	c, err := parseConfig(connector.Config{URL: "mariadb://an%40a:p%2Fw@db.example:3307/shop?ssl-mode=VERIFY_IDENTITY&connect-timeout=3"})
	require.NoError(t, err)
	require.Equal(t, []string{"an@a", "p/w", "db.example:3307", "shop", "mariadb://db.example:3307/shop"},
		[]string{c.user, c.password, c.address(), c.database, c.identity()})
	require.Equal(t, tlsVerifyFull, c.tls.mode)
	require.Equal(t, "awsdms_control", c.controlSchema)
	c, err = parseConfig(connector.Config{URL: "mysql://u@/shop?socket=/run/s.sock", Getenv: env(map[string]string{"MYSQL_PWD": "e"})})
	require.NoError(t, err)
	require.Equal(t, []string{"unix", "/run/s.sock", "e", "mysql:///run/s.sock/shop"}, []string{c.network(), c.address(), c.password, c.identity()})
	c, err = parseConfig(connector.Config{URL: "mysql://u@h"})
	require.NoError(t, err)
	require.Equal(t, "h:3306", c.address())
}

// TestURLMistakes are Invalid, say what is known, and keep the password to themselves.
func TestURLMistakes(t *testing.T) {
	for url, says := range map[string]string{
		"mysql://u:sesame@h/d?sslmode=require": "ssl-mode, tls",
		"mysql://u:sesame@h/d?tls=perhaps":     "verify-full",
		"mysql://u:sesame@h:port/d":            "not a URL",
		"mysql://u:sesame@h/d?ssl-cert=x":      "belong together",
		"mysql://:sesame@h/d":                  "names no user",
		"mysql://u:sesame@h/d?tls=require&ssl-ca=/nowhere/ca.pem&connect-timeout=soon": "length of time",
	} {
		_, err := parseConfig(connector.Config{URL: url})
		require.ErrorContains(t, err, says, url)
		require.Equal(t, connector.Invalid, connector.ClassOf(err))
		require.NotContains(t, err.Error(), "sesame")
	}
}

// TestOptionFile fills user, password and address as the servers' own clients do.
func TestOptionFile(t *testing.T) {
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, ".my.cnf"), []byte(
		"# mine\n[mysqld]\nuser=no\n[client]\nuser = ann\npassword=\"a b#\\\\c\"\nhost=db1\nport=3310\n!include x\n[client-mariadb]\nssl_mode=REQUIRED # yes\n"), 0o600))
	from := env(map[string]string{"HOME": home, "MYSQL_PWD": "other"})
	c, err := parseConfig(connector.Config{URL: "mysql:///shop", Getenv: from})
	require.NoError(t, err)
	require.Equal(t, []string{"ann", `a b#\c`, "db1:3310"}, []string{c.user, c.password, c.address()})
	require.Equal(t, tlsRequire, c.tls.mode)
	c, err = parseConfig(connector.Config{URL: "mysql://bob:x@db2/shop?tls=none", Getenv: from})
	require.NoError(t, err)
	require.Equal(t, []string{"bob", "x", "db2:3306"}, []string{c.user, c.password, c.address()})
	require.Equal(t, tlsNone, c.tls.mode)
	_, err = parseConfig(connector.Config{URL: "mysql:///shop?defaults-file=/nowhere/my.cnf"})
	require.Equal(t, connector.Invalid, connector.ClassOf(err))
}

// TestConnectErrorsHaveTheirClass and never hold the password.
func TestConnectErrorsHaveTheirClass(t *testing.T) {
	d := servertest.MariaDB(t)
	for url, class := range map[string]connector.Class{
		strings.Replace(d.URL, ":secret", ":sesame", 1):                                      connector.Denied,
		strings.Replace(d.URL, "/"+d.Name, "/nowhere", 1):                                    connector.Missing,
		"mysql://u:sesame@127.0.0.1:1/x":                                                     connector.Lost,
		strings.Replace(d.URL, "/"+d.Name, "/"+d.Name+"?tls=verify-full&ssl-ca=/nowhere", 1): connector.Invalid,
	} {
		_, err := openSource(t.Context(), connector.Config{URL: url})
		require.Error(t, err)
		require.Equal(t, class, connector.ClassOf(err), "%v", err)
		require.NotContains(t, err.Error(), "sesame")
		require.NotContains(t, err.Error(), "secret")
	}
}

// TestTLSAndPlugins connects through TLS and with the other ways to log in that the server knows.
func TestTLSAndPlugins(t *testing.T) {
	d := servertest.MariaDB(t)
	_, err := openSource(t.Context(), connector.Config{URL: d.URL + "?tls=require"})
	require.ErrorContains(t, err, "TLS", "the test server offers none")
	s, err := openSource(t.Context(), connector.Config{URL: d.URL + "?tls=prefer"})
	require.NoError(t, err)
	require.NoError(t, s.Close())
}
