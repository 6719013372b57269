package dms

// Bounds that the connectors check too.
const (
	mostSeconds = 1 << 20
	mostKB      = 1048576
)

// postgresSettings are those of PostgreSQL (DMS API reference, "PostgreSQLSettings"; user guide, pages on PostgreSQL as a
// source and as a target), and two of our own.
var postgresSettings = []setting{
	{name: "AfterConnectScript", form: text, end: asTarget, does: "statements that every session runs after it has connected"},
	{name: "AuthenticationMethod", form: choice, values: []string{"password", "iam"}, otherwise: "password", only: []string{"password"}, why: "there is no IAM of AWS to log in with"},
	{name: "BabelfishDatabaseName", form: text, why: "Babelfish is not supported"},
	{name: "CaptureDdls", form: truth, end: asSource, otherwise: "true", does: "changes of structure are followed, by an event trigger"},
	{name: "ConnectionTimeout", form: number, alone: true, low: 1, high: 3600, unit: "seconds", otherwise: "15", parameter: "connect_timeout", does: "how long a connection may take to be made"},
	{name: "ConsumeMonotonicEvents", form: truth, end: asSource, alone: true, why: "transactions are told apart by their commit's place in the log, and none comes twice"},
	{name: "DatabaseMode", form: choice, values: []string{"default", "babelfish"}, otherwise: "default", only: []string{"default"}, why: "Babelfish is not supported"},
	{name: "DdlArtifactsSchema", form: text, end: asSource, otherwise: "public", does: "where the table and the functions of the event trigger are"},
	{name: "DisableUnicodeSourceFilter", form: truth, end: asSource, otherwise: "true", only: []string{"true"}, why: "filters compare in the column's own type, so that its indexes serve them"},
	{name: "ExecuteTimeout", form: number, end: asSource, low: 0, high: mostSeconds, unit: "seconds", otherwise: "60", does: "how long a look-up beside the stream may take; 0 is without end"},
	{name: "ExecuteTimeout", form: number, end: asTarget, low: 0, high: mostSeconds, unit: "seconds", otherwise: "0", does: "how long a statement that applies changes may take; 0 is without end"},
	{name: "FailTasksOnLobTruncation", form: truth, end: asSource, otherwise: "false", only: []string{"false"}, why: "the task setting DataTruncationErrorPolicy STOP_TASK does it, for every engine"},
	{name: "FetchCacheSize", form: number, end: asSource, alone: true, low: 1, high: 1 << 31, unit: "rows", why: "rows come in one stream and are not fetched in pieces"},
	{name: "HeartbeatEnable", form: truth, end: asSource, otherwise: "false", does: "a row is updated now and then, so that the slot moves on while nothing else changes"},
	{name: "HeartbeatFrequency", form: number, end: asSource, low: 1, high: mostSeconds, unit: "minutes", otherwise: "5", does: "how often"},
	{name: "HeartbeatSchema", form: text, end: asSource, otherwise: "public", does: "where its table is"},
	{name: "LoadUsingCSV", form: truth, end: asTarget, alone: true, otherwise: "true", only: []string{"true"}, why: "rows go in by COPY, which is what true means"},
	{name: "MapBooleanAsBoolean", form: truth, otherwise: "true", only: []string{"true"}, why: "a boolean stays a boolean"},
	{name: "MapJsonbAsClob", form: truth, otherwise: "false", only: []string{"false"}, why: "a jsonb stays JSON"},
	{name: "MapLongVarcharAs", form: choice, values: []string{"wstring", "clob", "nclob"}, otherwise: "wstring", only: []string{"wstring"}, why: "a text stays a text, whatever its length"},
	{name: "MapUnboundedNumericAsString", form: truth, alone: true, otherwise: "false", only: []string{"false"}, why: "a numeric keeps all its digits as it is"},
	{name: "MaxFileSize", form: number, low: 1, high: mostKB, unit: "KB", why: "rows are not written to files on their way; the task setting CommitRate bounds what is loaded at once"},
	{name: "PluginName", form: choice, end: asSource, values: []string{"no-preference", "pgoutput", "test-decoding", "pglogical"}, otherwise: "no-preference", does: "which plugin decodes the log, and the slot is of; no-preference means pgoutput, which every server has (pgoutput is Whimbrel's own value). pglogical needs that extension in the source"},
	{name: "PublicationName", form: text, end: asSource, alone: true, does: "a publication that is there; without it a fitting one is found, or made (Whimbrel's own setting)"},
	{name: "ServiceAccessRoleArn", form: text, why: "it serves AuthenticationMethod iam, and there is no IAM of AWS to log in with"},
	{name: "SlotName", form: text, end: asSource, does: "a replication slot that is there, or the name of the one to be made"},
	{name: "StreamLargeTransactions", form: truth, end: asSource, alone: true, otherwise: "true", does: "what of a transaction does not fit into the server's logical_decoding_work_mem comes before it has committed, and is kept in the folder for temporary files; with false the server keeps it (Whimbrel's own setting)"},
	{name: "TrimSpaceInChar", form: truth, end: asSource, otherwise: "false", only: []string{"false"}, why: "values are never changed, and the blanks of a char(n) are part of it"},
	{name: "UnboundedVarcharMaxSize", form: number, end: asSource, alone: true, low: 1, high: 10485760, unit: "bytes", why: "a varchar without a length stays without one"},
}
