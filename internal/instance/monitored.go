package instance

// A Monitored instance is one whose figures and logs are gathered.
type Monitored struct {
	ID, Name string
	Tasks    []MonitoredTask
}

// A MonitoredTask is a task of such an instance.
type MonitoredTask struct {
	ID, Name string
	Logs     bool // it keeps a log (EnableLogging)
}
