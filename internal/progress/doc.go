// Package progress shows a running task to a person: bars on a terminal, plain lines elsewhere, and one JSON
// object a line for programs. It only reads fullload.Stats and cdc.Stats.
package progress
