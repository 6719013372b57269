package postgres

import "strconv"

// statementCache keeps prepared statements, the least recently used of which go first. With no room at all every statement
// is prepared anew under the empty name.
type statementCache struct {
	room  int
	known map[string]*preparedStatement
	fresh []*preparedStatement // prepared by what has not been answered yet
	gone  []string             // names that may still be known to the server
	clock uint64
	last  int
}

type preparedStatement struct {
	key, name string
	used      uint64
}

func newStatementCache(room int) *statementCache {
	return &statementCache{room: room, known: map[string]*preparedStatement{}}
}

// prepare returns the name of a statement, having put its preparation into the pipe when it is not prepared yet. The key
// stands for text and types.
func (c *statementCache) prepare(p *pipeline, key, sql string, types []uint32) string {
	if c.room <= 0 {
		p.parse("", sql, types)
		return ""
	}
	c.clock++
	if s := c.known[key]; s != nil {
		s.used = c.clock
		return s.name
	}
	if len(c.known) >= c.room {
		c.evict()
	}
	for _, name := range c.gone {
		p.forget(name)
	}
	c.gone = c.gone[:0]
	c.last++
	s := &preparedStatement{key: key, name: "w" + strconv.Itoa(c.last), used: c.clock}
	p.parse(s.name, sql, types)
	c.known[key] = s
	c.fresh = append(c.fresh, s)
	return s.name
}

func (c *statementCache) evict() {
	var oldest *preparedStatement
	for _, s := range c.known {
		if oldest == nil || s.used < oldest.used {
			oldest = s
		}
	}
	c.drop(oldest)
}

func (c *statementCache) drop(s *preparedStatement) {
	delete(c.known, s.key)
	c.gone = append(c.gone, s.name)
}

// settle is told how what was in the pipe went: after an error nobody knows which statements were prepared.
func (c *statementCache) settle(well bool) {
	if !well {
		for _, s := range c.fresh {
			if c.known[s.key] == s {
				c.drop(s)
			}
		}
	}
	c.fresh = c.fresh[:0]
}
