package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"time"

	gomysql "github.com/go-mysql-org/go-mysql/mysql"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

// Capture opens a snapshot and names its place in the binary log. The server keeps its log for everybody, so there is
// nothing to make for a run.
func (s *source) Capture(ctx context.Context, r connector.StreamRequest, readers int) (connector.Snapshot, error) {
	if n := s.host.cfg.connections; n > 0 {
		readers = min(readers, n)
	}
	tables := make([]catalog.Name, len(r.Tables))
	for i, f := range r.Tables {
		tables[i] = f.Table.Name
	}
	snap, err := openSnapshot(ctx, s.host, readers, tables, true)
	if err != nil {
		return nil, err
	}
	if snap.position == "" {
		_ = snap.Close()
		return nil, noLog()
	}
	return snap, nil
}

// Release has nothing to remove.
func (s *source) Release(context.Context, connector.StreamRequest) error { return nil }

// Start finds the position a stream should begin at.
func (s *source) Start(ctx context.Context, r connector.StreamRequest, from connector.StartPoint) (string, error) {
	switch {
	case from.Native != "" && !from.At.IsZero():
		return "", invalid(errors.New("a stream starts at a position or at a time, not at both"), "")
	case from.Native != "":
		return s.startAt(ctx, from.Native)
	case !from.At.IsZero():
		return s.startTime(ctx, r, from.At)
	}
	return s.End(ctx)
}

// startAt completes a position that the user has written.
func (s *source) startAt(ctx context.Context, native string) (string, error) {
	text, err := uncheckpoint(native)
	if err != nil {
		return "", err
	}
	p, err := parsePosition(text, s.host.mariadb)
	switch {
	case err != nil:
		return "", err
	case p.file == "":
		return p.gtids.String(), nil
	}
	files, err := s.logs(ctx)
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if f.name != p.file {
			continue
		}
		if p.offset > f.size || p.offset < firstEvent {
			return "", invalid(fmt.Errorf("position %s is outside of its file, which has %d bytes", p, f.size), "")
		}
		return s.withGTIDs(ctx, p)
	}
	return "", &connector.Error{Class: connector.Missing, Err: fmt.Errorf("the source has no binary log file %s; its first is %s", p.file, files[0].name),
		Remedy: "Start from a later position, or with a full load"}
}

// firstEvent is where a file's first event begins.
const firstEvent = 4

// String0 is String, but the GTIDs alone where there is no file.
func (p position) String0() string {
	if p.file != "" || p.gtids == nil {
		return p.String()
	}
	return p.gtids.String()
}

// uncheckpoint reads the forms that begin with checkpoint: Whimbrel's own position, and that of DMS, whose third part
// ends with the place at which the oldest open transaction began.
func uncheckpoint(native string) (string, error) {
	text, ok := strings.CutPrefix(native, "checkpoint:")
	if !ok {
		return native, nil
	}
	if !strings.HasPrefix(text, "V1#") {
		return text, nil
	}
	parts := strings.Split(text, "#")
	if len(parts) >= 3 {
		place := strings.Split(parts[2], ":")
		if n := len(place); n >= 2 && strings.Contains(place[n-2], ".") {
			return place[n-2] + ":" + place[n-1], nil
		}
	}
	return "", invalid(fmt.Errorf("%q is no checkpoint of a MySQL source", native), "Write checkpoint:V1#n#file:offset:…:file:offset#…, or binlog.000024:373")
}

// withGTIDs adds the GTIDs before a place, where the server can tell them.
func (s *source) withGTIDs(ctx context.Context, p position) (string, error) {
	if !s.host.mariadb || !p.gtids.empty() {
		return p.String(), nil
	}
	var gtids *string
	err := s.host.control.QueryRowContext(ctx, "SELECT BINLOG_GTID_POS(?, ?)", p.file, p.offset).Scan(&gtids)
	if err != nil || gtids == nil {
		return p.String(), classify(ctx, err)
	}
	p.gtids, err = parseMariaSet(*gtids)
	return p.String(), err
}

// logFile is a file of the binary log.
type logFile struct {
	name string
	size uint64
}

// logs lists the files of the binary log, the oldest first.
func (s *source) logs(ctx context.Context) ([]logFile, error) {
	se, err := s.host.session(ctx, "sql_mode=''")
	if err != nil {
		return nil, err
	}
	defer se.close()
	rows, err := se.query(ctx, "SHOW BINARY LOGS")
	if err != nil {
		return nil, fmt.Errorf("list the binary logs: %w", err)
	}
	var files []logFile
	for _, r := range rows {
		if len(r) < 2 {
			return nil, errUnexpectedRow
		}
		size, err := strconv.ParseUint(r[1], 10, 64)
		if err != nil {
			return nil, errUnexpectedRow
		}
		files = append(files, logFile{name: r[0], size: size})
	}
	if len(files) == 0 {
		return nil, noLog()
	}
	return files, nil
}

// startTime finds the first transaction that committed at a time or later: first the file, by the time at which it
// begins, then the place in it.
func (s *source) startTime(ctx context.Context, r connector.StreamRequest, at time.Time) (string, error) {
	files, err := s.logs(ctx)
	if err != nil {
		return "", err
	}
	var failed error
	// The last file that begins before the time.
	n := sort.Search(len(files), func(i int) bool {
		begin, err := s.beginOf(ctx, r, files[i])
		failed = errors.Join(failed, err)
		return !begin.Before(at)
	})
	if failed != nil {
		return "", failed
	}
	if n == 0 {
		return "", &connector.Error{Class: connector.Missing,
			Err:    fmt.Errorf("the source's binary log begins after %s", at.UTC().Format(time.RFC3339)),
			Remedy: "Start from a later time, or with a full load"}
	}
	p, err := s.search(ctx, r, files[n-1], at)
	if err != nil {
		return "", err
	}
	return s.withGTIDs(ctx, p)
}

// beginOf reads when a file was begun.
func (s *source) beginOf(ctx context.Context, r connector.StreamRequest, f logFile) (time.Time, error) {
	var begin time.Time
	err := s.scan(ctx, r, position{file: f.name, offset: firstEvent}, func(h binlog.Header, _ []byte, _ position) bool {
		begin = time.Unix(int64(h.Time), 0)
		return h.Type != binlog.FormatDescription
	})
	return begin, err
}

// search goes through a file to the first transaction that ended at a time or later. It returns the place before it.
func (s *source) search(ctx context.Context, r connector.StreamRequest, f logFile, at time.Time) (position, error) {
	from := position{file: f.name, offset: firstEvent}
	if s.host.mariadb {
		from.gtids = &mariaSet{}
	} else {
		set := gomysql.NewMysqlGTIDSet()
		from.gtids = &mySet{MysqlGTIDSet: &set}
	}
	found := from
	open := false
	var pending binlog.MyGTID
	err := s.scan(ctx, r, from, func(h binlog.Header, body []byte, here position) bool {
		ends := false
		switch h.Type {
		case binlog.PreviousGtids:
			if set, err := gomysql.DecodeMysqlGTIDSet(body); err == nil {
				from.gtids = &mySet{MysqlGTIDSet: set}
			}
			found.offset = here.offset
		case binlog.FormatDescription, binlog.MariadbGtidList, binlog.BinlogCheckpoint:
			if !open {
				found.offset = here.offset
			}
		case binlog.MariadbGtid:
			g, err := binlog.ParseMariaGTID(body)
			open = err == nil && !g.Alone
		case binlog.Gtid:
			pending, _ = binlog.ParseMyGTID(body)
		case binlog.GtidTagged:
			pending, _ = binlog.ParseTaggedGTID(body)
		case binlog.Xid, binlog.TransactionPayload:
			ends = true
		case binlog.Query, binlog.QueryCompressed:
			q, err := binlog.ParseQuery(body, h.Type == binlog.QueryCompressed)
			word := firstTwo(q.SQL)[0]
			if err == nil && word == "BEGIN" {
				open = true
			}
			ends = !open || word == "COMMIT" || word == "ROLLBACK"
		}
		if !ends {
			return true
		}
		if !time.Unix(int64(h.Time), 0).Before(at) {
			return false
		}
		open = false
		if set, ok := from.gtids.(*mySet); ok && pending.Number > 0 {
			set.add(pending)
		}
		found.offset = here.offset
		return true
	})
	found.gtids = from.gtids
	if s.host.mariadb {
		found.gtids = &mariaSet{}
	}
	return found, err
}

// scan reads one file from a place on, until see returns false or the file ends. see gets the place behind the event.
func (s *source) scan(ctx context.Context, r connector.StreamRequest, from position, see func(binlog.Header, []byte, position) bool) error {
	d := wire.Dump{Server: replicaNumber(r.Run + " scan"), File: from.file, Offset: from.offset, Ends: true}
	se, err := s.dump(ctx, d, from)
	if err != nil {
		return err
	}
	defer se.close()
	stop := context.AfterFunc(ctx, se.conn.Break)
	defer stop()
	checksum := true
	for {
		event, err := se.conn.Event(deadAfter)
		if errors.Is(err, io.EOF) || isTorn(err) {
			return nil
		}
		if err != nil {
			return (&stream{at: from}).explain(classify(ctx, err))
		}
		if len(event) > 4 && binlog.Type(event[4]) == binlog.FormatDescription {
			if checksum, err = binlog.EndsWithChecksum(event); err != nil {
				return err
			}
		}
		h, body, err := binlog.Parse(event, checksum)
		if err != nil {
			return err
		}
		if h.Type == binlog.Rotate {
			file, offset, err := binlog.ParseRotate(body)
			if err != nil {
				return err
			}
			if file != from.file {
				return nil
			}
			from.offset = offset
			continue
		}
		if h.Next != 0 && h.Flags&binlog.Artificial == 0 {
			from.offset = from.offset&^0xffffffff | uint64(h.Next)
		}
		if !see(h, body, from) {
			return nil
		}
	}
}
