package mapping

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// FromPatterns makes the selection rules of the command line's --only and --exclude. Each pattern is schema.table with
// DMS's wildcards; one without a dot is about tables of every schema. No pattern in only means every table.
func FromPatterns(only, exclusions []string) (*Rules, error) {
	if len(only) == 0 {
		only = []string{"%.%"}
	}
	var rules []map[string]any
	add := func(action, name string, patterns []string) {
		for i, p := range patterns {
			schema, table := splitPattern(p)
			rules = append(rules, map[string]any{
				"rule-type": "selection", "rule-id": strconv.Itoa(len(rules) + 1), "rule-name": fmt.Sprintf("%s-%d", name, i+1),
				"rule-action": action, "object-locator": map[string]string{"schema-name": schema, "table-name": table},
			})
		}
	}
	for _, p := range append(append([]string(nil), only...), exclusions...) {
		if err := checkPattern(p); err != nil {
			return nil, err
		}
	}
	add(include, "only", only)
	add(exclude, "exclude", exclusions)
	text, err := json.Marshal(map[string]any{"rules": rules})
	if err != nil {
		return nil, fmt.Errorf("write the selection rules: %w", err)
	}
	return Parse(text)
}

// checkPattern gives an error that speaks of the pattern, not of a document the user never wrote.
func checkPattern(pattern string) error {
	schema, table := splitPattern(pattern)
	for _, part := range []string{schema, table} {
		if _, err := CompilePattern(part); err != nil {
			return fmt.Errorf("pattern %q: a part %w", pattern, err)
		}
	}
	return nil
}

// splitPattern cuts a pattern at its first dot outside brackets.
func splitPattern(pattern string) (schema, table string) {
	depth := 0
	for i, r := range pattern {
		switch {
		case r == '[' && depth == 0:
			depth = 1
		case r == ']' && depth == 1 && !strings.HasSuffix(pattern[:i], "["):
			depth = 0
		case r == '.' && depth == 0:
			return pattern[:i], pattern[i+1:]
		}
	}
	return "%", pattern
}
