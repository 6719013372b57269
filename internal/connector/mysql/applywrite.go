package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

// applyBytes is the size at which a command with changes is sent, and commandsAhead how many may be on their way.
const (
	applyBytes    = 512 << 10
	commandsAhead = 32
)

// Write carries out the sets. All commands are sent before the first reply is waited for, as far as commandsAhead
// allows. When a row was missing that an upsert was to meet, all is undone and done again by statements that make none.
func (a *applySession) Write(ctx context.Context, sets []connector.RowSet) ([]int64, error) {
	affected, missing, err := a.write(ctx, sets, false)
	if err == nil && missing {
		a.waiting = append(a.waiting, "ROLLBACK TO SAVEPOINT "+writeSavepoint)
		affected, _, err = a.write(ctx, sets, true)
	}
	return affected, err
}

// writeSavepoint is where upserts that have made rows are undone to.
const writeSavepoint = "whimbrel_write"

func (a *applySession) write(ctx context.Context, sets []connector.RowSet, exact bool) (affected []int64, missing bool, err error) {
	w := &applyWriter{applySession: a, affected: make([]int64, len(sets)), sets: sets, failed: -1}
	// Statements are planned before anything is sent, because that asks the server.
	w.plans = make([]*applyStatement, len(sets))
	for i := range sets {
		if w.plans[i], err = a.statement(ctx, &sets[i], exact); err != nil {
			return nil, false, fmt.Errorf("apply %s to %s: %w", sets[i].Op, sets[i].Table.Name, err)
		}
		w.upserts = w.upserts || w.plans[i].upsert != ""
	}
	if err := a.statements.trim(a.link.conn, len(sets)); err != nil {
		return nil, false, classify(ctx, err)
	}
	waiting := a.waiting
	if err := a.link.guard(ctx, w.run); err != nil {
		if w.failed >= 0 {
			s := &sets[w.failed]
			err = fmt.Errorf("apply %s to %s: %w", s.Op, s.Table.Name, a.target.mayNotWrite(ctx, err, s.Table.Name.Schema))
		} else {
			err = a.target.mayNotWrite(ctx, err, a.target.schemaOf(err, waiting))
		}
		return nil, false, refusedAsData(err)
	}
	for i, st := range w.plans {
		if st.upsert != "" && w.affected[i] < int64(sets[i].Len()) {
			missing, st.wait = true, upsertPause
		}
	}
	return w.affected, missing, nil
}

// refusedAsData gives a value that never reached the server the class of one that the server has refused.
func refusedAsData(err error) error {
	var r *refusal
	if errors.As(err, &r) {
		return &connector.Error{Class: connector.Data, Err: err}
	}
	return err
}

// applyWriter is one call of Write.
type applyWriter struct {
	*applySession
	sets     []connector.RowSet
	plans    []*applyStatement
	upserts  bool // some of the plans are
	affected []int64
	owners   []int // the sets of the commands on their way; -1 for what was waiting
	set      int   // being sent
	failed   int
	first    error
}

func (w *applyWriter) run() error {
	if w.upserts {
		w.waiting = append(w.waiting, "SAVEPOINT "+writeSavepoint)
	}
	if len(w.waiting) > 0 {
		w.owners = append(w.owners, -1)
		if err := w.sendWaiting(); err != nil {
			return err
		}
	}
	for i, st := range w.plans {
		w.set = i
		if err := w.send(st, &w.sets[i]); err != nil {
			w.note(i, err)
		}
		if w.first != nil {
			break
		}
	}
	w.await(0)
	return w.first
}

func (w *applyWriter) send(st *applyStatement, s *connector.RowSet) error {
	if s.Len() == 0 {
		return nil
	}
	if w.bulk && !st.plain {
		return w.sendBulk(st, s)
	}
	return w.sendText(st, s)
}

// dispatch sends the command in buf.
func (w *applyWriter) dispatch() error {
	if size := len(w.buf) - wire.Header; int64(size) >= w.target.packet {
		w.note(w.set, &wire.ServerError{
			Code: packetTooLarge, State: "08S01", Message: fmt.Sprintf("a command of %d bytes is larger than max_allowed_packet (%d)", size, w.target.packet),
		})
		return w.first
	}
	if err := w.link.conn.Send(w.buf); err != nil {
		return err
	}
	if cap(w.buf) > 4*applyBytes {
		w.buf = nil
	}
	w.owners = append(w.owners, w.set)
	w.await(commandsAhead)
	return w.first
}

// await reads replies until no more than that many are missing. A command that the connection broke at has none, and no owner.
func (w *applyWriter) await(most int) {
	for w.link.conn.Pending() > most && len(w.owners) > 0 {
		owner := w.owners[0]
		w.owners = w.owners[1:]
		r, _, err := w.link.conn.Reply()
		if err == nil && r.Warnings > 0 && owner >= 0 {
			err = w.warned(r)
		}
		if err != nil {
			w.note(owner, err)
			if isBroken(err) {
				return
			}
			continue
		}
		if owner >= 0 {
			w.affected[owner] += w.plans[owner].met(r)
		}
	}
}

// met is how many rows a command has met. An upsert tells it as the number of duplicates, of found rows too.
func (st *applyStatement) met(r wire.Result) int64 {
	if st.upsert == "" {
		return int64(r.Affected)
	}
	_, rest, ok := strings.Cut(r.Info, "Duplicates: ")
	if !ok {
		return int64(r.Affected / 2) // one row alone has no text: 2 is a row changed, 1 may be either
	}
	digits, _, _ := strings.Cut(rest, " ")
	n, _ := strconv.ParseInt(digits, 10, 64)
	return n
}

// note keeps the first error.
func (w *applyWriter) note(owner int, err error) {
	if w.first == nil {
		w.first, w.failed = err, owner
	}
}

// warned makes an error of a warning, which says that a value was changed. Which one, the server tells only as long as
// no other statement has followed.
func (w *applyWriter) warned(r wire.Result) error {
	text := "the server changed a value to fit"
	if w.link.conn.Pending() == 0 {
		rows, err := w.link.conn.Query("SHOW WARNINGS")
		if err != nil {
			return err
		}
		said, err := collect(rows)
		if err != nil {
			return err
		}
		changed := slices.IndexFunc(said, func(s []string) bool { return len(s) != 3 || s[1] != unsafeStatement && s[1] != historyFull })
		switch {
		case changed >= 0 && len(said[changed]) == 3:
			text = said[changed][1] + ": " + said[changed][2]
		case changed < 0 && len(said) > 0:
			return nil
		}
	}
	return &connector.Error{Class: connector.Data, Err: errors.New(text)}
}

// unsafeStatement is the note about a statement with LIMIT in a binary log of statements.
const unsafeStatement = "1592"

// historyFull is MariaDB's WARN_VERS_PART_FULL: the history of a row has gone into the last partition for history although that is due to
// be followed by another. The row itself is as it should be.
const historyFull = "4114"

// sendBulk sends the set as executions of a prepared statement for many rows.
func (w *applyWriter) sendBulk(st *applyStatement, s *connector.RowSet) error {
	keys := st.keyBatch(s)
	n := s.Len()
	w.buf = wire.Bulk(w.buf[:0], st.id, st.params)
	start := len(w.buf)
	for i := range n {
		mark := len(w.buf)
		if err := w.appendRow(st, s.Rows, keys, i); err != nil {
			return err
		}
		if crowds(w.buf, mark, start) {
			w.buf = w.buf[:mark]
			if err := w.dispatch(); err != nil {
				return err
			}
			w.buf = wire.Bulk(w.buf[:0], st.id, st.params)
			if err := w.appendRow(st, s.Rows, keys, i); err != nil {
				return err
			}
		}
		if len(w.buf) >= applyBytes || i == n-1 {
			if err := w.dispatch(); err != nil {
				return err
			}
			w.buf = wire.Bulk(w.buf[:0], st.id, st.params)
		}
	}
	return nil
}

// crowds reports whether a row that begins at mark is better sent alone, in a command that is empty until start: the largest that max_allowed_packet
// lets through would not get through behind others.
func crowds(command []byte, mark, start int) bool {
	return len(command)-mark > applyBytes/2 && len(command) > applyBytes && mark > start
}

func (w *applyWriter) appendRow(st *applyStatement, rows, keys *change.Batch, i int) error {
	var err error
	for k := range st.set {
		c := &st.set[k]
		v := &rows.Columns[c.at]
		if v.IsAbsent(i) {
			w.buf = append(w.buf, st.absent())
			continue
		}
		if w.buf, err = c.appendParam(w.buf, v, i); err != nil {
			return err
		}
	}
	for k := range st.key {
		c := &st.key[k]
		if w.buf, err = c.appendParam(w.buf, &keys.Columns[c.at], i); err != nil {
			return err
		}
	}
	return nil
}

// absent is the indicator of a value that the source has not sent.
func (st *applyStatement) absent() byte {
	if st.op == change.Insert {
		return wire.IndicatorDefault
	}
	return wire.IndicatorIgnore
}
