package settings

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseErrors(t *testing.T) {
	for name, c := range map[string]struct{ doc, want string }{
		"syntax":           {"{\n  \"TTSettings\": {,}\n}", `line 2:18: the document is not valid JSON: invalid character ',' looking for beginning of object key string`},
		"cut short":        {`{"TTSettings": {`, `line 1:17: the document is not valid JSON: unexpected end of JSON input`},
		"not an object":    {`[]`, `is an array of 0; want an object`},
		"unknown key":      {`{"TargetMetadata":{"LobSize":1}}`, `TargetMetadata.LobSize: the key has no meaning here; keys that have: BatchApplyEnabled, FullLobMode, InlineLobMaxSize, LimitedSizeLobMode, LoadMaxFileSize, LobChunkSize, LobMaxSize, ParallelApplyBufferSize, ParallelApplyQueuesPerThread, ParallelApplyThreads, ParallelLoadBufferSize, ParallelLoadQueuesPerThread, ParallelLoadThreads, SupportLobs, TargetSchema, TaskRecoveryTableEnabled`},
		"key twice":        {`{"ControlTablesSettings":{"ControlSchema":"a","ControlSchema":"b"}}`, `ControlTablesSettings.ControlSchema: the key occurs twice in its object; keep one`},
		"section kind":     {`{"ErrorBehavior":[]}`, `ErrorBehavior: is an array of 0; want an object`},
		"text for a flag":  {`{"TargetMetadata":{"SupportLobs":"true"}}`, `TargetMetadata.SupportLobs: is "true"; want true or false`},
		"null flag":        {`{"TargetMetadata":{"SupportLobs":null}}`, `TargetMetadata.SupportLobs: is null; want true or false`},
		"text for number":  {`{"FullLoadSettings":{"CommitRate":"5"}}`, `FullLoadSettings.CommitRate: is "5"; want a whole number from 1 to 50000`},
		"fraction":         {`{"FullLoadSettings":{"CommitRate":5.5}}`, `FullLoadSettings.CommitRate: is 5.5; want a whole number from 1 to 50000`},
		"too many":         {`{"FullLoadSettings":{"MaxFullLoadSubTasks":50}}`, `FullLoadSettings.MaxFullLoadSubTasks: is 50; want a whole number from 1 to 49`},
		"open range":       {`{"ErrorBehavior":{"RecoverableErrorCount":-2}}`, `ErrorBehavior.RecoverableErrorCount: is -2; want a whole number, -1 or more`},
		"number for text":  {`{"TargetMetadata":{"TargetSchema":1}}`, `TargetMetadata.TargetSchema: is 1; want a string`},
		"word":             {`{"FullLoadSettings":{"TargetTablePrepMode":"drop_and_create"}}`, `FullLoadSettings.TargetTablePrepMode: is "drop_and_create"; want one of DO_NOTHING, DROP_AND_CREATE, TRUNCATE_BEFORE_LOAD`},
		"word of another":  {`{"ErrorBehavior":{"TableErrorPolicy":"LOG_ERROR"}}`, `ErrorBehavior.TableErrorPolicy: is "LOG_ERROR"; want one of SUSPEND_TABLE, STOP_TASK`},
		"compatibility":    {`{"WhimbrelSettings":{"Compatibility":"aws"}}`, `WhimbrelSettings.Compatibility: is "aws"; want one of "", dms`},
		"post-processing":  {`{"PostProcessingRules":[]}`, `PostProcessingRules: is an array of 0; want null: post-processing is written as rules of the table mappings`},
		"components":       {`{"Logging":{"LogComponents":{}}}`, `Logging.LogComponents: is an object; want an array of components`},
		"component":        {`{"Logging":{"LogComponents":[{"Id":"IO"}]}}`, `Logging.LogComponents[0].Severity: is missing; want one of LOGGER_SEVERITY_ERROR, LOGGER_SEVERITY_WARNING, LOGGER_SEVERITY_INFO, LOGGER_SEVERITY_DEFAULT, LOGGER_SEVERITY_DEBUG, LOGGER_SEVERITY_DETAILED_DEBUG`},
		"severity":         {`{"Logging":{"LogComponents":[{"Id":"IO","Severity":"DEBUG"}]}}`, `Logging.LogComponents[0].Severity: is "DEBUG"; want one of LOGGER_SEVERITY_ERROR, LOGGER_SEVERITY_WARNING, LOGGER_SEVERITY_INFO, LOGGER_SEVERITY_DEFAULT, LOGGER_SEVERITY_DEBUG, LOGGER_SEVERITY_DETAILED_DEBUG`},
		"component twice":  {`{"Logging":{"LogComponents":[{"Id":"IO","Severity":"LOGGER_SEVERITY_INFO"},{"Id":"IO","Severity":"LOGGER_SEVERITY_INFO"}]}}`, `Logging.LogComponents[1].Id: is "IO" for the second time; list a component once`},
		"code point":       {`{"CharacterSetSettings":{"CharacterReplacements":[{"SourceCharacterCodePoint":"xyz","TargetCharacterCodePoint":"D800"}]}}`, "CharacterSetSettings.CharacterReplacements[0].SourceCharacterCodePoint: is \"xyz\"; want a Unicode code point in hexadecimal, such as 35 or 1F600\nCharacterSetSettings.CharacterReplacements[0].TargetCharacterCodePoint: is \"D800\"; want a Unicode code point in hexadecimal, such as 35 or 1F600"},
		"replacement":      {`{"CharacterSetSettings":{"CharacterReplacements":[{"SourceCharacterCodePoint":"41"}]}}`, `CharacterSetSettings.CharacterReplacements[0].TargetCharacterCodePoint: is missing; want a Unicode code point in hexadecimal, such as 35 or 1F600`},
		"replacements":     {`{"CharacterSetSettings":{"CharacterReplacements":5}}`, `CharacterSetSettings.CharacterReplacements: is 5; want an array of replacements`},
		"character set":    {`{"CharacterSetSettings":{"CharacterSetSupport":{"ReplaceWithCharacterCodePoint":"3F"}}}`, `CharacterSetSettings.CharacterSetSupport.CharacterSet: is missing; want the name of a character set, such as ISO-8859-1`},
		"both lob modes":   {`{"TargetMetadata":{"FullLobMode":true,"LimitedSizeLobMode":true}}`, `TargetMetadata.FullLobMode: is true and so is LimitedSizeLobMode; set exactly one of them`},
		"no lob mode":      {`{"TargetMetadata":{"LimitedSizeLobMode":false}}`, `TargetMetadata.SupportLobs: is true while FullLobMode and LimitedSizeLobMode are false; set exactly one of them, or SupportLobs to false`},
		"limited to none":  {`{"TargetMetadata":{"LobMaxSize":0}}`, `TargetMetadata.LobMaxSize: is 0 while LimitedSizeLobMode is true; want the number of KB at which values are cut, 1 to 102400`},
		"inline":           {`{"TargetMetadata":{"InlineLobMaxSize":16}}`, `TargetMetadata.InlineLobMaxSize: is 16 without FullLobMode; set FullLobMode to true, or InlineLobMaxSize to 0`},
		"cached changes":   {`{"FullLoadSettings":{"StopTaskCachedChangesApplied":true,"StopTaskCachedChangesNotApplied":true}}`, `FullLoadSettings.StopTaskCachedChangesApplied: is true and so is StopTaskCachedChangesNotApplied; a task stops before or after the cached changes, set one of them`},
		"operations":       {`{"TTSettings":{"TTRecordSettings":{"OperationsToLog":"INSERT, MERGE"}}}`, `TTSettings.TTRecordSettings.OperationsToLog: holds " MERGE"; want a comma-separated list of INSERT, UPDATE, DELETE, COMMIT, ROLLBACK, ALL`},
		"batch timeouts":   {`{"ChangeProcessingTuning":{"BatchApplyTimeoutMin":31}}`, `ChangeProcessingTuning.BatchApplyTimeoutMin: is 31, more than BatchApplyTimeoutMax, 30; want at most that`},
		"validation only":  {`{"ValidationSettings":{"ValidationOnly":true},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`, `ValidationSettings.ValidationOnly: is true while EnableValidation is false; set EnableValidation to true`},
		"validation prep":  {`{"ValidationSettings":{"ValidationOnly":true,"EnableValidation":true}}`, `ValidationSettings.ValidationOnly: is true while FullLoadSettings.TargetTablePrepMode is DROP_AND_CREATE; want DO_NOTHING`},
		"schedule":         {`{"ResyncSettings":{"ResyncSchedule":"daily"}}`, `ResyncSettings.ResyncSchedule: is "daily", which has 1 fields instead of five: minute, hour, day of the month, month, day of the week; want a cron schedule of five fields, such as "0 2 * * 6"`},
		"resync time":      {`{"ResyncSettings":{"MaxResyncTime":4}}`, `ResyncSettings.MaxResyncTime: is 4; want a whole number from 5 to 14400`},
		"before image":     {`{"BeforeImageSettings":{"EnableBeforeImage":true}}`, `BeforeImageSettings.FieldName: is empty while EnableBeforeImage is true; want the name of the field`},
		"loopback schemas": {`{"LoopbackPreventionSettings":{"EnableLoopbackPrevention":true}}`, `LoopbackPreventionSettings.EnableLoopbackPrevention: is true; SourceSchema and TargetSchema must then name the schemas of awsdms_loopback_prevention`},
		"loopback batch":   {`{"TargetMetadata":{"BatchApplyEnabled":true},"LoopbackPreventionSettings":{"EnableLoopbackPrevention":true,"SourceSchema":"a","TargetSchema":"b"}}`, `LoopbackPreventionSettings.EnableLoopbackPrevention: is true and so is TargetMetadata.BatchApplyEnabled; set one of them to false`},
		"all at once":      {`{"FullLoadSettings":{"CommitRate":0},"Nonsense":1,"TargetMetadata":{"SupportLobs":1}}`, "TargetMetadata.SupportLobs: is 1; want true or false\nFullLoadSettings.CommitRate: is 0; want a whole number from 1 to 50000\nNonsense: the key has no meaning here; keys that have: BeforeImageSettings, ChangeProcessingDdlHandlingPolicy, ChangeProcessingTuning, CharacterSetSettings, ControlTablesSettings, ErrorBehavior, FailTaskWhenCleanTaskResourceFailed, FullLoadSettings, Logging, LoopbackPreventionSettings, PostProcessingRules, ResyncSettings, StreamBufferSettings, TTSettings, TargetMetadata, ValidationSettings, WhimbrelSettings"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(c.doc))
			require.EqualError(t, err, c.want)
		})
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, c := range map[string]struct{ doc, want string }{
		"time travel":     {`{"TTSettings":{"EnableTT":true}}`, "TTSettings.EnableTT: is true and belongs to time travel, which is not there yet; want false"},
		"before image":    {`{"BeforeImageSettings":{"EnableBeforeImage":true,"FieldName":"old"}}`, "BeforeImageSettings.EnableBeforeImage: is true and belongs to change data capture into streaming targets, which is not there yet; want false"},
		"clean resources": {`{"FailTaskWhenCleanTaskResourceFailed":true}`, "FailTaskWhenCleanTaskResourceFailed: is true and belongs to tasks that clean up by themselves, which is not there yet; want false"},
		"log group":       {`{"Logging":{"CloudWatchLogGroup":"dms-tasks-x"}}`, "Logging.CloudWatchLogGroup: Task Settings CloudWatchLogGroup or CloudWatchLogStream cannot be set on create; leave it out or set it to null"},
		"chunks":          {`{"TargetMetadata":{"FullLobMode":true,"LobChunkSize":32}}`, "TargetMetadata.LobChunkSize: is 32 and cannot be honoured: values travel whole, not in pieces; want 0"},
		"files":           {`{"TargetMetadata":{"LoadMaxFileSize":1}}`, "TargetMetadata.LoadMaxFileSize: is 1 and cannot be honoured: no files are written on the way; want 0"},
		"load buffers":    {`{"TargetMetadata":{"ParallelLoadBufferSize":51}}`, "TargetMetadata.ParallelLoadBufferSize: is 51 and belongs to streaming, search and document targets, which is not there yet; want 0"},
		"load queues":     {`{"TargetMetadata":{"ParallelLoadQueuesPerThread":2}}`, "TargetMetadata.ParallelLoadQueuesPerThread: is 2 and belongs to streaming, search and document targets, which is not there yet; want 0"},
		"two":             {`{"ChangeProcessingTuning":{"MemoryKeepTime":1},"StreamBufferSettings":{"StreamBufferCount":4}}`, "StreamBufferSettings.StreamBufferCount: is 4 and cannot be honoured: changes travel in groups of bounded size, see MemoryLimitTotal; want 3\nChangeProcessingTuning.MemoryKeepTime: is 1 and cannot be honoured: changes wait in the source, not in memory, so nothing is moved to disk; want 60"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Parse([]byte(c.doc))
			require.NoError(t, err)
			require.EqualError(t, s.Check(), c.want)
		})
	}
}

func TestCheckAccepts(t *testing.T) {
	for name, doc := range map[string]string{
		"documented defaults of apply": `{"TargetMetadata":{"ParallelApplyBufferSize":100,"ParallelApplyQueuesPerThread":1,"ParallelLoadBufferSize":50,"ParallelLoadQueuesPerThread":1}}`,
		"full LOB mode":                `{"TargetMetadata":{"FullLobMode":true,"LobChunkSize":64,"InlineLobMaxSize":16,"ParallelLoadThreads":4}}`,
		"chunks of no LOB mode":        `{"TargetMetadata":{"LobChunkSize":32},"FullLoadSettings":{"TransactionConsistencyTimeout":5}}`,
		"resting sections":             `{"TTSettings":{"TTS3Settings":{"BucketName":"b"},"TTRecordSettings":{}},"ResyncSettings":{"MaxResyncTime":5},"BeforeImageSettings":{},"LoopbackPreventionSettings":{},"ValidationSettings":{"FailureMaxCount":1000,"TableFailureMaxCount":10000}}`,
		"load settings":                `{"FullLoadSettings":{"CreatePkAfterFullLoad":true,"CommitRate":50000},"ErrorBehavior":{"DataErrorPolicy":"STOP_TASK","DataErrorEscalationCount":50}}`,
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Parse([]byte(doc))
			require.NoError(t, err)
			require.NoError(t, s.Check())
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"TargetMetadata":{"FullLobMode":true},"Logging":{"LogComponents":[{"Id":"IO","Severity":"LOGGER_SEVERITY_INFO"}]}}`))
	f.Add([]byte(`{"CharacterSetSettings":{"CharacterReplacements":[{"SourceCharacterCodePoint":35,"TargetCharacterCodePoint":"1F600"}]}}`))
	f.Add([]byte(`{"TTSettings":null,"ResyncSettings":{"MaxResyncTime":5}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		_ = s.Check()
		document, err := s.JSON()
		require.NoError(t, err)
		again, err := Parse(document)
		require.NoError(t, err)
		twice, err := again.JSON()
		require.NoError(t, err)
		require.Equal(t, string(document), string(twice))
	})
}
