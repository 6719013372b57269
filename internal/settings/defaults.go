package settings

// Defaults returns what AWS DMS stores for a new task in which nothing was chosen.
func Defaults() *Settings {
	return &Settings{
		TargetMetadata:   TargetMetadata{SupportLobs: true, LimitedSizeLobMode: true, LobMaxSize: 32},
		FullLoadSettings: FullLoadSettings{TargetTablePrepMode: DropAndCreate, MaxFullLoadSubTasks: 8, TransactionConsistencyTimeout: 600, CommitRate: 10000},
		Logging:          Logging{EnableLogging: true, LogComponents: defaultComponents()},
		ControlTablesSettings: ControlTablesSettings{
			HistoryTimeslotInMinutes: 5,
		},
		StreamBufferSettings: StreamBufferSettings{StreamBufferCount: 3, CtrlStreamBufferSizeInMB: 5, StreamBufferSizeInMB: 8},
		ChangeProcessingDdlHandlingPolicy: ChangeProcessingDdlHandlingPolicy{
			HandleSourceTableDropped: true, HandleSourceTableTruncated: true, HandleSourceTableAltered: true,
		},
		ChangeProcessingTuning: ChangeProcessingTuning{
			BatchApplyPreserveTransaction: true, BatchApplyTimeoutMin: 1, BatchApplyTimeoutMax: 30, BatchApplyMemoryLimit: 500,
			MinTransactionSize: 1000, CommitTimeout: 1, RecoveryTimeout: -1, MemoryLimitTotal: 1024, MemoryKeepTime: 60, StatementCacheSize: 50,
		},
		ErrorBehavior: ErrorBehavior{
			DataErrorPolicy: LogError, EventErrorPolicy: "IGNORE", DataTruncationErrorPolicy: LogError, DataMaskingErrorPolicy: StopTask,
			DataErrorEscalationPolicy: SuspendTable, TableErrorPolicy: SuspendTable, TableErrorEscalationPolicy: StopTask,
			RecoverableErrorCount: -1, RecoverableErrorInterval: 5, RecoverableErrorThrottling: true,
			RecoverableErrorThrottlingMax: 1800, RecoverableErrorStopRetryAfterThrottlingMax: true,
			ApplyErrorDeletePolicy: IgnoreRecord, ApplyErrorInsertPolicy: LogError, ApplyErrorUpdatePolicy: LogError,
			ApplyErrorEscalationPolicy: LogError, FullLoadIgnoreConflicts: true, FailOnNoTablesCaptured: true,
		},
		ValidationSettings: ValidationSettings{
			ValidationMode: "ROW_LEVEL", ThreadCount: 5, PartitionSize: 10000, FailureMaxCount: 10000, TableFailureMaxCount: 1000,
			RecordFailureDelayInMinutes: 5, RecordSuspendDelayInMinutes: 30, MaxKeyColumnSize: 8096,
		},
		WhimbrelSettings: WhimbrelSettings{SecondaryObjects: true},
	}
}

// MigrateDefaults returns the defaults of `whimbrel migrate`, which lose nothing: large objects travel whole and
// tables that are there are left alone.
func MigrateDefaults() *Settings {
	s := Defaults()
	s.TargetMetadata.FullLobMode, s.TargetMetadata.LimitedSizeLobMode, s.TargetMetadata.LobChunkSize = true, false, 64
	s.FullLoadSettings.TargetTablePrepMode = DoNothing
	s.ErrorBehavior.ApplyErrorDeletePolicy = LogError
	return s
}
