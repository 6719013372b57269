package serve_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
	"go.etcd.io/etcd/client/pkg/v3/transport"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestTwoServersOfOneEtcd share everything: what one writes, the other knows.
func TestTwoServersOfOneEtcd(t *testing.T) {
	t.Parallel()
	flags := sharedEtcd(t)
	one := first(t, flags...)
	other := servertest.ShortDir(t)
	out, err := run(t, append([]string{"serve", "--data-dir", other, "--listen", "127.0.0.1:0", "--admin-listen", ""}, flags...)...)
	require.Error(t, err)
	require.Contains(t, out, "open the certificate authority's key", "another root key")
	shareKeys(t, one, other)
	two := start(t, other, flags...)
	_, err = iam.NewFromConfig(one.sdk(t)).CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("erin")})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := iam.NewFromConfig(two.sdk(t)).GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("erin")})
		return err == nil
	}, patient, 50*time.Millisecond)
	session, err := sts.NewFromConfig(one.sdk(t)).GetSessionToken(t.Context(), nil)
	require.NoError(t, err)
	_, err = sts.NewFromConfig(with(two.sdk(t), session.Credentials)).GetCallerIdentity(t.Context(), nil)
	require.NoError(t, err, "a session of one is a session of the other")
}

// sharedEtcd starts an etcd that wants certificates and answers the flags of a server that uses it.
func sharedEtcd(t *testing.T) (flags []string) {
	t.Helper()
	dir := servertest.ShortDir(t)
	cert, key := servertest.SelfSigned(t, dir)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	at := url.URL{Scheme: "https", Host: l.Addr().String()}
	require.NoError(t, l.Close())
	c := embed.NewConfig()
	c.Dir, c.LogLevel = filepath.Join(dir, "etcd"), "fatal"
	c.ListenClientUrls, c.AdvertiseClientUrls, c.ListenPeerUrls = []url.URL{at}, []url.URL{at}, nil
	c.AdvertisePeerUrls = []url.URL{{Scheme: "http", Host: "localhost:0"}}
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	c.ClientTLSInfo = transport.TLSInfo{CertFile: cert, KeyFile: key, TrustedCAFile: cert, ClientCertAuth: true}
	member, err := embed.StartEtcd(c)
	require.NoError(t, err)
	t.Cleanup(member.Close)
	<-member.Server.ReadyNotify()

	return []string{"--etcd-endpoints", at.String(), "--etcd-ca", cert, "--etcd-cert", cert, "--etcd-key", key}
}

// shareKeys gives another data directory what its server must know beside what lies in etcd.
func shareKeys(t *testing.T, of *server, dir string) {
	t.Helper()
	for _, name := range []string{"root.key", "credentials"} {
		raw, err := os.ReadFile(filepath.Join(of.dir, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
	}
}

// TestTheTasksOfADeadServerGoOnElsewhere kills a server so that nothing is given back: its role ends with its lease, and
// another server on the same etcd takes its tasks on, from where they were.
func TestTheTasksOfADeadServerGoOnElsewhere(t *testing.T) {
	t.Parallel()
	flags := sharedEtcd(t)
	one := first(t, append([]string{"--dms-roles"}, flags...)...)
	other := servertest.ShortDir(t)
	shareKeys(t, one, other)
	two := start(t, other, flags...)
	source, target := postgresShop(t), mariadbShop(t)
	source.stock(t, 500)
	_, m := one.replicate(t, "dead", source, target, types.MigrationTypeValueFullLoadAndCdc, mappings("public", target.name))
	source.trade(t, 10001, 20)
	arrives(t, source, target, "")
	require.Len(t, children(t, one.cmd.Process.Pid), 1)
	require.Empty(t, children(t, two.cmd.Process.Pid), "one server at a time has the controllers")

	one.kill()
	source.trade(t, 10021, 20)
	arrives(t, source, target, "")
	api := dms.NewFromConfig(two.sdk(t))
	require.Eventually(t, func() bool { return two.taskOf(t, api, m).status() == "running" }, patient, 100*time.Millisecond)
	require.Len(t, children(t, two.cmd.Process.Pid), 1)
	_, err := api.StopReplicationTask(t.Context(), &dms.StopReplicationTaskInput{ReplicationTaskArn: &m.task})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return two.taskOf(t, api, m).status() == "stopped" }, patient, 100*time.Millisecond)
	require.Equal(t, source.rows(t, "", "orders"), target.rows(t, "", "orders"))
}

// TestServiceControlPoliciesBindEveryone, the administrator too.
func TestServiceControlPoliciesBindEveryone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "guard.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"dms:*","Resource":"*"},{"Effect":"Deny","Action":"iam:CreateUser","Resource":"*"}]}`), 0o600))
	s := first(t, "--service-control-policy", file)
	_, err := iam.NewFromConfig(s.sdk(t)).CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("erin")})
	require.ErrorContains(t, err, "with an explicit deny in a service control policy")
	_, err = iam.NewFromConfig(s.sdk(t)).ListUsers(t.Context(), nil)
	require.NoError(t, err)
	said, err := iam.NewFromConfig(s.sdk(t)).SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String(admin), ActionNames: []string{"iam:CreateUser", "iam:ListUsers", "dms:DescribeEvents", "iam:DeleteUser"},
		PolicyInputList: []string{`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":["dms:*","iam:DeleteUser"],"Resource":"*"}}`},
	})
	require.NoError(t, err)
	for i, want := range []struct {
		decision     string
		organization bool
	}{{"explicitDeny", false}, {"allowed", true}, {"explicitDeny", false}, {"explicitDeny", true}} {
		r := said.EvaluationResults[i]
		require.EqualValues(t, want.decision, r.EvalDecision, "the simulator says what the server does of %s", *r.EvalActionName)
		require.NotNil(t, r.OrganizationsDecisionDetail)
		require.Equal(t, want.organization, r.OrganizationsDecisionDetail.AllowedByOrganizations, *r.EvalActionName)
	}
}

// TestYourOwnCertificate is served, and the one that replaces it.
func TestYourOwnCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := servertest.SelfSigned(t, dir)
	s := first(t, "--tls-cert", cert, "--tls-key", key)
	require.NotContains(t, s.out.String(), "AWS_CA_BUNDLE")
	raw, err := os.ReadFile(cert)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "ca.pem"), raw, 0o600)) // for the test's own client
	c := s.sdk(t)
	at, err := url.Parse(s.url)
	require.NoError(t, err)
	c.BaseEndpoint = aws.String(fmt.Sprintf("https://127.0.0.1:%s", at.Port()))
	_, err = sts.NewFromConfig(c).GetCallerIdentity(t.Context(), nil)
	require.NoError(t, err)

	newer, itsKey := servertest.SelfSigned(t, t.TempDir())
	require.NoError(t, os.Rename(newer, cert))
	require.NoError(t, os.Rename(itsKey, key))
	raw, err = os.ReadFile(cert)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(raw))
	require.Eventually(t, func() bool {
		conn, err := tls.Dial("tcp", "127.0.0.1:"+at.Port(), &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})
		return err == nil && conn.Close() == nil
	}, patient, 100*time.Millisecond, "the certificate that replaces it is not served")
}
