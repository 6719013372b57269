package task

import (
	"log/slog"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// Config is a migration.
type Config struct {
	Engines        connector.Engines
	Source, Target connector.Config
	// Name is written to awsdms_apply_exceptions as TASK_NAME.
	Name string
	// Mappings may be nil: then every user schema moves, or the one database a MySQL URL names.
	Mappings *mapping.Rules
	Settings *settings.Settings
	// TargetSchema is where everything goes; empty means the default that the engines suggest (see targetSchema).
	TargetSchema string
	// RefuseRows refuses a target table that holds rows, whatever TargetTablePrepMode does with them.
	RefuseRows bool
	// RowsPerSecond and BytesPerSecond hold the readers back; 0 means no limit.
	RowsPerSecond, BytesPerSecond int64
	// SegmentBytes is what a segment should hold; 0 means DefaultSegmentBytes.
	SegmentBytes int64
	// StallAfter is how long nothing may move before both ends are asked whether they are still there; 0 means
	// DefaultStallAfter.
	StallAfter time.Duration
	Stats      *fullload.Stats
	Log        *slog.Logger
}
