package connector_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

func TestNoTextShowsItsPassword(t *testing.T) {
	for raw, want := range map[string]string{
		"postgres:/u:secret@host/db":                       "xxxxx@host/db",
		"postgres://u:s3cret@h/d":                          "postgres://u:xxxxx@h/d",
		"postgres://h/d?sslpassword=s3cret&sslmode=prefer": "postgres://h/d?sslmode=prefer&sslpassword=xxxxx",
		"host=h user=u password=s3cret dbname=d":           "host=h user=u password=xxxxx dbname=d",
		`host=h password = 's3cr\'et s3cret' dbname=d`:     "host=h password = xxxxx dbname=d",
		`password=s3@cret\ s3cret host=h`:                  "password=xxxxx host=h",
		"PASSWORD='s3cret":                                 "PASSWORD=xxxxx",
		"jdbc:sqlserver://h;user=u;password=s3cret;a=b":    "jdbc:sqlserver://h;user=u;password=xxxxx;a=b",
		"Server=h;Uid=u;Pwd=s3cret;":                       "Server=h;Uid=u;Pwd=xxxxx;",
		"u:s3cret@tcp(h:3306)/d":                           "xxxxx@tcp(h:3306)/d",
		"data.db":                                          "data.db",
		"sqlite:shop.db?mode=ro":                           "sqlite:shop.db?mode=ro",
	} {
		require.Equal(t, want, connector.Redact(raw))
	}
}
