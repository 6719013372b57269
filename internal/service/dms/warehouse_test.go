package dms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func warehouseEndpoint(name string, r *servertest.Redshift, s *dmsapi.RedshiftSettings) *createInput {
	return &createInput{
		EndpointIdentifier: &name, EndpointType: new("target"), EngineName: new("redshift"), RedshiftSettings: s, ServerName: new("127.0.0.1"), Port: new(int64(r.Port())),
		Username: &r.User, Password: &r.Password, DatabaseName: &r.Behind.Name,
	}
}

func TestWarehouseEndpoint(t *testing.T) {
	b, r := newEndpointBench(t), servertest.NewRedshift(t)
	in := warehouseEndpoint("dwh", r, &dmsapi.RedshiftSettings{
		ServiceAccessRoleArn: new(theRole), BucketName: new("stage"), BucketFolder: new("dms"), MaxFileSize: new(int64(1024)), TruncateColumns: new(true), TimeFormat: new("auto"),
	})
	checks, err := b.api.Operation("CreateEndpoint").Access(t.Context(), &service.Call{Service: &dmsapi.Service}, in)
	require.NoError(t, err)
	require.Equal(t, []string{"iam:PassRole", theRole}, []string{checks[len(checks)-1].Action, checks[len(checks)-1].Resource})
	e := b.create(in)
	require.Equal(t, "Amazon Redshift", *e.EngineDisplayName)
	s := e.RedshiftSettings
	require.Equal(t, []any{"stage", "dms", int64(1024), true, "auto", theRole}, []any{*s.BucketName, *s.BucketFolder, *s.MaxFileSize, *s.TruncateColumns, *s.TimeFormat, *s.ServiceAccessRoleArn})
	require.Nil(t, s.Password)
	plain := warehouseEndpoint("default-port", r, &dmsapi.RedshiftSettings{ServiceAccessRoleArn: new(theRole), BucketName: new("stage")})
	plain.Port = nil
	require.EqualValues(t, 5439, *b.create(plain).Port)

	role, bucket := new(theRole), new("stage")
	for words, s := range map[string]*dmsapi.RedshiftSettings{
		"this server makes none":       {ServiceAccessRoleArn: role},
		"Invalid BucketName":           {ServiceAccessRoleArn: role, BucketName: new("St age")},
		"ARN of a role":                {BucketName: bucket, ServiceAccessRoleArn: new("arn:aws:iam::111122223333:user/x")},
		"DateFormat":                   {BucketName: bucket, ServiceAccessRoleArn: role, DateFormat: new("DD.MM.QQ")},
		"TimeFormat":                   {BucketName: bucket, ServiceAccessRoleArn: role, TimeFormat: new("epochdays")},
		"ServerSideEncryptionKmsKeyId": {BucketName: bucket, ServiceAccessRoleArn: role, ServerSideEncryptionKmsKeyId: new("k")},
		"FileTransferUploadStreams":    {BucketName: bucket, ServiceAccessRoleArn: role, FileTransferUploadStreams: new(int64(65))},
	} {
		_, err := b.call(b.api, "CreateEndpoint", warehouseEndpoint("no", r, s))
		require.ErrorContains(t, err, words)
	}
	source := warehouseEndpoint("no", r, &dmsapi.RedshiftSettings{BucketName: bucket, ServiceAccessRoleArn: role})
	source.EndpointType = new("source")
	b.refuses("InvalidParameterValueException", "cannot be a source", "CreateEndpoint", source)
}

// TestWarehouseSettingsReachTheConnector: what is accepted stands in what an instance is handed, and opens a real target with it.
func TestWarehouseSettingsReachTheConnector(t *testing.T) {
	b, r := newEndpointBench(t), servertest.NewRedshift(t)
	b.Buckets = Buckets{Endpoint: r.Bucket.Endpoint, KeyID: r.Bucket.Key, Key: secret.Of(r.Bucket.Secret)}
	e, err := engineOf("redshift")
	require.NoError(t, err)
	together := map[string]string{"ServerSideEncryptionKmsKeyId": ";EncryptionMode=sse-kms"}
	values := map[string]string{bucketName: r.Bucket.Name, bucketRole: r.Role, "AfterConnectScript": "SET query_group TO x", "ReplaceInvalidChars": "é", "DateFormat": "DD.MM.YYYY", "TimeFormat": "epochsecs"}
	open := func(out instance.Endpoint) (connector.Target, error) {
		engine, err := all.Engines().ForURL(out.URL)
		require.NoError(t, err)
		return engine.OpenTarget(t.Context(), connector.Config{URL: out.URL, Settings: out.Settings, Log: slog.New(slog.DiscardHandler)})
	}
	for j := range e.settings {
		s := &e.settings[j]
		if !s.supported() {
			continue
		}
		samples := s.samples()
		if v := values[s.name]; v != "" {
			samples = []string{v}
		}
		for k, v := range samples {
			attributes := s.name + "=" + v + together[s.name]
			for _, name := range []string{bucketName, bucketRole} {
				if s.name != name {
					attributes += ";" + name + "=" + values[name]
				}
			}
			in := warehouseEndpoint(fmt.Sprintf("e-%d-%d", j, k), r, nil)
			in.ExtraConnectionAttributes = &attributes
			out, err := b.reach(t.Context(), b.record(*b.create(in).EndpointArn), nil)
			require.NoError(t, err)
			if s.why == "" {
				require.Equal(t, v, out.Settings[s.name], attributes)
			}
			target, err := open(out)
			if s.name == "ConnectionTimeout" && v == "1" && err != nil {
				continue // a millisecond may be too short
			}
			require.NoError(t, err, attributes)
			require.NoError(t, target.Close())
		}
	}
	settings := &dmsapi.RedshiftSettings{BucketName: &r.Bucket.Name, ServiceAccessRoleArn: &r.Role}
	rec := b.record(*b.create(warehouseEndpoint("probe", r, settings)).EndpointArn)
	out, err := b.reach(t.Context(), rec, nil)
	require.NoError(t, err)
	target, err := open(out)
	require.NoError(t, err)
	require.NoError(t, target.(connector.Rehearser).Rehearse(t.Context()))
	require.NoError(t, target.Close())
	require.Empty(t, objects(t, r.Bucket.Dir), "the test of a connection leaves nothing behind")

	b.Buckets = Buckets{}
	_, err = b.reach(t.Context(), rec, nil)
	require.ErrorContains(t, err, "AWS_ACCESS_KEY_ID")
	b.Buckets = Buckets{KeyID: "id", Key: secret.Of("key")}
	b.Roles = stern{objects: "arn:aws:s3:::lake/*"}
	_, err = b.reach(t.Context(), rec, nil)
	require.ErrorContains(t, err, "does not let endpoint probe write to bucket")
	b.Roles = nil
	b.Clusters = lacking{}
	_, err = b.reach(t.Context(), rec, nil)
	require.ErrorContains(t, err, "the cluster has no such role")
}

// TestAWarehouseWhoseSettingsSayWhereItIs: server, port, database and login may stand in RedshiftSettings, or all but the database in a secret that they name.
func TestAWarehouseWhoseSettingsSayWhereItIs(t *testing.T) {
	b, r := newEndpointBench(t), servertest.NewRedshift(t)
	b.Buckets = Buckets{Endpoint: r.Bucket.Endpoint, KeyID: r.Bucket.Key, Key: secret.Of(r.Bucket.Secret)}
	role, port := theRole, int64(r.Port())
	b.secrets[role+" dwh"] = fmt.Sprintf(`{"username":%q,"password":%q,"engine":"redshift","host":"127.0.0.1","port":%d,"dbClusterIdentifier":"dwh"}`, r.User, r.Password, port)
	r.Role = role
	made := map[string]string{}
	for name, s := range map[string]*dmsapi.RedshiftSettings{
		"document": {ServerName: new("127.0.0.1"), Port: &port, DatabaseName: &r.Behind.Name, Username: &r.User, Password: &r.Password},
		"secret":   {DatabaseName: &r.Behind.Name, SecretsManagerSecretId: new("dwh"), SecretsManagerAccessRoleArn: &role},
	} {
		s.BucketName, s.ServiceAccessRoleArn = &r.Bucket.Name, &role
		e := b.create(&createInput{EndpointIdentifier: &name, EndpointType: new("target"), EngineName: new("redshift"), RedshiftSettings: s})
		made[name] = *e.EndpointArn
		require.Nil(t, e.RedshiftSettings.Password, name)
		out, err := b.reach(t.Context(), b.record(*e.EndpointArn), nil)
		require.NoError(t, err, name)
		engine, err := all.Engines().ForURL(out.URL)
		require.NoError(t, err)
		target, err := engine.OpenTarget(t.Context(), connector.Config{URL: out.URL, Settings: out.Settings, Log: slog.New(slog.DiscardHandler)})
		require.NoError(t, err, name)
		require.NoError(t, target.(connector.Rehearser).Rehearse(t.Context()), name)
		require.NoError(t, target.Close())
	}
	b.secrets[role+" dwh"] = fmt.Sprintf(`{"username":%q,"password":"old","host":"127.0.0.1","port":%d}`, r.User, port)
	out, err := b.reach(t.Context(), b.record(made["secret"]), nil)
	require.NoError(t, err)
	require.Contains(t, out.URL, ":old@", "the secret is read anew each time")
}

// companion lets the role by DMS's fixed name write below one folder, and asks for no more than its managed policy allows.
type companion struct{ objects string }

func (r companion) Lets(_ context.Context, role, service, _ string, what map[string][]string) error {
	if role != "arn:aws:iam::111122223333:role/dms-access-for-endpoint" || service != "dms.amazonaws.com" {
		return errors.New("There is no such role.")
	}
	for action, resources := range what {
		if !slices.Contains([]string{"s3:ListBucket", "s3:PutObject", "s3:DeleteObject"}, action) || action != "s3:ListBucket" && resources[0] != r.objects {
			return fmt.Errorf("Its policies do not allow %s.", action)
		}
	}
	return nil
}

// TestAWarehouseWithoutARole is reached with the role that DMS has a fixed name for, which COPY names, too: never with the server's keys, which the
// cluster would be shown.
func TestAWarehouseWithoutARole(t *testing.T) {
	b, r := newEndpointBench(t), servertest.NewRedshift(t)
	b.Buckets = Buckets{Endpoint: r.Bucket.Endpoint, KeyID: r.Bucket.Key, Key: secret.Of(r.Bucket.Secret)}
	b.Roles = companion{objects: "arn:aws:s3:::" + r.Bucket.Name + "/*"}
	e := b.create(warehouseEndpoint("dwh", r, &dmsapi.RedshiftSettings{BucketName: &r.Bucket.Name}))
	require.Nil(t, e.RedshiftSettings.ServiceAccessRoleArn, "what was not said is not shown")
	rec := b.record(*e.EndpointArn)
	out, err := b.reach(t.Context(), rec, nil)
	require.NoError(t, err)
	r.Role = "arn:aws:iam::111122223333:role/dms-access-for-endpoint"
	require.Equal(t, r.Role, out.Settings[bucketRole])
	engine, err := all.Engines().ForURL(out.URL)
	require.NoError(t, err)
	target, err := engine.OpenTarget(t.Context(), connector.Config{URL: out.URL, Settings: out.Settings, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.NoError(t, target.(connector.Rehearser).Rehearse(t.Context()))
	require.NoError(t, target.Close())
	require.Equal(t, r.Role, r.Copies()[0].Role)
	b.Roles = stern{objects: "arn:aws:s3:::" + r.Bucket.Name + "/*"}
	_, err = b.reach(t.Context(), rec, nil)
	require.ErrorContains(t, err, "The IAM Role arn:aws:iam::111122223333:role/dms-access-for-endpoint does not let endpoint dwh write to bucket")
}

// lacking is a cluster that has no role.
type lacking struct{}

func (lacking) Refuses(_ context.Context, address string, port int64, role string) (string, error) {
	if address == "127.0.0.1" && port > 0 && strings.HasPrefix(role, "arn:") {
		return "the cluster has no such role", nil
	}
	return "", nil
}
