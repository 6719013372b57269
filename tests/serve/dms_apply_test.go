package serve_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// whimbrel runs the program against the server.
func (s *server) whimbrel(t testing.TB, env []string, args ...string) (string, error) {
	t.Helper()
	path, err := servertest.Program()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = s.env(env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestApply makes a migration from a file, again, otherwise, and from what the aws command describes.
func TestApply(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	source, target := mariadbShop(t), postgresShop(t)
	source.stock(t, 1500)
	file := filepath.Join(t.TempDir(), "shop.yaml")
	text := `
ReplicationInstances:
  - {ReplicationInstanceIdentifier: shop, ReplicationInstanceClass: dms.t3.medium, Tags: {team: data}}
Certificates:
  - {CertificateIdentifier: ours, CertificatePem: file://ca.pem}
Endpoints:
  - {EndpointIdentifier: shop-old, EndpointType: source, EngineName: mariadb, ServerName: ` + source.host + `, Port: ` + source.port + `, DatabaseName: ` + source.name + `, Username: ` + source.user + `, Password: "${OLD}"}
  - {EndpointIdentifier: shop-new, EndpointType: target, EngineName: postgres, ServerName: ` + target.host + `, Port: ` + target.port + `, DatabaseName: ` + target.name + `, Username: ` + target.user + `, Password: "${NEW}"}
ReplicationTasks:
  - ReplicationTaskIdentifier: shop
    ReplicationInstance: shop
    SourceEndpoint: shop-old
    TargetEndpoint: shop-new
    MigrationType: full-load-and-cdc
    TableMappings: '` + mappings(source.name, "public") + `'
    Start: true
  - ReplicationTaskIdentifier: later
    ReplicationInstance: shop
    SourceEndpoint: shop-old
    TargetEndpoint: shop-new
    MigrationType: cdc
    CdcStartTime: 2026-11-25T08:00:00Z
    TableMappings: '` + mappings(source.name, "public") + `'
`
	authority, err := os.ReadFile(filepath.Join(s.dir, "ca.pem"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(file), "ca.pem"), append([]byte("# who signs for our servers\r\n"), authority...), 0o600))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	secrets := []string{"OLD=" + source.password, "NEW=" + target.password}
	apply := func(args ...string) string {
		t.Helper()
		out, err := s.whimbrel(t, secrets, append([]string{"apply", "-f", file}, args...)...)
		require.NoError(t, err, "%s\n%s", out, s.log)
		return out
	}
	require.Equal(t, 7, strings.Count(apply("--dry-run"), "(not done)"))
	out := apply()
	for _, want := range []string{"+ create replication instance shop\n", "+ create endpoint shop-old\n", "> test connection shop-new\n", "+ create replication task shop\n", "> start replication task shop\n"} {
		require.Contains(t, out, want)
	}
	arrives(t, source, target, "")
	require.Equal(t, "= replication instance shop\n= certificate ours\n= endpoint shop-old\n= endpoint shop-new\n= replication task shop\n= replication task later\n", apply())
	text = strings.Replace(text, "team: data", "team: sales", 1)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	require.Contains(t, apply(), "~ modify replication instance shop: Tags\n")
	require.NotContains(t, apply(), "~ modify")

	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(text, "Start: true", "ReplicationTaskSettings: {ErrorBehavior: {RecoverableErrorInterval: 7}}", 1)), 0o600))
	out, err = s.whimbrel(t, secrets, "apply", "-f", file)
	require.Error(t, err)
	require.Contains(t, out, "the replication task shop is running and differs in [ReplicationTaskSettings]: stop it first, or say --stop-tasks")
	out = apply("--stop-tasks")
	require.Contains(t, out, "> stop replication task shop\n~ modify replication task shop: ReplicationTaskSettings\n> resume replication task shop\n")
	source.trade(t, 10001, 10)
	arrives(t, source, target, "")

	require.EventuallyWithT(t, func(c *assert.CollectT) {
		out, err := s.whimbrel(t, nil, "status", "--json")
		assert.NoError(c, err, out)
		type shown struct {
			ReplicationTaskIdentifier, Status string
			Progress                          struct{ RowsLoaded, ChangesApplied, TablesLoaded int64 }
		}
		var tasks []shown
		assert.NoError(c, json.Unmarshal([]byte(out), &tasks), out)
		at := slices.IndexFunc(tasks, func(t shown) bool { return t.ReplicationTaskIdentifier == "shop" })
		if assert.GreaterOrEqual(c, at, 0) {
			assert.Equal(c, "running", tasks[at].Status)
			assert.Equal(c, int64(2), tasks[at].Progress.TablesLoaded, out)
			assert.Positive(c, tasks[at].Progress.ChangesApplied, out)
		}
	}, patient, 300*time.Millisecond)
	out, err = s.whimbrel(t, nil, "status", "shop")
	require.NoError(t, err, out)
	require.Regexp(t, `shop +running +100% +2 of 2`, out)

	for _, what := range []string{"endpoints", "replication-tasks", "replication-instances"} {
		described, err := json.Marshal(s.must(t, "dms", "describe-"+what))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(file), what+".json"), described, 0o600))
	}
	dir := filepath.Dir(file)
	out, err = s.whimbrel(t, nil, "import", filepath.Join(dir, "endpoints.json"), filepath.Join(dir, "replication-tasks.json"), filepath.Join(dir, "replication-instances.json"))
	require.NoError(t, err, out)
	require.Contains(t, out, "note: the endpoint shop-old: set SHOP_OLD_PASSWORD")
	manifest := out[strings.Index(out, "ReplicationInstances:"):]
	if at := strings.Index(manifest, "note: "); at >= 0 {
		manifest = manifest[:at]
	}
	require.NoError(t, os.WriteFile(file, []byte(manifest), 0o600))
	out, err = s.whimbrel(t, []string{"SHOP_OLD_PASSWORD=x", "SHOP_NEW_PASSWORD=y"}, "apply", "-f", file)
	require.NoError(t, err, out)
	require.NotContains(t, out, "~ modify", "what was imported is what is there")
}
