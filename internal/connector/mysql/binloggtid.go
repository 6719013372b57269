package mysql

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	gomysql "github.com/go-mysql-org/go-mysql/mysql"
	"github.com/google/uuid"

	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
)

// mariaSet is MariaDB's set: of each domain the last transaction.
type mariaSet []mariaGTID

type mariaGTID struct {
	domain, server uint32
	sequence       uint64
}

var (
	_ gtidSet = (*mariaSet)(nil)
	_ gtidSet = (*mySet)(nil)
)

func parseMariaSet(text string) (*mariaSet, error) {
	s := &mariaSet{}
	for _, one := range strings.Split(text, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		parts := strings.Split(one, "-")
		if len(parts) != 3 {
			return nil, fmt.Errorf("%q is not domain-server-sequence", one)
		}
		domain, err1 := strconv.ParseUint(parts[0], 10, 32)
		server, err2 := strconv.ParseUint(parts[1], 10, 32)
		sequence, err3 := strconv.ParseUint(parts[2], 10, 64)
		if err1 != nil || err2 != nil || err3 != nil {
			return nil, fmt.Errorf("%q is not domain-server-sequence", one)
		}
		s.add(mariaGTID{uint32(domain), uint32(server), sequence})
	}
	return s, nil
}

func (s *mariaSet) add(g mariaGTID) {
	for i := range *s {
		if (*s)[i].domain == g.domain {
			(*s)[i] = g
			return
		}
	}
	*s = append(*s, g)
	slices.SortFunc(*s, func(a, b mariaGTID) int { return int(int64(a.domain) - int64(b.domain)) })
}

func (s *mariaSet) contains(o gtidSet) bool {
	other, ok := o.(*mariaSet)
	if !ok {
		return false
	}
	for _, g := range *other {
		at := slices.IndexFunc(*s, func(h mariaGTID) bool { return h.domain == g.domain })
		if at < 0 || (*s)[at].sequence < g.sequence {
			return false
		}
	}
	return true
}

func (s *mariaSet) empty() bool { return len(*s) == 0 }

func (s *mariaSet) String() string {
	var b []byte
	for i, g := range *s {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, uint64(g.domain), 10)
		b = strconv.AppendUint(append(b, '-'), uint64(g.server), 10)
		b = strconv.AppendUint(append(b, '-'), g.sequence, 10)
	}
	return string(b)
}

// mySet is MySQL's set: of each server, and of each tag there, the intervals of its transactions.
type mySet struct{ *gomysql.MysqlGTIDSet }

func (s *mySet) add(g binlog.MyGTID) {
	s.AddGTIDWithTag(uuid.UUID(g.Source), gomysql.NewTag(g.Tag), g.Number)
}

func (s *mySet) contains(o gtidSet) bool {
	other, ok := o.(*mySet)
	return ok && s.Contain(other.MysqlGTIDSet)
}

func (s *mySet) empty() bool { return s.MysqlGTIDSet == nil || s.IsEmpty() }
