package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDefaultsThatAreNotLogged: an insert of a session with minimal rows leaves out the columns that it names no value for. They get the default that
// the source has at that place of its log: not the one that the target was made with, nor that of now, nor none where the target has no defaults.
func TestDefaultsThatAreNotLogged(t *testing.T) {
	t.Parallel()
	const columns = `id int PRIMARY KEY, i int DEFAULT 5, u bigint unsigned DEFAULT 9000000000, d decimal(9,3) DEFAULT -1.5, f float DEFAULT 0.1, g double DEFAULT 1e20,
		b bit(10) DEFAULT b'1100000001', q bit(7) DEFAULT 65, y date DEFAULT '2020-02-29', m datetime(3) DEFAULT '2020-02-29 12:30:00.5', o time DEFAULT '12:30:00', j year DEFAULT 1999, c char(5) DEFAULT 'a b ',
		v varchar(40) CHARACTER SET latin1 DEFAULT 'it''s \\ é', x varbinary(4) DEFAULT x'ff01', z binary(3) DEFAULT 'a', n int, s varchar(9) NOT NULL DEFAULT '',
		e enum('x','y') DEFAULT 'y', k set('p','q','r') DEFAULT 'p,r', w timestamp NULL DEFAULT CURRENT_TIMESTAMP`
	insert := func(id string) []string {
		return []string{"SET SESSION binlog_row_image = MINIMAL", "INSERT INTO a (id) VALUES (" + id + ")"}
	}
	for _, from := range []string{"mariadb", "mysql"} {
		for _, to := range []string{"postgresql-15", "mariadb", "sqlite"} {
			for _, compatibility := range []string{"", "dms"} {
				t.Run(from+" to "+to+" "+compatibility, func(t *testing.T) {
					t.Parallel()
					source, target := newEnd(t, from), newEnd(t, to)
					edit := func(c *taskConfig) { c.Settings.WhimbrelSettings.Compatibility = compatibility }
					source.exec(t, "CREATE TABLE a ("+columns+")", "INSERT INTO a (id) VALUES (1)")
					load(t, source, target, edit)
					source.alike(t, insert("2")...)
					source.exec(t, "ALTER TABLE a ALTER i SET DEFAULT 6, ALTER COLUMN v DROP DEFAULT, MODIFY d decimal(9,3) DEFAULT 2, MODIFY c char(5), ADD h int")
					source.alike(t, insert("3")...)
					source.exec(t, "ALTER TABLE a ALTER COLUMN h SET DEFAULT 8, ALTER i DROP DEFAULT, MODIFY n int DEFAULT 1", "ALTER TABLE a ALTER i SET DEFAULT NULL, ALTER v SET DEFAULT 'now'")
					source.alike(t, insert("4")...)
					source.exec(t, "ALTER TABLE a ALTER n SET DEFAULT 9, ALTER v SET DEFAULT 'then', ALTER h SET DEFAULT 10")
					report := catchUp(t, source, target, edit)
					require.Empty(t, changesOf(t, report, "a").Suspended)
					c := changesConfig(source, target)
					edit(&c)
					compared := compareEnds(t, c, false)
					require.True(t, compared.Equal(), "%+v", compared.Tables[0])
				})
			}
		}
	}
}
