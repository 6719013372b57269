package worker

import (
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func TestEgress(t *testing.T) {
	rules := []instance.Egress{
		{To: netip.MustParsePrefix("10.0.0.0/8"), First: 5432, Last: 5440}, {To: netip.MustParsePrefix("2001:db8::/32"), First: 1, Last: 65535},
	}
	for address, ok := range map[string]bool{
		"10.1.2.3:5432": true, "10.1.2.3:5440": true, "[::ffff:10.1.2.3]:5432": true, "[2001:db8::1]:22": true, "[2001:db8::1%eth0]:22": true,
		"10.1.2.3:5431": false, "10.1.2.3:5441": false, "11.0.0.1:5432": false, "[2001:db9::1]:22": false, "127.0.0.1:5432": false,
		"name:5432": false, "10.1.2.3": false, "": false,
	} {
		err := egress(rules)("tcp", address, nil)
		require.Equal(t, ok, err == nil, address)
		require.Error(t, egress(nil)("tcp4", address, nil), "no rules let nothing through")
		require.Error(t, egress(rules)("unix", address, nil))
		require.Error(t, egress(rules)("udp", address, nil))
	}
	err := egress(rules)("tcp", "127.0.0.1:5432", nil)
	require.Equal(t, connector.Denied, connector.ClassOf(err))
	require.ErrorContains(t, err, "no egress rule of the security groups of the replication instance lets tcp traffic to 127.0.0.1:5432 through")
	require.ErrorContains(t, err, "authorize-security-group-egress")
}

// TestNothingIsReachedThatNoRuleCovers asks real servers, by every way of naming them.
func TestNothingIsReachedThatNoRuleCovers(t *testing.T) {
	b := newBench(t)
	pg, my := servertest.PostgreSQL(t, servertest.PostgreSQL15), servertest.MariaDB(t)
	open := []instance.Egress{{To: netip.MustParsePrefix("127.0.0.1/32"), First: uint16(pg.Server.Port()), Last: uint16(pg.Server.Port())}, {To: netip.MustParsePrefix("127.0.0.1/32"), First: uint16(my.Server.Port()), Last: uint16(my.Server.Port())}}
	for _, u := range []string{
		pg.URL, my.URL, strings.Replace(pg.URL, "127.0.0.1", "localhost", 1), strings.Replace(my.URL, "127.0.0.1", "localhost", 1),
	} {
		e := instance.Endpoint{URL: u, Egress: open}
		for _, asTarget := range []bool{false, true} {
			require.NoError(t, b.Test(t.Context(), e, asTarget), u)
			shut := e
			shut.Egress = nil
			err := b.Test(t.Context(), shut, asTarget)
			var refusal *instance.Refusal
			require.ErrorAs(t, err, &refusal, u)
			require.Contains(t, refusal.Message, "no egress rule", u)
			require.NotContains(t, refusal.Message, "secret")
			shut.Egress = []instance.Egress{{To: netip.MustParsePrefix("127.0.0.0/8"), First: 1, Last: 1}}
			require.ErrorContains(t, b.Test(t.Context(), shut, asTarget), "no egress rule", u)
		}
		_, err := b.Schemas(t.Context(), e)
		require.NoError(t, err)
	}
	// A Unix socket is no way around.
	require.ErrorContains(t, b.Test(t.Context(), instance.Endpoint{URL: "postgres://u:p@/x?host=" + os.TempDir(), Egress: open}, false), "no egress rule")
	require.ErrorContains(t, b.Test(t.Context(), instance.Endpoint{URL: "mysql://u:p@/x?socket=" + os.TempDir() + "/s", Egress: open}, false), "no egress rule")
	// Nor is a file that the server was not given.
	require.ErrorContains(t, b.Test(t.Context(), instance.Endpoint{URL: "sqlite:/etc/passwd"}, false), "not in the directory")
	b.SQLiteDir = ""
	require.ErrorContains(t, b.Test(t.Context(), instance.Endpoint{URL: "sqlite:x.db"}, false), "--sqlite-dir")

	pgTask := newTask("T1", pg.URL, my.URL)
	pgTask.Source.Egress = open
	require.NoError(t, b.Start(t.Context(), pgTask))
	s := b.end(t, "T1", 1)
	require.Equal(t, fatal, s.StopReason)
	require.Contains(t, s.Failure, "open the target")
	require.Contains(t, s.Failure, "no egress rule")
}
