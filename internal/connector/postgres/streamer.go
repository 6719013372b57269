package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	_ connector.Streamer      = (*source)(nil)
	_ connector.PlainStreamer = (*source)(nil)
	_ connector.Keeper        = (*source)(nil)
	_ connector.Leaver        = (*source)(nil)
)

// sideWire opens a connection for look-ups and small changes beside the stream.
func (s *source) sideWire(ctx context.Context) (*wire, error) {
	return dial(ctx, s.cfg, settleSQL(commonSettings), fmt.Sprintf("SET statement_timeout = %d", s.settings.executeTimeout.Milliseconds()))
}

func (s *source) withSide(ctx context.Context, f func(*wire) error) error {
	w, err := s.sideWire(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	return f(w)
}

// Layout implements connector.Streamer.
func (s *source) Layout(c *catalog.Column) change.Layout { return change.LayoutOf(c.Type) }

// StreamsPlain implements connector.PlainStreamer: the other plugins write text, and Native is binary here.
func (s *source) StreamsPlain() bool { return s.settings.plugin != pgoutput }

// Capture implements connector.Streamer. The publication comes before the slot, so that every change the slot keeps
// finds it; the snapshot is the slot's own, or that of a temporary slot when the run has its slot already.
func (s *source) Capture(ctx context.Context, r connector.StreamRequest, readers int) (connector.Snapshot, error) {
	name := s.slotName(r)
	w, err := s.prepare(ctx, r, name)
	if err != nil {
		return nil, err
	}
	defer w.close()
	there, err := readSlot(ctx, w, name)
	if err != nil {
		return nil, err
	}
	if there != nil {
		if err := there.check(name, s.settings.plugin); err != nil {
			return nil, err
		}
	}
	maker, err := dialReplication(ctx, s.cfg, nil)
	if err != nil {
		return nil, err
	}
	defer maker.close() // with it goes a temporary slot, and the snapshot that others have joined by then
	m, err := s.makeSlot(ctx, maker, name, there != nil)
	if err != nil {
		return nil, err
	}
	return s.snapshotOf(ctx, m, readers)
}

func (s *source) makeSlot(ctx context.Context, w *wire, name string, there bool) (made, error) {
	if there {
		m, err := createSlot(ctx, w, fmt.Sprintf("%stmp_%d", ownPrefix, time.Now().UnixNano()), s.settings.plugin, true)
		return m, classify(ctx, "take a later snapshot of the stream", err)
	}
	m, err := createSlot(ctx, w, name, s.settings.plugin, false)
	return m, classify(ctx, "make replication slot "+name, err)
}

// snapshotOf opens the snapshot that a slot has exported.
func (s *source) snapshotOf(ctx context.Context, m made, readers int) (connector.Snapshot, error) {
	w, err := dial(ctx, s.cfg, settleSQL(commonSettings, readSettings), beginSQL, "SET TRANSACTION SNAPSHOT "+quoteLiteral(m.snapshot))
	if err != nil {
		return nil, classify(ctx, "join the snapshot of the slot", err)
	}
	snap := newSnapshot(s, w)
	snap.position = m.position.String()
	if err := snap.share(ctx); err != nil {
		w.close()
		return nil, classify(ctx, "take a snapshot", err)
	}
	snap.readers = newPool(max(readers, 1), snap.join, (*wire).close)
	return snap, nil
}

// prepare makes what a stream needs besides its slot.
func (s *source) prepare(ctx context.Context, r connector.StreamRequest, slot string) (*wire, error) {
	w, err := s.sideWire(ctx)
	if err != nil {
		return nil, err
	}
	var p pubs
	if err = s.makeLoopback(ctx, w, r.Loopback); err == nil {
		p, err = s.publicationFor(ctx, w, r, 0)
	}
	if err == nil && s.settings.plugin == pglogical {
		_, err = s.setsFor(ctx, w, r, slot)
	}
	if err == nil {
		err = s.interceptDDL(ctx, w, p.whole, slot)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// Start implements connector.Streamer. The native forms are a position, which needs the slot in SlotName, the name of a
// slot, and a checkpoint of DMS.
func (s *source) Start(ctx context.Context, r connector.StreamRequest, from connector.StartPoint) (string, error) {
	if !from.At.IsZero() {
		return "", &connector.Error{
			Class: connector.Invalid, Err: errors.New("PostgreSQL keeps no index of its log by time: a stream cannot begin at one"),
			Remedy: "begin now, at a slot that is there, or at a position (16/B374D848) of a slot named in SlotName",
		}
	}
	name, position, err := s.startPoint(r, from.Native)
	if err != nil {
		return "", err
	}
	if from.Native != "" {
		if err := s.publishedBefore(ctx, r, name); err != nil {
			return "", err
		}
	}
	w, err := s.prepare(ctx, r, name)
	if err != nil {
		return "", err
	}
	defer w.close()
	there, err := readSlot(ctx, w, name)
	if err != nil {
		return "", err
	}
	switch {
	case there == nil && from.Native != "":
		return "", &connector.Error{
			Class: connector.Missing, Err: fmt.Errorf("there is no replication slot %q, so that nothing is kept from %q on", name, from.Native),
			Remedy: "begin now, or name the slot that keeps the changes in SlotName",
		}
	case there == nil:
		return s.startNow(ctx, name)
	}
	other := ""
	if name != s.slotName(r) {
		other = name
	}
	if err := there.check(name, s.settings.plugin); err != nil {
		return "", err
	}
	switch {
	case position == 0 && from.Native == "": // now
		return s.End(ctx)
	case position == 0:
		return positionText(there.confirmed, other), nil
	case position < there.confirmed:
		return "", &connector.Error{
			Class: connector.Invalid, Err: fmt.Errorf("replication slot %q has gone past %s: it keeps changes from %s on", name, position, there.confirmed),
			Remedy: fmt.Sprintf("begin at %s: a slot is moved on only behind changes that are at the target of the task that used it; for another target begin with a full load", there.confirmed),
		}
	}
	return positionText(position, other), nil
}

// startPoint reads the native form of a start: which slot, and where; 0 means where the slot stands.
func (s *source) startPoint(r connector.StreamRequest, native string) (name string, position lsn, err error) {
	name = s.slotName(r)
	if rest, ok := strings.CutPrefix(native, "checkpoint:"); ok {
		native = rest
		for _, part := range strings.Split(rest, "#") { // DMS: V1#1#000004AF/B00000D0#0#0#*#0#0
			if strings.Contains(part, "/") {
				native = part
				break
			}
		}
	}
	switch {
	case native == "":
		return name, 0, nil
	case strings.Contains(native, "/"):
		position, err = parseLSN(native)
		return name, position, err
	case !validSlot(native):
		return "", 0, &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("start position %q is neither a position of the log nor the name of a slot", native), Remedy: "write 16/B374D848 or the name of a replication slot"}
	case s.settings.slot != "" && s.settings.slot != native:
		return "", 0, &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("start position names slot %q, setting SlotName %q", native, s.settings.slot)}
	}
	return native, 0, nil
}

func (s *source) startNow(ctx context.Context, name string) (string, error) {
	maker, err := dialReplication(ctx, s.cfg, nil)
	if err != nil {
		return "", err
	}
	defer maker.close()
	m, err := s.makeSlot(ctx, maker, name, false)
	return m.position.String(), err
}

// End implements connector.Streamer. The position is where the next record will be written, asynchronous commits
// counted. A small transaction of ours follows it, so that the stream is sure to get there soon.
func (s *source) End(ctx context.Context) (position string, err error) {
	err = s.withSide(ctx, func(w *wire) error {
		if err := w.query(ctx, endSQL, func(v [][]byte) error {
			position = string(v[0])
			return nil
		}); err != nil {
			return classify(ctx, "ask for the end of the log", err)
		}
		if err := w.exec(ctx, passSQL); serverErrorIn(err) == nil { // who may not write it waits for the server's own records
			return classify(ctx, "mark the end of the log", err)
		}
		return nil
	})
	return position, err
}

const (
	endSQL  = `SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_insert_lsn() END`
	passSQL = `SET LOCAL synchronous_commit = on; SELECT pg_catalog.pg_logical_emit_message(true, 'whimbrel', '') WHERE NOT pg_catalog.pg_is_in_recovery()`
)

// Compare implements connector.Streamer.
func (s *source) Compare(a, b string) (int, error) {
	x, _, err := parsePosition(a)
	if err != nil {
		return 0, err
	}
	y, _, err := parsePosition(b)
	switch {
	case err != nil:
		return 0, err
	case x < y:
		return -1, nil
	case x > y:
		return 1, nil
	}
	return 0, nil
}

// Keeps implements connector.Keeper.
func (s *source) Keeps(ctx context.Context, run string) (kept bool, err error) {
	name := quoteLiteral(runName(run))
	sql := "SELECT 1 FROM pg_catalog.pg_replication_slots WHERE slot_name = " + name + " UNION ALL SELECT 1 FROM pg_catalog.pg_publication WHERE pubname = " + name
	err = s.withSide(ctx, func(w *wire) error {
		return w.query(ctx, sql, func([][]byte) error {
			kept = true
			return nil
		})
	})
	return kept, classify(ctx, "look for slot and publication "+name, err)
}

// Leaves implements connector.Leaver. A slot that the user has named stays, whoever has made it: a name says nothing of who needs it,
// and DMS takes SlotName as that of a slot of the user's making (API reference, PostgreSQLSettings).
func (s *source) Leaves(ctx context.Context, r connector.StreamRequest, position string) (left []string, err error) {
	names := []string{s.settings.slot}
	if _, other, err := parsePosition(position); err == nil && other != names[0] {
		names = append(names, other)
	}
	err = s.withSide(ctx, func(w *wire) error {
		for _, name := range names {
			if name == "" || name == runName(r.Run) {
				continue
			}
			there, err := readSlot(ctx, w, name)
			if err != nil {
				return err
			}
			if there != nil && there.here {
				left = append(left, fmt.Sprintf("replication slot %q stays, because it was named by its user, and keeps the server's log until the disk is full; when nobody else reads it: SELECT pg_drop_replication_slot(%s)",
					name, quoteLiteral(name)))
			}
		}
		return nil
	})
	return left, err
}

// Release implements connector.Streamer. A slot or publication that the settings name is not ours.
func (s *source) Release(ctx context.Context, r connector.StreamRequest) error {
	return s.withSide(ctx, func(w *wire) error {
		name := runName(r.Run)
		sql := "SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM pg_catalog.pg_replication_slots WHERE slot_name = " + quoteLiteral(name)
		var err error
		for deadline := time.Now().Add(claimPatience); ; {
			err = w.exec(ctx, sql)
			if pg := serverErrorIn(err); pg == nil || pg.Code != "55006" || time.Now().After(deadline) { // still active
				break
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(claimPause):
			}
		}
		standby := false
		if err == nil {
			standby, err = onStandby(ctx, w)
		}
		if standby { // nothing else was made
			return nil
		}
		if err == nil {
			err = w.exec(ctx, "SET client_min_messages = error; DROP PUBLICATION IF EXISTS "+quote(name)+", "+quote(partName(name)))
		}
		if err == nil {
			err = dropSets(ctx, w, name)
		}
		if err == nil {
			err = s.releaseDDL(ctx, w)
		}
		return classify(ctx, "remove slot and publication "+name, err)
	})
}
