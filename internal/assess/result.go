package assess

import (
	"time"

	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// Status is how a check, or all of them together, ended.
type Status string

// The statuses, in DMS's words.
const (
	Passed    Status = "passed"
	Warning   Status = "warning"
	Failed    Status = "failed"
	Errored   Status = "error"     // the check itself could not be made
	Skipped   Status = "skipped"   // the settings leave nothing to check
	Cancelled Status = "cancelled" // the run ended before it
)

// Finding is one thing that a check has found.
type Finding struct {
	Status Status // Failed or Warning
	Object string // the table, column, setting or right concerned
	Reason string
	Mend   string // the statement or setting that mends it; may be empty
}

// Result is the end of one check.
type Result struct {
	Name     string
	About    string // what is checked, for people
	Status   Status
	Reason   string // why it was skipped or could not be made
	Findings []Finding
}

// Report is the end of all of them.
type Report struct {
	*task.Examination
	Started, Ended time.Time
	Results        []Result
	Sample         *task.Sample // how fast the source was read; nil: not measured
	SampleFailed   string       // why it could not be
}

// Status is that of the whole: what failed counts before what could not be checked, and that before warnings. When every
// check was skipped nothing is known, which is a warning.
func (r *Report) Status() Status {
	seen := map[Status]bool{}
	for _, one := range r.Results {
		seen[one.Status] = true
	}
	for _, s := range []Status{Failed, Errored, Cancelled, Warning, Passed} {
		if seen[s] {
			return s
		}
	}
	return Warning
}

// Count is the number of results of a status.
func (r *Report) Count(s Status) (n int) {
	for _, one := range r.Results {
		if one.Status == s {
			n++
		}
	}
	return n
}

// Notes are those of the conversion with one outcome.
func (r *Report) Notes(o convert.Outcome) (out []convert.Note) {
	for _, n := range r.Schema.Report {
		if n.Outcome == o {
			out = append(out, n)
		}
	}
	return out
}
