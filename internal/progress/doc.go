// Package progress shows a running full load to a person: bars on a terminal, plain lines elsewhere, and one JSON
// object a line for programs. It only reads fullload.Stats.
package progress
