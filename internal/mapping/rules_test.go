package mapping

import (
	"errors"
	"fmt"
	"strings"
)

// evaluate stands in for the expression language: it knows placeholders joined by ||.
func evaluate(expression string, names map[string]string) (string, error) {
	out := ""
	for _, term := range strings.Split(expression, "||") {
		term = strings.TrimSpace(term)
		name, placeholder := strings.CutPrefix(term, "$")
		value, known := names[name]
		switch {
		case placeholder && known:
			out += value
		case placeholder:
			return "", errors.New("no such name " + term)
		default:
			out += strings.Trim(term, "'")
		}
	}
	return out, nil
}

// rulesOf numbers rules from 1 and names them r1, r2 …; each is given without type, id and name.
func rulesOf(rules ...string) string {
	var out []string
	for i, r := range rules {
		kind, members, _ := strings.Cut(r, " ")
		kind = map[string]string{"s": "selection", "t": "transformation", "l": "table-settings"}[kind]
		out = append(out, fmt.Sprintf(`{"rule-type":%q,"rule-id":%d,"rule-name":"r%d",%s}`, kind, i+1, i+1, members))
	}
	return `{"rules":[` + strings.Join(out, ",") + `]}`
}

// at is an object-locator: schema, table, column.
func at(schema string, rest ...string) string {
	s := fmt.Sprintf(`"object-locator":{"schema-name":%q`, schema)
	for i, r := range rest {
		s += fmt.Sprintf(`,%q:%q`, []string{"table-name", "column-name", "data-type"}[i], r)
	}
	return s + "}"
}

func includes(schema, table string) string {
	return `s "rule-action":"include",` + at(schema, table)
}

func excludes(schema, table string) string {
	return `s "rule-action":"exclude",` + at(schema, table)
}

func names(action, value, target, locator string) string {
	s := fmt.Sprintf(`t "rule-target":%q,"rule-action":%q,%s`, target, action, locator)
	if value != "" {
		s += fmt.Sprintf(`,"value":%q`, value)
	}
	return s
}

func columns(action, locator, members string) string {
	return fmt.Sprintf(`t "rule-target":"column","rule-action":%q,%s%s`, action, locator, members)
}
