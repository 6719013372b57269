package dms

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func filter(name string, values ...string) []dmsapi.Filter {
	return []dmsapi.Filter{{Name: &name, Values: append([]string{}, values...)}}
}

func parsed(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u
}

func (b *endpointBench) plainCall(name string) *service.Call {
	return &service.Call{Service: &dmsapi.Service, Operation: dmsapi.Service.Operation(name), Partition: "aws", Region: benchRegion, Account: benchAccount, Now: b.now}
}

func (b *endpointBench) ids(instanceARN, endpointARN string) (string, string) {
	i, err := b.parseOf(instances, instanceARN)
	require.NoError(b.t, err)
	e, err := b.parseOf(endpoints, endpointARN)
	require.NoError(b.t, err)
	return i, e
}

func (b *endpointBench) connection(instanceARN, endpointARN string) Connection {
	b.t.Helper()
	i, e := b.ids(instanceARN, endpointARN)
	c, err := store.Read[Connection](b.outside(b.t.Context()), connectionKey(i, e))
	require.NoError(b.t, err)
	return c
}

// finish does what the controller does when a test is over.
func (b *endpointBench) finish(instanceARN, endpointARN, status, failure string) {
	b.t.Helper()
	c := b.connection(instanceARN, endpointARN)
	c.Status, c.Failure = status, failure
	b.put(func(tx store.Tx) error { return store.Write(tx, connectionKey(c.Instance, c.Endpoint), c) })
}

func TestTestConnection(t *testing.T) {
	b := newEndpointBench(t)
	arn := b.create(postgresEndpoint("shop")).EndpointArn
	ready, starting := b.instance("READY", "available"), b.instance("STARTING", "creating")
	try := func(instance, endpoint string) *dmsapi.TestConnectionMessage {
		return &dmsapi.TestConnectionMessage{ReplicationInstanceArn: &instance, EndpointArn: &endpoint}
	}
	gone := b.arn(endpoints, "GONE")
	b.refuses("InvalidResourceStateFault", "host-STARTING is creating", "TestConnection", try(starting, gone)) // before the endpoint is looked for
	b.refuses("ResourceNotFoundFault", "Endpoint "+gone, "TestConnection", try(ready, gone))
	b.refuses("ResourceNotFoundFault", "Replication Instance", "TestConnection", try(b.arn(instances, "GONE"), *arn))
	b.refuses("InvalidParameterValueException", "is not the ARN of a replication instance", "TestConnection", try(*arn, *arn))

	c := answer[dmsapi.TestConnectionResponse](b, "TestConnection", try(ready, *arn)).Connection
	require.Equal(t, []string{"testing", "shop", "host-READY", *arn, ready},
		[]string{*c.Status, *c.EndpointIdentifier, *c.ReplicationInstanceIdentifier, *c.EndpointArn, *c.ReplicationInstanceArn})
	b.refuses("InvalidResourceStateFault", "already being tested", "TestConnection", try(ready, *arn))
	b.finish(ready, *arn, "failed", "no route to host")
	all := answer[dmsapi.DescribeConnectionsResponse](b, "DescribeConnections", &dmsapi.DescribeConnectionsMessage{Filters: filter("endpoint-arn", *arn)}).Connections
	require.Len(t, all, 1)
	require.Equal(t, "no route to host", *all[0].LastFailureMessage)
	first := b.connection(ready, *arn).Number
	c = answer[dmsapi.TestConnectionResponse](b, "TestConnection", try(ready, *arn)).Connection
	require.Nil(t, c.LastFailureMessage)
	second := b.connection(ready, *arn).Number
	require.Greater(t, second, first)

	c = answer[dmsapi.DeleteConnectionResponse](b, "DeleteConnection", &dmsapi.DeleteConnectionMessage{ReplicationInstanceArn: &ready, EndpointArn: arn}).Connection
	require.Equal(t, "deleting", *c.Status)
	b.refuses("ResourceNotFoundFault", "Connection of endpoint shop", "DeleteConnection", &dmsapi.DeleteConnectionMessage{ReplicationInstanceArn: &ready, EndpointArn: arn})
	b.refuses("ResourceNotFoundFault", "No Connections found", "DescribeConnections", &dmsapi.DescribeConnectionsMessage{Filters: filter("replication-instance-arn", ready)})
	require.Empty(t, answer[dmsapi.DescribeConnectionsResponse](b, "DescribeConnections", &dmsapi.DescribeConnectionsMessage{}).Connections)
	b.now = b.now.Add(1)
	answer[dmsapi.TestConnectionResponse](b, "TestConnection", try(ready, *arn))
	require.GreaterOrEqual(t, b.connection(ready, *arn).Number, first, "the answer of a test before the deletion is not this one's")

	b.refuses("InvalidParameterValueException", "Invalid filter name: endpoint-id", "DescribeConnections", &dmsapi.DescribeConnectionsMessage{Filters: filter("endpoint-id", "x")})
	b.refuses("InvalidParameterValueException", "has no values", "DescribeConnections", &dmsapi.DescribeConnectionsMessage{Filters: filter("endpoint-arn")})
}

func TestConnectionNeedsItsKeyAndItsQuota(t *testing.T) {
	b := newEndpointBench(t)
	key := b.newKey()
	arn := b.create(postgresEndpoint("shop", func(in *createInput) { in.KmsKeyId = &key })).EndpointArn
	ready := b.instance("READY", "available")
	bySecret := b.create(func() *createInput {
		in := secretEndpoint("by-secret")
		in.KmsKeyId = &key
		return in
	}()).EndpointArn
	b.disable(key)
	answer[dmsapi.TestConnectionResponse](b, "TestConnection", &dmsapi.TestConnectionMessage{ReplicationInstanceArn: &ready, EndpointArn: bySecret}) // keeps nothing under it
	b.refuses("KMSKeyNotAccessibleFault", "is disabled", "TestConnection", &dmsapi.TestConnectionMessage{ReplicationInstanceArn: &ready, EndpointArn: arn})
	b.refuses("KMSKeyNotAccessibleFault", "is disabled", "RefreshSchemas", &dmsapi.RefreshSchemasMessage{ReplicationInstanceArn: &ready, EndpointArn: arn})
	b.refuses("KMSKeyNotAccessibleFault", "is disabled", "ModifyEndpoint", &modifyInput{EndpointArn: arn, Password: new("x")})
	b.modify(&modifyInput{EndpointArn: arn, Port: new(int64(1))}) // needs no key
	of, err := service.New(&dmsapi.Service, b.taskOperations()...)
	require.NoError(t, err)
	b.task("T", taskStopped, b.record(*arn).ID)
	_, err = b.call(of, "MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, "T")), TargetReplicationInstanceArn: &ready})
	require.ErrorContains(t, err, "KMSKeyNotAccessibleFault")
	require.ErrorContains(t, err, "is disabled")
	_, err = b.reach(t.Context(), b.record(*arn), nil)
	require.ErrorContains(t, err, "The password of endpoint shop cannot be opened: The KMS key cannot be used: "+key+" is disabled.")

	other := b.create(postgresEndpoint("other")).EndpointArn
	b.put(func(tx store.Tx) error {
		for i := range 100 {
			if err := store.Write(tx, connectionKey("READY", decimal(int64(i))), Connection{Instance: "READY", Endpoint: decimal(int64(i))}); err != nil {
				return err
			}
		}
		return nil
	})
	b.refuses("ResourceQuotaExceededFault", "EndpointsPerInstance", "TestConnection", &dmsapi.TestConnectionMessage{ReplicationInstanceArn: &ready, EndpointArn: other})
}

func TestSchemas(t *testing.T) {
	b := newEndpointBench(t)
	arn := b.create(postgresEndpoint("shop")).EndpointArn
	ready := b.instance("READY", "available")
	list := func(marker *string, size int64) *dmsapi.DescribeSchemasMessage {
		return &dmsapi.DescribeSchemasMessage{EndpointArn: arn, Marker: marker, MaxRecords: &size}
	}
	b.refuses("InvalidResourceStateFault", "Call RefreshSchemas first", "DescribeSchemas", list(nil, 0))
	b.refuses("InvalidResourceStateFault", "Call RefreshSchemas first", "DescribeRefreshSchemasStatus", &dmsapi.DescribeRefreshSchemasStatusMessage{EndpointArn: arn})
	b.refuses("ResourceNotFoundFault", "Endpoint", "DescribeSchemas", &dmsapi.DescribeSchemasMessage{EndpointArn: new(b.arn(endpoints, "X"))})
	b.refuses("ResourceNotFoundFault", "Endpoint", "DescribeRefreshSchemasStatus", &dmsapi.DescribeRefreshSchemasStatusMessage{EndpointArn: new(b.arn(endpoints, "X"))})
	refresh := &dmsapi.RefreshSchemasMessage{ReplicationInstanceArn: &ready, EndpointArn: arn}
	require.Equal(t, "refreshing", *answer[dmsapi.RefreshSchemasResponse](b, "RefreshSchemas", refresh).RefreshSchemasStatus.Status)
	b.refuses("InvalidResourceStateFault", "already being refreshed", "RefreshSchemas", refresh)
	require.Empty(t, answer[dmsapi.DescribeSchemasResponse](b, "DescribeSchemas", list(nil, 0)).Schemas)

	_, id := b.ids(ready, *arn)
	var names []string
	for i := range 45 {
		names = append(names, "s"+decimal(int64(100+(i*7)%45)))
	}
	at := b.now
	b.put(func(tx store.Tx) error {
		rec, err := store.Read[Schemas](tx, schemasKey(id))
		require.NoError(t, err)
		rec.Status, rec.Names, rec.Refreshed = "successful", names, &at
		return store.Write(tx, schemasKey(id), rec)
	})
	status := answer[dmsapi.DescribeRefreshSchemasStatusResponse](b, "DescribeRefreshSchemasStatus", &dmsapi.DescribeRefreshSchemasStatusMessage{EndpointArn: arn}).RefreshSchemasStatus
	require.Equal(t, at, *status.LastRefreshDate)
	require.Equal(t, ready, *status.ReplicationInstanceArn)
	var got []string
	var marker *string
	for pages := 1; ; pages++ {
		out := answer[dmsapi.DescribeSchemasResponse](b, "DescribeSchemas", list(marker, 20))
		got, marker = append(got, out.Schemas...), out.Marker
		if marker == nil {
			require.Equal(t, 3, pages)
			break
		}
	}
	require.Len(t, got, 45)
	require.IsIncreasing(t, got)
	b.refuses("InvalidParameterValueException", "MaxRecords", "DescribeSchemas", list(nil, 19))
}

func TestDescribeEndpointsFiltersAndPages(t *testing.T) {
	b := newEndpointBench(t)
	for i := range 25 {
		b.create(postgresEndpoint("pg" + decimal(int64(i))))
	}
	b.create(lite("x.db"))
	size := int64(20)
	first := answer[dmsapi.DescribeEndpointsResponse](b, "DescribeEndpoints", &dmsapi.DescribeEndpointsMessage{MaxRecords: &size})
	require.Len(t, first.Endpoints, 20)
	rest := answer[dmsapi.DescribeEndpointsResponse](b, "DescribeEndpoints", &dmsapi.DescribeEndpointsMessage{MaxRecords: &size, Marker: first.Marker})
	require.Len(t, rest.Endpoints, 6)
	require.Nil(t, rest.Marker)
	count := func(name string, values ...string) int {
		return len(answer[dmsapi.DescribeEndpointsResponse](b, "DescribeEndpoints", &dmsapi.DescribeEndpointsMessage{Filters: filter(name, values...)}).Endpoints)
	}
	require.Equal(t, 25, count("engine-name", "postgres"))
	require.Equal(t, 26, count("engine-name", "postgres", "sqlite"))
	require.Equal(t, 26, count("endpoint-type", "source"))
	require.Equal(t, 2, count("endpoint-id", "PG3", "lite"))
	require.Equal(t, 1, count("endpoint-arn", *first.Endpoints[0].EndpointArn))
	b.refuses("ResourceNotFoundFault", "No Endpoints found", "DescribeEndpoints", &dmsapi.DescribeEndpointsMessage{Filters: filter("endpoint-type", "target")})
	b.refuses("InvalidParameterValueException", "Invalid Marker", "DescribeEndpoints", &dmsapi.DescribeEndpointsMessage{Marker: new("?")})
}
