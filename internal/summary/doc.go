// Package summary prints what a migration did, would do, or would find, for people and as JSON for programs.
//
// The JSON forms are one object each; names are lower case with underscores, times RFC 3339, durations in seconds.
package summary
