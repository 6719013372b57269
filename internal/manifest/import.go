package manifest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Import makes a manifest of what `aws dms describe-…` has printed: of endpoints, tasks, instances and certificates, in any
// order. Members that cannot be given when a resource is made are left out, ARNs become identifiers, and each endpoint with
// a user gets its password from a variable of the environment, which notes tells.
func Import(described []io.Reader, out io.Writer) (notes []string, err error) {
	found := map[string][]map[string]any{}
	for _, r := range described {
		answer := map[string]any{}
		if err := json.NewDecoder(r).Decode(&answer); err != nil {
			return nil, fmt.Errorf("read a description: want the JSON of aws dms describe-endpoints and the like: %w", err)
		}
		known := false
		for _, s := range sections() {
			list, ok := answer[s.list].([]any)
			known = known || ok
			for _, item := range list {
				if object, ok := item.(map[string]any); ok {
					found[s.name] = append(found[s.name], object)
				}
			}
		}
		if !known {
			return nil, fmt.Errorf("read a description: want Endpoints, ReplicationTasks, ReplicationInstances or Certificates, found %s", strings.Join(slices.Sorted(maps.Keys(answer)), ", "))
		}
	}
	im := &importing{found: found}
	err = im.write(out)
	return im.notes, err
}

type importing struct {
	found map[string][]map[string]any
	notes []string
}

func (im *importing) note(form string, args ...any) {
	im.notes = append(im.notes, fmt.Sprintf(form, args...))
}

func (im *importing) write(out io.Writer) error {
	root := &yaml.Node{Kind: yaml.MappingNode}
	for _, s := range sections() {
		if len(im.found[s.name]) == 0 {
			continue
		}
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for _, object := range im.found[s.name] {
			entry, err := im.entry(&s, object)
			if err != nil {
				return err
			}
			list.Content = append(list.Content, entry)
		}
		root.Content = append(root.Content, scalar(s.name), list)
	}
	e := yaml.NewEncoder(out)
	e.SetIndent(2)
	if err := e.Encode(root); err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	return e.Close()
}

func scalar(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

// entry turns a described resource into one that can be made.
func (im *importing) entry(s *section, object map[string]any) (*yaml.Node, error) {
	entry := &yaml.Node{Kind: yaml.MappingNode}
	add := func(name string, v any) error {
		n := &yaml.Node{}
		if err := n.Encode(v); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		entry.Content = append(entry.Content, scalar(name), n)
		return nil
	}
	id, _ := object[s.identifier].(string)
	shownID, err := escaped(s.identifier, id)
	if err != nil {
		return nil, err
	}
	if err := add(s.identifier, shownID); err != nil {
		return nil, err
	}
	for _, r := range s.references {
		if arn, ok := object[r.arn].(string); ok && arn != "" {
			if err := add(r.member, im.identifier(s.noun+" "+id, r, arn)); err != nil {
				return nil, err
			}
		}
	}
	shape := input(s.create)
	for _, m := range shape.Members {
		v := shownAs(m.Name, object)
		if v == nil || m.Name == s.identifier || isReference(*s, m.Name) || leftOut(m.Name) {
			continue
		}
		given, err := kept(m.Name, v)
		if err != nil {
			return nil, fmt.Errorf("the %s %s: %w", s.noun, id, err)
		}
		if err := add(m.Name, given); err != nil {
			return nil, err
		}
	}
	if user, _ := object["Username"].(string); s.name == endpointsKey && user != "" {
		variable := strings.ToUpper(strings.ReplaceAll(id, "-", "_")) + "_PASSWORD"
		im.note("the endpoint %s: set %s to the password of %s before applying", id, variable, user)
		return entry, add("Password", "${"+variable+"}")
	}
	return entry, nil
}

// leftOut are members that belong to the account that they were described in, or repeat others.
func leftOut(name string) bool {
	return slices.Contains([]string{"KmsKeyId", "VpcSecurityGroupIds", "ReplicationSubnetGroupIdentifier", "AvailabilityZone", "EngineVersion", "ServiceAccessRoleArn", "CertificateWallet"}, name)
}

// kept turns a described value into one that is given, whose texts mean themselves when they are read.
func kept(name string, v any) (any, error) {
	text, ok := v.(string)
	if ok && isDocument(name) {
		var document any
		if json.Unmarshal([]byte(text), &document) == nil {
			return importable(document), nil
		}
	}
	if ok && name == "EndpointType" {
		return strings.ToLower(text), nil
	}
	return escaped(name, v)
}

// escaped writes every dollar sign twice, lest a variable be looked for. A text that would be taken for the name of a file
// is refused: whoever can set a member of an endpoint must not have the files read of those who import it.
func escaped(name string, v any) (any, error) {
	var err error
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "file://") {
			return nil, fmt.Errorf("%s begins with file://, which would be read as the name of a file: change it at its server, or in the description", name)
		}
		return strings.ReplaceAll(v, "$", "$$"), nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			if out[key], err = escaped(name+"."+key, inner); err != nil {
				return nil, err
			}
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i := range v {
			if out[i], err = escaped(name, v[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}

// importable drops from a document what a service wrote into it about itself.
func importable(document any) any {
	if object, ok := document.(map[string]any); ok {
		if logging, ok := object["Logging"].(map[string]any); ok {
			delete(logging, "CloudWatchLogGroup")
			delete(logging, "CloudWatchLogStream")
		}
	}
	return document
}

// identifier is what stands for an ARN: the identifier of the described resource, or what the ARN ends with.
func (im *importing) identifier(who string, r reference, arn string) string {
	all := sections()
	s := all[slices.IndexFunc(all, func(s section) bool { return s.name == r.section })]
	for _, object := range im.found[s.name] {
		if object[s.arn] == arn {
			id, _ := object[s.identifier].(string)
			return id
		}
	}
	last := arn[strings.LastIndexByte(arn, ':')+1:]
	im.note("the %s names the %s %s, which was not described: put its identifier in place of %s", who, s.noun, arn, last)
	return last
}
