package dms

import (
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

type createInput = dmsapi.CreateEndpointMessage

func TestCreateEndpointAnswersAsDMSDoes(t *testing.T) {
	b := newEndpointBench(t)
	e := b.create(postgresEndpoint("Shop-Source", func(in *createInput) {
		in.ExtraConnectionAttributes = new(" HeartbeatEnable=Y ; executeTimeout=30;")
		in.PostgreSQLSettings = &dmsapi.PostgreSQLSettings{SlotName: new("shop_slot"), ServerName: new("ignored.example.com"), Password: new("another")}
		in.MySQLSettings = &dmsapi.MySQLSettings{ServerTimezone: new("of another engine, ignored")}
		in.Tags = []dmsapi.Tag{{Key: new("team"), Value: new("shop")}}
	}))
	require.Equal(t, "shop-source", *e.EndpointIdentifier)
	require.Equal(t, "SOURCE", *e.EndpointType)
	require.Equal(t, "PostgreSQL", *e.EngineDisplayName)
	require.Equal(t, "active", *e.Status)
	require.Equal(t, "none", *e.SslMode)
	require.Regexp(t, `^arn:aws:dms:us-east-1:111122223333:endpoint:[A-Z2-7]{26}$`, *e.EndpointArn)
	require.Regexp(t, `^arn:aws:kms:us-east-1:111122223333:key/`, *e.KmsKeyId)
	require.Equal(t, "HeartbeatEnable=Y ; executeTimeout=30;", *e.ExtraConnectionAttributes, "as written")
	p := e.PostgreSQLSettings
	require.Equal(t, []any{"mover", "db.example.com", int64(5433), "shop"}, []any{*p.Username, *p.ServerName, *p.Port, *p.DatabaseName})
	require.Equal(t, []any{"mover", "db.example.com", int64(5433), "shop"}, []any{*e.Username, *e.ServerName, *e.Port, *e.DatabaseName})
	require.Nil(t, p.Password)
	require.Nil(t, e.MySQLSettings)
	require.Equal(t, []any{true, int64(30), "shop_slot"}, []any{*p.HeartbeatEnable, *p.ExecuteTimeout, *p.SlotName})
	require.Nil(t, p.CaptureDdls, "what was not set stays out beside what was")
	plain := b.create(postgresEndpoint("plain")).PostgreSQLSettings
	require.Equal(t, []any{true, true, "public", int64(5), int64(60)}, []any{*plain.CaptureDdls, *plain.MapBooleanAsBoolean, *plain.DdlArtifactsSchema, *plain.HeartbeatFrequency, *plain.ExecuteTimeout}, "defaults")

	again := answer[dmsapi.DescribeEndpointsResponse](b, "DescribeEndpoints", &dmsapi.DescribeEndpointsMessage{}).Endpoints
	require.Len(t, again, 2)
	require.Contains(t, again, *e)
	tags, err := b.tagsOf(t.Context(), *e.EndpointArn)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"team": "shop"}, tags)

	bare := b.create(&createInput{EndpointIdentifier: new("lite"), EndpointType: new("target"), EngineName: new("sqlite"), DatabaseName: new("a/shop.db"), ResourceIdentifier: new("Chosen")})
	require.Equal(t, "arn:aws:dms:us-east-1:111122223333:endpoint:Chosen", *bare.EndpointArn)
	require.Nil(t, bare.Port)
	maria := b.create(&createInput{EndpointIdentifier: new("maria"), EndpointType: new("target"), EngineName: new("mariadb"), Username: new("u"), ServerName: new("::1")})
	require.Equal(t, int64(3306), *maria.MySQLSettings.Port)
	require.Equal(t, "multiple-databases", *maria.MySQLSettings.TargetDbType)
	require.NotNil(t, b.create(&createInput{EndpointIdentifier: new("cloud"), EndpointType: new("source"), EngineName: new("gcp-mysql"), Username: new("u"), ServerName: new("h")}).GcpMySQLSettings)
}

func TestCreateEndpointRefuses(t *testing.T) {
	b := newEndpointBench(t)
	b.create(postgresEndpoint("taken", func(in *createInput) { in.ResourceIdentifier = new("taken") }))
	const bad, combination = "InvalidParameterValueException", "InvalidParameterCombinationException"
	pg := func(set dmsapi.PostgreSQLSettings) func(*createInput) {
		return func(in *createInput) { in.PostgreSQLSettings = &set }
	}
	eca := func(text string) func(*createInput) {
		return func(in *createInput) { in.ExtraConnectionAttributes = &text }
	}
	certificate := "arn:aws:dms:us-east-1:111122223333:cert:NONE"
	for _, c := range []struct {
		code, words string
		change      func(*createInput)
	}{
		{bad, "Invalid engine name: foo", func(in *createInput) { in.EngineName = new("foo") }},
		{bad, "Invalid engine name: Postgres", func(in *createInput) { in.EngineName = new("Postgres") }},
		{bad, "Engine oracle is one of DMS that this server does not reach yet. It reaches aurora, aurora-postgresql,", func(in *createInput) { in.EngineName = new("oracle") }},
		{"ValidationException", "[source, target]", func(in *createInput) { in.EndpointType = new("SOURCE") }},
		{bad, "cannot be a source", func(in *createInput) { in.EngineName = new("aurora-serverless") }},
		{bad, "EndpointIdentifier", func(in *createInput) { in.EndpointIdentifier = new("-x") }},
		{bad, "EndpointIdentifier", func(in *createInput) { in.EndpointIdentifier = new(strings.Repeat("x", 256)) }},
		{bad, "ResourceIdentifier", func(in *createInput) { in.ResourceIdentifier = new(strings.Repeat("x", 32)) }},
		{"ResourceAlreadyExistsFault", "taken", func(in *createInput) { in.EndpointIdentifier = new("TAKEN") }},
		{"ResourceAlreadyExistsFault", "ResourceIdentifier taken", func(in *createInput) { in.ResourceIdentifier = new("taken") }},
		{bad, "Invalid tag key", func(in *createInput) { in.Tags = []dmsapi.Tag{{Key: new("aws:x")}} }},
		{bad, "Invalid ServerName", func(in *createInput) { in.ServerName = new("/run/postgresql") }},
		{bad, "Invalid ServerName", func(in *createInput) { in.ServerName = new("a,b") }},
		{bad, "Invalid ServerName", func(in *createInput) { in.ServerName = new("db.example.com:5432") }},
		{bad, "Invalid ServerName", func(in *createInput) { in.ServerName = new("x@y") }},
		{bad, "Invalid ServerName", func(in *createInput) { in.ServerName = new("db..example.com") }},
		{bad, "Invalid ServerName", func(in *createInput) { in.ServerName = new("fe80::1%eth0") }},
		{bad, "Invalid Port: 65536", func(in *createInput) { in.Port = new(int64(65536)) }},
		{bad, "Invalid Port: -1", func(in *createInput) { in.Port = new(int64(-1)) }},
		{combination, "needs ServerName and Username", func(in *createInput) { in.ServerName = nil }},
		{combination, "needs ServerName and Username", func(in *createInput) { in.Username = nil }},
		{combination, "needs a DatabaseName", func(in *createInput) { in.DatabaseName = nil }},
		{combination, "ServiceAccessRoleArn is not used", func(in *createInput) { in.ServiceAccessRoleArn = new("arn:aws:iam::1:role/x") }},
		{combination, "ExternalTableDefinition is not used", func(in *createInput) { in.ExternalTableDefinition = new("{}") }},
		{"ValidationException", "sslMode", func(in *createInput) { in.SslMode = new("prefer") }},
		{combination, "SslMode verify-ca needs a CertificateArn", func(in *createInput) { in.SslMode = new("verify-ca") }},
		{combination, "SslMode is require", func(in *createInput) { in.SslMode, in.CertificateArn = new("require"), &certificate }},
		{"ResourceNotFoundFault", "Certificate " + certificate + " not found.", func(in *createInput) { in.SslMode, in.CertificateArn = new("verify-full"), &certificate }},
		{bad, "is not the ARN of a certificate", func(in *createInput) {
			in.SslMode, in.CertificateArn = new("verify-full"), new("arn:aws:dms:us-east-1:111122223333:endpoint:taken")
		}},
		{"KMSKeyNotAccessibleFault", "does not exist", func(in *createInput) { in.KmsKeyId = new("11111111-2222-3333-4444-555555555555") }},
		{"KMSKeyNotAccessibleFault", "is not found", func(in *createInput) { in.KmsKeyId = new("alias/none") }},
		{bad, "attribute 2 is not of the form name=value", eca("captureDDLs=true;nonsense")},
		{bad, `Unknown endpoint setting: "captureDLL". A source of engine postgres has AuthenticationMethod, CaptureDdls,`, eca("captureDLL=true")},
		{bad, "given twice", eca("captureDDLs=true;CaptureDdls=false")},
		{bad, "CaptureDdls: \"perhaps\". It takes true or false.", eca("captureDDLs=perhaps")},
		{bad, "whole number from 0 to 1048576 seconds", eca("executeTimeout=-1")},
		{bad, "afterConnectScript is one of a target; this endpoint is a source", eca("afterConnectScript=SELECT 1")},
		{bad, "UnboundedVarcharMaxSize is not supported: a varchar without a length stays without one. Leave it out.", eca("unboundedVarcharMaxSize=9000")},
		{combination, "one value in ExtraConnectionAttributes and another in PostgreSQLSettings", func(in *createInput) {
			eca("slotName=a")(in)
			pg(dmsapi.PostgreSQLSettings{SlotName: new("b")})(in)
		}},
		{bad, "MapBooleanAsBoolean is supported with the value true alone: a boolean stays a boolean.", pg(dmsapi.PostgreSQLSettings{MapBooleanAsBoolean: new(false)})},
		{bad, `PluginName: "wal2json". It takes no-preference, pgoutput, test-decoding`, eca("pluginName=wal2json")},
		{bad, "DatabaseMode", pg(dmsapi.PostgreSQLSettings{DatabaseMode: new("babelfish")})},
		{bad, "BabelfishDatabaseName is not supported", pg(dmsapi.PostgreSQLSettings{BabelfishDatabaseName: new("b")})},
		{bad, "AuthenticationMethod is supported with the value password alone", pg(dmsapi.PostgreSQLSettings{AuthenticationMethod: new("iam")})},
		{bad, "HeartbeatFrequency: \"-1\"", pg(dmsapi.PostgreSQLSettings{HeartbeatFrequency: new(int64(-1))})},
		{bad, "HeartbeatFrequency: \"0\"", eca("heartbeatFrequency=0")},
		{combination, "Give either SecretsManagerSecretId and SecretsManagerAccessRoleArn, or Password, Port, ServerName, Username", pg(dmsapi.PostgreSQLSettings{SecretsManagerSecretId: new("s"), SecretsManagerAccessRoleArn: new("arn:aws:iam::111122223333:role/r")})},
		{combination, "SecretsManagerAccessRoleArn is missing", func(in *createInput) {
			in.Username, in.Password, in.ServerName, in.Port = nil, nil, nil, nil
			pg(dmsapi.PostgreSQLSettings{SecretsManagerSecretId: new("s")})(in)
		}},
		{combination, "TargetDbType specific-database needs a DatabaseName", func(in *createInput) {
			in.EngineName, in.EndpointType, in.DatabaseName = new("mysql"), new("target"), nil
			in.MySQLSettings = &dmsapi.MySQLSettings{TargetDbType: new("specific-database")}
		}},
		{bad, "is not the ARN of a role", func(in *createInput) {
			*in = *secretEndpoint("new")
			in.PostgreSQLSettings.SecretsManagerAccessRoleArn = new("reader")
		}},
		{bad, "Invalid SecretsManagerSecretId", func(in *createInput) {
			*in = *secretEndpoint("new")
			in.PostgreSQLSettings.SecretsManagerSecretId = new(strings.Repeat("x", 2049))
		}},
		{combination, "is a file", func(in *createInput) { in.EngineName = new("sqlite") }},
		{bad, "Endpoints of engine sqlite have none", func(in *createInput) { *in = *lite("x.db"); eca("a=b")(in) }},
		{combination, "Leave CertificateArn out", func(in *createInput) { *in = *lite("x.db"); in.CertificateArn = &certificate }},
		{combination, "Leave CertificateArn out", func(in *createInput) {
			*in = *bucketEndpoint("new", &dmsapi.S3Settings{BucketName: new("lake"), ServiceAccessRoleArn: new(theRole)})
			in.CertificateArn = &certificate
		}},
		{combination, "SslMode require needs a server", func(in *createInput) { *in = *lite("x.db"); in.SslMode = new("require") }},
		{bad, "Invalid DatabaseName", func(in *createInput) { *in = *lite("../x.db") }},
		{bad, "Invalid DatabaseName", func(in *createInput) { *in = *lite("/etc/passwd") }},
		{bad, "Invalid DatabaseName", func(in *createInput) { *in = *lite("a/../../x") }},
		{bad, "Invalid DatabaseName", func(in *createInput) { *in = *lite(":memory:") }},
		{bad, "Invalid DatabaseName", func(in *createInput) { *in = *lite(".") }},
		{combination, "needs a DatabaseName", func(in *createInput) { *in = *lite("") }},
	} {
		in := postgresEndpoint("new", c.change)
		b.refuses(c.code, c.words, "CreateEndpoint", in)
		require.Len(t, answer[dmsapi.DescribeEndpointsResponse](b, "DescribeEndpoints", &dmsapi.DescribeEndpointsMessage{}).Endpoints, 1, c.words)
	}
	b.SQLiteDir = ""
	b.refuses(bad, "--sqlite-dir", "CreateEndpoint", lite("x.db"))
	key := b.newKey()
	b.deny["kms:CreateGrant"] = true
	b.refuses("KMSKeyNotAccessibleFault", "kms:CreateGrant", "CreateEndpoint", postgresEndpoint("new", func(in *createInput) { in.KmsKeyId = &key }))
	delete(b.deny, "kms:CreateGrant")
	b.disable(key)
	b.refuses("KMSKeyNotAccessibleFault", "is disabled", "CreateEndpoint", postgresEndpoint("new", func(in *createInput) { in.KmsKeyId = &key }))
	b.clean()
}

func lite(file string) *createInput {
	return &createInput{EndpointIdentifier: new("lite"), EndpointType: new("source"), EngineName: new("sqlite"), DatabaseName: some(file)}
}

// TestEndpointNamesTheRoleAndTheSecret: the caller must be allowed to hand the role over and to name the secret.
func TestEndpointNamesTheRoleAndTheSecret(t *testing.T) {
	b := newEndpointBench(t)
	in := secretEndpoint("by-secret")
	in.PostgreSQLSettings.SecretsManagerSecretId = new("db/shop")
	checks, err := b.api.Operation("CreateEndpoint").Access(t.Context(), &service.Call{Service: &dmsapi.Service}, in)
	require.NoError(t, err)
	require.Equal(t, "iam:PassRole", checks[len(checks)-1].Action)
	require.Equal(t, theRole, checks[len(checks)-1].Resource)
	b.deny["secretsmanager:DescribeSecret"] = true
	b.refuses("AccessDeniedException", "DescribeSecret", "CreateEndpoint", in)
	delete(b.deny, "secretsmanager:DescribeSecret")
	e := b.create(in)
	require.Equal(t, "db/shop", *e.PostgreSQLSettings.SecretsManagerSecretId)
	require.Equal(t, theRole, *e.PostgreSQLSettings.SecretsManagerAccessRoleArn)
	require.Nil(t, e.Username)
	require.Nil(t, e.ServerName)
	require.Nil(t, e.ExtraConnectionAttributes)
}

const theRole = "arn:aws:iam::111122223333:role/reader"

func secretEndpoint(name string) *createInput {
	return &createInput{
		EndpointIdentifier: &name, EndpointType: new("source"), EngineName: new("postgres"), DatabaseName: new("shop"),
		PostgreSQLSettings: &dmsapi.PostgreSQLSettings{SecretsManagerSecretId: new("shop"), SecretsManagerAccessRoleArn: new(theRole)},
	}
}

// TestPasswordIsNowhere: not in the store's files, not in an answer, not in an error, whoever sends it where.
func TestPasswordIsNowhere(t *testing.T) {
	b := newEndpointBench(t)
	e := b.create(postgresEndpoint("shop"))
	modified := answer[dmsapi.ModifyEndpointResponse](b, "ModifyEndpoint", &dmsapi.ModifyEndpointMessage{
		EndpointArn: e.EndpointArn, PostgreSQLSettings: &dmsapi.PostgreSQLSettings{Password: new(thePassword + "2")},
	})
	described := answer[dmsapi.DescribeEndpointsResponse](b, "DescribeEndpoints", &dmsapi.DescribeEndpointsMessage{})
	b.clean(e, modified.Endpoint, described)
	_, err := b.call(b.api, "CreateEndpoint", postgresEndpoint("other", func(in *createInput) {
		in.ExtraConnectionAttributes = new("password=" + thePassword)
	}))
	var refused *wire.Error
	require.ErrorAs(t, err, &refused)
	require.NotContains(t, refused.Message, "s3cr")
	out, err := b.reach(t.Context(), b.record(*e.EndpointArn), nil)
	require.NoError(t, err)
	u, err := url.Parse(out.URL)
	require.NoError(t, err)
	password, _ := u.User.Password()
	require.Equal(t, thePassword+"2", password)
	require.Empty(t, findInFiles(t, b.dir, []byte(thePassword)))
	require.NotEmpty(t, findInFiles(t, b.dir, []byte("db.example.com")), "the search finds what is there")
}

// TestDocumentsOfTerraform: its provider sends every number and truth of a document, zero or not, and holds what it sent
// against what it reads.
func TestDocumentsOfTerraform(t *testing.T) {
	b := newEndpointBench(t)
	zeros := func() *dmsapi.PostgreSQLSettings {
		return &dmsapi.PostgreSQLSettings{
			CaptureDdls: new(false), ExecuteTimeout: new(int64(0)), FailTasksOnLobTruncation: new(false), HeartbeatEnable: new(false),
			HeartbeatFrequency: new(int64(0)), MapBooleanAsBoolean: new(true), MapJsonbAsClob: new(false), MaxFileSize: new(int64(0)),
		}
	}
	same := func(sent, read *dmsapi.PostgreSQLSettings) {
		t.Helper()
		for i, v := 0, reflect.ValueOf(*read); i < v.NumField(); i++ {
			name := v.Type().Field(i).Name
			got, was := reflect.Indirect(v.Field(i)), reflect.Indirect(reflect.ValueOf(*sent).Field(i))
			switch {
			case slices.Contains(ownMembers, name):
			case !got.IsValid():
				require.True(t, !was.IsValid() || was.IsZero(), "%s is lost", name)
			case was.IsValid():
				require.Equal(t, was.Interface(), got.Interface(), name)
			default:
				require.True(t, got.IsZero(), "%s was not sent and is %v", name, got)
			}
		}
	}
	for _, end := range []string{asSource, asTarget} {
		sent := zeros()
		if end == asSource {
			sent.SlotName, sent.HeartbeatFrequency = new("shop"), new(int64(7))
		} else {
			sent.ExecuteTimeout = new(int64(100))
		}
		in := func() *dmsapi.PostgreSQLSettings { copied := *sent; return &copied }
		e := b.create(postgresEndpoint(end, func(c *createInput) { c.EndpointType, c.PostgreSQLSettings = &end, in() }))
		same(sent, e.PostgreSQLSettings)
		sent.HeartbeatFrequency = new(int64(0)) // taken out of the configuration
		same(sent, b.modify(&modifyInput{EndpointArn: e.EndpointArn, PostgreSQLSettings: in()}).PostgreSQLSettings)
		same(sent, answer[dmsapi.DescribeEndpointsResponse](b, "DescribeEndpoints", &dmsapi.DescribeEndpointsMessage{Filters: filter("endpoint-id", end)}).Endpoints[0].PostgreSQLSettings)
	}
	b.create(&createInput{EndpointIdentifier: new("maria"), EndpointType: new("target"), EngineName: new("mariadb"), Username: new("u"), ServerName: new("h"),
		MySQLSettings: &dmsapi.MySQLSettings{CleanSourceMetadataOnMismatch: new(false)}})
	b.refuses("InvalidParameterValueException", "CleanSourceMetadataOnMismatch is one of a source", "CreateEndpoint", &createInput{EndpointIdentifier: new("m"), EndpointType: new("target"),
		EngineName: new("mariadb"), Username: new("u"), ServerName: new("h"), MySQLSettings: &dmsapi.MySQLSettings{CleanSourceMetadataOnMismatch: new(true)}})
}
