package apply

// Flow counts changes whatever their table is.
type Flow struct{ Read, Applied, Transactions, Bytes Counter }

// Lost says that everything that was not kept comes again.
func (f *Flow) Lost() {
	f.Read.Lost()
	f.Applied.Lost()
	f.Transactions.Lost()
	f.Bytes.Lost()
}

// Tally is what has been written and is not known to be durable: the open transaction, and commits that the target keeps
// back. It outlives the session: where a run goes on says whether its last commit has reached the target.
type Tally struct {
	Flow *Flow

	marked portion // on its way to the disk since Mark
	portion
}

// portion is what one commit makes durable.
type portion struct {
	position                     string // of the last commit, while nothing was written after it
	tables                       map[*TableStats]written
	changes, transactions, bytes int64
}

// written are changes of one table: those that the source made, those of them that are applied, and those of these that are counted as
// such, because the answer to their commit has come; those that were taken out; and changes of structure.
type written struct {
	came, applied, counted    opCounts
	failed, ddls, appliedDDLs int64
}

// NewTally makes an empty tally.
func NewTally(f *Flow) *Tally {
	t := &Tally{Flow: f}
	t.forget()
	return t
}

// write counts a work.
func (t *Tally) write(w *Work) {
	if t == nil {
		return
	}
	for i, table := range w.Tables {
		if table != nil {
			t.add(table.Stats, w.came[i], w.tally[i])
		}
	}
	t.changes += int64(w.Group.Len())
	t.transactions += int64(len(w.Group.Ends))
	t.bytes += int64(w.Group.Bytes())
}

// add counts changes of a table.
func (t *Tally) add(table *TableStats, came, applied opCounts) {
	t.count(table, func(w *written) {
		for op := range w.came {
			w.came[op] += came[op]
			w.applied[op] += applied[op]
		}
	})
}

// fail counts a change that the error policy takes out.
func (t *Tally) fail(table *TableStats) {
	table.failed.Add(1)
	t.count(table, func(w *written) { w.failed++ })
}

// DDL counts a change of structure and whether it was carried out.
func (t *Tally) DDL(table *TableStats, applied bool) {
	table.ddls.Add(1)
	if applied {
		table.appliedDDLs.Add(1)
	}
	t.count(table, func(w *written) {
		w.ddls++
		if applied {
			w.appliedDDLs++
		}
	})
}

// PassedOver says that a change of structure came again that was carried out before.
func (t *Tally) PassedOver(table *TableStats) {
	came, applied := table.ddls.Again(), table.appliedDDLs.Again()
	if !came && !applied {
		return
	}
	t.count(table, func(w *written) {
		w.ddls++
		w.appliedDDLs++
	})
}

func (t *Tally) count(table *TableStats, f func(*written)) {
	if t == nil {
		return
	}
	sum := t.tables[table]
	f(&sum)
	t.tables[table], t.position = sum, ""
}

// committing notes the position that a commit writes.
func (t *Tally) committing(position string) {
	if t != nil && position != "" {
		t.position = position
	}
}

// committed says that everything written is counted as applied.
func (t *Tally) committed() {
	if t == nil {
		return
	}
	for stats, sum := range t.tables {
		sum.counted = sum.applied
		t.tables[stats] = sum
	}
}

// Mark says that what is committed now is on its way to the disk, while more may be committed behind it. There is one mark at a time:
// it stands until its commit is Durable.
func (t *Tally) Mark() {
	if t == nil || t.marked.position != "" || t.position == "" {
		return
	}
	t.marked, t.portion = t.portion, newPortion()
}

// Durable says that everything up to the position of the last commit, or of the marked one, is durable. Another position says nothing.
func (t *Tally) Durable(position string) {
	if t == nil || position == "" || position != t.position && position != t.marked.position {
		return
	}
	t.keep(&t.marked)
	t.marked = newPortion()
	if position == t.position {
		t.keep(&t.portion)
		t.portion = newPortion()
	}
}

func (t *Tally) keep(p *portion) {
	for stats, sum := range p.tables {
		for op := range sum.came {
			stats.captured[op].Keep(sum.came[op])
			stats.applied[op].Add(sum.applied[op] - sum.counted[op])
			stats.applied[op].Keep(sum.applied[op])
		}
		stats.failed.Keep(sum.failed)
		stats.ddls.Keep(sum.ddls)
		stats.appliedDDLs.Keep(sum.appliedDDLs)
	}
	t.Flow.Read.Keep(p.changes)
	t.Flow.Applied.Keep(p.changes)
	t.Flow.Transactions.Keep(p.transactions)
	t.Flow.Bytes.Keep(p.bytes)
}

// Lost says that the rest comes again.
func (t *Tally) Lost() {
	t.Flow.Lost()
	t.forget()
}

func (t *Tally) forget() { t.marked, t.portion = newPortion(), newPortion() }

func newPortion() portion { return portion{tables: map[*TableStats]written{}} }
