package postgres

import (
	"regexp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

const identPattern = `("(?:[^"]|"")+"|[\pL_][\pL\pN_$]*)`

// renaming finds the word without which no statement gives anything another name; renamedTable a table that gets one, or
// another schema.
var (
	renaming     = regexp.MustCompile(`(?i)\brename\b`)
	renamedTable = regexp.MustCompile(`(?i)\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(?:` + identPattern + `\s*\.\s*)?` + identPattern +
		`\s+(?:\*\s*)?(?:rename\s+to|set\s+schema)\s+` + identPattern)
)

// formerly finds the followed table that has got a name by a statement. The stream tells a table's identifier only with its first
// change, so that one that is renamed before that cannot be known by it.
func (s *stream) formerly(name catalog.Name, sql string) *followed {
	for _, m := range renamedTable.FindAllStringSubmatch(sql, -1) {
		schema, old, to := m[1], identOf(m[2]), identOf(m[3])
		was := catalog.Name{Schema: name.Schema, Name: old}
		if schema != "" {
			was.Schema = identOf(schema)
		}
		switch {
		case to == name.Name && s.names[was] != nil:
			return s.names[was]
		case to != name.Schema || old != name.Name:
		case schema != "":
			return s.names[was]
		default: // the search path was the session's
			if only := s.onlyNamed(old); only != nil {
				return only
			}
		}
	}
	return nil
}

// onlyNamed is the only followed table of a name, whatever its schema; nil when there are none or several.
func (s *stream) onlyNamed(name string) (found *followed) {
	for n, t := range s.names {
		if n.Name != name {
			continue
		}
		if found != nil {
			return nil
		}
		found = t
	}
	return found
}

// identOf is the identifier that a statement spells.
func identOf(text string) string {
	if inner, quoted := strings.CutPrefix(text, `"`); quoted {
		return strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
	}
	return strings.ToLower(text)
}
