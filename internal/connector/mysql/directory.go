package mysql

import (
	"regexp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// directoryForm finds DATA DIRECTORY and INDEX DIRECTORY with their paths, and texts and names in quotes, in which the words mean nothing.
var directoryForm = regexp.MustCompile("(?is)('(?:[^'\\\\]|\\\\.|'')*'|`[^`]*`)" + `|\s*\b(?:DATA|INDEX)\s+DIRECTORY\s*=?\s*'(?:[^'\\]|\\.|'')*'`)

// withoutDirectories is a statement's text without the places on disk that it names: they are those of the source's machine, and
// whoever may name them there is not to have the target's server write to them. The servers' own NO_DIR_IN_CREATE is an error in MariaDB's
// strict mode.
func withoutDirectories(sql string) string { return directoryForm.ReplaceAllString(sql, "$1") }

// leftDirectories tells of the places that are left out of a table's definition.
func leftDirectories(t *catalog.Table) []catalog.Object {
	var places []string
	for _, m := range directoryForm.FindAllStringSubmatch(t.Native[nativeCreate], -1) {
		if m[1] == "" {
			places = append(places, strings.TrimSpace(m[0]))
		}
	}
	if len(places) == 0 {
		return nil
	}
	return []catalog.Object{{Kind: "directory", Name: t.Name, Table: t.Name.Name, Detail: "it is a place of the source's machine",
		ByHand: quoteTable(t.Name) + " had " + strings.Join(places, ", ")}}
}
