package task

import (
	"log/slog"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// Type is what a task does (DMS: MigrationType).
type Type string

// The types.
const (
	FullLoad       Type = "full-load"
	Changes        Type = "cdc"
	FullLoadAndCDC Type = "full-load-and-cdc"
)

// Config is a migration.
type Config struct {
	Engines connector.Engines
	// Type is FullLoad when it is empty.
	Type           Type
	Source, Target connector.Config
	// Name is written to control tables as TASK_NAME. One that is empty is made of both ends and the mappings, see Task.name.
	Name string
	// RunName names the migration in the target and at the source, in lower-case letters and digits. It is empty for one
	// that is named by what it does, so that the same command finds its journal. One that is named from outside keeps its
	// name while its mappings and settings change: then what an earlier run has left is compared with them (see shape), and
	// the journal of a full load stays until Release, so that a run more of a load that is complete does nothing.
	RunName string
	// Again is what a person does to go on, for remedies: "run the same command again" when it is empty.
	Again string
	// Mappings may be nil: then every user schema moves, or the one database a MySQL URL names.
	Mappings *mapping.Rules
	// Exclude leaves out of that, in patterns as mapping.FromPatterns takes them. It goes without Mappings.
	Exclude  []string
	Settings *settings.Settings
	// TargetSchema is where everything goes; empty means the default that the engines suggest (see targetSchema).
	TargetSchema string
	// KeepSchemas has a schema go into a database of its name on MySQL, as in DMS, whatever database the target's URL names.
	KeepSchemas bool
	// RefuseRows refuses a target table that holds rows, whatever TargetTablePrepMode does with them.
	RefuseRows bool
	// RowsPerSecond and BytesPerSecond hold the readers back; 0 means no limit.
	RowsPerSecond, BytesPerSecond int64
	// SegmentBytes is what a segment should hold; 0 means DefaultSegmentBytes.
	SegmentBytes int64
	// ExtraWorkers load small tables beside those that MaxFullLoadSubTasks allows, where that costs no memory.
	ExtraWorkers int
	// Largest is the largest value that there is memory for; rows that travel as a stream between like servers are never held, and not bound by it.
	Largest connector.Largest
	// StallAfter is how long nothing may move before both ends are asked whether they are still there; 0 means
	// DefaultStallAfter.
	StallAfter time.Duration
	// Start is where changes begin when there is no load before them, Stop where they end by themselves.
	Start connector.StartPoint
	Stop  cdc.StopPoint
	// Cutover lets the target take over once it has caught up and the source is quiet.
	Cutover bool
	// KeepWayBack begins, within the cutover, the migration of changes in the opposite direction.
	KeepWayBack bool
	Stats       *fullload.Stats
	// ChangeStats counts the changes; it is needed unless the type is FullLoad.
	ChangeStats *cdc.Stats
	// Clock is what schedules go by; nil means this machine's.
	Clock func() time.Time
	// ValidationStats counts what EnableValidation compares; it may be nil.
	ValidationStats *validate.Stats
	Log             *slog.Logger
}

// again is what a person does to go on.
func (c *Config) again() string {
	if c.Again == "" {
		return "run the same command again"
	}
	return c.Again
}

// loads reports whether the task begins with a full load.
func (c *Config) loads() bool { return c.Type != Changes }

// follows reports whether the task follows the source's changes.
func (c *Config) follows() bool { return c.Type == Changes || c.Type == FullLoadAndCDC }
