package transform

import (
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/expr"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// Transformer changes batches of one table. It reuses its memory and belongs to one goroutine.
type Transformer struct {
	// ChangeOf tells of a row of the batch which change made it, for expressions that ask; nil where rows are loaded.
	ChangeOf func(row int) expr.Change
	// BeforeOf tells where a column, by its place among those read, of a row of the batch was before the change: a nil vector says
	// that there was no such row, known is false when nobody knows. It is nil where rows are loaded.
	BeforeOf func(row, column int) (v *change.Vector, at int, known bool)

	read    []*catalog.Column
	before  []int // columns that expressions ask for as they were before
	columns []*column
	filters []filter // of source columns
	layouts []change.Layout
	types   []datatype.Type
	keys    keyColumns

	out    []change.Vector
	spare  []change.Vector
	gone   []bool // rows that were rejected
	lost   int
	told   int           // the row that reject is being told of
	batch  *change.Batch // the batch in work, for the keys of rejects
	reject func(change.Reject) error
}

// filter is a stage that a source column goes through before anything reads it.
type filter struct {
	source int
	stage  stage
}

// keyColumns name a row in rejects.
type keyColumns struct {
	names   []string
	columns []int
}

// New makes a transformer for batches whose columns are those of ReadColumns in the given layouts.
func New(plan *mapping.TablePlan, read []change.Layout, o Options) (*Transformer, error) {
	t := &Transformer{read: ReadColumns(plan), before: BeforeColumns(plan)}
	if len(read) != len(t.read) {
		return nil, fmt.Errorf("transform %s: %d layouts for %d columns", sourceName(plan), len(read), len(t.read))
	}
	if err := t.addFilters(plan, read, &o); err != nil {
		return nil, fmt.Errorf("transform %s: %w", sourceName(plan), err)
	}
	for i := range plan.Columns {
		c, err := newColumn(t, plan, &plan.Columns[i], read, &o)
		if err != nil {
			return nil, fmt.Errorf("transform %s, column %q: %w", sourceName(plan), plan.Columns[i].Name, err)
		}
		t.columns = append(t.columns, c)
		t.layouts = append(t.layouts, c.layout)
		t.types = append(t.types, c.kind)
	}
	t.shareSources()
	t.keys = t.findKey(plan)
	return t, nil
}

// addFilters sets up character settings and LOB limits, which come before everything else.
func (t *Transformer) addFilters(plan *mapping.TablePlan, read []change.Layout, o *Options) error {
	limit := o.lobLimit(plan)
	for i, c := range t.read {
		kind := c.Type.Kind
		text := kind == datatype.String || kind == datatype.WString
		if read[i] == change.Native {
			continue
		}
		if o.Characters != nil && text && read[i] == change.Text {
			f, err := newCharacterFilter(*o.Characters)
			if err != nil {
				return err
			}
			t.filters = append(t.filters, filter{i, f})
		}
		if limit > 0 && kind.IsLOB() && read[i].Holds() == change.InData {
			t.filters = append(t.filters, filter{i, lobLimit(limit)})
		}
	}
	return nil
}

// shareSources lets only the last target column that passes a source column on take its vector; earlier ones copy.
func (t *Transformer) shareSources() {
	taken := map[int]bool{}
	for _, c := range slices.Backward(t.columns) {
		if c.moves() {
			c.copies = taken[c.source]
			taken[c.source] = true
		}
	}
}

func (t *Transformer) findKey(plan *mapping.TablePlan) (k keyColumns) {
	if plan.Source == nil || plan.Source.PrimaryKey == nil {
		return k
	}
	for _, name := range plan.Source.PrimaryKey.Columns {
		i := slices.IndexFunc(t.read, func(c *catalog.Column) bool { return c.Name == name })
		if i >= 0 {
			k.names, k.columns = append(k.names, name), append(k.columns, i)
		}
	}
	return k
}

// Layouts are those of the target columns.
func (t *Transformer) Layouts() []change.Layout { return t.layouts }

// Types are those of the target columns. A hashed column has room for its 64 digits.
func (t *Transformer) Types() []datatype.Type { return t.types }

// Gone says of each row of the batch last given to Apply whether it was left out. It is valid until the next Apply.
func (t *Transformer) Gone() []bool { return t.gone }

// Row is the row that reject is being told of, as it was counted in the batch given to Apply.
func (t *Transformer) Row() int { return t.told }

// Apply turns a batch of source rows into one of target rows. Rows that cannot be changed are handed to reject and
// left out; a value that was only cut is handed over too, with Kept set. An error of reject ends the work and leaves
// the batch without meaning.
func (t *Transformer) Apply(b *change.Batch, reject func(change.Reject) error) error {
	t.begin(b, reject)
	if err := t.addBefore(b); err != nil {
		return err
	}
	for _, f := range t.filters {
		if err := t.run(f.stage, &b.Columns[f.source], t.read[f.source].Name); err != nil {
			return err
		}
	}
	for i, c := range t.columns {
		if c.moves() && !c.copies {
			continue
		}
		t.out[i] = t.take(c.bytes)
		if err := c.fill(t, &t.out[i], b); err != nil {
			return err
		}
		c.bytes = len(t.out[i].Data)
	}
	for i, c := range t.columns {
		if c.moves() && !c.copies {
			t.out[i] = b.Columns[c.source]
			b.Columns[c.source] = change.Vector{}
		}
	}
	t.finish(b)
	return nil
}

func (t *Transformer) begin(b *change.Batch, reject func(change.Reject) error) {
	t.batch, t.reject, t.lost = b, reject, 0
	t.gone = slices.Grow(t.gone[:0], b.Rows())[:b.Rows()]
	clear(t.gone)
	t.out = slices.Grow(t.out[:0], len(t.columns))[:len(t.columns)]
	// A batch that once had more columns still has their vectors behind its own.
	hidden := b.Columns[len(b.Columns):cap(b.Columns)]
	for i := range hidden {
		t.give(hidden[i])
		hidden[i] = change.Vector{}
	}
}

// addBefore puts the values before the change behind the columns that were read.
func (t *Transformer) addBefore(b *change.Batch) error {
	for _, column := range t.before {
		v := t.take(0)
		v.Reset(b.Columns[column].Layout)
		for row := range b.Rows() {
			if t.BeforeOf == nil {
				v.AppendNull()
				continue
			}
			from, at, known := t.BeforeOf(row, column)
			if !known || from == nil {
				v.AppendNull()
			} else {
				v.AppendFrom(from, at)
			}
			if known {
				continue
			}
			if err := t.report(row, beforePrefix+t.read[column].Name, change.DataFault, unknownBefore, false); err != nil {
				return err
			}
		}
		b.Columns = append(b.Columns, v)
	}
	return nil
}

const unknownBefore = "the source did not send with the change what the value was before; have it log whole rows (REPLICA IDENTITY FULL, binlog_row_image=FULL)"

func (t *Transformer) finish(b *change.Batch) {
	for i := range b.Columns {
		t.give(b.Columns[i])
	}
	b.Columns = append(b.Columns[:0], t.out...)
	clear(t.out)
	rows := b.Rows() - t.lost
	if t.lost > 0 {
		for i := range b.Columns {
			t.compact(&b.Columns[i])
		}
	}
	b.SetRows(rows)
	t.batch, t.reject = nil, nil
}

// compact takes the rejected rows out of a vector.
func (t *Transformer) compact(v *change.Vector) {
	kept := t.take(len(v.Data))
	kept.Reset(v.Layout)
	for i := range v.Len() {
		if !t.gone[i] {
			kept.AppendFrom(v, i)
		}
	}
	t.give(*v)
	*v = kept
}

// run replaces a vector by what a stage makes of it.
func (t *Transformer) run(s stage, v *change.Vector, name string) error {
	next := t.take(len(v.Data))
	if err := s.apply(t, &next, v, name); err != nil {
		return err
	}
	t.give(*v)
	*v = next
	return nil
}

// take lends an empty vector, of those at hand the one whose buffer fits best: were large buffers handed out at
// random, in time every vector would have one.
func (t *Transformer) take(need int) change.Vector {
	best := -1
	for i := range t.spare {
		if best < 0 || fitsBetter(cap(t.spare[i].Data), cap(t.spare[best].Data), need) {
			best = i
		}
	}
	if best < 0 {
		return change.Vector{}
	}
	v := t.spare[best]
	last := len(t.spare) - 1
	t.spare[best], t.spare[last] = t.spare[last], change.Vector{}
	t.spare = t.spare[:last]
	return v
}

// fitsBetter reports whether a buffer of size a suits a need better than one of size b.
func fitsBetter(a, b, need int) bool {
	if a >= need && b >= need {
		return a < b
	}
	return a > b
}

// give takes a vector back, without buffers that a huge value has blown up.
func (t *Transformer) give(v change.Vector) {
	if cap(v.Data) > 4*change.MaxBatchBytes {
		v.Data = nil
	}
	empty := cap(v.Ints)+cap(v.Floats)+cap(v.Ends)+cap(v.Data) == 0
	if !empty && len(t.spare) < len(t.columns)+len(t.read)+len(t.before)+2 {
		t.spare = append(t.spare, v)
	}
}

// report hands a reject over. A row that is lost is reported for each of its faults but leaves once.
func (t *Transformer) report(row int, column string, fault change.Fault, reason string, kept bool) error {
	if !kept && !t.gone[row] {
		t.gone[row] = true
		t.lost++
	}
	t.told = row
	return t.reject(change.Reject{Fault: fault, Column: column, Key: t.key(row), Reason: reason, Kept: kept})
}

func (t *Transformer) key(row int) string {
	if len(t.keys.columns) == 0 {
		return fmt.Sprintf("row %d of its batch, the table has no key", row+1)
	}
	return change.KeyText(t.batch, row, t.keys.names, t.keys.columns)
}
