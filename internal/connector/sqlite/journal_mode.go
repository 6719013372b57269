package sqlite

import "strings"

// writeMode prepares the file for many commits, before the first of them. The caller holds the turn and mu.
//
// In WAL mode with synchronous=NORMAL a commit waits for no disk, which is 20 times faster for small tables and costs
// big ones nothing measurable. A committed transaction survives the end of the process at any instant. When the machine
// loses power the last transactions may be undone, whole and in order, rows together with their marks, so that the
// load goes on from there; the file cannot be damaged. Close writes everything through to the disk.
//
// Where WAL is not to be had (others use the file, a network folder), the file keeps its journal mode and commits wait
// for the disk.
func (t *target) writeMode() error {
	if t.writing {
		return nil
	}
	before, err := t.conn.word("PRAGMA journal_mode")
	if err != nil {
		return err
	}
	now, err := t.conn.word("PRAGMA journal_mode=WAL")
	if err != nil && !isBusy(err) {
		return err
	}
	if strings.EqualFold(now, "wal") {
		err = t.conn.exec("PRAGMA synchronous=NORMAL")
	} else {
		err = t.conn.exec("PRAGMA synchronous=FULL")
	}
	if err != nil {
		return err
	}
	t.writing = true
	if !strings.EqualFold(before, now) {
		t.restore = before
	}
	return nil
}

// settle writes the log through to the disk and gives the file its journal mode back. Neither can lose anything if it
// does not succeed because somebody else has the file open.
func (t *target) settle() {
	if !t.writing {
		return
	}
	err := t.conn.exec("PRAGMA synchronous=FULL; PRAGMA wal_checkpoint(TRUNCATE)")
	if err == nil && t.restore != "" {
		_, err = t.conn.word("PRAGMA journal_mode=" + t.restore)
	}
	if err != nil {
		t.log.Info("the write-ahead log was not folded into the database file", "file", t.at.path, "reason", err)
	}
}

// word returns the first column of the first row.
func (c *conn) word(sql string) (w string, err error) {
	err = c.query(sql, func(s *stmt) error {
		w = s.text(0)
		return nil
	})
	return w, err
}
