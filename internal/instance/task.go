package instance

import "time"

// Mode is how a task begins.
type Mode string

// The modes: Fresh forgets what an earlier run has left and obeys TargetTablePrepMode, Resume goes on where it ended,
// Reload is Fresh with the tables loaded anew (DMS: start-replication, resume-processing, reload-target).
const (
	Fresh  Mode = "fresh"
	Resume Mode = "resume"
	Reload Mode = "reload"
)

// A Task is what an instance is to run.
type Task struct {
	ID string
	// Name is the identifier, which is written to control tables.
	Name string
	// Run names the migration in the target: it stays the same for the task's whole life.
	Run string
	// Attempt numbers the starts of the task. Starting the same attempt again changes nothing.
	Attempt int64
	Mode    Mode
	// Type is DMS's MigrationType.
	Type           string
	Source, Target Endpoint
	// Settings and Mappings are DMS's documents.
	Settings, Mappings string
	// StartTime, StartPosition and StopPosition are those of the API.
	StartTime                   *time.Time
	StartPosition, StopPosition string
	// Cutover lets the target take over once it has caught up and the source is quiet.
	Cutover bool
	// Trace is the trace that the attempt belongs to, see span.Parent; empty for none.
	Trace string `json:",omitempty"`
}

// A TaskState is how an attempt of a task stands.
type TaskState struct {
	ID      string
	Attempt int64
	Running bool
	// StopReason is DMS's, without the words "Stop Reason"; empty while it runs.
	StopReason string
	// Failure says why it failed, and the mend; empty unless StopReason is FATAL_ERROR or RECOVERABLE_ERROR.
	Failure  string
	Progress Progress
}

// Progress is what a task tells of itself.
type Progress struct {
	Started                      time.Time
	Ended                        *time.Time `json:",omitempty"`
	LoadStarted, LoadFinished    *time.Time `json:",omitempty"`
	Percent                      int64      // of the full load
	Loaded, Loading              int64      // tables
	Queued, Errored              int64
	Following                    bool   // changes are followed
	Position                     string // of the last checkpoint
	SourceLatency, TargetLatency time.Duration
	Waiting                      int64  // changes read and not yet applied
	Rows, Bytes                  int64  // loaded
	Changes                      int64  // applied
	ChangeBytes                  int64  // of those, as they are in memory; since the process began the task
	Warning                      string `json:",omitempty"`
}

// A Table is one row of the table statistics.
type Table struct {
	Schema, Name                                                string // in the source
	State                                                       string // DMS's table states
	Why                                                         string `json:",omitempty"` // of a table error
	Inserts, Updates, Deletes, DDLs                             int64  // read
	AppliedInserts, AppliedUpdates, AppliedDeletes, AppliedDDLs int64
	Rows, ErrorRows, ConditionalFailures                        int64      // of the full load
	LoadStarted, LoadEnded                                      *time.Time `json:",omitempty"`
	Reloaded                                                    bool
	Updated                                                     time.Time
	Validation                                                  Validation
	Resync                                                      Resync
}

// Resync is how rows that differed were copied again.
type Resync struct {
	State                        string // Pending, In progress, Done; empty is Not enabled
	Attempted, Succeeded, Failed int64
	At                           time.Time // its end
}

// Validation is what validation says of a table.
type Validation struct {
	State                      string // DMS's validation states; empty is Not enabled
	Details                    string `json:",omitempty"`
	Pending, Failed, Suspended int64
}

// A TableName names a table of the source.
type TableName struct{ Schema, Name string }
