package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	full := flag.String("trim", "", "folder of full models to take the served operations from")
	wire := flag.String("dir", "internal/edge/wire", "the folder of package wire")
	flag.Parse()
	gen := filepath.Join(*wire, "gen")
	lists, err := readOperations(filepath.Join(gen, "operations.txt"))
	if err != nil {
		return err
	}
	models := filepath.Join(gen, "models")
	if *full != "" {
		if err := trimAll(*full, models, lists); err != nil {
			return err
		}
	}
	services := make([]string, 0, len(lists))
	for s := range lists {
		services = append(services, s)
	}
	slices.Sort(services)
	for _, service := range services {
		m, err := readModel(filepath.Join(models, service+".json"))
		if err != nil {
			return err
		}
		if err := m.extend(filepath.Join(models, service+".extra.json")); err != nil {
			return err
		}
		source, err := generate(service, m)
		if err != nil {
			return fmt.Errorf("generate %s: %w", service, err)
		}
		dir := filepath.Join(*wire, service+"api")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make the package's folder: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, service+".go"), source, 0o644); err != nil {
			return fmt.Errorf("write the package: %w", err)
		}
	}
	return nil
}

// readOperations reads lines "service: Operation Operation …", continued by indented lines; # begins a comment.
func readOperations(path string) (map[string][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the list of operations: %w", err)
	}
	defer f.Close()
	lists := map[string][]string{}
	service := ""
	for s := bufio.NewScanner(f); s.Scan(); {
		line, _, _ := strings.Cut(s.Text(), "#")
		if name, rest, ok := strings.Cut(line, ":"); ok {
			service, line = strings.TrimSpace(name), rest
		}
		if names := strings.Fields(line); len(names) > 0 {
			lists[service] = append(lists[service], names...)
		}
	}
	return lists, nil
}
