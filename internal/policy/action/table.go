package action

import (
	_ "embed" // the table
	"fmt"
	"slices"
	"strings"
)

//go:embed dms.txt
var dmsText string

// Table is what the operations of a service touch.
type Table struct {
	types      map[string]string // a resource type's part of an ARN
	operations map[string]*operation
	actions    map[string]bool
}

// operation is one line of the table.
type operation struct {
	action    string // with its service
	access    string
	resources []resource
	keys      []string // of the request's condition keys, those that the action knows
	tagsOn    string   // the type of the resource that the call makes, when it may be tagged
	roles     bool
}

// resource is one type of resource that an operation touches.
type resource struct {
	typ      string // "" for any
	members  []string
	optional bool
	made     bool // by the call
}

// Load reads the table.
func Load() (*Table, error) { return parse(dmsText) }

func parse(text string) (*Table, error) {
	t := &Table{types: map[string]string{}, operations: map[string]*operation{}, actions: map[string]bool{}}
	number := 0
	for line := range strings.Lines(text) {
		number++
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		if len(fields) < 3 {
			return nil, fmt.Errorf("table of actions, line %d: %q has too few fields", number, line)
		}
		if fields[0] == "type" {
			t.types[fields[1]] = fields[2]
			continue
		}
		if err := t.add(fields); err != nil {
			return nil, fmt.Errorf("table of actions, line %d: %w", number, err)
		}
	}
	return t, nil
}

func (t *Table) add(fields []string) error {
	name, action := fields[0], fields[1]
	if action == "=" {
		action = name
	}
	o := &operation{action: "dms:" + action, access: fields[2]}
	for _, f := range fields[3:] {
		if err := t.field(o, f); err != nil {
			return err
		}
	}
	t.actions[strings.ToLower(o.action)] = true
	if name == "-" {
		return nil
	}
	if t.operations[name] != nil {
		return fmt.Errorf("operation %s stands there twice", name)
	}
	t.operations[name] = o
	return nil
}

func (t *Table) field(o *operation, f string) error {
	switch {
	case f == "role":
		o.roles = true
		return nil
	case slices.Contains([]string{"RQ", "RS", "TK", "rq"}, f):
		o.keys = append(o.keys, f)
		return nil
	case strings.HasPrefix(f, "tags>"):
		o.tagsOn = f[len("tags>"):]
		return t.known(o.tagsOn)
	}
	typ, members, named := strings.Cut(f, "=")
	r := resource{}
	if named {
		r.members = strings.Split(members, ",")
	}
	typ, r.optional = strings.CutSuffix(typ, "?")
	typ, r.made = strings.CutSuffix(typ, "+")
	o.resources = append(o.resources, r)
	if typ == "Any" {
		return nil
	}
	o.resources[len(o.resources)-1].typ = typ
	return t.known(typ)
}

func (t *Table) known(typ string) error {
	if t.types[typ] == "" {
		return fmt.Errorf("%s is no type of resource", typ)
	}
	return nil
}

// Action names the IAM action that authorizes an operation.
func (t *Table) Action(operation string) (string, bool) {
	o := t.operations[operation]
	if o == nil {
		return "", false
	}
	return o.action, true
}

// Known reports that an IAM action exists, in any case of letters.
func (t *Table) Known(action string) bool { return t.actions[strings.ToLower(action)] }

// Actions lists all actions in lower case and in order.
func (t *Table) Actions() []string {
	all := make([]string, 0, len(t.actions))
	for a := range t.actions {
		all = append(all, a)
	}
	slices.Sort(all)
	return all
}

// TypeOf finds the resource type of an ARN of DMS, such as "rep" for a replication instance.
func TypeOf(arn string) string {
	parts := strings.SplitN(arn, ":", 7)
	if len(parts) < 7 || parts[2] != "dms" {
		return ""
	}
	return parts[5]
}

// TagKeys are the condition keys of a resource's tags: aws:ResourceTag/… and the type's own, such as dms:rep-tag/….
func TagKeys(arn string, tags map[string]string) map[string][]string {
	keys := map[string][]string{}
	typ := TypeOf(arn)
	for k, v := range tags {
		keys["aws:ResourceTag/"+k] = []string{v}
		if typ != "" {
			keys["dms:"+typ+"-tag/"+k] = []string{v}
		}
	}
	return keys
}
