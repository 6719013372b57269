package sqlite

import (
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// change takes a row of the log that is a change of a row.
func (d *delivery) change(s *stmt, p *rowPlan, op logOp, seq int64) error {
	st := d.stream
	if p.to == nil || seq <= p.to.since {
		return nil
	}
	if _, waits := st.reloads[p.version.lineage]; waits {
		return nil
	}
	if op == opConflict {
		st.conflicts.add(s, p, seq)
		return nil
	}
	if st.conflicts.any() {
		for _, replaced := range st.conflicts.settle(s, p, op) {
			if err := st.log.row(replaced, func(c *stmt) error { return d.emit(c, p, deletionOf(p)) }); err != nil {
				return err
			}
		}
	}
	return d.emit(s, p, op)
}

// deletionOf is how the row of a conflict is read once it is known to have been deleted: as a whole row.
func deletionOf(p *rowPlan) logOp {
	if len(p.version.keyColumns()) == 0 || p.version.keyMayBeNull() {
		return opDeleteAll
	}
	return opDelete
}

// emit appends a change to the group, or rejects it.
func (d *delivery) emit(s *stmt, p *rowPlan, op logOp) error {
	var now, before []int
	kind := change.Update
	switch op {
	case opInsert:
		kind, now = change.Insert, p.now
	case opUpdate:
		now = p.now
	case opMove:
		now, before = p.now, p.key
	case opMoveWhole:
		now, before = p.now, p.whole
	case opDelete:
		kind, before = change.Delete, p.removed
	case opDeleteAll:
		kind, before = change.Delete, p.now
	default:
		return fmt.Errorf("row %d of the change log has the unknown operation %d", s.int(0), op)
	}
	c := d.group.Table(p.to.Number, p.to.layouts)
	payload, bad := appendImage(s, &c.New, p.to, now)
	if bad.why == "" && before != nil {
		var more int
		more, bad = appendImage(s, &c.Old, p.to, before)
		payload += more
	}
	if bad.why != "" {
		c.New.CancelRow()
		c.Old.CancelRow()
		return d.reject(s, p, op, bad)
	}
	if now != nil {
		c.New.EndRow()
	}
	if before != nil {
		c.Old.EndRow()
	}
	d.group.Add(c, kind, now != nil, before != nil, payload)
	d.stream.open = true
	d.stream.weigh(payload)
	return nil
}

// misfit is a value that is not what its column says.
type misfit struct {
	column int // of the receiver
	at     int // of the statement
	why    string
}

// appendImage appends a row. from says which columns of the statement hold its values.
func appendImage(s *stmt, b *change.Batch, to *followed, from []int) (payload int, bad misfit) {
	for i, at := range from {
		v := &b.Columns[i]
		if at < 0 {
			v.AppendAbsent()
			continue
		}
		if why := decodeColumn(s, at, to.Columns[i].Column, to.layouts[i], v); why != "" {
			return 0, misfit{i, at, why}
		}
		if v.Layout.Holds() == change.InData {
			payload += len(v.Value(v.Len() - 1))
		} else {
			payload += 8
		}
	}
	return payload, misfit{}
}

// reject gives up a change.
func (d *delivery) reject(s *stmt, p *rowPlan, op logOp, bad misfit) error {
	r := change.Reject{Fault: change.DataFault, Column: p.to.Columns[bad.column].Column.Name, Reason: bad.why + ": " + quoteValue(s, bad.at)}
	if names, from := p.version.keyColumns(), logHead; len(names) > 0 {
		for i, k := range names {
			at := from + k
			if op == opMove {
				at = from + len(p.version.Table.Columns) + i
			}
			if i > 0 {
				r.Key += ", "
			}
			r.Key += p.version.Table.Columns[k].Name + "=" + quoteValue(s, at)
		}
	} else {
		r.Key = fmt.Sprintf("change %d of the log", s.int(0))
	}
	if d.stream.request.Reject == nil {
		return &connector.Error{Class: connector.Data, Err: fmt.Errorf("table %s: %w", p.version.Table.Name, r)}
	}
	return d.stream.request.Reject(p.to.Number, r)
}

// weigh keeps the mean size of a change, to tell how much the source keeps.
func (st *stream) weigh(payload int) {
	const overhead = 32
	st.rowBytes += (float64(payload+overhead) - st.rowBytes) / 256
}
