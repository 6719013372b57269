// Package logs is the API of Amazon CloudWatch Logs over a local store of events: the logs of tasks, which package monitor
// gathers, and what callers put.
package logs
