package mysql

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWithoutDirectories(t *testing.T) {
	for sql, want := range map[string]string{
		"ENGINE=InnoDB DATA DIRECTORY='/a/' INDEX DIRECTORY = '/b' COMMENT='DATA DIRECTORY = ''x''' ROW_FORMAT=DYNAMIC":               "ENGINE=InnoDB COMMENT='DATA DIRECTORY = ''x''' ROW_FORMAT=DYNAMIC",
		"ADD PARTITION (PARTITION p VALUES IN ('data directory', 'it\\'s') data  directory '/it''s\\'', PARTITION q VALUES IN ('b'))": "ADD PARTITION (PARTITION p VALUES IN ('data directory', 'it\\'s'), PARTITION q VALUES IN ('b'))",
		"PARTITION BY LIST (`data directory`)": "PARTITION BY LIST (`data directory`)",
	} {
		require.Equal(t, want, withoutDirectories(sql))
	}
}
