package internal_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// taskRooms are where tasks work: a goroutine there that panics must fail its task, and not the process with all the others.
var taskRooms = []string{"task", "connector", "validate", "assess", "convert", "transform", "instance/worker"}

// unrescued are the goroutines of those rooms that may do without package rescue, by file and what they run, with the reason.
var unrescued = map[string]string{
	"instance/worker/worker.go: w.look":       "it has each task's part rescued for itself",
	"instance/worker/worker.go: func":         "it waits for others, and does nothing else",
	"instance/worker/serve.go: func":          "package net/http rescues what it calls",
	"connector/postgres/pump.go: p.run":       "it is rescued inside, before its channels are closed",
	"connector/connectortest/random.go: func": "the suite for connectors is part of no program",
}

func TestGoroutinesOfTasksAreRescued(t *testing.T) {
	found := map[string]bool{}
	for _, room := range taskRooms {
		require.NoError(t, filepath.WalkDir(room, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			for at, what := range bareGoroutines(t, path) {
				name := filepath.ToSlash(path) + ": " + what
				require.Contains(t, unrescued, name, "%s: start it with rescue.Func, rescue.Else or a rescue.Fault", at)
				found[name] = true
			}
			return nil
		}))
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(unrescued)), slices.Collect(maps.Keys(found)), "an exception that is none any more goes")
}

// bareGoroutines finds the goroutines of a file that are started without rescue: where, and what they run.
func bareGoroutines(t *testing.T, path string) map[string]string {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	bare := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if run := started(n); run != nil && !rescued(run) {
			bare[files.Position(n.Pos()).String()] = spelled(run)
		}
		return true
	})
	return bare
}

// started is the function that a node has run as a goroutine, nil if it does no such thing.
func started(n ast.Node) ast.Expr {
	switch n := n.(type) {
	case *ast.GoStmt:
		return n.Call.Fun
	case *ast.CallExpr:
		if s, ok := n.Fun.(*ast.SelectorExpr); ok && (s.Sel.Name == "Go" || s.Sel.Name == "TryGo") && len(n.Args) == 1 {
			return n.Args[0]
		}
	}
	return nil
}

// rescued reports whether a function is wrapped by package rescue, or does nothing outside of it but what it defers.
func rescued(run ast.Expr) bool {
	if isRescue(run, "Func", "Else", "Guard") {
		return true
	}
	literal, ok := run.(*ast.FuncLit)
	return ok && !slices.ContainsFunc(literal.Body.List, func(s ast.Stmt) bool {
		switch s := s.(type) {
		case *ast.DeferStmt:
			return false
		case *ast.AssignStmt:
			return !isRescue(s.Rhs[0], "Run")
		case *ast.SendStmt:
			return !isRescue(s.Value, "Run")
		case *ast.IfStmt:
			init, ok := s.Init.(*ast.AssignStmt)
			return !ok || !isRescue(init.Rhs[0], "Run")
		}
		return true
	})
}

func isRescue(e ast.Expr, names ...string) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains(names, s.Sel.Name) {
		return false
	}
	of, ok := s.X.(*ast.Ident)
	return s.Sel.Name == "Guard" || ok && of.Name == "rescue"
}

func spelled(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return spelled(e.X) + "." + e.Sel.Name
	case *ast.Ident:
		return e.Name
	case *ast.FuncLit:
		return "func"
	}
	return fmt.Sprintf("%T", e)
}
