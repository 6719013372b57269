package cdc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// contents is all that a target holds.
type contents struct {
	rows     world
	position string
	notes    map[string]string
}

func (c contents) clone() contents {
	rows := world{}
	for name, t := range c.rows {
		rows[name] = maps.Clone(t)
	}
	return contents{rows, c.position, maps.Clone(c.notes)}
}

// same reports whether nothing was committed in between.
func (c contents) same(o contents) bool {
	return c.position == o.position && maps.Equal(c.notes, o.notes) && maps.EqualFunc(c.rows, o.rows, maps.Equal)
}

// fakeTarget is a database in memory whose sessions are lost at any call: before it is carried out or after it, and of what was not
// synced all may be lost too.
type fakeTarget struct {
	connector.Applier
	roll func(n int) int
	// breaks is one in how many calls of a session loses it, before or after it has done its work; 0: none.
	breaks int
	// settles says that its sessions tell what has become durable by itself.
	settles bool
	// holds is what its sessions keep commits back by; nil: they do not.
	holds *gate
	// refuses are tables that it does not make.
	refuses map[string]bool

	mu                 sync.Mutex
	committed, durable contents
	crashed            bool
	late               func() // a commit whose session was lost, and which may still come
	parked             []connector.Parked
	asked              connector.ApplyOptions // of the last session
	// onCommit sees what has become visible.
	onCommit func(c contents)
}

func newFakeTarget(roll func(n int) int) *fakeTarget {
	c := contents{rows: world{"a": {}, "b": {}}, notes: map[string]string{}}
	return &fakeTarget{roll: roll, committed: c, durable: c.clone(), refuses: map[string]bool{}}
}

func (t *fakeTarget) Checkpoint(context.Context, string) (connector.Checkpoint, bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return connector.Checkpoint{Position: t.committed.position}, t.committed.position != "", nil
}

func (t *fakeTarget) Notes(context.Context, string) (map[string]string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.committed.notes), nil
}

func (t *fakeTarget) Apply(_ context.Context, o connector.ApplyOptions) (connector.ApplySession, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked = o
	if o.Alone {
		t.settle()
	}
	if t.holds != nil {
		return &holdingSession{&fakeSession{target: t}}, nil
	}
	if t.settles {
		return &settlingSession{fakeSession: &fakeSession{target: t}}, nil
	}
	return &fakeSession{target: t}, nil
}

// settle carries out a late commit, or not.
func (t *fakeTarget) settle() {
	if late := t.late; late != nil {
		t.late = nil
		if t.roll(2) == 0 {
			late()
		}
	}
}

func (t *fakeTarget) publish(c contents) {
	t.committed = c
	if t.onCommit != nil {
		t.onCommit(c)
	}
}

// fakeSession is a session of it.
type fakeSession struct {
	target *fakeTarget
	open   bool
	work   contents
	saved  *contents
	dead   bool
}

var errDuplicate = &connector.Error{Class: connector.Data, Err: errors.New("duplicate key")}

// call does something in the session, unless it is lost on the way.
func (s *fakeSession) call(do func() error) error {
	t := s.target
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.dead {
		return errors.New("the session is used after it was lost")
	}
	if t.breaks > 0 && t.roll(t.breaks) == 0 {
		s.dead = true
		if t.roll(3) > 0 {
			_ = do()
		}
		if t.roll(3) == 0 { // the server itself
			t.committed, t.crashed = t.durable.clone(), true
		}
		return lost("the session is lost")
	}
	return do()
}

func (s *fakeSession) Begin(context.Context) error {
	return s.call(func() error {
		s.open, s.work, s.saved = true, s.target.committed.clone(), nil
		return nil
	})
}

func (s *fakeSession) Write(_ context.Context, sets []connector.RowSet) (affected []int64, err error) {
	err = s.call(func() error {
		for i := range sets {
			n, err := s.write(&sets[i])
			if err != nil {
				return err
			}
			affected = append(affected, n)
		}
		return nil
	})
	return affected, err
}

func (s *fakeSession) write(set *connector.RowSet) (n int64, err error) {
	rows, there := s.work.rows[set.Table.Name.Name]
	if !there {
		return 0, fmt.Errorf("no table %s", set.Table.Name)
	}
	key := func(b *change.Batch, i int) int64 { return b.Columns[0].Ints[i] }
	for i := range set.Len() {
		switch {
		case set.Op == change.Insert:
			if _, taken := rows[key(set.Rows, i)]; taken {
				return 0, errDuplicate
			}
			rows[key(set.Rows, i)] = set.Rows.Columns[1].Ints[i]
		case set.Op == change.Delete:
			if _, there := rows[key(set.Old, i)]; !there {
				continue
			}
			delete(rows, key(set.Old, i))
		default:
			old := key(set.Rows, i)
			if set.Old != nil {
				old = key(set.Old, i)
			}
			if _, there := rows[old]; !there {
				continue
			}
			delete(rows, old)
			rows[key(set.Rows, i)] = set.Rows.Columns[1].Ints[i]
		}
		n++
	}
	return n, nil
}

func (s *fakeSession) Truncate(_ context.Context, table catalog.Name) error {
	return s.call(func() error {
		clear(s.work.rows[table.Name])
		return nil
	})
}

// Exec understands "create NAME" and "drop NAME".
func (s *fakeSession) Exec(_ context.Context, ss []catalog.Statement) error {
	return s.call(func() error {
		for _, st := range ss {
			verb, name, _ := strings.Cut(st.SQL, " ")
			_, there := s.work.rows[name]
			switch {
			case verb == "create" && (there || s.target.refuses[name]):
				return &connector.Error{Class: connector.Present, Err: errors.New("the target refuses " + name)}
			case verb == "create":
				s.work.rows[name] = map[int64]int64{}
			default:
				delete(s.work.rows, name)
			}
		}
		return nil
	})
}

func (s *fakeSession) Savepoint(context.Context) error {
	return s.call(func() error {
		saved := s.work.clone()
		s.saved = &saved
		return nil
	})
}

func (s *fakeSession) RollbackTo(context.Context) error {
	return s.call(func() error {
		s.work = s.saved.clone()
		return nil
	})
}

func (s *fakeSession) Park(_ context.Context, rows []connector.Parked) error {
	return s.call(func() error {
		s.target.parked = append(s.target.parked, rows...)
		return nil
	})
}

func (s *fakeSession) Note(_ context.Context, key, text string) error {
	return s.call(func() error {
		if text == "" {
			delete(s.work.notes, key)
			return nil
		}
		s.work.notes[key] = text
		return nil
	})
}

func (s *fakeSession) Commit(_ context.Context, c connector.Checkpoint) error {
	t := s.target
	work := s.work
	if c.Position != "" {
		work.position = c.Position
	}
	if !s.dead && t.breaks > 0 && t.roll(t.breaks) == 0 { // it is on its way when the session is lost
		t.mu.Lock()
		defer t.mu.Unlock()
		s.dead = true
		t.late = func() { t.publish(work) }
		return lost("the session is lost while it commits")
	}
	return s.call(func() error {
		s.open = false
		t.publish(work)
		return nil
	})
}

func (s *fakeSession) Rollback(context.Context) error {
	return s.call(func() error {
		s.open = false
		return nil
	})
}

func (s *fakeSession) Sync(context.Context) error {
	return s.call(func() error {
		s.target.durable = s.target.committed.clone()
		return nil
	})
}

func (s *fakeSession) Features() connector.ApplyFeatures {
	return connector.ApplyFeatures{TransactionalDDL: true}
}
func (s *fakeSession) Forget()      {}
func (s *fakeSession) Close() error { return nil }

// settlingSession is one whose commits become durable by themselves, sooner or later.
type settlingSession struct {
	*fakeSession
	onItsWay *contents
}

var _ connector.Settler = (*settlingSession)(nil)

func (s *settlingSession) Settled(context.Context) (position string, err error) {
	err = s.call(func() error {
		t := s.target
		if s.onItsWay != nil && t.roll(2) == 0 {
			t.durable, s.onItsWay = *s.onItsWay, nil
		}
		if s.onItsWay == nil {
			now := t.committed.clone()
			s.onItsWay = &now
		}
		if t.durable.position != t.committed.position || t.durable.same(t.committed) {
			position = t.durable.position
		}
		return nil
	})
	return position, err
}

// fakeStructures makes new tables as they are, and drops those that are dropped.
type fakeStructures struct{ stats *Stats }

func (f fakeStructures) Reshape(_ context.Context, before *Table, s *connector.Structure, number int) (Reshaped, error) {
	if s.Kind == connector.Dropped {
		return Reshaped{Statements: []catalog.Statement{{SQL: "drop " + before.Target.Name.Name}}}, nil
	}
	name := s.Table.Name.Name
	return Reshaped{Statements: []catalog.Statement{{SQL: "create " + name}}, Table: fakeTable(number, name, f.stats)}, nil
}
