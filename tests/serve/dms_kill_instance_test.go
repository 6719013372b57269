package serve_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestKilledWhileInstancesChange kills the server, the process of an instance and both while the instance is created, changed at once and in
// its maintenance window, and deleted, and while calls are under way that have no answer yet.
func TestKilledWhileInstancesChange(t *testing.T) {
	t.Parallel()
	for _, victim := range []string{"server", "instance", "both"} {
		t.Run(victim, func(t *testing.T) {
			t.Parallel()
			k := &killing{T: t, victim: victim, server: first(t, "--dms-roles")}
			k.api = dms.NewFromConfig(k.sdk(t))
			k.createsAnInstance()
			k.dropsCreations()
			k.changesTheClass()
			k.plansAClass()
			k.dropsCalls()
			k.hasThePlannedClass()
		})
	}
}

// classOf is the class that an instance has.
func (k *killing) classOf(arn string) string {
	return *instanceOf(k.T, k.api, made{instance: arn}).ReplicationInstanceClass
}

// comesTo waits until something has a status, and sees no other on the way than those of during, in their order.
func (k *killing) comesTo(status func() string, end string, during ...string) {
	k.Helper()
	var seen []string
	require.Eventually(k, func() bool {
		if now := status(); len(seen) == 0 || seen[len(seen)-1] != now {
			seen = append(seen, now)
		}
		return seen[len(seen)-1] == end
	}, patient, 20*time.Millisecond, "to %s: %v\n%s", end, &seen, k.log)
	for _, now := range seen[:len(seen)-1] {
		at := slices.Index(during, now)
		require.GreaterOrEqual(k, at, 0, "the steps are %v, one after the other: %v", during, seen)
		during = during[at:]
	}
}

// createsAnInstance kills while an instance comes up that was promised.
func (k *killing) createsAnInstance() {
	k.Helper()
	out, err := k.api.CreateReplicationInstance(k.Context(), &dms.CreateReplicationInstanceInput{
		ReplicationInstanceIdentifier: aws.String("promised"), ReplicationInstanceClass: aws.String("dms.t3.medium"), PreferredMaintenanceWindow: aws.String(windowAround(time.Now())),
	})
	require.NoError(k, err)
	require.Equal(k, "creating", *out.ReplicationInstance.ReplicationInstanceStatus)
	k.instance = *out.ReplicationInstance.ReplicationInstanceArn
	pid := 0
	if k.victim != "server" {
		pid = k.processOf(k.instance)
	}
	k.kill(pid)
	k.comesTo(k.instanceStatus(k.instance), "available", "creating", "available", "rebooting")
	k.processOf(k.instance)
}

// dropsCreations kills while an instance and an endpoint are asked for and nobody has been answered: what was to be made is there whole or not at
// all, and the same call again makes it, or says truly that it is there. internal/service/dms.TestCreationsCutShort does it at each write.
func (k *killing) dropsCreations() {
	k.Helper()
	if k.victim == "instance" {
		return // it takes no calls
	}
	asks := []func(*dms.Client) error{
		func(api *dms.Client) error {
			_, err := api.CreateReplicationInstance(k.Context(), &dms.CreateReplicationInstanceInput{ReplicationInstanceIdentifier: aws.String("unanswered"), ReplicationInstanceClass: aws.String("dms.t3.micro")})
			return err
		},
		func(api *dms.Client) error {
			_, err := api.CreateEndpoint(k.Context(), &dms.CreateEndpointInput{
				EndpointIdentifier: aws.String("unanswered"), EndpointType: types.ReplicationEndpointTypeValueSource, EngineName: aws.String("postgres"), ServerName: aws.String("localhost"),
				Port: aws.Int32(1), DatabaseName: aws.String("d"), Username: aws.String("u"), Password: aws.String("p"),
			})
			return err
		},
	}
	answers := make([]error, len(asks))
	var under sync.WaitGroup
	api, pid := k.api, k.processOf(k.instance)
	for i, ask := range asks {
		under.Go(func() { answers[i] = ask(api) })
	}
	time.Sleep(rand.N(15 * time.Millisecond)) //nolint:forbidigo // any moment will do, but not the same one
	require.NoError(k, k.cmd.Process.Signal(syscall.SIGSTOP))
	k.kill(pid)
	under.Wait()
	k.Log("answered before the kill:", answers[0] == nil, answers[1] == nil)
	for i, ask := range asks {
		again := ask(k.api)
		require.True(k, answers[i] != nil || again != nil, "what was answered is there")
		if again != nil {
			require.ErrorContains(k, again, "ResourceAlreadyExistsFault")
		}
	}
	out, err := k.api.DescribeReplicationInstances(k.Context(), &dms.DescribeReplicationInstancesInput{})
	require.NoError(k, err)
	require.Len(k, out.ReplicationInstances, 2)
	i := slices.IndexFunc(out.ReplicationInstances, func(i types.ReplicationInstance) bool { return *i.ReplicationInstanceIdentifier == "unanswered" })
	arn := *out.ReplicationInstances[i].ReplicationInstanceArn
	for _, one := range []string{arn, k.instance} {
		k.comesTo(k.instanceStatus(one), "available", "creating", "available", "rebooting")
	}
	require.ElementsMatch(k, []int{k.processOf(arn), k.processOf(k.instance)}, children(k, k.cmd.Process.Pid))
	_, err = k.api.DeleteReplicationInstance(k.Context(), &dms.DeleteReplicationInstanceInput{ReplicationInstanceArn: &arn})
	require.NoError(k, err)
	k.comesTo(k.instanceStatus(arn), "", "deleting")
	require.NoDirExists(k, filepath.Join(k.dir, "instances", resource(arn)))
	ends, err := k.api.DescribeEndpoints(k.Context(), &dms.DescribeEndpointsInput{Filters: by("endpoint-id", "unanswered")})
	require.NoError(k, err)
	require.Len(k, ends.Endpoints, 1)
	_, err = k.api.DeleteEndpoint(k.Context(), &dms.DeleteEndpointInput{EndpointArn: ends.Endpoints[0].EndpointArn})
	require.NoError(k, err)
}

// windowAround is a maintenance window in which a moment lies.
func windowAround(now time.Time) string {
	spell := func(t time.Time) string { return strings.ToLower(t.UTC().Format("Mon:15:04")) }
	return spell(now.Add(-time.Hour)) + "-" + spell(now.Add(2*time.Hour))
}

// changesTheClass kills in the midst of a change of class at once.
func (k *killing) changesTheClass() {
	k.Helper()
	k.step(k.instance, func() error {
		_, err := k.api.ModifyReplicationInstance(k.Context(), &dms.ModifyReplicationInstanceInput{
			ReplicationInstanceArn: &k.instance, ReplicationInstanceClass: aws.String("dms.t3.large"), ApplyImmediately: true,
		})
		return err
	}, k.instanceStatus(k.instance), "modifying", "available")
	require.Equal(k, "dms.t3.large", k.classOf(k.instance))
	require.Equal(k, int64(8<<30), memoryOf(k, k.processOf(k.instance)))
}

// plansAClass asks for a class in the window, which is now, and kills at once: what was planned is not forgotten.
func (k *killing) plansAClass() {
	k.Helper()
	out, err := k.api.ModifyReplicationInstance(k.Context(), &dms.ModifyReplicationInstanceInput{ReplicationInstanceArn: &k.instance, ReplicationInstanceClass: aws.String("dms.t3.small")})
	require.NoError(k, err)
	require.Equal(k, "dms.t3.small", *out.ReplicationInstance.PendingModifiedValues.ReplicationInstanceClass)
	k.kill(k.processOf(k.instance))
}

// hasThePlannedClass waits for the window's turn, which comes each minute and when a server begins, and deletes the instance.
func (k *killing) hasThePlannedClass() {
	k.Helper()
	k.comesTo(func() string { return k.classOf(k.instance) }, "dms.t3.small", "dms.t3.large")
	k.comesTo(k.instanceStatus(k.instance), "available", "modifying", "rebooting")
	require.Equal(k, int64(2<<30), memoryOf(k, k.processOf(k.instance)))
	require.Nil(k, instanceOf(k.T, k.api, made{instance: k.instance}).PendingModifiedValues.ReplicationInstanceClass)
	k.step(k.instance, func() error {
		_, err := k.api.DeleteReplicationInstance(k.Context(), &dms.DeleteReplicationInstanceInput{ReplicationInstanceArn: &k.instance})
		return err
	}, k.instanceStatus(k.instance), "deleting", "")
	require.NoDirExists(k, filepath.Join(k.dir, "instances", resource(k.instance)))
}

// dropsCalls kills while calls are under way that no one has answered yet, of which some make and some delete: what each was about is there
// whole, or not at all, and can be made and deleted afterwards.
func (k *killing) dropsCalls() {
	k.Helper()
	if k.victim == "instance" {
		return // it takes no calls
	}
	pem, err := os.ReadFile(servertest.NewAuthority(k.T).CA)
	require.NoError(k, err)
	makes := map[string]func(*dms.Client) error{
		"certificate": func(api *dms.Client) error {
			_, err := api.ImportCertificate(k.Context(), &dms.ImportCertificateInput{CertificateIdentifier: aws.String("dropped"), CertificatePem: aws.String(string(pem))})
			return err
		},
		"endpoint": func(api *dms.Client) error {
			_, err := api.CreateEndpoint(k.Context(), &dms.CreateEndpointInput{
				EndpointIdentifier: aws.String("dropped"), EndpointType: types.ReplicationEndpointTypeValueSource, EngineName: aws.String("postgres"), ServerName: aws.String("localhost"),
				Port: aws.Int32(1), DatabaseName: aws.String("d"), Username: aws.String("u"), Password: aws.String("p"),
			})
			return err
		},
	}
	deletes := map[string]func(*dms.Client) error{"certificate": k.deletesCertificate(string(pem)), "endpoint": k.deletesEndpoint}
	var calls atomic.Int64
	var under sync.WaitGroup
	api := k.api
	for name, call := range makes {
		under.Go(func() {
			for err := error(nil); err == nil; calls.Add(1) {
				if err = call(api); err == nil {
					err = deletes[name](api)
				}
			}
		})
	}
	require.Eventually(k, func() bool { return calls.Load() > 2 }, patient, time.Millisecond)
	k.kill(k.processOf(k.instance))
	under.Wait()
	for name, call := range makes {
		if err := call(k.api); err != nil {
			require.ErrorContains(k, err, "ResourceAlreadyExistsFault", name)
		}
		require.NoError(k, deletes[name](k.api), name)
		require.NoError(k, call(k.api), name)
		require.NoError(k, deletes[name](k.api), name)
	}
}

// deletesCertificate deletes the certificate that was made, which is whole.
func (k *killing) deletesCertificate(pem string) func(*dms.Client) error {
	return func(api *dms.Client) error {
		out, err := api.DescribeCertificates(k.Context(), &dms.DescribeCertificatesInput{Filters: by("certificate-id", "dropped")})
		if err != nil {
			return err
		}
		if got := *out.Certificates[0].CertificatePem; got != pem {
			return fmt.Errorf("the certificate is %q", got)
		}
		_, err = api.DeleteCertificate(k.Context(), &dms.DeleteCertificateInput{CertificateArn: out.Certificates[0].CertificateArn})
		return err
	}
}

// deletesEndpoint deletes the endpoint that was made, which is whole.
func (k *killing) deletesEndpoint(api *dms.Client) error {
	out, err := api.DescribeEndpoints(k.Context(), &dms.DescribeEndpointsInput{Filters: by("endpoint-id", "dropped")})
	if err != nil {
		return err
	}
	if e := out.Endpoints[0]; *e.Status != "active" || *e.Username != "u" {
		return fmt.Errorf("the endpoint is %s of %s", *e.Status, *e.Username)
	}
	_, err = api.DeleteEndpoint(k.Context(), &dms.DeleteEndpointInput{EndpointArn: out.Endpoints[0].EndpointArn})
	return err
}
