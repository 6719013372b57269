package settings

// ControlTablesSettings says which tables about the task are kept in the target.
type ControlTablesSettings struct {
	ControlSchema                 string
	HistoryTimeslotInMinutes      int `range:"1.."`
	HistoryTableEnabled           bool
	SuspendedTablesTableEnabled   bool
	StatusTableEnabled            bool
	FullLoadExceptionTableEnabled bool `later:"a table of its own for the load's exceptions"`
	CommitPositionTableEnabled    bool `json:",omitempty" later:"a table of commit positions"`
}

// strays are misspelt keys that AWS writes itself, beside the right ones.
func (*ControlTablesSettings) strays() []string { return []string{"historyTimeslotInMinutes"} }
