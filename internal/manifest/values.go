package manifest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// isDocument tells the members whose text is a JSON document.
func isDocument(member string) bool {
	return slices.Contains([]string{"TableMappings", "ReplicationTaskSettings", "TaskData"}, member)
}

// document reads a JSON document that is written as YAML, as a JSON text or as the name of a file. Variables are not
// looked for in it: mapping rules have dollar signs of their own.
func (in *reader) document(name string, n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		text := n.Value
		if path, ok := strings.CutPrefix(text, "file://"); ok {
			text = in.file(n, path)
		}
		if !json.Valid([]byte(text)) {
			in.wrong(n, "%s: want JSON, or keys and values", name)
		}
		return text
	}
	var v any
	if err := n.Decode(&v); err != nil {
		in.wrong(n, "%s: %v", name, err)
		return ""
	}
	text, err := json.Marshal(texts(v))
	if err != nil {
		in.wrong(n, "%s: %v", name, err)
	}
	return string(text)
}

// texts makes the names of mapping rules texts, which YAML takes for numbers where they are not quoted.
func texts(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if _, number := inner.(int); number && (key == "rule-id" || key == "rule-name") {
				inner = fmt.Sprint(inner)
			}
			v[key] = texts(inner)
		}
	case []any:
		for i := range v {
			v[i] = texts(v[i])
		}
	}
	return v
}

// tags reads {team: data} or the API's [{Key: team, Value: data}].
func (in *reader) tags(n *yaml.Node) any {
	var list []struct {
		Key   string `yaml:"Key"`
		Value string `yaml:"Value"`
	}
	all := map[string]string{}
	var err error
	if n.Kind == yaml.SequenceNode {
		err = n.Decode(&list)
		for _, t := range list {
			all[t.Key] = t.Value
		}
	} else {
		err = n.Decode(&all)
	}
	if err != nil {
		in.wrong(n, "Tags: want names and values")
	}
	out := []any{}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		out = append(out, map[string]any{"Key": key, "Value": all[key]})
	}
	return out
}

// time reads a moment as the API wants it, in seconds.
func (in *reader) time(name string, n *yaml.Node) any {
	var seconds float64
	if n.Decode(&seconds) == nil && n.Tag != "!!timestamp" {
		return seconds
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if at, err := time.ParseInLocation(layout, n.Value, time.UTC); err == nil {
			return float64(at.UnixMilli()) / 1000
		}
	}
	in.wrong(n, "%s: want a time such as 2026-11-25T08:00:00Z, not %q", name, n.Value)
	return nil
}

// check looks for what only the whole file shows: identifiers that stand twice, references that lead nowhere or are missing.
func (in *reader) check(m *Manifest) {
	seen := map[string]bool{}
	for _, r := range m.resources {
		key := r.section.name + " " + strings.ToLower(r.identifier)
		if r.identifier != "" && seen[key] {
			in.problems = append(in.problems, fmt.Errorf("%s: the %s %s stands here twice", in.name, r.section.noun, r.identifier))
		}
		seen[key] = true
		for _, ref := range r.section.references {
			if r.refers[ref.arn] == "" && r.section.name == tasksKey {
				in.problems = append(in.problems, fmt.Errorf("%s: the replication task %s: %s is missing", in.name, r.identifier, ref.member))
			}
		}
		for _, must := range input(r.section.create).Members {
			_, has := r.members[must.Name]
			if must.Required && !has && !isReference(r.section, must.Name) && must.Name != r.section.identifier {
				in.problems = append(in.problems, fmt.Errorf("%s: the %s %s: %s is missing", in.name, r.section.noun, r.identifier, must.Name))
			}
		}
	}
}
