package mysql

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	gomysql "github.com/go-mysql-org/go-mysql/mysql"
)

// position is a place between two transactions of a binary log: file and offset, and the set of GTIDs before it. As text
// it is "binlog.000024:373 0-1-99", the set being left out where the server has none.
type position struct {
	file   string
	offset uint64
	gtids  gtidSet
}

// gtidSet is what both flavours of GTIDs have in common.
type gtidSet interface {
	// contains reports whether everything in the other set is in this one.
	contains(o gtidSet) bool
	empty() bool
	String() string
}

func (p position) String() string {
	s := p.file + ":" + strconv.FormatUint(p.offset, 10)
	if p.gtids == nil || p.gtids.empty() {
		return s
	}
	return s + " " + p.gtids.String()
}

// parsePosition reads a position, its GTIDs as the flavour writes them. GTIDs alone are a position too.
func parsePosition(text string, mariadb bool) (position, error) {
	var p position
	head, set, _ := strings.Cut(strings.TrimSpace(text), " ")
	file, offset, ok := cutLast(head, ":")
	n, err := strconv.ParseUint(offset, 10, 64)
	if !ok || err != nil || !strings.Contains(file, ".") {
		set = strings.ReplaceAll(strings.TrimSpace(text), " ", "")
	} else {
		p.file, p.offset = file, n
	}
	if p.gtids, err = parseGTIDs(set, mariadb); err != nil || p.file == "" && p.gtids.empty() {
		return position{}, invalid(fmt.Errorf("%q is no position of a binary log", text),
			"Write it as binlog.000024:373, or as a set of GTIDs")
	}
	return p, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	at := strings.LastIndex(s, sep)
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at+len(sep):], true
}

func parseGTIDs(text string, mariadb bool) (gtidSet, error) {
	if mariadb {
		return parseMariaSet(text)
	}
	set, err := gomysql.ParseMysqlGTIDSet(text)
	if err != nil {
		return nil, err
	}
	return &mySet{MysqlGTIDSet: set.(*gomysql.MysqlGTIDSet)}, nil
}

// comparePositions orders positions: by file and offset when the files are of one series, which restarts of a server
// leave alone; by the GTIDs where they tell more than that.
func comparePositions(a, b position) (int, error) {
	if a.gtids != nil && b.gtids != nil && !a.gtids.empty() && !b.gtids.empty() {
		after, before := a.gtids.contains(b.gtids), b.gtids.contains(a.gtids)
		switch {
		case after && !before:
			return 1, nil
		case before && !after:
			return -1, nil
		}
	}
	baseA, numberA, okA := fileNumber(a.file)
	baseB, numberB, okB := fileNumber(b.file)
	if okA && okB && baseA == baseB {
		if c := cmp.Compare(numberA, numberB); c != 0 {
			return c, nil
		}
		return cmp.Compare(a.offset, b.offset), nil
	}
	if a.gtids != nil && b.gtids != nil && a.gtids.String() == b.gtids.String() {
		return 0, nil
	}
	return 0, invalid(fmt.Errorf("positions %s and %s are of different binary logs", a, b), "")
}

// fileNumber reads the name and the number of a binary log's file.
func fileNumber(file string) (base string, number uint64, ok bool) {
	base, digits, ok := cutLast(file, ".")
	if !ok {
		return "", 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return base, n, err == nil
}
