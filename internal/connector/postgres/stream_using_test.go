package postgres

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExpressionsThatMakeValues(t *testing.T) {
	for sql, column := range map[string]string{
		"ALTER TABLE a ALTER COLUMN v TYPE int USING v::int * 10":                                "v",
		"alter table public.a alter v set data type text using 'n' || v":                         "v",
		"ALTER TABLE a ALTER v TYPE text USING v::int":                                           "v",
		"ALTER TABLE a ADD x int, ALTER n TYPE int, ALTER COLUMN v TYPE int USING other::int":    "v",
		"ALTER TABLE a ALTER v TYPE timestamptz USING to_timestamp(v), ADD COLUMN w int":         "v",
		"ALTER TABLE a ALTER v TYPE timestamptz USING v AT TIME ZONE 'UTC'":                      "v",
		"ALTER TABLE ONLY a ALTER \"V x\" TYPE text COLLATE \"C\" USING lower(\"V x\")":          "V x",
		"BEGIN; ALTER TABLE b ADD x int; ALTER TABLE a ALTER v TYPE int USING length(v); COMMIT": "v",
		"ALTER TABLE a ALTER v TYPE int USING v::integer":                                        "",
		"ALTER TABLE a ALTER v TYPE integer USING (v::int)":                                      "",
		"ALTER TABLE a ALTER v TYPE numeric(24, 2) USING v::numeric(24,2)":                       "",
		"ALTER TABLE a ALTER v TYPE numeric(24, 2) USING CAST(v AS decimal(24,2))":               "",
		"ALTER TABLE a ALTER v TYPE text COLLATE \"C\" USING v::text":                            "",
		"ALTER TABLE a ALTER v TYPE int USING (v)":                                               "",
		"ALTER TABLE a ALTER v TYPE bigint, REPLICA IDENTITY USING INDEX a_key":                  "",
		"ALTER TABLE a ALTER v TYPE bigint":                                                      "",
		"ALTER TABLE a ADD CONSTRAINT k UNIQUE USING INDEX i":                                    "",
		"ALTER TABLE a REPLICA IDENTITY USING INDEX i":                                           "",
		"ALTER TABLE b ALTER v TYPE int USING length(v); ALTER TABLE a ADD COLUMN w int":         "",
	} {
		got, _ := madeOf("a", sql)
		require.Equal(t, column, got, sql)
	}
}
