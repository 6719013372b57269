package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/whimbreldb/whimbrel/"

// layers lists the rooms from the innermost out. A room may import rooms of earlier layers and of its own layer's
// exceptions alone, see docs/architecture.md.
var layers = [][]string{
	{"internal/datatype", "internal/document", "internal/tasklog", "internal/rescue", "internal/span", "internal/quiet", "internal/console"},
	{"internal/change", "internal/catalog"},
	{"internal/typemap", "internal/mapping", "internal/expr", "internal/settings", "internal/policy", "internal/secret"},
	{"internal/convert", "internal/transform"},
	{"internal/connector"},
	{"internal/connector/setting"},
	{"internal/connector/postgres", "internal/connector/mysql", "internal/connector/sqlite", "internal/connector/s3", "internal/connector/connectortest"},
	{"internal/connector/redshift"},
	{"internal/connector/all"},
	{"internal/task/fullload"},
	{"internal/task/apply"},
	{"internal/task/cdc"},
	{"internal/validate"},
	{"internal/task"},
	{"internal/assess"},
	{"internal/progress", "internal/demo"},
	{"internal/summary"},
	{"internal/instance"},
	{"internal/instance/keep", "internal/instance/socket"},
	{"internal/instance/worker", "internal/instance/host"},
	{"internal/datafile"},
	{"internal/metric", "internal/logstore"},
	{"internal/monitor", "internal/notify"},
	{"internal/edge/wire", "internal/edge/sigv4", "internal/store", "internal/audit", "internal/bucket"},
	{"internal/store/etcd", "internal/store/storetest", "internal/service"},
	{"internal/store/etcd/etcdtest"},
	{"internal/identity", "internal/edge/certificate", "internal/client"},
	{"internal/manifest"},
	{"internal/service/kms", "internal/service/ec2"},
	{"internal/service/iam", "internal/service/secretsmanager", "internal/service/sts", "internal/service/cloudtrail", "internal/service/own", "internal/service/dms", "internal/service/cloudwatch", "internal/service/logs", "internal/service/redshift"},
	{"internal/edge"},
	{"internal/server"},
	{"cmd/whimbrel"},
}

// forbidden imports, beyond the order of the layers, with the reason.
var forbidden = []struct{ from, to, why string }{
	{"internal/task", "internal/connector/postgres", "the task knows databases through interfaces"},
	{"internal/task", "internal/connector/mysql", "the task knows databases through interfaces"},
	{"internal/task", "internal/connector/sqlite", "the task knows databases through interfaces"},
	{"internal/task", "internal/connector/all", "engines are handed to the task"},
	{"internal/connector/", "internal/mapping", "a connector knows nothing of mappings"},
	{"internal/connector/", "internal/convert", "a connector is given what is converted already"},
	{"internal/connector/", "internal/transform", "a connector moves rows as they are"},
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func TestImportsRunOneWay(t *testing.T) {
	place := map[string]int{}
	for i, layer := range layers {
		for _, room := range layer {
			place[room] = i
		}
	}
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		if strings.HasPrefix(from, "tests/") || strings.HasPrefix(from, "bench/") {
			continue // tests and benchmarks, which may use everything
		}
		at, known := place[roomOf(from, place)]
		if strings.HasPrefix(from, "internal/servertest") {
			for _, to := range p.Imports {
				require.NotContains(t, to, module, "the test harness stands alone")
			}
			continue
		}
		require.True(t, known, "%s is in no layer: give it a place here and in docs/architecture.md", from)
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module)
			if !ours || roomOf(to, place) == roomOf(from, place) {
				continue
			}
			require.NotContains(t, to, "servertest", "%s: test helpers stay out of the program", from)
			require.Less(t, place[roomOf(to, place)], at, "%s must not import %s", from, to)
			for _, f := range forbidden {
				inside := strings.HasPrefix(from, f.from) && from != "internal/connector/all"
				require.False(t, inside && strings.HasPrefix(to, f.to), "%s must not import %s: %s", from, to, f.why)
			}
		}
	}
}

// roomOf finds the room a package is in: itself or the nearest folder above it that is one.
func roomOf(path string, place map[string]int) string {
	for p := path; p != "."; p = p[:max(strings.LastIndexByte(p, '/'), 0)] {
		if _, ok := place[p]; ok {
			return p
		}
		if !strings.Contains(p, "/") {
			break
		}
	}
	return path
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = ".."
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var all []goPackage
	for d := json.NewDecoder(out); ; {
		var p goPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if p.ImportPath != module+"internal" {
			all = append(all, p)
		}
	}
	require.NoError(t, cmd.Wait())
	require.NotEmpty(t, all)
	return all
}
