package mysql

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

var _ connector.Streamer = (*source)(nil)

// Stream follows the changes after a position.
func (s *source) Stream(ctx context.Context, r connector.StreamRequest, from string) (connector.Stream, error) {
	at, err := parsePosition(from, s.host.mariadb)
	if err != nil {
		return nil, err
	}
	st := &stream{
		source: s, request: r, tables: map[catalog.Name]*followedTable{}, maps: map[uint64]*mapped{},
		charsets: charsets{host: s.host}, at: at, done: at, heard: time.Now(),
	}
	if err := st.learn(ctx); err != nil {
		return nil, err
	}
	for _, f := range r.Tables {
		if err := st.Follow(f); err != nil {
			return nil, err
		}
	}
	d, err := s.dumpFrom(ctx, r.Run, at)
	if err != nil {
		return nil, err
	}
	if st.link, err = s.dump(ctx, d, at); err != nil {
		return nil, st.explain(err)
	}
	st.checksum = true
	st.watch = watch(s, st)
	return st, nil
}

// learn asks what the stream has to know of the server.
func (s *stream) learn(ctx context.Context) error {
	var folds int
	if err := s.source.host.control.QueryRowContext(ctx, "SELECT @@lower_case_table_names").Scan(&folds); err != nil {
		return classify(ctx, fmt.Errorf("ask for the server's variables: %w", err))
	}
	s.folds = folds != 0
	s.options = s.source.options
	return nil
}

// dumpFrom decides how the server is asked. File and offset are exact and quick; where they are not this server's, as
// after a failover, or not known, the GTIDs say the same.
func (s *source) dumpFrom(ctx context.Context, run string, at position) (wire.Dump, error) {
	d := wire.Dump{Server: replicaNumber(run), File: at.file, Offset: at.offset}
	if at.gtids == nil || at.gtids.empty() {
		if at.offset > 1<<32-1 {
			return d, invalid(fmt.Errorf("position %s is beyond 4 GB, which a dump without GTIDs cannot name", at), "Switch GTIDs on at the source")
		}
		return d, nil
	}
	if s.host.mariadb {
		if at.file == "" || !s.isHere(ctx, at) {
			d.File, d.Offset = "", 4
		}
		return d, nil
	}
	var mode string
	if err := s.host.control.QueryRowContext(ctx, "SELECT @@global.gtid_mode").Scan(&mode); err == nil && (mode == "ON" || mode == "ON_PERMISSIVE") {
		d.File, d.Offset, d.GTIDs = "", 4, at.gtids.(*mySet).Encode()
	}
	return d, nil
}

// isHere reports whether file and offset are a place of this server's log, the one with the GTIDs before it.
func (s *source) isHere(ctx context.Context, at position) bool {
	if at.offset > 1<<32-1 {
		return false
	}
	var gtids *string
	err := s.host.control.QueryRowContext(ctx, "SELECT BINLOG_GTID_POS(?, ?)", at.file, at.offset).Scan(&gtids)
	if err != nil || gtids == nil {
		return false
	}
	here, err := parseMariaSet(*gtids)
	return err == nil && here.String() == at.gtids.String()
}

// replicaNumber is the server id a run shows itself under: the same each time, so that the server ends a dump that a
// lost connection has left behind, and in a range of its own.
func replicaNumber(run string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(run))
	return 1<<30 | h.Sum32()>>2
}

// dump opens a connection on which events come.
func (s *source) dump(ctx context.Context, d wire.Dump, at position) (*link, error) {
	se, err := s.host.session(ctx, "sql_mode=''")
	if err != nil {
		return nil, fmt.Errorf("open a connection for the binary log: %w", err)
	}
	set := "SET @master_binlog_checksum='CRC32', @source_binlog_checksum='CRC32', " +
		"@master_heartbeat_period=" + strconv.FormatInt(s.options.heartbeat.Nanoseconds(), 10) + ", @source_heartbeat_period=" +
		strconv.FormatInt(s.options.heartbeat.Nanoseconds(), 10)
	if s.host.mariadb {
		set += ", @mariadb_slave_capability=4"
		if d.File == "" {
			set += ", @slave_connect_state=" + quoteString(at.gtids.String()) + ", @slave_gtid_strict_mode=0, @slave_gtid_ignore_duplicates=0"
		}
	} else {
		set += ", @slave_uuid=" + quoteString(replicaUUID(d.Server)) + ", @replica_uuid=" + quoteString(replicaUUID(d.Server))
	}
	if _, err := se.exec(ctx, set); err != nil {
		se.close()
		return nil, fmt.Errorf("prepare the connection for the binary log: %w", err)
	}
	err = se.guard(ctx, func() error {
		if err := se.conn.Register(d.Server, "whimbrel"); err != nil {
			return err
		}
		return se.conn.StartDump(d)
	})
	if err != nil {
		se.close()
		return nil, fmt.Errorf("ask for the binary log: %w", err)
	}
	return se, nil
}

func replicaUUID(server uint32) string {
	return fmt.Sprintf("%08x-7768-496d-8272-656c00000000", server)
}

// Layout is how a stream delivers a column.
func (s *source) Layout(c *catalog.Column) change.Layout { return layoutOf(c) }

// Compare orders two positions.
func (s *source) Compare(a, b string) (int, error) {
	pa, err := parsePosition(a, s.host.mariadb)
	if err != nil {
		return 0, err
	}
	pb, err := parsePosition(b, s.host.mariadb)
	if err != nil {
		return 0, err
	}
	return comparePositions(pa, pb)
}

// End is the position of the last transaction that has committed.
func (s *source) End(ctx context.Context) (string, error) {
	se, err := s.host.session(ctx, "sql_mode=''")
	if err != nil {
		return "", err
	}
	defer se.close()
	p, err := se.logEnd(ctx)
	if err == nil && p == "" {
		err = noLog()
	}
	return p, err
}

// logEnd is where the binary log ends, with the GTIDs up to there.
func (se *link) logEnd(ctx context.Context) (string, error) {
	p, err := se.masterPosition(ctx)
	if err != nil || p == "" || !se.server.mariadb {
		return p, err
	}
	file, offset, _ := cutLast(p, ":")
	offset, _, _ = strings.Cut(offset, " ")
	gtids, err := se.query(ctx, "SELECT BINLOG_GTID_POS("+quoteString(file)+", "+offset+")")
	if err != nil {
		return "", fmt.Errorf("ask for the GTIDs: %w", err)
	}
	p = file + ":" + offset
	if len(gtids) == 1 && len(gtids[0]) == 1 && gtids[0][0] != "" {
		p += " " + gtids[0][0]
	}
	return p, nil
}

func noLog() error {
	return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("the server keeps no binary log"),
		Remedy: "Set log_bin in its configuration and restart it"}
}
