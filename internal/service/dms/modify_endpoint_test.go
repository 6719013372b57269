package dms

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

type modifyInput = dmsapi.ModifyEndpointMessage

func (b *endpointBench) modify(in *modifyInput) *dmsapi.Endpoint {
	b.t.Helper()
	return answer[dmsapi.ModifyEndpointResponse](b, "ModifyEndpoint", in).Endpoint
}

// TestModifyMergesOrReplaces: settings of a call join those that are there; with ExactSettings, and with attributes, they
// take their place.
func TestModifyMergesOrReplaces(t *testing.T) {
	b := newEndpointBench(t)
	arn := b.create(postgresEndpoint("shop", func(in *createInput) {
		in.ExtraConnectionAttributes = new("slotName=one;heartbeatEnable=true")
	})).EndpointArn
	set := func(in *modifyInput, want map[string]string, attributes string) {
		t.Helper()
		in.EndpointArn = arn
		e := b.modify(in)
		rec := b.record(*arn)
		if len(want) == 0 {
			want = nil
		}
		require.Equal(t, want, rec.Settings)
		require.Equal(t, attributes, value(e.ExtraConnectionAttributes))
		require.Equal(t, "mover", *e.Username, "what names the server stays")
	}
	pg := func(p dmsapi.PostgreSQLSettings) *dmsapi.PostgreSQLSettings { return &p }
	set(&modifyInput{PostgreSQLSettings: pg(dmsapi.PostgreSQLSettings{ExecuteTimeout: new(int64(9))})},
		map[string]string{"SlotName": "one", "HeartbeatEnable": "true", "ExecuteTimeout": "9"}, "slotName=one;heartbeatEnable=true")
	set(&modifyInput{PostgreSQLSettings: pg(dmsapi.PostgreSQLSettings{SlotName: new("two")}), ExactSettings: new(false)},
		map[string]string{"SlotName": "two", "HeartbeatEnable": "true", "ExecuteTimeout": "9"}, "heartbeatEnable=true;")
	set(&modifyInput{PostgreSQLSettings: pg(dmsapi.PostgreSQLSettings{SlotName: new("")})},
		map[string]string{"HeartbeatEnable": "true", "ExecuteTimeout": "9"}, "heartbeatEnable=true;")
	set(&modifyInput{PostgreSQLSettings: pg(dmsapi.PostgreSQLSettings{SlotName: new("three")}), ExactSettings: new(true)},
		map[string]string{"SlotName": "three"}, "slotName=three;")
	set(&modifyInput{Port: new(int64(6000)), ExactSettings: new(true)}, map[string]string{"SlotName": "three"}, "slotName=three;")
	set(&modifyInput{ExtraConnectionAttributes: new("captureDDLs=N")}, map[string]string{"CaptureDdls": "false"}, "captureDDLs=N")
	set(&modifyInput{ExtraConnectionAttributes: new("")}, nil, "")

	script := "SET a = 1; SET b = 2"
	e := b.create(postgresEndpoint("target", func(in *createInput) {
		in.EndpointType, in.PostgreSQLSettings = new("target"), &dmsapi.PostgreSQLSettings{AfterConnectScript: &script}
	}))
	require.Equal(t, script, *e.PostgreSQLSettings.AfterConnectScript)
	require.Nil(t, e.ExtraConnectionAttributes, "a value with semicolons cannot be an attribute")
}

func TestModifyChangesTheLogin(t *testing.T) {
	b := newEndpointBench(t)
	arn := b.create(postgresEndpoint("shop")).EndpointArn
	login := func() (string, string) {
		b.secrets[theRole+" shop"] = `{"username":"rotated","password":"new","host":"other.example.com","port":"5444"}`
		out, err := b.reach(t.Context(), b.record(*arn), nil)
		require.NoError(t, err)
		u := parsed(t, out.URL)
		password, _ := u.User.Password()
		return u.User.Username() + "@" + u.Host, password
	}
	b.modify(&modifyInput{EndpointArn: arn, ServerName: new("two.example.com")})
	at, password := login()
	require.Equal(t, []string{"mover@two.example.com:5433", thePassword}, []string{at, password}, "the password stays")
	b.modify(&modifyInput{EndpointArn: arn, Password: new("")})
	_, password = login()
	require.Empty(t, password)

	secret := &dmsapi.PostgreSQLSettings{SecretsManagerSecretId: new("shop"), SecretsManagerAccessRoleArn: new(theRole)}
	b.refuses("InvalidParameterCombinationException", "or Username, and not both", "ModifyEndpoint", &modifyInput{EndpointArn: arn, PostgreSQLSettings: secret, Username: new("x")})
	e := b.modify(&modifyInput{EndpointArn: arn, PostgreSQLSettings: secret})
	require.Nil(t, e.ServerName)
	require.Nil(t, e.PostgreSQLSettings.Username)
	at, password = login()
	require.Equal(t, []string{"rotated@other.example.com:5444", "new"}, []string{at, password})
	b.refuses("InvalidParameterCombinationException", "logs in by the secret shop", "ModifyEndpoint", &modifyInput{EndpointArn: arn, Username: new("x")})
	e = b.modify(&modifyInput{EndpointArn: arn, PostgreSQLSettings: &dmsapi.PostgreSQLSettings{SlotName: new("s")}, ExactSettings: new(true)})
	require.Equal(t, "shop", *e.PostgreSQLSettings.SecretsManagerSecretId, "a login is no setting")
	e = b.modify(&modifyInput{EndpointArn: arn, Username: new("back"), Password: new("again"), ServerName: new("three"), Port: new(int64(1))})
	require.Nil(t, e.PostgreSQLSettings.SecretsManagerSecretId)
	at, password = login()
	require.Equal(t, []string{"back@three:1", "again"}, []string{at, password})
}

func TestModifyRenamesAndChangesTheEngine(t *testing.T) {
	b := newEndpointBench(t)
	arn := b.create(postgresEndpoint("shop")).EndpointArn
	b.create(postgresEndpoint("other"))
	b.refuses("ResourceAlreadyExistsFault", "other", "ModifyEndpoint", &modifyInput{EndpointArn: arn, EndpointIdentifier: new("OTHER")})
	b.refuses("InvalidParameterValueException", "EndpointIdentifier", "ModifyEndpoint", &modifyInput{EndpointArn: arn, EndpointIdentifier: new("a--b")})
	require.Equal(t, "renamed", *b.modify(&modifyInput{EndpointArn: arn, EndpointIdentifier: new("Renamed")}).EndpointIdentifier)
	b.create(postgresEndpoint("shop")) // the name is free

	b.modify(&modifyInput{EndpointArn: arn, PostgreSQLSettings: &dmsapi.PostgreSQLSettings{SlotName: new("s")}})
	b.refuses("InvalidParameterValueException", "SlotName", "ModifyEndpoint", &modifyInput{EndpointArn: arn, EngineName: new("mysql")})
	e := b.modify(&modifyInput{EndpointArn: arn, EngineName: new("mysql"), MySQLSettings: &dmsapi.MySQLSettings{EventsPollInterval: new(int64(7))}, ExactSettings: new(true), EndpointType: new("source")})
	require.Equal(t, "MySQL", *e.EngineDisplayName)
	require.Equal(t, "eventsPollInterval=7;", *e.ExtraConnectionAttributes)
	require.Nil(t, e.PostgreSQLSettings)
	b.refuses("ResourceNotFoundFault", "Endpoint arn:aws:dms:us-east-1:111122223333:endpoint:NONE not found.", "ModifyEndpoint", &modifyInput{EndpointArn: new(b.arn(endpoints, "NONE"))})
	b.refuses("InvalidParameterValueException", "Invalid ARN", "ModifyEndpoint", &modifyInput{EndpointArn: new("shop")})
}

// TestModifyTakesEveryDocument: that of the engine which the endpoint has, and what stands beside it in the call.
func TestModifyTakesEveryDocument(t *testing.T) {
	t.Parallel()
	b := newEndpointBench(t)
	cloud := b.create(&createInput{EndpointIdentifier: new("cloud"), EndpointType: new("source"), EngineName: new("gcp-mysql"),
		GcpMySQLSettings: &dmsapi.GcpMySQLSettings{ServerName: new("h"), Username: new("u"), EventsPollInterval: new(int64(7))}})
	require.Equal(t, []any{"h", int64(7)}, []any{*cloud.ServerName, *cloud.GcpMySQLSettings.EventsPollInterval})
	cloud = b.modify(&modifyInput{EndpointArn: cloud.EndpointArn, GcpMySQLSettings: &dmsapi.GcpMySQLSettings{EventsPollInterval: new(int64(8)), Port: new(int64(3307))}})
	require.Equal(t, []int64{8, 3307}, []int64{*cloud.GcpMySQLSettings.EventsPollInterval, *cloud.Port})
	dwh := b.create(&createInput{EndpointIdentifier: new("dwh"), EndpointType: new("target"), EngineName: new("redshift"), ServerName: new("h"), Username: new("u"), DatabaseName: new("dwh"),
		RedshiftSettings: &dmsapi.RedshiftSettings{BucketName: new("stage")}})
	dwh = b.modify(&modifyInput{EndpointArn: dwh.EndpointArn, RedshiftSettings: &dmsapi.RedshiftSettings{TruncateColumns: new(true)}})
	require.Equal(t, []any{"stage", true}, []any{*dwh.RedshiftSettings.BucketName, *dwh.RedshiftSettings.TruncateColumns})
	files := b.create(&createInput{EndpointIdentifier: new("files"), EndpointType: new("source"), EngineName: new("s3"), S3Settings: &dmsapi.S3Settings{BucketName: new("lake"), ServiceAccessRoleArn: new(theRole)}})
	files = b.modify(&modifyInput{EndpointArn: files.EndpointArn, ServiceAccessRoleArn: new(theRole + "2"), ExternalTableDefinition: new(filesDefinition)})
	require.Equal(t, []string{theRole + "2", theRole + "2", filesDefinition}, []string{*files.ServiceAccessRoleArn, *files.S3Settings.ServiceAccessRoleArn, *files.S3Settings.ExternalTableDefinition})
	require.JSONEq(t, filesDefinition, *files.ExternalTableDefinition)
}

// TestWhatBecomesAFileHasNoLogin: neither the one that it had with its server, nor its secret.
func TestWhatBecomesAFileHasNoLogin(t *testing.T) {
	t.Parallel()
	b := newEndpointBench(t)
	for _, was := range []*createInput{postgresEndpoint("plain"), secretEndpoint("by-secret")} {
		arn := b.create(was).EndpointArn
		e := b.modify(&modifyInput{EndpointArn: arn, EngineName: new("sqlite"), DatabaseName: new("shop.db")})
		require.Equal(t, []any{(*string)(nil), (*string)(nil), (*int64)(nil)}, []any{e.Username, e.ServerName, e.Port})
		rec := b.record(*arn)
		require.Nil(t, rec.Settings)
		what, err := b.open(t.Context(), *arn, rec.Sealed)
		require.NoError(t, err)
		require.Empty(t, what)
		e = b.modify(&modifyInput{EndpointArn: arn, EngineName: new("s3"), DatabaseName: new(""), S3Settings: &dmsapi.S3Settings{BucketName: new("lake"), ServiceAccessRoleArn: new(theRole)}})
		require.Nil(t, e.ServerName)
		b.refuses("InvalidParameterCombinationException", "needs ServerName and Username", "ModifyEndpoint", &modifyInput{EndpointArn: arn, EngineName: new("postgres"), DatabaseName: new("shop"),
			ExactSettings: new(true), PostgreSQLSettings: &dmsapi.PostgreSQLSettings{}})
	}
}

func TestModifyAndDeleteRespectTasks(t *testing.T) {
	b := newEndpointBench(t)
	arn := b.create(postgresEndpoint("shop", func(in *createInput) { in.ResourceIdentifier = new("shop") })).EndpointArn
	for _, status := range []string{"starting", "running"} {
		b.task("T", status, "shop")
		b.refuses("InvalidResourceStateFault", "while replication task task-T is "+status, "ModifyEndpoint", &modifyInput{EndpointArn: arn, Port: new(int64(1))})
		b.refuses("InvalidResourceStateFault", "used by replication tasks arn:aws:dms:us-east-1:111122223333:task:T", "DeleteEndpoint", &dmsapi.DeleteEndpointMessage{EndpointArn: arn})
	}
	for _, status := range []string{"ready", "stopped", "failed"} {
		b.task("T", status, "shop")
		b.modify(&modifyInput{EndpointArn: arn, Port: new(int64(2))})
		b.refuses("InvalidResourceStateFault", "cannot become a target", "ModifyEndpoint", &modifyInput{EndpointArn: arn, EndpointType: new("target")})
		b.refuses("InvalidResourceStateFault", "cannot be deleted", "DeleteEndpoint", &dmsapi.DeleteEndpointMessage{EndpointArn: arn})
	}
	b.put(func(tx store.Tx) error {
		unrefer(tx, endpoints, "shop", tasks, "T")
		return nil
	})
	b.instance("I", "available")
	answer[dmsapi.TestConnectionResponse](b, "TestConnection", &dmsapi.TestConnectionMessage{ReplicationInstanceArn: new(b.arn(instances, "I")), EndpointArn: arn})
	answer[dmsapi.RefreshSchemasResponse](b, "RefreshSchemas", &dmsapi.RefreshSchemasMessage{ReplicationInstanceArn: new(b.arn(instances, "I")), EndpointArn: arn})
	e := answer[dmsapi.DeleteEndpointResponse](b, "DeleteEndpoint", &dmsapi.DeleteEndpointMessage{EndpointArn: arn}).Endpoint
	require.Equal(t, "deleting", *e.Status)
	b.refuses("ResourceNotFoundFault", "not found", "DeleteEndpoint", &dmsapi.DeleteEndpointMessage{EndpointArn: arn})
	b.refuses("ResourceNotFoundFault", "No Endpoints found matching provided filters", "DescribeEndpoints", &dmsapi.DescribeEndpointsMessage{Filters: filter("endpoint-id", "shop")})
	b.refuses("ResourceNotFoundFault", "No Connections found", "DescribeConnections", &dmsapi.DescribeConnectionsMessage{Filters: filter("endpoint-arn", *arn)})
	for _, prefix := range []string{connectionKeys, schemasKeys, endpoints.names(), references(endpoints, "shop")} {
		page, err := b.Store.List(t.Context(), store.Range{Prefix: prefix})
		require.NoError(t, err)
		require.Empty(t, page.Items, prefix)
	}
	b.create(postgresEndpoint("shop", func(in *createInput) { in.ResourceIdentifier = new("shop") })) // all of it is free
}

// TestModifyTestsConnectionsAnew, all that there are and no others.
func TestModifyTestsConnectionsAnew(t *testing.T) {
	b := newEndpointBench(t)
	arn := b.create(postgresEndpoint("shop")).EndpointArn
	other := b.create(postgresEndpoint("other")).EndpointArn
	one, two := b.instance("ONE", "available"), b.instance("TWO", "available")
	b.instance("UNTRIED", "available")
	for _, i := range []string{one, two} {
		for _, e := range []*string{arn, other} {
			answer[dmsapi.TestConnectionResponse](b, "TestConnection", &dmsapi.TestConnectionMessage{ReplicationInstanceArn: &i, EndpointArn: e})
			b.finish(i, *e, "successful", "")
		}
	}
	before := b.connection(one, *arn).Number
	b.now = b.now.Add(time.Second)
	b.modify(&modifyInput{EndpointArn: arn, Port: new(int64(1))})
	for _, i := range []string{one, two} {
		require.Equal(t, "testing", b.connection(i, *arn).Status)
		require.Equal(t, "successful", b.connection(i, *other).Status)
	}
	require.Greater(t, b.connection(one, *arn).Number, before)
}

// TestOneOfManyWins: of calls that want the same identifier at once one has it.
func TestOneOfManyWins(t *testing.T) {
	b := newEndpointBench(t)
	const callers = 8
	arns := make([]*string, callers)
	for i := range arns {
		arns[i] = b.create(postgresEndpoint("e" + decimal(int64(i)))).EndpointArn
	}
	op, call := b.api.Operation("ModifyEndpoint"), b.plainCall("ModifyEndpoint")
	var won, lost int
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, arn := range arns {
		all.Go(func() {
			_, err := op.Do(t.Context(), call, &modifyInput{EndpointArn: arn, EndpointIdentifier: new("wanted")})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else {
				require.ErrorContains(t, err, "ResourceAlreadyExistsFault")
				lost++
			}
		})
	}
	all.Wait()
	require.Equal(t, 1, won)
	require.Equal(t, callers-1, lost)
}

// TestASecretIsNamedByRight repeats an endpoint's secret, for which no right is needed, while another call gives the endpoint
// another one: naming the first again is a change then, which nobody has been asked about.
func TestASecretIsNamedByRight(t *testing.T) {
	b := newEndpointBench(t)
	arn := b.create(secretEndpoint("by-secret")).EndpointArn
	b.deny["secretsmanager:DescribeSecret"] = true
	secret := func(id string) *modifyInput {
		return &modifyInput{EndpointArn: arn, PostgreSQLSettings: &dmsapi.PostgreSQLSettings{SecretsManagerSecretId: &id, SecretsManagerAccessRoleArn: new(theRole)}}
	}
	b.modify(secret("shop"))
	b.refuses("AccessDeniedException", "DescribeSecret", "ModifyEndpoint", secret("other"))
	kept, met := b.Store, false
	b.Store = storetest.Raced(kept, func() {
		if met {
			return
		}
		met = true
		delete(b.deny, "secretsmanager:DescribeSecret")
		b.modify(secret("other"))
		b.deny["secretsmanager:DescribeSecret"] = true
	})
	b.refuses("InvalidResourceStateFault", "by another call", "ModifyEndpoint", secret("shop"))
	b.Store = kept
	require.True(t, met)
	require.Equal(t, "other", b.record(*arn).Settings[secretID])
}
