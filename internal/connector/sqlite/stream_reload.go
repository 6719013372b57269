package sqlite

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// A table whose changes have been missed, since it was made anew or its triggers were removed, or that has come into being
// lately, is delivered once more: emptied, then all its rows as inserts. They are read as they are at some later row of
// the log, its end; the log's changes of the table up to there are left out, and until everything else has come as far,
// all is one transaction.

// hold notes that a table must be delivered once more. Nothing is committed until it has been.
func (st *stream) hold(lineage int64, empty bool) {
	st.reloads[lineage] = empty
	st.until = math.MaxInt64
}

// copying is a table being delivered once more.
type copying struct {
	conn    *conn
	stmt    *stmt
	plan    *rowPlan
	lineage int64
	end     int64
}

func (c *copying) close() {
	if c.stmt != nil {
		c.stmt.finalize()
	}
	_ = c.conn.close()
}

// reload goes on with a table that is delivered once more, if there is one. done says that there is an event.
func (st *stream) reload(ctx context.Context) (e connector.Event, done bool, err error) {
	if st.copy != nil {
		e, err = st.copyRows(ctx)
		return e, true, err
	}
	for lineage, empty := range st.reloads {
		to := st.versions.followed[lineage]
		if to == nil {
			st.loaded(lineage, st.read)
			continue
		}
		ready, err := st.beginCopy(ctx, lineage)
		if err != nil || !ready {
			return e, false, err
		}
		if !empty {
			e, err = st.copyRows(ctx)
			return e, true, err
		}
		st.open = true
		e.Structure = &connector.Structure{Kind: connector.Truncated, Number: to.Number,
			Why: "the table was made anew, or its triggers were removed: its rows are delivered once more"}
		return e, true, nil
	}
	return e, false, nil
}

// loaded ends the delivery of a table that is as it was at the end.
func (st *stream) loaded(lineage, end int64) {
	delete(st.reloads, lineage)
	st.until = math.MaxInt64
	if len(st.reloads) == 0 {
		st.until = end
	}
}

// beginCopy opens the read transaction. It is too early while the table's structure is to change before the end, or has
// changed and the log does not tell so yet.
func (st *stream) beginCopy(ctx context.Context, lineage int64) (ready bool, err error) {
	c, err := st.source.connect()
	if err != nil {
		return false, err
	}
	cp := &copying{conn: c, lineage: lineage}
	err = c.during(ctx, func() error {
		if err := beginRead(c); err != nil {
			return err
		}
		if cp.end, err = lastChange(c); err != nil {
			return err
		}
		marks, err := c.number(`SELECT count(*) FROM awsdms_changes WHERE seq > ? AND op >= ? AND t IN
			(SELECT id FROM awsdms_cdc_tables WHERE lineage = ?)`, st.read, int64(firstMark), lineage)
		if err != nil || marks > 0 {
			return err
		}
		v, err := asLogged(c, lineage)
		if err != nil || v == nil {
			return err
		}
		ready = true
		return st.prepareCopy(cp, v)
	})
	if err != nil || !ready {
		cp.close()
		return false, err
	}
	st.copy = cp
	return true, nil
}

// asLogged returns the newest version of a table if the table is still what that says; nil if not. What a column is called
// matters more than it seems: to SQLite a quoted name that is no column's is a text.
func asLogged(c *conn, lineage int64) (*version, error) {
	r, err := newRefitter(c)
	if err != nil {
		return nil, err
	}
	for _, v := range r.versions {
		if v.lineage != lineage || v.gone {
			continue
		}
		there := r.triggers[v.id]
		if len(there) == 0 || there[0].table != v.Table.Name.Name { // another table may have the name
			return nil, nil
		}
		t, err := r.inspect(v.Table.Name.Name)
		if err != nil || t == nil || !sameStructure(v.Table, t) {
			return nil, err
		}
		asIs := *v
		asIs.Table = t
		if same, err := r.intact(&asIs, there); err != nil || !same {
			return nil, err
		}
		return v, nil
	}
	return nil, nil
}

// prepareCopy selects the table's columns where a row of the log has them.
func (st *stream) prepareCopy(cp *copying, v *version) (err error) {
	if st.versions.byID[v.id] == nil {
		if err := st.versions.load(st.reader); err != nil {
			return err
		}
	}
	if cp.plan, err = st.versions.plan(v.id); err != nil {
		return err
	}
	cp.stmt, err = cp.conn.prepare(fmt.Sprintf("SELECT 0, %d, %d, 0, %s FROM %s", v.id, opInsert, strings.Join(names(v.Table), ", "),
		quote(v.Table.Name.Name)))
	return err
}

// copyRows fills a group with the rows that come next.
func (st *stream) copyRows(ctx context.Context) (connector.Event, error) {
	g, err := st.group(ctx)
	if err != nil {
		return connector.Event{}, err
	}
	cp := st.copy
	d := &delivery{stream: st, group: g}
	finished := false
	err = cp.conn.during(ctx, func() error {
		for !g.Full() {
			more, err := cp.stmt.step()
			if err != nil || !more {
				finished = err == nil
				return err
			}
			if err := d.emit(cp.stmt, cp.plan, opInsert); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		st.request.Pool.Put(g)
		return connector.Event{}, err
	}
	if finished {
		st.versions.followed[cp.lineage].since = cp.end
		cp.close()
		st.copy = nil
		st.loaded(cp.lineage, cp.end)
		if st.until <= st.read { // nothing has happened since
			d.boundary(st.read)
		}
	}
	return d.finish(), nil
}
