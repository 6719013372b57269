package settings

// The error policies.
const (
	IgnoreRecord = "IGNORE_RECORD"
	LogError     = "LOG_ERROR"
	SuspendTable = "SUSPEND_TABLE"
	StopTask     = "STOP_TASK"
)

// ErrorBehavior says what becomes of rows, tables and tasks with errors.
type ErrorBehavior struct {
	DataErrorPolicy                             string `enum:"IGNORE_RECORD,LOG_ERROR,SUSPEND_TABLE,STOP_TASK"`
	EventErrorPolicy                            string `enum:"IGNORE,STOP_TASK" later:"task events"`
	DataTruncationErrorPolicy                   string `enum:"IGNORE_RECORD,LOG_ERROR,SUSPEND_TABLE,STOP_TASK"`
	DataMaskingErrorPolicy                      string `enum:"IGNORE_RECORD,LOG_ERROR,SUSPEND_TABLE,STOP_TASK"`
	DataErrorEscalationPolicy                   string `enum:"SUSPEND_TABLE,STOP_TASK"`
	DataErrorEscalationCount                    int    `range:"0.."`
	TableErrorPolicy                            string `enum:"SUSPEND_TABLE,STOP_TASK"`
	TableErrorEscalationPolicy                  string `enum:"STOP_TASK"`
	TableErrorEscalationCount                   int    `range:"0.."`
	RecoverableErrorCount                       int    `range:"-1.."`
	RecoverableErrorInterval                    int    `range:"0.."` // seconds
	RecoverableErrorThrottling                  bool
	RecoverableErrorThrottlingMax               int `range:"0.."` // seconds
	RecoverableErrorStopRetryAfterThrottlingMax bool
	ApplyErrorDeletePolicy                      string `enum:"IGNORE_RECORD,LOG_ERROR,SUSPEND_TABLE,STOP_TASK"`
	ApplyErrorInsertPolicy                      string `enum:"IGNORE_RECORD,LOG_ERROR,SUSPEND_TABLE,STOP_TASK,INSERT_RECORD"`
	ApplyErrorUpdatePolicy                      string `enum:"IGNORE_RECORD,LOG_ERROR,SUSPEND_TABLE,STOP_TASK,UPDATE_RECORD"`
	ApplyErrorEscalationPolicy                  string `enum:"LOG_ERROR,SUSPEND_TABLE,STOP_TASK"`
	ApplyErrorEscalationCount                   int    `range:"0.."`
	ApplyErrorFailOnTruncationDdl               bool
	FullLoadIgnoreConflicts                     bool
	FailOnTransactionConsistencyBreached        bool `later:"Oracle sources"`
	FailOnNoTablesCaptured                      bool
}
