package connector

import "strings"

// gistBytes is about how much of a statement an error shows.
const gistBytes = 120

// Gist shortens a statement for an error: its first line, or as much of that as anyone wants to read.
func Gist(sql string) string {
	sql = strings.TrimSpace(sql)
	for i, c := range sql {
		if c == '\n' || i > gistBytes {
			return strings.TrimSpace(sql[:i]) + " …"
		}
	}
	return sql
}
