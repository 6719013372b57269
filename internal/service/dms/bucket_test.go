package dms

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"path/filepath"
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

func bucketEndpoint(name string, s *dmsapi.S3Settings) *createInput {
	return &createInput{EndpointIdentifier: &name, EndpointType: new("target"), EngineName: new("s3"), S3Settings: s}
}

func TestBucketEndpoint(t *testing.T) {
	b := newEndpointBench(t)
	in := bucketEndpoint("lake", &dmsapi.S3Settings{
		ServiceAccessRoleArn: new(theRole), BucketName: new("lake"), BucketFolder: new("dms"), CsvRowDelimiter: new("\n"), CsvDelimiter: new("\t"),
		DatePartitionEnabled: new(true), DatePartitionSequence: new("YYYYMMDDHH"), CdcMaxBatchInterval: new(int64(5)),
	})
	checks, err := b.api.Operation("CreateEndpoint").Access(t.Context(), &service.Call{Service: &dmsapi.Service}, in)
	require.NoError(t, err)
	require.Equal(t, []string{"iam:PassRole", theRole}, []string{checks[len(checks)-1].Action, checks[len(checks)-1].Resource})
	e := b.create(in)
	require.Equal(t, "Amazon S3", *e.EngineDisplayName)
	s := e.S3Settings
	require.Equal(t, []any{"lake", "dms", "\n", "\t", true, "YYYYMMDDHH", int64(5)}, []any{*s.BucketName, *s.BucketFolder, *s.CsvRowDelimiter, *s.CsvDelimiter, *s.DatePartitionEnabled, *s.DatePartitionSequence, *s.CdcMaxBatchInterval})
	require.Nil(t, e.Port)
	require.Equal(t, theRole, *e.ServiceAccessRoleArn)
	require.Nil(t, e.ExternalTableDefinition)

	attributes := b.create(&createInput{
		EndpointIdentifier: new("by-attributes"), EndpointType: new("target"), EngineName: new("s3"), ServiceAccessRoleArn: new(theRole),
		ExtraConnectionAttributes: new("bucketName=lake;dataFormat=parquet;parquetVersion=PARQUET_2_0;datePartitionDelimiter=dash;compressionType=GZIP"),
	}).S3Settings
	require.Equal(t, []any{theRole, "parquet", "parquet-2-0", "DASH", "gzip"}, []any{*attributes.ServiceAccessRoleArn, *attributes.DataFormat, *attributes.ParquetVersion, *attributes.DatePartitionDelimiter, *attributes.CompressionType})

	role, bucket := new(theRole), new("lake")
	for words, s := range map[string]*dmsapi.S3Settings{
		"BucketName":                   {ServiceAccessRoleArn: role},
		"Invalid BucketName":           {ServiceAccessRoleArn: role, BucketName: new("La ke")},
		"ServiceAccessRoleArn":         {BucketName: bucket},
		"ARN of a role":                {BucketName: bucket, ServiceAccessRoleArn: new("arn:aws:iam::111122223333:user/x")},
		"exclude":                      {BucketName: bucket, ServiceAccessRoleArn: role, CdcInsertsOnly: new(true), CdcInsertsAndUpdates: new(true)},
		"PreserveTransactions":         {BucketName: bucket, ServiceAccessRoleArn: role, CdcPath: new("x")},
		"ServerSideEncryptionKmsKeyId": {BucketName: bucket, ServiceAccessRoleArn: role, EncryptionMode: new("sse-kms")},
		"twelve digits":                {BucketName: bucket, ServiceAccessRoleArn: role, ExpectedBucketOwner: new("me")},
		"a zone such as":               {BucketName: bucket, ServiceAccessRoleArn: role, DatePartitionTimezone: new("Mars/Olympus")},
		"ExternalTableDefinition":      {BucketName: bucket, ServiceAccessRoleArn: role, ExternalTableDefinition: new("{}")},
	} {
		_, err := b.call(b.api, "CreateEndpoint", bucketEndpoint("no", s))
		require.ErrorContains(t, err, words)
	}
	user := bucketEndpoint("no", &dmsapi.S3Settings{BucketName: bucket, ServiceAccessRoleArn: role})
	user.Username = new("u")
	b.refuses("InvalidParameterCombinationException", "is a bucket", "CreateEndpoint", user)
}

const filesDefinition = `{"Tables":[{"TableName":"p","TableOwner":"o","TableColumns":[{"ColumnName":"id","ColumnType":"INT4","ColumnIsPk":"true"}]}]}`

func TestBucketSourceEndpoint(t *testing.T) {
	b := newEndpointBench(t)
	source := func(name string, s *dmsapi.S3Settings) *createInput {
		in := bucketEndpoint(name, s)
		in.EndpointType = new("source")
		return in
	}
	long := strings.Replace(filesDefinition, `"o"`, `"o"`+strings.Repeat(" ", 100_000), 1)
	e := b.create(source("files", &dmsapi.S3Settings{
		ServiceAccessRoleArn: new(theRole), BucketName: new("lake"), CdcPath: new("changes"), ExternalTableDefinition: &long, CsvNullValue: new("NULL"), IgnoreHeaderRows: new(int64(1)), Rfc4180: new(false), DataFormat: new("csv"),
	}))
	s := e.S3Settings
	require.Equal(t, []any{"lake", "changes", long, "NULL", int64(1), false}, []any{*s.BucketName, *s.CdcPath, *s.ExternalTableDefinition, *s.CsvNullValue, *s.IgnoreHeaderRows, *s.Rfc4180})
	beside := source("beside", nil)
	beside.ServiceAccessRoleArn, beside.ExternalTableDefinition, beside.ExtraConnectionAttributes = new(theRole), new(filesDefinition), new("bucketName=lake;cdcPath=changes")
	shown := b.create(beside)
	require.JSONEq(t, filesDefinition, *shown.S3Settings.ExternalTableDefinition)
	require.Equal(t, []string{theRole, filesDefinition}, []string{*shown.ServiceAccessRoleArn, *shown.ExternalTableDefinition})
	require.Equal(t, "parquet", *b.create(source("parquet", &dmsapi.S3Settings{
		ServiceAccessRoleArn: new(theRole), BucketName: new("lake"), ExternalTableDefinition: new(filesDefinition), DataFormat: new("parquet"),
	})).S3Settings.DataFormat)
	for words, s := range map[string]*dmsapi.S3Settings{
		"ExternalTableDefinition: ": {ExternalTableDefinition: new(`{"Tables":[]}`)},
		"leave CdcPath out":         {DataFormat: new("parquet"), CdcPath: new("changes")},
		"from 0 to 1":               {IgnoreHeaderRows: new(int64(2))},
		"AddColumnName":             {AddColumnName: new(true)},
		"twelve digits":             {ExpectedBucketOwner: new("me")},
	} {
		s.BucketName, s.ServiceAccessRoleArn = new("lake"), new(theRole)
		_, err := b.call(b.api, "CreateEndpoint", source("no", s))
		require.ErrorContains(t, err, words)
	}
	target := bucketEndpoint("no", &dmsapi.S3Settings{BucketName: new("lake"), ServiceAccessRoleArn: new(theRole)})
	target.ExternalTableDefinition = new(filesDefinition)
	b.refuses("InvalidParameterCombinationException", "ExternalTableDefinition is not used by target endpoints", "CreateEndpoint", target)

	// The role needs to read, and no more.
	b.Buckets = Buckets{KeyID: "id", Key: secret.Of("key")}
	b.Roles = reads{"arn:aws:s3:::lake/*"}
	_, err := b.reach(t.Context(), b.record(*e.EndpointArn), nil)
	require.NoError(t, err)
	b.Roles = reads{"arn:aws:s3:::lake/other/*"}
	_, err = b.reach(t.Context(), b.record(*e.EndpointArn), nil)
	var refused *instance.Refusal
	require.ErrorAs(t, err, &refused)
	require.Contains(t, refused.Message, "does not let endpoint files read from bucket lake")
}

// reads lets objects be read, and the bucket be listed.
type reads struct{ objects string }

func (r reads) Lets(_ context.Context, _, _, _ string, what map[string][]string) error {
	if len(what) == 2 && what["s3:GetObject"][0] == r.objects && what["s3:ListBucket"][0] == "arn:aws:s3:::lake" {
		return nil
	}
	return errors.New("it is not allowed to perform s3:GetObject")
}

// TestBucketSettingsReachTheConnector: what is accepted stands in what an instance is handed, and opens a real store with it.
func TestBucketSettingsReachTheConnector(t *testing.T) {
	b, real := newEndpointBench(t), servertest.S3(t)
	e, err := engineOf("s3")
	require.NoError(t, err)
	together := map[string]string{
		"EncryptionMode sse-kms": ";ServerSideEncryptionKmsKeyId=k", "ServerSideEncryptionKmsKeyId": ";EncryptionMode=sse-kms", "CdcPath": ";PreserveTransactions=true",
		"GlueCatalogGeneration true": ";IncludeOpForFullLoad=true",
	}
	values := map[string]string{"ExpectedBucketOwner": "111122223333", "DatePartitionTimezone": "Asia/Seoul", bucketName: real.Name, bucketRole: theRole, tableDefinition: filesDefinition}
	for i := range 2 * len(e.settings) {
		end, j := []string{asTarget, asSource}[i%2], i/2
		s := &e.settings[j]
		if !s.of(e, end) || !s.supported() {
			continue
		}
		samples := s.samples()
		if v := values[s.name]; v != "" {
			samples = []string{v}
		}
		for k, v := range samples {
			attributes := s.name + "=" + v
			needed := []string{bucketName, bucketRole}
			if end == asTarget {
				attributes += together[s.name] + together[s.name+" "+v]
			} else {
				needed = append(needed, tableDefinition)
			}
			for _, name := range needed {
				if s.name != name {
					attributes += ";" + name + "=" + values[name]
				}
			}
			in := bucketEndpoint(fmt.Sprintf("e-%s-%d-%d", end, j, k), nil)
			in.ExtraConnectionAttributes, in.EndpointType = &attributes, &end
			rec := b.record(*b.create(in).EndpointArn)
			b.Buckets = Buckets{}
			_, err := b.reach(t.Context(), rec, nil)
			var refused *instance.Refusal
			require.ErrorAs(t, err, &refused)
			require.Contains(t, refused.Message, "AWS_ACCESS_KEY_ID")
			b.Buckets = Buckets{Endpoint: real.Endpoint, KeyID: real.Key, Key: secret.Of(real.Secret)}
			out, err := b.reach(t.Context(), rec, nil)
			require.NoError(t, err)
			if s.why != "" {
				require.NotContains(t, out.Settings, s.name, "what happens anyway need not be said")
			} else {
				require.Equal(t, v, out.Settings[s.name], attributes)
			}
			if s.name == "ExpectedBucketOwner" {
				continue // of the store's, which is another
			}
			require.NoError(t, open(t.Context(), end, out.URL, out.Settings), attributes)
		}
	}
	// The test of a connection leaves nothing behind, and says what is wrong.
	out, err := b.reach(t.Context(), b.record(*b.create(bucketEndpoint("probe", &dmsapi.S3Settings{BucketName: &real.Name, ServiceAccessRoleArn: new(theRole)})).EndpointArn), nil)
	require.NoError(t, err)
	engine, err := all.Engines().ForURL(out.URL)
	require.NoError(t, err)
	target, err := engine.OpenTarget(t.Context(), connector.Config{URL: out.URL, Settings: out.Settings, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.NoError(t, target.(connector.Rehearser).Rehearse(t.Context()))
	require.Empty(t, objects(t, real.Dir))
}

// TestWhatIsValidatedMustBeReadable by the role of its endpoint.
func TestWhatIsValidatedMustBeReadable(t *testing.T) {
	b := newEndpointBench(t)
	rec := b.record(*b.create(bucketEndpoint("filled", &dmsapi.S3Settings{BucketName: new("lake"), BucketFolder: new("dms"), ServiceAccessRoleArn: new(theRole)})).EndpointArn)
	plain, validating := &Task{Settings: "{}"}, &Task{Settings: `{"ValidationSettings":{"EnableValidation":true}}`}
	b.Roles = reads{"arn:aws:s3:::lake/dms/*"}
	require.NoError(t, b.letReadBack(t.Context(), validating, rec))
	b.Roles = reads{"arn:aws:s3:::lake/other/*"}
	require.NoError(t, b.letReadBack(t.Context(), plain, rec))
	var refused *instance.Refusal
	require.ErrorAs(t, b.letReadBack(t.Context(), validating, rec), &refused)
	require.Contains(t, refused.Message, "must allow s3:GetObject")
}

// stern lets one role write below one folder.
type stern struct{ objects string }

func (r stern) Lets(_ context.Context, role, service, source string, what map[string][]string) error {
	if role == theRole && what == nil {
		return nil // it may be assumed
	}
	if what["s3:PutObjectAcl"] != nil || what["kms:GenerateDataKey"] != nil {
		return fmt.Errorf("it is not allowed to perform %v", slices.Sorted(maps.Keys(what)))
	}
	if role == theRole && service == "dms.amazonaws.com" && strings.Contains(source, ":endpoint:") && len(what) == 4 &&
		what["s3:PutObject"][0] == r.objects && what["s3:DeleteObject"][0] == r.objects && what["s3:ListBucket"][0] == "arn:aws:s3:::lake" {
		return nil
	}
	return errors.New("it is not allowed to perform s3:PutObject")
}

// TestABucketIsReachedByWhatItsRoleAllows: the keys of the store are the server's, the right to use them the role's.
func TestABucketIsReachedByWhatItsRoleAllows(t *testing.T) {
	b := newEndpointBench(t)
	b.Buckets = Buckets{KeyID: "id", Key: secret.Of("key")}
	reach := func(name, folder string) error {
		rec := b.record(*b.create(bucketEndpoint(name+folder, &dmsapi.S3Settings{BucketName: &name, BucketFolder: &folder, ServiceAccessRoleArn: new(theRole)})).EndpointArn)
		_, err := b.reach(t.Context(), rec, nil)
		return err
	}
	b.Roles = stern{objects: "arn:aws:s3:::lake/dms/*"}
	require.NoError(t, reach("lake", "dms"))
	for name, folder := range map[string]string{"lake": "other", "vault": "dms"} {
		var refused *instance.Refusal
		require.ErrorAs(t, reach(name, folder), &refused)
		require.Contains(t, refused.Message, "must trust dms.amazonaws.com, and allow s3:ListBucket")
	}
	for want, more := range map[string]dmsapi.S3Settings{
		"with CannedAclForObjects s3:PutObjectAcl as well": {CannedAclForObjects: new("public-read")},
		"kms:GenerateDataKey on the key":                   {EncryptionMode: new("sse-kms"), ServerSideEncryptionKmsKeyId: new("alias/lake")},
	} {
		more.BucketName, more.BucketFolder, more.ServiceAccessRoleArn = new("lake"), new("dms"), new(theRole)
		rec := b.record(*b.create(bucketEndpoint(fmt.Sprintf("more%d", len(want)), &more)).EndpointArn)
		_, err := b.reach(t.Context(), rec, nil)
		var refused *instance.Refusal
		require.ErrorAs(t, err, &refused)
		require.Contains(t, refused.Message, want)
	}
	none := b.record(*b.create(bucketEndpoint("none", &dmsapi.S3Settings{BucketName: new("lake"), BucketFolder: new("dms"), ServiceAccessRoleArn: new(theRole), CannedAclForObjects: new("none")})).EndpointArn)
	_, err := b.reach(t.Context(), none, nil)
	require.NoError(t, err)
	require.Equal(t, "arn:aws:kms:us-east-1:111122223333:key/*", b.storeKey("alias/lake"))
	require.Equal(t, "arn:aws:kms:us-east-1:111122223333:key/k", b.storeKey("k"))
	require.Equal(t, "arn:aws:kms:eu-west-1:111122223333:key/k", b.storeKey("arn:aws:kms:eu-west-1:111122223333:key/k"))
}

// TestTheRoleOfABucketIsLookedAtFirst: an endpoint whose role DMS may not assume is not made, and none is changed to have such a role.
func TestTheRoleOfABucketIsLookedAtFirst(t *testing.T) {
	t.Parallel()
	b := newEndpointBench(t)
	b.Roles = stern{objects: "arn:aws:s3:::lake/*"}
	lake := func(role string) *dmsapi.S3Settings {
		return &dmsapi.S3Settings{BucketName: new("lake"), ServiceAccessRoleArn: &role}
	}
	const stranger = "arn:aws:iam::111122223333:role/stranger"
	says := "The IAM Role " + stranger + " is not configured properly."
	b.refuses("AccessDeniedFault", says, "CreateEndpoint", bucketEndpoint("lake", lake(stranger)))
	arn := b.create(bucketEndpoint("lake", lake(theRole))).EndpointArn
	b.refuses("AccessDeniedFault", says, "ModifyEndpoint", &modifyInput{EndpointArn: arn, S3Settings: lake(stranger)})
	b.refuses("AccessDeniedFault", says, "ModifyEndpoint", &modifyInput{EndpointArn: arn, ServiceAccessRoleArn: new(stranger)})
	b.refuses("AccessDeniedFault", "role/dms-access-for-endpoint is not configured properly.", "CreateEndpoint", &createInput{
		EndpointIdentifier: new("dwh"), EndpointType: new("target"), EngineName: new("redshift"), ServerName: new("dwh.example.com"), Username: new("u"), DatabaseName: new("dwh"),
		RedshiftSettings: &dmsapi.RedshiftSettings{BucketName: new("stage")},
	})
	require.Equal(t, theRole, b.record(*arn).Settings[bucketRole])
	b.Roles = stern{}
	b.modify(&modifyInput{EndpointArn: arn, S3Settings: &dmsapi.S3Settings{BucketFolder: new("dms")}}) // the role is the same
}

func objects(t *testing.T, dir string) (files []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	return files
}
