package instance

import (
	"context"
	"time"
)

// Figures are what an instance's process has measured and counted up to a moment. Counters begin with the process.
type Figures struct {
	Began   time.Time // of the process
	Process ProcessFigures
	Tasks   []TaskFigures `json:",omitempty"` // those under way, and those that the process has run
}

// ProcessFigures are of the whole process. What this system does not tell is nil.
type ProcessFigures struct {
	CPU        time.Duration // used
	Processors int           // it may use at the same time
	Bound      int64         // memory that it keeps within, bytes; 0: that of the machine
	Resident   int64         // bytes
	Idle       int64         // bytes of Resident that it could give back at once
	Swap       *int64        `json:",omitempty"` // bytes
	Read       *int64        `json:",omitempty"` // bytes from disks, counted
	Written    *int64        `json:",omitempty"` // bytes to disks, counted
	// Sent and Received are the bytes of its connections with databases and stores, counted.
	Sent, Received int64
}

// TaskFigures are of an attempt of a task.
type TaskFigures struct {
	ID      string
	Running bool
	Type    string // DMS's MigrationType
	// LoadedRows and LoadedBytes are those of the full load that the target has, Captured the changes read from the source,
	// Applied and AppliedBytes those carried out on the target: all counted.
	LoadedRows, LoadedBytes         int64
	Captured, Applied, AppliedBytes int64
	Waiting                         int64 // changes read and not yet applied
	// HeldAtSource are changes whose transaction has not committed yet, HeldForTarget those applied that wait for their file: in
	// memory, and on the disk of this machine.
	HeldAtSource, HeldForTarget  Held
	SourceLatency, TargetLatency time.Duration
	Memory                       int64 // bytes that the task keeps within
	// Validation is nil of a task that does not compare rows.
	Validation *ValidationFigures `json:",omitempty"`
}

// ValidationFigures are of the comparison of rows: the source's that were compared and those found to be the same, both counted, and how many
// differ, cannot be compared and wait now.
type ValidationFigures struct {
	Attempted, Succeeded                           int64
	Failed, Suspended, Pending                     int64
	BulkSource, BulkTarget, ItemSource, ItemTarget Asked
}

// Asked is how often an end was asked, and how long its answers took, both counted.
type Asked struct {
	Times int64
	Took  time.Duration
}

// Held are changes that are kept back.
type Held struct{ Memory, Disk int64 }

// A FiguresClient tells what it has measured. It answers at once, and without work that a task could feel.
type FiguresClient interface {
	Figures(ctx context.Context) (Figures, error)
}
