package settings

// ValidationSettings says how data is compared after it was moved. Without EnableValidation the other keys rest. Keys are matched by
// their values, never by their order, so that HandleCollationDiff holds always.
type ValidationSettings struct {
	EnableValidation                 bool
	ValidationMode                   string `enum:"ROW_LEVEL,GROUP_LEVEL"`
	ThreadCount                      int    `range:"1.."`
	PartitionSize                    int    `range:"1.."`
	FailureMaxCount                  int    `range:"0.."`
	TableFailureMaxCount             int    `range:"0.."`
	RecordFailureDelayInMinutes      int    `range:"0.."`
	RecordFailureDelayLimitInMinutes int    `range:"0.."`
	RecordSuspendDelayInMinutes      int    `range:"0.."`
	MaxKeyColumnSize                 int    `range:"1.."`
	SkipLobColumns                   bool
	ValidationPartialLobSize         int `range:"0.."` // KB
	ValidationQueryCdcDelaySeconds   int `range:"0.."`
	HandleCollationDiff              bool
	ValidationOnly                   bool
}

func (v *ValidationSettings) check(fail failure) {
	if v.ValidationOnly && !v.EnableValidation {
		fail("ValidationSettings.ValidationOnly", "is true while EnableValidation is false; set EnableValidation to true")
	}
}
