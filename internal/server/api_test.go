package server

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge"
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/cloudwatch"
	"github.com/whimbreldb/whimbrel/internal/service/dms"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/service/logs"
)

var update = flag.Bool("update", false, "rewrite the generated part of docs/api.md")

const (
	apiPage  = "../../docs/api.md"
	apiBegin = "<!-- generated from the services as they are; go test ./internal/server -run TestAPIPage -update -->\n"
	apiEnd   = "<!-- end of the generated part -->\n"
)

// TestAPIPage holds docs/api.md to what is served.
func TestAPIPage(t *testing.T) {
	all := everyService(t)
	raw, err := os.ReadFile(apiPage)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(raw), apiBegin)
	require.True(t, found, "where the generated part begins")
	_, after, found := strings.Cut(rest, apiEnd)
	require.True(t, found, "where it ends")
	want := before + apiBegin + apiTables(t, all) + apiEnd + after
	if *update {
		require.NoError(t, os.WriteFile(apiPage, []byte(want), 0o644))
		return
	}
	have := strings.Split(string(raw), "\n")
	for i, line := range strings.Split(want, "\n") {
		require.True(t, i < len(have) && have[i] == line, "line %d must be %q; go test ./internal/server -run TestAPIPage -update", i+1, line)
	}
	require.Len(t, have, strings.Count(want, "\n")+1)
}

// everyService makes all that is served, with nothing behind it.
func everyService(t *testing.T) []*service.Service {
	t.Helper()
	migration, err := dms.New(dms.Config{})
	require.NoError(t, err)
	all, err := services(&parts{dms: migration, config: &Config{}, trail: &trails{}, policies: &edge.Policies{}, vault: kms.NewVault(nil, nil, kms.Home{}, nil), watch: cloudwatch.New(cloudwatch.Config{}), logsAPI: logs.New(logs.Config{})})
	require.NoError(t, err)
	return all
}

// apiTables writes the operations of DMS one by one, and the others' by their service.
func apiTables(t *testing.T, all []*service.Service) string {
	t.Helper()
	var out, others strings.Builder
	slices.SortFunc(all, func(a, b *service.Service) int { return strings.Compare(a.Model.FullName, b.Model.FullName) })
	var own *wire.Service
	for _, s := range all {
		if s.Model.Name == "whimbrel" {
			own = s.Model
		}
		if s.Model.Name == "dms" {
			served := 0
			for _, op := range s.Model.Operations {
				if s.Serves(op.Name) {
					served++
				}
			}
			require.Len(t, s.Model.Operations, 119)
			fmt.Fprintf(&out, "\n## AWS Database Migration Service\n\n%d of 119 operations are served.\n\n| operation | state |\n| --- | --- |\n", served)
			for _, op := range s.Model.Operations {
				state := "not yet"
				if s.Serves(op.Name) {
					state = "served"
				}
				fmt.Fprintf(&out, "| %s | %s |\n", op.Name, state)
			}
			continue
		}
		var names []string
		for _, op := range s.Model.Operations {
			require.True(t, s.Serves(op.Name), "%s has %s in its model, and nothing behind it", s.Model.Name, op.Name)
			names = append(names, op.Name)
		}
		fmt.Fprintf(&others, "| %s | %s | %s |\n", s.Model.FullName, s.Model.SigningName, strings.Join(names, ", "))
	}
	out.WriteString("\n## The services beside it\n\n| service | signed as | operations |\n| --- | --- | --- |\n" + others.String() + "\n")
	ownReference(t, &out, own)
	return out.String()
}

// ownReference writes what goes into the operations of the service whimbrel, what comes out, and who may call them.
func ownReference(t *testing.T, out *strings.Builder, own *wire.Service) {
	t.Helper()
	require.NotNil(t, own)
	out.WriteString("## Reference of the service whimbrel\n\nEvery operation may answer AccessDeniedException, ThrottlingException and ValidationException besides. `*` marks what is required.\n\n")
	for i := range own.Operations {
		op := &own.Operations[i]
		var faults []string
		for _, at := range op.Errors {
			faults = append(faults, own.Errors[at].Code)
		}
		action, on := "whimbrel:"+op.Name, "the task's ARN; its tags decide as `dms:task-tag/KEY` and `aws:ResourceTag/KEY`"
		switch op.Name {
		case "DescribeOwnAccess":
			action, on = "none", "none: it is about nobody but the caller"
		case "ExplainAccess":
			on = "the ARN of the principal that is asked about"
		}
		fmt.Fprintf(out, "### %s\n\n| | |\n| --- | --- |\n| X-Amz-Target | `%s.%s` |\n| IAM action | %s |\n| resource | %s |\n| errors | %s |\n\n",
			op.Name, own.TargetPrefix, op.Name, action, on, cmp.Or(strings.Join(faults, ", "), "none of its own"))
		out.WriteString("| input | type |\n| --- | --- |\n")
		memberRows(out, own, op.Input, "")
		out.WriteString("\n| output | type |\n| --- | --- |\n")
		memberRows(out, own, op.Output, "")
		out.WriteString("\n")
	}
}

// memberRows writes the members of a structure and of those within it.
func memberRows(out *strings.Builder, s *wire.Service, at int, within string) {
	for _, m := range s.Shapes[at].Members {
		mark := ""
		if m.Required {
			mark = " *"
		}
		shape, name := m.Shape, within+m.Name
		if s.Shapes[shape].Kind == wire.List {
			name += "[]"
		}
		fmt.Fprintf(out, "| `%s`%s | %s |\n", name, mark, typeOf(s, shape))
		if s.Shapes[shape].Kind == wire.List {
			shape = s.Shapes[shape].Elem
		}
		if s.Shapes[shape].Kind == wire.Structure {
			memberRows(out, s, shape, name+".")
		}
	}
}

// typeOf words a type with its bounds.
func typeOf(s *wire.Service, at int) string {
	shape := &s.Shapes[at]
	name := map[wire.Kind]string{
		wire.String: "string", wire.Integer: "integer", wire.Long: "long", wire.Double: "double", wire.Boolean: "boolean", wire.Timestamp: "timestamp", wire.Blob: "blob", wire.Structure: "structure", wire.Map: "map of strings",
	}[shape.Kind]
	unit := ""
	switch shape.Kind {
	case wire.List:
		name, unit = "list of "+typeOf(s, shape.Elem)+"s", " items"
	case wire.String:
		unit = " characters"
	}
	switch {
	case shape.HasMin && shape.HasMax:
		name += fmt.Sprintf(", %g to %g%s", shape.Min, shape.Max, unit)
	case shape.HasMax:
		name += fmt.Sprintf(", at most %g%s", shape.Max, unit)
	case shape.HasMin:
		name += fmt.Sprintf(", at least %g%s", shape.Min, unit)
	}
	if len(shape.Enum) > 0 {
		name += ": " + strings.Join(shape.Enum, ", ")
	}
	return name
}
