package settings

// ControlTablesSettings says which tables about the task are kept in the target.
type ControlTablesSettings struct {
	ControlSchema                 string
	HistoryTimeslotInMinutes      int  `range:"1.." later:"change data capture"`
	HistoryTableEnabled           bool `later:"change data capture"`
	SuspendedTablesTableEnabled   bool `later:"change data capture"`
	StatusTableEnabled            bool `later:"change data capture"`
	FullLoadExceptionTableEnabled bool `later:"change data capture"`
	CommitPositionTableEnabled    bool `json:",omitempty" later:"change data capture"`
}

// strays are misspelt keys that AWS writes itself, beside the right ones.
func (*ControlTablesSettings) strays() []string { return []string{"historyTimeslotInMinutes"} }
