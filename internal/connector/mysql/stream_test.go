package mysql

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestStreamCarriesEveryType inserts, updates and deletes the edge values of every type, with and without a key, and
// compares what comes out at the other end.
func TestStreamCarriesEveryType(t *testing.T) {
	for _, native := range []bool{true, false} {
		t.Run(fmt.Sprintf("native=%v", native), func(t *testing.T) {
			m := newMirror(t, servertest.MariaDB(t), native)
			for i, e := range edges {
				m.exec(fmt.Sprintf("CREATE TABLE k%d (id INT AUTO_INCREMENT PRIMARY KEY, v %s, n INT)", i, e.column),
					fmt.Sprintf("CREATE TABLE n%d (v %s, n INT)", i, e.column))
			}
			r := m.begin()
			from := m.end()
			const mode = "SET STATEMENT sql_mode='ALLOW_INVALID_DATES,STRICT_ALL_TABLES', time_zone='+00:00' FOR "
			for i, e := range edges {
				for _, v := range append(e.values, "NULL") {
					m.exec(mode+fmt.Sprintf("INSERT INTO k%d (v, n) VALUES (%s, 1), (%s, 2)", i, v, v),
						mode+fmt.Sprintf("INSERT INTO n%d (v, n) VALUES (%s, 1), (%s, 1), (%s, 2)", i, v, v, v))
				}
				m.exec(mode+fmt.Sprintf("UPDATE k%d SET n = n + 10", i), mode+fmt.Sprintf("UPDATE n%d SET n = n + 10 WHERE n = 1 LIMIT 3", i),
					mode+fmt.Sprintf("UPDATE k%d SET v = NULL WHERE id %% 3 = 0", i), mode+fmt.Sprintf("UPDATE n%d SET v = NULL LIMIT 1", i),
					fmt.Sprintf("DELETE FROM k%d WHERE id %% 5 = 1", i), fmt.Sprintf("DELETE FROM n%d WHERE n = 2", i),
					fmt.Sprintf("UPDATE k%d SET id = id + 1000 WHERE id %% 4 = 0", i))
			}
			m.follow(r, from, m.end())
			require.Greater(t, m.changes, 1000)
			require.Empty(t, m.events)
			m.same()
		})
	}
}
