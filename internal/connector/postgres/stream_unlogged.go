package postgres

import (
	"context"
	"regexp"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// wasUnlogged is why a table is given up whose rows were in no log for a while.
const wasUnlogged = "it is or was UNLOGGED, and what becomes of its rows then is in no log"

// loggedAction finds what makes a table an unlogged one, or no longer one.
var loggedAction = regexp.MustCompile(`(?is)(?:^|,)\s*set\s+(un)?logged\b`)

// unlogged reports whether a table that is in the log, or was not, is the other since a statement.
func unlogged(followed, now *catalog.Table, table, sql string) bool {
	if isUnlogged(followed) {
		return now != nil && !isUnlogged(now)
	}
	for _, m := range alteredTable.FindAllStringSubmatch(sql, -1) {
		if a := loggedAction.FindStringSubmatch(m[3]); a != nil && a[1] != "" && identOf(m[2]) == table {
			return true
		}
	}
	return false
}

func isUnlogged(t *catalog.Table) bool { return t.Native["persistence"] == "UNLOGGED" }

// lookForLogged gives up tables that have come into the log while nobody looked: changes of before are in none.
func (s *stream) lookForLogged(ctx context.Context) error {
	for _, t := range s.numbers {
		if !isUnlogged(t.f.Table) {
			continue
		}
		now, err := s.describeAs(ctx, t.f.Table.Number, t.f.Table.Name)
		if err != nil {
			return err
		}
		if now.Table == nil || isUnlogged(now.Table) {
			continue
		}
		s.events = append(s.events, connector.Event{Position: s.text(), Structure: &connector.Structure{
			Kind: connector.Unreadable, Number: t.f.Number, Table: t.f.Table, At: time.Now(), Why: wasUnlogged + ": reload the table",
		}})
	}
	return nil
}
