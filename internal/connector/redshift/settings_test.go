package redshift

import (
	"context"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

func TestSettingsAreObeyedOrRefused(t *testing.T) {
	for name, bad := range map[string]string{
		"MaxFileSize": "0", "FileTransferUploadStreams": "65", "WriteBufferSize": "-1", "EncryptionMode": "aes", "DateFormat": "DD.MM.QQ", "TimeFormat": "epochdays",
		"MapBooleanAsBoolean": "false", "BucketFolder": "a/../b", "BucketName": "No Bucket", "TruncateColumns": "perhaps", "ServerSideEncryptionKmsKeyId": "k", "Nonsense": "x",
		"ConnectionTimeout": "soon", "LoadTimeout": "-1",
	} {
		values := map[string]string{"BucketName": "stage"}
		values[name] = bad
		err := CheckSettings(values)
		require.ErrorContains(t, err, name)
		require.Equal(t, connector.Invalid, connector.ClassOf(err))
	}
	require.ErrorContains(t, CheckSettings(nil), "BucketName")
	s, err := readSettings(map[string]string{
		"BucketName": "stage", "BucketFolder": "/a/b", "EncryptionMode": "SSE_KMS", "ServerSideEncryptionKmsKeyId": "k", "DateFormat": "auto", "TimeFormat": "auto", "MaxFileSize": "7",
	})
	require.NoError(t, err)
	require.Equal(t, []any{"a/b/", "aws:kms", "k", int64(7 << 10)}, []any{s.folder, s.encryption, s.kmsKey, s.maxFile})
}

func TestURLs(t *testing.T) {
	base := map[string]string{"BucketName": "stage"}
	open := func(url string, env map[string]string) error {
		_, err := openTarget(context.Background(), connector.Config{URL: url, Settings: maps.Clone(base), Getenv: func(n string) string { return env[n] }})
		return err
	}
	for url, words := range map[string]string{
		"redshift://h:5439/db": "names no user", "redshift://u:hidden@h": "no database", "redshift://u:hidden@h/db?color=red": "unknown URL parameter",
		"redshift://u:hidden@h/db?sslmode=perhaps": "TLS", "redshift://u:hidden@h:99999/db": "port", "redshift://u:hidden@h/db?s3_endpoint=ftp://x": "endpoint",
		"redshift://u:hidden@h/db": "no keys",
	} {
		err := open(url, nil)
		require.ErrorContains(t, err, words)
		require.NotContains(t, err.Error(), "hidden")
	}
}

func TestDialect(t *testing.T) {
	d := Dialect{}
	require.True(t, d.Lowercases())
	require.False(t, Dialect{caseSensitive: true}.Lowercases())
	table := &catalog.Table{Name: catalog.Name{Schema: "public", Name: "t"}, Columns: []*catalog.Column{column("id", "integer"), column("x", "varchar(40)")}, PrimaryKey: &catalog.Key{Columns: []string{"id"}}}
	require.Equal(t, "CREATE TABLE \"public\".\"t\" (\n\t\"id\" integer NOT NULL,\n\t\"x\" varchar(40),\n\tPRIMARY KEY (\"id\")\n)", d.Script(table, false).Create[0].SQL)
	require.Len(t, d.ChangeType(table.Name, column("x", "bigint")), 4)
}
