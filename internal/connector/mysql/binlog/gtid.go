package binlog

import "encoding/binary"

// MariaGTID is MariaDB's GTID event, with which a transaction or a statement alone begins.
type MariaGTID struct {
	Domain   uint32
	Sequence uint64
	// Alone says that one statement follows, and no end of a transaction.
	Alone bool
	// Prepared and Completed belong to the two halves of an XA transaction.
	Prepared, Completed bool
	// Pending says that an ALTER TABLE begins that a later event will complete or undo; Undone that this is the undoing.
	Pending, Undone bool
}

const (
	gtidAlone     = 1
	gtidGroup     = 2
	gtidPrepared  = 64
	gtidCompleted = 128
	extraStart    = 2
	extraRollback = 8
)

// ParseMariaGTID reads MariaDB's GTID event.
func ParseMariaGTID(body []byte) (MariaGTID, error) {
	var g MariaGTID
	if len(body) < 13 {
		return g, ErrMalformed
	}
	flags := body[12]
	g = MariaGTID{
		Sequence: binary.LittleEndian.Uint64(body), Domain: binary.LittleEndian.Uint32(body[8:]), Alone: flags&gtidAlone != 0,
		Prepared: flags&gtidPrepared != 0, Completed: flags&gtidCompleted != 0,
	}
	at := 19
	if flags&gtidGroup != 0 {
		at = 21
	}
	if flags&(gtidPrepared|gtidCompleted) != 0 && len(body) >= at+6 {
		at += 6 + int(body[at+4]) + int(body[at+5])
	}
	if len(body) > at {
		g.Pending, g.Undone = body[at]&extraStart != 0, body[at]&extraRollback != 0
	}
	return g, nil
}

// MyGTID is MySQL's GTID event.
type MyGTID struct {
	Source [16]byte
	Tag    string // empty for most
	Number int64
	Commit uint64 // microseconds since 1970; 0 when unknown
}

// ParseMyGTID reads MySQL's GTID event.
func ParseMyGTID(body []byte) (MyGTID, error) {
	var g MyGTID
	// Flags 1, source 16, number 8, then since 5.7 a type 2 and two logical times of 8.
	if len(body) < 25 {
		return g, ErrMalformed
	}
	copy(g.Source[:], body[1:17])
	g.Number = int64(binary.LittleEndian.Uint64(body[17:]))
	if len(body) >= 49 && body[25] == 2 {
		g.Commit = binary.LittleEndian.Uint64(append(append([]byte(nil), body[42:49]...), 0)) &^ (1 << 55)
	}
	return g, nil
}

// HeartbeatFile is the file that a heartbeat of the first version names.
func HeartbeatFile(body []byte) string { return string(body) }
