package settings

// The values of TargetTablePrepMode.
const (
	DoNothing          = "DO_NOTHING"
	DropAndCreate      = "DROP_AND_CREATE"
	TruncateBeforeLoad = "TRUNCATE_BEFORE_LOAD"
)

// FullLoadSettings says how tables are loaded.
type FullLoadSettings struct {
	TargetTablePrepMode             string `enum:"DO_NOTHING,DROP_AND_CREATE,TRUNCATE_BEFORE_LOAD"`
	CreatePkAfterFullLoad           bool
	StopTaskCachedChangesApplied    bool
	StopTaskCachedChangesNotApplied bool
	MaxFullLoadSubTasks             int `range:"1..49"`
	TransactionConsistencyTimeout   int `range:"0.." unused:"a full load without change data capture waits for no transaction, in DMS neither"` // seconds
	CommitRate                      int `range:"1..50000"`                                                                                      // rows
}

func (f *FullLoadSettings) check(fail failure) {
	if f.StopTaskCachedChangesApplied && f.StopTaskCachedChangesNotApplied {
		fail("FullLoadSettings.StopTaskCachedChangesApplied", "is true and so is StopTaskCachedChangesNotApplied; a task stops before or after the cached changes, set one of them")
	}
}
