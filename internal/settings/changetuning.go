package settings

// ChangeProcessingTuning tunes how changes are applied. Times are in seconds, memory in MB; RecoveryTimeout is in
// minutes, -1 for ever.
type ChangeProcessingTuning struct {
	BatchApplyPreserveTransaction bool `unused:"concerns Oracle targets alone, elsewhere it does nothing in DMS neither"`
	BatchApplyTimeoutMin          int  `range:"1.."`
	BatchApplyTimeoutMax          int  `range:"1.."`
	BatchApplyMemoryLimit         int  `range:"1.."`
	BatchSplitSize                int  `range:"0.."`
	MinTransactionSize            int  `range:"0.."`
	CommitTimeout                 int  `range:"0.."`
	RecoveryTimeout               int  `range:"-1.."`
	MemoryLimitTotal              int  `range:"0.."`
	MemoryKeepTime                int  `range:"0.." absent:"changes wait in the source, not in memory, so nothing is moved to disk"`
	StatementCacheSize            int  `range:"0..200"`
}

func (c *ChangeProcessingTuning) check(fail failure) {
	if c.BatchApplyTimeoutMin > c.BatchApplyTimeoutMax {
		fail("ChangeProcessingTuning.BatchApplyTimeoutMin", "is %d, more than BatchApplyTimeoutMax, %d; want at most that", c.BatchApplyTimeoutMin, c.BatchApplyTimeoutMax)
	}
}
