package task

import (
	"log/slog"

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
	Stats                         *fullload.Stats
	Log                           *slog.Logger
}
