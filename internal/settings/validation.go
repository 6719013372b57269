package settings

// ValidationSettings says how data is compared after it was moved. Without EnableValidation the other keys rest.
type ValidationSettings struct {
	EnableValidation                 bool   `later:"data validation"`
	ValidationMode                   string `enum:"ROW_LEVEL,GROUP_LEVEL" unused:"rests while EnableValidation is false"`
	ThreadCount                      int    `range:"1.." unused:"rests while EnableValidation is false"`
	PartitionSize                    int    `range:"1.." unused:"rests while EnableValidation is false"`
	FailureMaxCount                  int    `range:"0.." unused:"rests while EnableValidation is false"`
	TableFailureMaxCount             int    `range:"0.." unused:"rests while EnableValidation is false"`
	RecordFailureDelayInMinutes      int    `range:"0.." unused:"rests while EnableValidation is false"`
	RecordFailureDelayLimitInMinutes int    `range:"0.." unused:"rests while EnableValidation is false"`
	RecordSuspendDelayInMinutes      int    `range:"0.." unused:"rests while EnableValidation is false"`
	MaxKeyColumnSize                 int    `range:"1.." unused:"rests while EnableValidation is false"`
	SkipLobColumns                   bool   `unused:"rests while EnableValidation is false"`
	ValidationPartialLobSize         int    `range:"0.." unused:"rests while EnableValidation is false"` // KB
	ValidationQueryCdcDelaySeconds   int    `range:"0.." unused:"rests while EnableValidation is false"`
	HandleCollationDiff              bool   `unused:"rests while EnableValidation is false"`
	ValidationOnly                   bool   `later:"data validation"`
}

func (v *ValidationSettings) check(fail failure) {
	if v.ValidationOnly && !v.EnableValidation {
		fail("ValidationSettings.ValidationOnly", "is true while EnableValidation is false; set EnableValidation to true")
	}
}
