package task

import (
	"time"

	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// Report is what a run did.
type Report struct {
	Source, Target string // without secrets
	Position       string // of the snapshot in the source's change stream
	Resumed        bool
	Started, Ended time.Time
	Tables         []fullload.TableCounts
	// Changes counts the changes that were followed, and Reason says why that has ended; both are zero without any.
	Changes cdc.Counts
	Reason  cdc.Reason
	// Validation is what the comparison of each table has come to, when EnableValidation asks for it.
	Validation []*validate.Result
	// Cutover is nil unless the target has taken over.
	Cutover *Cutover
	// Notes say what the conversion carried differently or not at all; Failed what the target refused to make.
	Notes, Failed []convert.Note
	// Unmatched describes mapping rules that matched nothing, Overruled those that other rules made idle, LeftBehind
	// the columns that SupportLobs leaves out.
	Unmatched, Overruled, LeftBehind []string
}

// Complete reports whether every row and every object that the plan promised is in the target.
func (r *Report) Complete() bool {
	for _, t := range r.Tables {
		if t.State != fullload.Completed || t.Rejected > 0 {
			return false
		}
	}
	if r.Cutover != nil && !r.Cutover.Equal() || !r.Valid() {
		return false
	}
	for _, t := range r.Changes.Tables {
		if t.Failed > 0 || t.Suspended != "" {
			return false
		}
	}
	return len(r.Failed) == 0
}

// Valid reports whether no table that was compared differs, as far as is known.
func (r *Report) Valid() bool {
	for _, v := range r.Validation {
		switch v.State {
		case validate.Mismatched, validate.SuspendedRecords, validate.TableError, validate.Failed:
			return false
		}
	}
	return true
}

// Loaded reports whether the run loaded tables, Followed whether it followed changes.
func (r *Report) Loaded() bool   { return r.Position != "" || len(r.Tables) > 0 || !r.Followed() }
func (r *Report) Followed() bool { return r.Changes.State != cdc.NotFollowing || r.Reason != "" }

func (r *Report) failedTables(s *fullload.Stats) int {
	n := 0
	for _, t := range s.Tables() {
		if t.State == fullload.Failed {
			n++
		}
	}
	return n
}
