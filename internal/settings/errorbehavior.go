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
	ApplyErrorDeletePolicy                      string `enum:"IGNORE_RECORD,LOG_ERROR,SUSPEND_TABLE,STOP_TASK" later:"change data capture"`
	ApplyErrorInsertPolicy                      string `enum:"IGNORE_RECORD,LOG_ERROR,SUSPEND_TABLE,STOP_TASK,INSERT_RECORD" later:"change data capture"`
	ApplyErrorUpdatePolicy                      string `enum:"IGNORE_RECORD,LOG_ERROR,SUSPEND_TABLE,STOP_TASK,UPDATE_RECORD" later:"change data capture"`
	ApplyErrorEscalationPolicy                  string `enum:"LOG_ERROR,SUSPEND_TABLE,STOP_TASK" later:"change data capture"`
	ApplyErrorEscalationCount                   int    `range:"0.." later:"change data capture"`
	ApplyErrorFailOnTruncationDdl               bool   `later:"change data capture"`
	FullLoadIgnoreConflicts                     bool   `later:"change data capture"`
	FailOnTransactionConsistencyBreached        bool   `later:"change data capture"`
	FailOnNoTablesCaptured                      bool
}
