package mysql

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
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

func TestDirectoriesAreListed(t *testing.T) {
	table := &catalog.Table{Name: catalog.Name{Schema: "s", Name: "t"}, Native: map[string]string{
		nativeCreate: "CREATE TABLE `t` (`data directory` int COMMENT 'DATA DIRECTORY=''/x''') ENGINE=InnoDB DATA DIRECTORY='/fast/' PARTITION BY HASH (`a`) (PARTITION `p` INDEX DIRECTORY = '/b')",
	}}
	left := leftDirectories(table)
	require.Len(t, left, 1)
	require.Equal(t, "`s`.`t` had DATA DIRECTORY='/fast/', INDEX DIRECTORY = '/b'", left[0].ByHand)
	table.Native[nativeCreate] = "CREATE TABLE `t` (`a` int)"
	require.Empty(t, leftDirectories(table))
}
