package monitor

// The units of CloudWatch that DMS's metrics have.
const (
	percent            = "Percent"
	bytesUnit          = "Bytes"
	count              = "Count"
	countPerSecond     = "Count/Second"
	bytesPerSecond     = "Bytes/Second"
	kilobytesPerSecond = "Kilobytes/Second"
	milliseconds       = "Milliseconds"
	seconds            = "Seconds"
	megabytes          = "Megabytes"
)

const (
	kilo = 1 << 10
	mega = 1 << 20
)
