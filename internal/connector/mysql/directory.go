package mysql

import "regexp"

// directoryForm finds DATA DIRECTORY and INDEX DIRECTORY with their paths, and texts and names in quotes, in which the words mean nothing.
var directoryForm = regexp.MustCompile("(?is)('(?:[^'\\\\]|\\\\.|'')*'|`[^`]*`)" + `|\s*\b(?:DATA|INDEX)\s+DIRECTORY\s*=?\s*'(?:[^'\\]|\\.|'')*'`)

// withoutDirectories is a statement's text without the places on disk that it names: they are those of the source's machine, and
// whoever may name them there is not to have the target's server write to them. The servers' own NO_DIR_IN_CREATE is an error in MariaDB's
// strict mode.
func withoutDirectories(sql string) string { return directoryForm.ReplaceAllString(sql, "$1") }
