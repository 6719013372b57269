package dms

// mysqlSettings are those of MySQL and what speaks like it (DMS API reference, "MySQLSettings" and "GcpMySQLSettings"; user
// guide, pages on MySQL as a source and as a target).
var mysqlSettings = []setting{
	{name: "AfterConnectScript", form: text, does: "statements that every session that moves rows runs after it has connected"},
	{name: "AuthenticationMethod", form: choice, values: []string{"password", "iam"}, otherwise: "password", only: []string{"password"}, why: "there is no IAM of AWS to log in with", without: "gcp-mysql"},
	{name: "CleanSourceMetadataOnMismatch", also: []string{"CleanSrcMetadataOnMismatch"}, form: truth, end: asSource, otherwise: "false", does: "a table that is logged otherwise than it is known is looked up at the server, instead of being given up"},
	{name: "ConnectionTimeout", form: number, alone: true, low: 1, high: 3600, unit: "seconds", otherwise: "10", does: "how long a connection may take to be made"},
	{name: "EventsPollInterval", form: number, end: asSource, low: 1, high: 60, unit: "seconds", otherwise: "5", does: "how often a server that has nothing to send shows that it is there; nothing waits for it"},
	{name: "ExecuteTimeout", form: number, low: 0, high: mostSeconds, unit: "seconds", why: "statements are not bounded in time; stopping the task ends them", without: "gcp-mysql"},
	{name: "IgnoreOpenXaTransactionsCheck", form: truth, end: asSource, alone: true, otherwise: "true", does: "false: open XA transactions are looked for before changes are followed"},
	{name: "Initstmt", form: text, alone: true, does: "the same as AfterConnectScript"},
	{name: "LoadUsingCSV", form: truth, end: asTarget, alone: true, why: "values of TIME are carried whole either way"},
	{name: "MaxFileSize", form: number, low: 1, high: mostKB, unit: "KB", why: "rows are not written to files on their way; the task setting CommitRate bounds what is loaded at once"},
	{name: "ParallelLoadThreads", form: number, low: 1, high: 64, unit: "threads", why: "how many tables and segments are loaded at once is the task setting MaxFullLoadSubTasks"},
	{name: "ResumeFetchForXRows", form: number, end: asSource, alone: true, low: 1, high: 1 << 31, unit: "rows", why: "a read that breaks off is begun anew, segment by segment"},
	{name: "ServerTimezone", form: text, why: "it is not needed: TIMESTAMP values are read and written in UTC, whatever the server's zone"},
	{name: "ServiceAccessRoleArn", form: text, why: "it serves AuthenticationMethod iam, and there is no IAM of AWS to log in with", without: "gcp-mysql"},
	{name: "SkipTableSuspensionForPartitionDdl", form: truth, end: asSource, alone: true, otherwise: "false", does: "statements that empty or exchange partitions are ignored, instead of giving the table up"},
	{name: "TargetDbType", form: choice, end: asTarget, values: []string{"specific-database", "multiple-databases"}, otherwise: "multiple-databases", does: "specific-database: everything goes into the endpoint's DatabaseName, instead of into databases of the schemas' names"},
}
