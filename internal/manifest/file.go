package manifest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
)

// A Manifest is a file that was read and found sound.
type Manifest struct{ resources []resource }

// A resource is one entry of the file.
type resource struct {
	section    section
	identifier string
	members    map[string]any    // as the API wants them, without references
	refers     map[string]string // member of the API to identifier
	start      bool
}

// reader reads one file and gathers what is wrong in it.
type reader struct {
	name     string // of the file
	dir      string // what file:// starts from
	lookup   func(string) (string, bool)
	problems []error
}

// Read reads a manifest. name and dir are those of the file; lookup finds variables of the environment. The error lists
// everything that is wrong, with its line.
func Read(r io.Reader, name, dir string, lookup func(string) (string, bool)) (*Manifest, error) {
	var root yaml.Node
	if err := yaml.NewDecoder(r).Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read %s: it is empty", name)
		}
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	in := &reader{name: name, dir: dir, lookup: lookup}
	m := &Manifest{}
	in.sections(root.Content[0], m)
	in.check(m)
	if len(in.problems) > 0 {
		return nil, errors.Join(in.problems...)
	}
	return m, nil
}

func (in *reader) wrong(n *yaml.Node, form string, args ...any) {
	in.problems = append(in.problems, fmt.Errorf("%s:%d: %s", in.name, n.Line, fmt.Sprintf(form, args...)))
}

func (in *reader) sections(n *yaml.Node, m *Manifest) {
	known := sections()
	names := make([]string, len(known))
	found := map[string]*yaml.Node{}
	for i, s := range known {
		names[i] = s.name
	}
	for key, val := range in.pairs(n, "the file") {
		if !slices.Contains(names, key.Value) {
			in.wrong(key, "%s is not known here; want %s", key.Value, strings.Join(names, ", "))
			continue
		}
		found[key.Value] = val
	}
	for _, s := range known {
		list := found[s.name]
		if list == nil {
			continue
		}
		if list.Kind != yaml.SequenceNode {
			in.wrong(list, "%s: want a list", s.name)
			continue
		}
		for _, entry := range list.Content {
			m.resources = append(m.resources, in.resource(s, entry))
		}
	}
}

// pairs goes over the members of a mapping; anything else, and a doubled key, is told.
func (in *reader) pairs(n *yaml.Node, what string) func(yield func(key, val *yaml.Node) bool) {
	return func(yield func(key, val *yaml.Node) bool) {
		n := resolved(n)
		if n.Kind != yaml.MappingNode {
			in.wrong(n, "%s: want keys and values", what)
			return
		}
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if seen[key.Value] {
				in.wrong(key, "%s stands here twice", key.Value)
				continue
			}
			seen[key.Value] = true
			if !yield(key, resolved(n.Content[i+1])) {
				return
			}
		}
	}
}

func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func (in *reader) resource(s section, n *yaml.Node) resource {
	r := resource{section: s, members: map[string]any{}, refers: map[string]string{}}
	shape := input(s.create)
	for key, val := range in.pairs(n, "an entry of "+s.name) {
		if ref, ok := s.reference(key.Value); ok {
			r.refers[ref.arn] = in.text(val)
			continue
		}
		if key.Value == startKey && s.name == tasksKey {
			if err := val.Decode(&r.start); err != nil {
				in.wrong(val, "Start: want true or false, not %q", val.Value)
			}
			continue
		}
		member, ok := memberOf(shape, key.Value)
		if !ok || isReference(s, key.Value) {
			in.unknown(s, shape, key)
			continue
		}
		r.members[key.Value] = in.member(key.Value, member, val)
	}
	r.identifier, _ = r.members[s.identifier].(string)
	if r.identifier == "" {
		in.wrong(n, "an entry of %s: %s is missing", s.name, s.identifier)
	}
	return r
}

func isReference(s section, member string) bool {
	return slices.ContainsFunc(s.references, func(r reference) bool { return r.arn == member })
}

// unknown tells of a key that the API does not have, with those that it has.
func (in *reader) unknown(s section, shape *wire.Shape, key *yaml.Node) {
	var known []string
	for _, m := range shape.Members {
		if !isReference(s, m.Name) {
			known = append(known, m.Name)
		}
	}
	for _, r := range s.references {
		known = append(known, r.member)
	}
	if s.name == tasksKey {
		known = append(known, startKey)
	}
	for _, k := range known {
		if strings.EqualFold(k, key.Value) {
			in.wrong(key, "%s is not known; it is spelled %s", key.Value, k)
			return
		}
	}
	slices.Sort(known)
	in.wrong(key, "%s is not known in %s; known are %s", key.Value, s.name, strings.Join(known, ", "))
}

// member reads a value as the API wants it.
func (in *reader) member(name string, shape *wire.Shape, n *yaml.Node) any {
	switch {
	case name == "Tags":
		return in.tags(n)
	case isDocument(name):
		return in.document(name, n)
	}
	return in.value(name, shape, n)
}

func (in *reader) value(name string, shape *wire.Shape, n *yaml.Node) any {
	switch shape.Kind {
	case wire.Structure:
		out := map[string]any{}
		for key, val := range in.pairs(n, name) {
			inner, ok := memberOf(shape, key.Value)
			if !ok {
				in.wrong(key, "%s.%s is not known", name, key.Value)
				continue
			}
			out[key.Value] = in.value(name+"."+key.Value, inner, val)
		}
		return out
	case wire.List:
		if n.Kind != yaml.SequenceNode {
			in.wrong(n, "%s: want a list", name)
			return nil
		}
		out := make([]any, len(n.Content))
		for i, item := range n.Content {
			out[i] = in.value(name, &dmsapi.Service.Shapes[shape.Elem], resolved(item))
		}
		return out
	case wire.String, wire.Blob:
		return in.text(n)
	case wire.Timestamp:
		return in.time(name, n)
	}
	var v any
	if err := n.Decode(&v); err != nil || !fits(shape.Kind, v) {
		in.wrong(n, "%s: want %s, not %q", name, wanted(shape.Kind), n.Value)
	}
	return v
}

func fits(kind wire.Kind, v any) bool {
	switch v.(type) {
	case bool:
		return kind == wire.Boolean
	case int, int64:
		return kind == wire.Integer || kind == wire.Long || kind == wire.Double
	case float64:
		return kind == wire.Double
	}
	return false
}

func wanted(kind wire.Kind) string {
	if kind == wire.Boolean {
		return "true or false"
	}
	return "a number"
}

var variable = regexp.MustCompile(`\$\$|\$\{[^}]*\}`)

// text reads a text: ${NAME} is a variable of the environment, $$ a dollar sign, and file://PATH what is in a file.
func (in *reader) text(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		in.wrong(n, "want a text")
		return ""
	}
	if path, ok := strings.CutPrefix(n.Value, "file://"); ok {
		return in.file(n, path)
	}
	return variable.ReplaceAllStringFunc(n.Value, func(found string) string {
		if found == "$$" {
			return "$"
		}
		name := found[2 : len(found)-1]
		text, ok := in.lookup(name)
		if !ok {
			in.wrong(n, "the environment has no variable %s", name)
		}
		return text
	})
}

func (in *reader) file(n *yaml.Node, path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(in.dir, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		in.wrong(n, "%v", err)
	}
	return string(text)
}
