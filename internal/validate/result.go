package validate

import (
	"fmt"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Kind is the kind of a failure, in the words of awsdms_validation_failures.
type Kind string

// The kinds.
const (
	RecordDiff    Kind = "RECORD_DIFF"
	MissingSource Kind = "MISSING_SOURCE"
	MissingTarget Kind = "MISSING_TARGET"
	// TableWarning is of a table that was not compared, or not all of it; no comparison has it among its failures.
	TableWarning Kind = "TABLE_WARNING"
)

// Failure is a row that is not the same on both sides.
type Failure struct {
	Kind Kind
	// Key are the values of the row's key, or of all its columns where there is none.
	Key []string
	// Columns are those that differ, for a RecordDiff.
	Columns []Difference
	// Why is set for a row that one side holds, or both, and that could not be read as its columns say. It is a RecordDiff when both hold it.
	Why string
	// Resynced says what the last resync has done about it; nil when none has tried.
	Resynced *Resynced

	id [16]byte
	// whole is the Key uncut, where that is short enough to be kept, and keySize its bytes.
	whole   []string
	keySize int
	// keyed is how the row is asked for by itself; nil when it cannot be.
	keyed *keyed
	// inTarget says that Why is about the target's row, and that the source's could be read.
	inTarget bool
}

// WholeKey is the Key without what is cut off to show it, as far as that was kept.
func (f Failure) WholeKey() []string {
	if f.whole != nil {
		return f.whole
	}
	return f.Key
}

// Resynced is what a resync has done with a row.
type Resynced struct {
	At time.Time
	// Deleted says that the source has no such row, so that the target's was to go; else it was to be written.
	Deleted bool
	// Why is set when the row is not what it should be all the same.
	Why string
}

// Difference is a value that differs. A null is shown as NULL, a long value by its beginning.
type Difference struct{ Column, Source, Target string }

// Result is what became of a table.
type Result struct {
	Source, Target catalog.Name
	State          State
	// SourceRows and TargetRows are how many rows were compared.
	SourceRows, TargetRows int64
	// Looked counts the rows of both sides that were read because their digests differed.
	Looked int64
	// Key names the columns that rows were matched by; it is empty for a bag.
	Key      []string
	Skipped  []Skipped
	Failures []Failure
	// Mended are failures that a resync has put right, the latest of them.
	Mended []Failure
	// Same are those of the Keys of which no row differs: it is the same on both sides, or on neither.
	Same []string
	// Failed counts all failures, of which Failures lists the first; Different, MissingSource, MissingTarget and Unclassified are
	// its parts.
	Failed, Different, MissingSource, MissingTarget int64
	Suspended                                       int64
	// Given says why the comparison was given up before its end; empty when it was not.
	Given string
	// Reason explains a state of NoPrimaryKey, TableError or SuspendedRecords.
	Reason string
	// Method says how: digests on which sides.
	Method string
	Took   time.Duration

	repair *repair
	// suspended are the rows whose key is too long to be listed.
	suspended []Failure
}

// ListFirst leaves the first failures in the list and says that there are more (TableFailureMaxCount). 0 means all.
func (r *Result) ListFirst(most int) {
	if most <= 0 || r.Failed <= int64(most) || r.Given != "" {
		return
	}
	r.Failures = r.Failures[:min(len(r.Failures), most)]
	r.Given = fmt.Sprintf("the first %d failures are listed (TableFailureMaxCount)", most)
}

// Unclassified counts the failures whose kind is not known: those not listed of a comparison that was given up before both sides
// were read, and of keys that stand in several rows.
func (r *Result) Unclassified() int64 {
	return max(0, r.Failed-r.Different-r.MissingSource-r.MissingTarget)
}

// Equal reports whether every row that was compared is the same, and everything could be compared.
func (r *Result) Equal() bool { return r.State == Validated }

// shown is how much of a value is shown.
const shown = 200

func (s *side) show(v *change.Vector, i int) string {
	text := s.text(v, i)
	if len(text) > shown {
		text = append(text[:change.CutUTF8(text, shown):shown], "…"...)
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
}

// showWhole is show without the cut.
func (s *side) showWhole(v *change.Vector, i int) string {
	return strings.ToValidUTF8(string(s.text(v, i)), "\uFFFD")
}

// text writes a value in full.
func (s *side) text(v *change.Vector, i int) []byte {
	if v.IsNull(i) {
		return []byte("NULL")
	}
	native, ok := s.snapshot.(connector.NativeText)
	switch {
	case v.Layout == change.Native && ok:
		return native.AppendNative(nil, v, i)
	case v.Layout == change.Bytes || v.Layout == change.Native:
		return change.AppendValue([]byte(`\x`), v, i, 0)
	}
	return change.AppendValue(nil, v, i, 0)
}
