package serve_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

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
	k.promised = *out.ReplicationInstance.ReplicationInstanceArn
	pid := 0
	if k.victim != "server" {
		pid = k.processOf(k.promised)
	}
	k.kill(pid)
	k.comesTo(k.instanceStatus(k.promised), "available", "creating", "available", "rebooting")
	k.processOf(k.promised)
}

// windowAround is a maintenance window in which a moment lies.
func windowAround(now time.Time) string {
	spell := func(t time.Time) string { return strings.ToLower(t.UTC().Format("Mon:15:04")) }
	return spell(now.Add(-time.Hour)) + "-" + spell(now.Add(2*time.Hour))
}

// changesTheClass kills in the midst of a change of class at once.
func (k *killing) changesTheClass() {
	k.Helper()
	k.step(k.promised, func() error {
		_, err := k.api.ModifyReplicationInstance(k.Context(), &dms.ModifyReplicationInstanceInput{
			ReplicationInstanceArn: &k.promised, ReplicationInstanceClass: aws.String("dms.t3.large"), ApplyImmediately: true,
		})
		return err
	}, k.instanceStatus(k.promised), "modifying", "available")
	require.Equal(k, "dms.t3.large", k.classOf(k.promised))
	require.Equal(k, int64(8<<30), memoryOf(k, k.processOf(k.promised)))
}

// plansAClass asks for a class in the window, which is now, and kills at once: what was planned is not forgotten.
func (k *killing) plansAClass() {
	k.Helper()
	out, err := k.api.ModifyReplicationInstance(k.Context(), &dms.ModifyReplicationInstanceInput{ReplicationInstanceArn: &k.promised, ReplicationInstanceClass: aws.String("dms.t3.small")})
	require.NoError(k, err)
	require.Equal(k, "dms.t3.small", *out.ReplicationInstance.PendingModifiedValues.ReplicationInstanceClass)
	k.kill(k.processOf(k.promised))
}

// hasThePlannedClass waits for the window's turn, which comes each minute and when a server begins, and deletes the instance.
func (k *killing) hasThePlannedClass() {
	k.Helper()
	k.comesTo(func() string { return k.classOf(k.promised) }, "dms.t3.small", "dms.t3.large")
	k.comesTo(k.instanceStatus(k.promised), "available", "modifying", "rebooting")
	require.Equal(k, int64(2<<30), memoryOf(k, k.processOf(k.promised)))
	require.Nil(k, instanceOf(k.T, k.api, made{instance: k.promised}).PendingModifiedValues.ReplicationInstanceClass)
	k.step(k.promised, func() error {
		_, err := k.api.DeleteReplicationInstance(k.Context(), &dms.DeleteReplicationInstanceInput{ReplicationInstanceArn: &k.promised})
		return err
	}, k.instanceStatus(k.promised), "deleting", "")
	require.NoDirExists(k, filepath.Join(k.dir, "instances", resource(k.promised)))
}

// dropsCalls kills while calls are under way that no one has answered yet: what each asked for is there whole, or as if it had not been
// called, and then it can be called again.
func (k *killing) dropsCalls() {
	k.Helper()
	if k.victim == "instance" {
		return // it takes no calls
	}
	pem, err := os.ReadFile(servertest.NewAuthority(k.T).CA)
	require.NoError(k, err)
	calls := map[string]func(*dms.Client) error{
		"certificate": func(api *dms.Client) error {
			_, err := api.ImportCertificate(k.Context(), &dms.ImportCertificateInput{CertificateIdentifier: aws.String("dropped"), CertificatePem: aws.String(string(pem))})
			return err
		},
		"instance": func(api *dms.Client) error {
			_, err := api.CreateReplicationInstance(k.Context(), &dms.CreateReplicationInstanceInput{ReplicationInstanceIdentifier: aws.String("dropped"), ReplicationInstanceClass: aws.String("dms.t3.micro")})
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
	answers := make(chan string, len(calls))
	pid, api := k.processOf(k.instance), k.api
	for name, call := range calls {
		go func() { answers <- fmt.Sprint(name, ": ", call(api)) }()
	}
	<-time.After(time.Duration(rand.IntN(12)) * time.Millisecond) // any moment will do, but not the same one
	k.kill(pid)
	for range calls {
		k.Log(<-answers)
	}
	for name, call := range calls {
		if err := call(k.api); err != nil {
			require.ErrorContains(k, err, "ResourceAlreadyExistsFault", name)
		}
	}
	certificates, err := k.api.DescribeCertificates(k.Context(), &dms.DescribeCertificatesInput{Filters: by("certificate-id", "dropped")})
	require.NoError(k, err)
	require.Equal(k, string(pem), *certificates.Certificates[0].CertificatePem)
	ends, err := k.api.DescribeEndpoints(k.Context(), &dms.DescribeEndpointsInput{Filters: by("endpoint-id", "dropped")})
	require.NoError(k, err)
	require.Equal(k, "active", *ends.Endpoints[0].Status)
	instances, err := k.api.DescribeReplicationInstances(k.Context(), &dms.DescribeReplicationInstancesInput{Filters: by("replication-instance-id", "dropped")})
	require.NoError(k, err)
	dropped := *instances.ReplicationInstances[0].ReplicationInstanceArn
	k.comesTo(k.instanceStatus(dropped), "available", "creating", "rebooting")
	_, err = k.api.DeleteReplicationInstance(k.Context(), &dms.DeleteReplicationInstanceInput{ReplicationInstanceArn: &dropped})
	require.NoError(k, err)
	k.comesTo(k.instanceStatus(dropped), "", "deleting")
	_, err = k.api.DeleteCertificate(k.Context(), &dms.DeleteCertificateInput{CertificateArn: certificates.Certificates[0].CertificateArn})
	require.NoError(k, err)
	_, err = k.api.DeleteEndpoint(k.Context(), &dms.DeleteEndpointInput{EndpointArn: ends.Endpoints[0].EndpointArn})
	require.NoError(k, err)
}
