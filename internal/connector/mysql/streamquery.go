package mysql

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
)

// statement takes in a query event: the end of a transaction, a savepoint, or a statement that is logged as it was.
func (s *stream) statement(ctx context.Context, h binlog.Header, q binlog.Statement) error {
	switch {
	case bytes.EqualFold(q.SQL, []byte("BEGIN")):
		s.tx.open = true
		if s.group != nil {
			s.tx.from = s.group.Len()
		}
		return nil
	case bytes.EqualFold(q.SQL, []byte("COMMIT")):
		return s.commit(ctx, h)
	case bytes.EqualFold(q.SQL, []byte("ROLLBACK")):
		return s.rollback(ctx, h, 0)
	}
	if !s.tx.open || s.tx.alone {
		if s.beyond(time.Unix(int64(h.Time), 0)) {
			return nil
		}
	}
	words := firstTwo(q.SQL)
	if words == [2]string{"SET", "STATEMENT"} { // MariaDB's SET STATEMENT … FOR, which is logged with what it is for
		q.SQL = settled(q)
		words = firstTwo(q.SQL)
	}
	switch words[0] {
	case "SAVEPOINT":
		s.mark(string(q.SQL))
		return nil
	case "ROLLBACK":
		return s.rollbackTo(ctx, h, string(q.SQL))
	case "XA":
		switch words[1] {
		case "START", "BEGIN":
			s.hold()
			return nil
		case "COMMIT", "ROLLBACK":
			return s.decide(ctx, h, string(q.SQL), words[1] == "COMMIT")
		}
		return nil
	case "CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE":
		if !s.tx.skip {
			if err := s.alter(ctx, h, q); err != nil {
				return err
			}
		}
	case "INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "WITH", "CALL":
		s.logged(q)
	}
	if s.tx.open && !s.tx.alone {
		return nil
	}
	s.count()
	s.ended()
	s.tx = transaction{}
	return nil
}

// settled is what stands behind the settings of a SET STATEMENT.
func settled(q binlog.Statement) []byte {
	tokens := ddlTokens(string(q.SQL), q.Mode)
	depth := 0
	for i, t := range tokens {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case t.is("FOR") && depth == 0:
			q.SQL = []byte(joined(tokens[i+1:]))
			if firstTwo(q.SQL) == [2]string{"SET", "STATEMENT"} {
				return settled(q)
			}
			return q.SQL
		}
	}
	return q.SQL
}

// firstTwo are the first words of a statement in capitals, behind comments.
func firstTwo(sql []byte) [2]string {
	var words [2]string
	rest := string(sql[:min(len(sql), 4096)])
	for i := range words {
		rest = skipComments(rest)
		end := strings.IndexFunc(rest, func(r rune) bool { return r != '_' && (r|0x20 < 'a' || r|0x20 > 'z') })
		if end < 0 {
			end = len(rest)
		}
		words[i], rest = strings.ToUpper(rest[:end]), rest[end:]
	}
	return words
}

// skipComments skips white space and comments, but not those that the server executes.
func skipComments(s string) string {
	for {
		s = strings.TrimLeft(s, " \t\r\n(")
		switch {
		case strings.HasPrefix(s, "/*!"), strings.HasPrefix(s, "/*M!"):
			s = strings.TrimLeft(s[strings.IndexByte(s, '!')+1:], "0123456789")
		case strings.HasPrefix(s, "/*"):
			_, after, found := strings.Cut(s, "*/")
			if !found {
				return ""
			}
			s = after
		case strings.HasPrefix(s, "-- "), strings.HasPrefix(s, "#"):
			_, after, found := strings.Cut(s, "\n")
			if !found {
				return ""
			}
			s = after
		default:
			return s
		}
	}
}

// mark notes a savepoint. The servers log one only where a return to it may have to be told.
func (s *stream) mark(sql string) {
	if s.tx.marks == nil {
		s.tx.marks = map[string]int{}
	}
	n := 0
	if s.group != nil {
		n = s.group.Len()
	}
	s.tx.marks[savepointName(sql)] = n
}

func savepointName(sql string) string {
	fields := strings.Fields(sql)
	return strings.ToLower(strings.Trim(fields[len(fields)-1], "`;"))
}

// rollbackTo drops what came after a savepoint.
func (s *stream) rollbackTo(ctx context.Context, h binlog.Header, sql string) error {
	if n, ok := s.tx.marks[savepointName(sql)]; ok {
		return s.undo(n)
	}
	return s.rollback(ctx, h, 0)
}

// rollback ends a transaction that was rolled back although it was logged: it has changed a table that cannot be rolled
// back. What it did to others is dropped.
func (s *stream) rollback(ctx context.Context, h binlog.Header, _ int) error {
	if err := s.undo(s.tx.from); err != nil {
		return err
	}
	return s.commit(ctx, h)
}

// undo drops the changes after the first n of the group.
func (s *stream) undo(n int) error {
	if s.tx.handed {
		return &connector.Error{Class: connector.Unclassified,
			Err:    fmt.Errorf("a transaction that was rolled back is larger than a group of changes, and a part of it has been applied"),
			Remedy: "Load anew, and keep changes of tables without transactions (MyISAM, Aria, MEMORY) out of large transactions"}
	}
	if s.group == nil || s.group.Len() <= n {
		return nil
	}
	for _, c := range s.group.Tables {
		t := s.byNumber(c.Table)
		if t == nil || transactional(t.Table) {
			continue
		}
		for _, seq := range c.Seq {
			if int(seq) >= n {
				s.unreadable(t, fmt.Errorf("table %s cannot be rolled back, and a transaction that was rolled back has changed it", t.Table.Name))
				break
			}
		}
	}
	s.group.Truncate(n)
	return nil
}

func (s *stream) byNumber(number int) *followedTable {
	for _, t := range s.tables {
		if t.Number == number {
			return t
		}
	}
	return nil
}
