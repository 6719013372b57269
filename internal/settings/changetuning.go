package settings

// ChangeProcessingTuning tunes how changes are applied. Times are in seconds, memory in MB; RecoveryTimeout is in
// minutes, -1 for ever.
type ChangeProcessingTuning struct {
	BatchApplyPreserveTransaction bool `later:"change data capture"`
	BatchApplyTimeoutMin          int  `range:"1.." later:"change data capture"`
	BatchApplyTimeoutMax          int  `range:"1.." later:"change data capture"`
	BatchApplyMemoryLimit         int  `range:"1.." later:"change data capture"`
	BatchSplitSize                int  `range:"0.." later:"change data capture"`
	MinTransactionSize            int  `range:"0.." later:"change data capture"`
	CommitTimeout                 int  `range:"0.." later:"change data capture"`
	RecoveryTimeout               int  `range:"-1.." later:"change data capture"`
	MemoryLimitTotal              int  `range:"0.." later:"change data capture"`
	MemoryKeepTime                int  `range:"0.." later:"change data capture"`
	StatementCacheSize            int  `range:"0..200" later:"change data capture"`
}

func (c *ChangeProcessingTuning) check(fail failure) {
	if c.BatchApplyTimeoutMin > c.BatchApplyTimeoutMax {
		fail("ChangeProcessingTuning.BatchApplyTimeoutMin", "is %d, more than BatchApplyTimeoutMax, %d; want at most that", c.BatchApplyTimeoutMin, c.BatchApplyTimeoutMax)
	}
}
