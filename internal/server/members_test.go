package server

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A member is a part of an input's structure: its package, structure and name, as ec2api.CreateVpcRequest.CidrBlock.
type member = string

// TestEveryMemberIsRead: a member of an input that no code reads is one that is taken in silence. What is read must be honoured or
// refused; that is for the operation's own tests.
func TestEveryMemberIsRead(t *testing.T) {
	read := membersRead(t)
	var silent []string
	unread := map[member]bool{}
	for m, operations := range membersTaken(t) {
		if read[m] {
			continue
		}
		unread[m] = true
		if readOtherwise(m) == "" {
			silent = append(silent, fmt.Sprintf("%s of %s", m, strings.Join(operations, ", ")))
		}
	}
	slices.Sort(silent)
	require.Empty(t, strings.Join(silent, "\n"), "members that no code reads: honour them, or refuse them by name")
	for pattern := range otherwise {
		used := slices.ContainsFunc(slices.Collect(maps.Keys(unread)), func(m member) bool { return matches(pattern, m) })
		require.True(t, used, "the exception %s is needed no more", pattern)
	}
}

// otherwise says of members that no selector reads where they are read or refused. A star stands for any structure.
var otherwise = map[string]string{
	"ec2api.*.DryRun":                   "read by name for all operations, in handle",
	"dmsapi.*EndpointMessage.*Settings": "read by name: the document of the endpoint's engine; those of other engines are ignored, as in DMS",
	"dmsapi.*Settings.*":                "read by name from the engine's table of settings, which obeys or refuses each (TestEveryMemberIsKnown)",

	"cloudwatchapi.AlarmPromQLCriteria.*":                 "within EvaluationCriteria, which is refused",
	"cloudwatchapi.EvaluationCriteria.*":                  "refused as a whole",
	"cloudwatchapi.EvaluationWindow.*":                    "refused as a whole",
	"cloudwatchapi.WallClockWindow.*":                     "within EvaluationWindow, which is refused",
	"cloudwatchapi.Entity.*":                              "not kept, or refused where the request is strict, as in CloudWatch with an entity that it cannot use",
	"ec2api.ConnectionTrackingSpecificationRequest.*":     "refused as a whole",
	"ec2api.DnsOptionsSpecification.*":                    "refused as a whole",
	"ec2api.EnaSrd*Specification.*":                       "refused as a whole",
	"ec2api.Ipv?PrefixSpecificationRequest.*":             "refused as a whole",
	"ec2api.NetworkInterfaceAttachmentChanges.*":          "refused as a whole",
	"ec2api.OperatorRequest.*":                            "refused as a whole",
	"ec2api.VpcEncryptionControlConfiguration.*":          "refused as a whole",
	"ec2api.PrefixListId.Description":                     "a permission with a prefix list is refused",
	"ec2api.DescribeRegionsRequest.AllRegions":            "the one region needs no opting in",
	"ec2api.*.AllAvailabilityZones":                       "the zones need no opting in",
	"ec2api.*.IncludeManagedResources":                    "no interface is managed by an operator",
	"iamapi.InlinePolicyIdentifierType.*":                 "within PolicyExclusionList, which is refused",
	"iamapi.PolicyIdentifier.*":                           "within PolicyExclusionList, which is refused",
	"iamapi.ChangePasswordRequest.*":                      "refused whatever it asks: nobody has a password",
	"iamapi.*LoginProfileRequest.Password*":               "refused whatever it asks: nobody has a password",
	"iamapi.UpdateAccountPasswordPolicyRequest.*":         "refused whatever it asks: nobody has a password",
	"iamapi.ListServerCertificatesRequest.PathPrefix":     "there are none to choose from",
	"iamapi.ListServiceSpecificCredentialsRequest.*":      "there are none to choose from",
	"kmsapi.*.GrantTokens":                                "a grant counts at once, so that its token adds nothing",
	"kmsapi.ListKeyPoliciesRequest.Limit":                 "a key has one policy, and a page at least one",
	"kmsapi.RecipientInfo.*":                              "refused as a whole",
	"logsapi.DescribeLogGroupsRequest.*LinkedAccounts":    "no account is linked",
	"logsapi.Entity.*":                                    "answered with rejectedEntityInfo",
	"logsapi.FilterLogEventsRequest.Interleaved":          "always true, as in CloudWatch, which ignores it",
	"logsapi.*LogEventsRequest.Unmask":                    "nothing is masked",
	"logsapi.PutLogEventsRequest.SequenceToken":           "ignored, as in CloudWatch",
	"redshiftapi.DescribeAccountAttributesMessage.*":      "there are none to choose from",
	"redshiftapi.DescribeClusterParameterGroupsMessage.*": "there are none to choose from or to page through",
	"redshiftapi.DescribeClusterParametersMessage.*":      "the group it names is not there",
	"redshiftapi.DescribeClusterSubnetGroupsMessage.*":    "there are none to choose from or to page through",
	"redshiftapi.DescribeClusterVersionsMessage.*":        "there are none to choose from or to page through",
	"redshiftapi.DescribeEventsMessage.*":                 "there are none to choose from or to page through",
	"redshiftapi.DescribeOrderable*Message.*":             "there are none to choose from or to page through",
	"secretsmanagerapi.ReplicaRegionType.*":               "refused as a whole",
	"stsapi.ProvidedContext.*":                            "refused as a whole",
}

func matches(pattern, m member) bool {
	ok, err := filepath.Match(pattern, m)
	return ok && err == nil
}

func readOtherwise(m member) string {
	for pattern, why := range otherwise {
		if matches(pattern, m) {
			return why
		}
	}
	return ""
}

// membersTaken lists the members of the inputs of all operations that are served, each with its operations.
func membersTaken(t *testing.T) map[member][]string {
	t.Helper()
	taken := map[member][]string{}
	for _, s := range everyService(t) {
		for i := range s.Model.Operations {
			op := &s.Model.Operations[i]
			if op.NewInput != nil && s.Serves(op.Name) {
				walkMembers(reflect.TypeOf(op.NewInput()), map[reflect.Type]bool{}, func(m member) { taken[m] = append(taken[m], op.Name) })
			}
		}
	}
	require.Greater(t, len(taken), 1000)
	return taken
}

// walkMembers tells of every member of a shape, and of those within.
func walkMembers(shape reflect.Type, seen map[reflect.Type]bool, tell func(member)) {
	switch shape.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		walkMembers(shape.Elem(), seen, tell)
	case reflect.Struct:
		if seen[shape] || !strings.HasSuffix(shape.PkgPath(), "api") {
			return
		}
		seen[shape] = true
		for i := range shape.NumField() {
			tell(filepath.Base(shape.PkgPath()) + "." + shape.Name() + "." + shape.Field(i).Name)
			walkMembers(shape.Field(i).Type, seen, tell)
		}
	}
}

// membersRead finds the members that the code of the repository reads, its tests aside.
func membersRead(t *testing.T) map[member]bool {
	t.Helper()
	packages := listed(t, "../service/...", "../policy/action", "../instance/...", "../monitor")
	export := func(path string) (io.ReadCloser, error) { return os.Open(packages[path].Export) }
	fset, read := token.NewFileSet(), map[member]bool{}
	for _, p := range packages {
		if p.DepOnly || !slices.ContainsFunc(p.Imports, func(i string) bool { return strings.Contains(i, "/edge/wire/") && strings.HasSuffix(i, "api") }) {
			continue
		}
		var files []*ast.File
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			files = append(files, file)
		}
		info := &types.Info{Selections: map[*ast.SelectorExpr]*types.Selection{}, Types: map[ast.Expr]types.TypeAndValue{}}
		_, err := (&types.Config{Importer: importer.ForCompiler(fset, "gc", export)}).Check(p.ImportPath, fset, files, info)
		require.NoError(t, err)
		for _, file := range files {
			readIn(file, info, read)
		}
	}
	return read
}

// readIn notes what a file reads: selected members that nothing is assigned to, and all of a structure that is converted.
func readIn(file *ast.File, info *types.Info, read map[member]bool) {
	written := map[ast.Expr]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				written[left] = true
			}
		case *ast.SelectorExpr:
			if s := info.Selections[n]; s != nil && s.Kind() == types.FieldVal && !written[n] {
				read[named(s.Recv())+"."+s.Obj().Name()] = true
			}
		case *ast.CallExpr:
			if len(n.Args) == 1 && info.Types[n.Fun].IsType() {
				from := info.Types[n.Args[0]].Type
				if shape, ok := from.Underlying().(*types.Struct); ok {
					for field := range shape.Fields() {
						read[named(from)+"."+field.Name()] = true
					}
				}
			}
		}
		return true
	})
}

// named is a structure's package and name.
func named(t types.Type) string {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := t.(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return ""
	}
	return n.Obj().Pkg().Name() + "." + n.Obj().Name()
}

// A listedPackage is what the go command says of a package.
type listedPackage struct {
	ImportPath, Dir, Export string
	GoFiles, Imports        []string
	DepOnly                 bool
}

func listed(t *testing.T, patterns ...string) map[string]*listedPackage {
	t.Helper()
	raw, err := exec.CommandContext(t.Context(), "go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,Imports,DepOnly"}, patterns...)...).Output()
	require.NoError(t, err)
	all := map[string]*listedPackage{}
	for d := json.NewDecoder(strings.NewReader(string(raw))); d.More(); {
		p := &listedPackage{}
		require.NoError(t, d.Decode(p))
		all[p.ImportPath] = p
	}
	return all
}
