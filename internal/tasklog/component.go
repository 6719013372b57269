package tasklog

import "log/slog"

// Component is a part of a task, in DMS's words.
type Component string

// The components that write lines. DMS knows more of them; a severity for one that is silent here changes nothing.
const (
	Common          Component = "COMMON"           // what belongs to no other
	TaskManager     Component = "TASK_MANAGER"     // beginning and end, retries
	MetadataManager Component = "METADATA_MANAGER" // inspection, conversion, objects beside the tables
	TablesManager   Component = "TABLES_MANAGER"   // tables: prepared, loaded, suspended
	SourceUnload    Component = "SOURCE_UNLOAD"    // reading
	TargetLoad      Component = "TARGET_LOAD"      // loading
	Transformation  Component = "TRANSFORMATION"   // rows that could not be transformed
	Performance     Component = "PERFORMANCE"      // rows and bytes a second
	SourceCapture   Component = "SOURCE_CAPTURE"   // following the source's changes
	TargetApply     Component = "TARGET_APPLY"     // applying them
	Validator       Component = "VALIDATOR"        // comparing source and target
	DataResync      Component = "DATA_RESYNC"      // writing again what differs
)

// DetailedDebug is the level of LOGGER_SEVERITY_DETAILED_DEBUG, below slog's own.
const DetailedDebug = slog.LevelDebug - 4

// Of returns the logger of a component. It never is nil.
func Of(log *slog.Logger, c Component) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log.With(componentKey, string(c))
}

const componentKey = "component"
