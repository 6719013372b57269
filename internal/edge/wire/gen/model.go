package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sort"
)

// model is a service description in botocore's form, the parts we use.
type model struct {
	Metadata   metadata             `json:"metadata"`
	Operations map[string]operation `json:"operations"`
	Shapes     map[string]shape     `json:"shapes"`
}

type metadata struct {
	APIVersion       string         `json:"apiVersion"`
	EndpointPrefix   string         `json:"endpointPrefix"`
	GlobalEndpoint   string         `json:"globalEndpoint,omitempty"`
	JSONVersion      string         `json:"jsonVersion,omitempty"`
	Protocols        []string       `json:"protocols"`
	ServiceFullName  string         `json:"serviceFullName"`
	SigningName      string         `json:"signingName,omitempty"`
	TargetPrefix     string         `json:"targetPrefix,omitempty"`
	XMLNamespace     string         `json:"xmlNamespace,omitempty"`
	QueryCompatible  map[string]any `json:"awsQueryCompatible,omitempty"`
	ServiceID        string         `json:"serviceId"`
	SignatureVersion string         `json:"signatureVersion"`
}

type operation struct {
	Name     string `json:"name"`
	AuthType string `json:"authtype,omitempty"`
	Input    *ref   `json:"input,omitempty"`
	Output   *ref   `json:"output,omitempty"`
	Errors   []ref  `json:"errors,omitempty"`
}

type ref struct {
	Shape         string `json:"shape"`
	LocationName  string `json:"locationName,omitempty"`
	QueryName     string `json:"queryName,omitempty"`
	ResultWrapper string `json:"resultWrapper,omitempty"`
}

type shape struct {
	Type            string         `json:"type"`
	Members         map[string]ref `json:"members,omitempty"`
	Required        []string       `json:"required,omitempty"`
	Member          *ref           `json:"member,omitempty"`
	Key             *ref           `json:"key,omitempty"`
	Value           *ref           `json:"value,omitempty"`
	Min             *float64       `json:"min,omitempty"`
	Max             *float64       `json:"max,omitempty"`
	Enum            []string       `json:"enum,omitempty"`
	Pattern         string         `json:"pattern,omitempty"`
	Sensitive       bool           `json:"sensitive,omitempty"`
	Flattened       bool           `json:"flattened,omitempty"`
	Exception       bool           `json:"exception,omitempty"`
	TimestampFormat string         `json:"timestampFormat,omitempty"`
	Error           *errorTrait    `json:"error,omitempty"`
}

type errorTrait struct {
	Code        string `json:"code,omitempty"`
	HTTPStatus  int    `json:"httpStatusCode,omitempty"`
	SenderFault bool   `json:"senderFault,omitempty"`
}

// references lists the shapes that s names.
func (s shape) references() []string {
	var names []string
	for _, r := range []*ref{s.Member, s.Key, s.Value} {
		if r != nil {
			names = append(names, r.Shape)
		}
	}
	for _, m := range s.memberNames() {
		names = append(names, s.Members[m].Shape)
	}
	return names
}

func (s shape) memberNames() []string {
	names := make([]string, 0, len(s.Members))
	for n := range s.Members {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

func readModel(path string) (*model, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the model: %w", err)
	}
	var m model
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("parse %s: %w", path, err)
	}
	return &m, nil
}

// extend adds what lies in another file of the same form: operations that the full model at hand leaves out, and shapes in which it says less
// than AWS's own documentation of them (the SourceType of DescribeEvents is replication-instance or replication-task there).
func (m *model) extend(path string) error {
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return nil
	}
	more, err := readModel(path)
	if err != nil {
		return err
	}
	maps.Copy(m.Operations, more.Operations)
	maps.Copy(m.Shapes, more.Shapes)
	return nil
}

// trim keeps the operations named (all if the list is "*") and the shapes they reach.
func (m *model) trim(operations []string) error {
	if len(operations) != 1 || operations[0] != "*" {
		kept := map[string]operation{}
		for _, name := range operations {
			op, ok := m.Operations[name]
			if !ok {
				return fmt.Errorf("the model of %s has no operation %s", m.Metadata.ServiceFullName, name)
			}
			kept[name] = op
		}
		m.Operations = kept
	}
	reached := map[string]shape{}
	var reach func(name string)
	reach = func(name string) {
		if _, seen := reached[name]; seen {
			return
		}
		s := m.Shapes[name]
		reached[name] = s
		for _, n := range s.references() {
			reach(n)
		}
	}
	for _, op := range m.Operations {
		for _, r := range append([]ref{}, op.Errors...) {
			reach(r.Shape)
		}
		if op.Input != nil {
			reach(op.Input.Shape)
		}
		if op.Output != nil {
			reach(op.Output.Shape)
		}
	}
	m.Shapes = reached
	return nil
}

// trimAll writes the trimmed copies of the full models in dir.
func trimAll(dir, models string, lists map[string][]string) error {
	for service, operations := range lists {
		from := filepath.Join(dir, service+".json")
		if _, err := os.Stat(from); os.IsNotExist(err) {
			fmt.Fprintf(os.Stderr, "no %s: its model stays as it is\n", from)
			continue
		}
		m, err := readModel(from)
		if err != nil {
			return err
		}
		if err := m.trim(operations); err != nil {
			return err
		}
		out, err := json.MarshalIndent(m, "", " ")
		if err != nil {
			return fmt.Errorf("encode the model of %s: %w", service, err)
		}
		if err := os.WriteFile(filepath.Join(models, service+".json"), append(out, '\n'), 0o644); err != nil {
			return fmt.Errorf("write the model of %s: %w", service, err)
		}
	}
	return nil
}
