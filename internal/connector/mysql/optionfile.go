package mysql

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// optionGroups are the groups of an option file that speak to clients.
var optionGroups = map[string]bool{
	"client": true, "client-server": true, "client-mariadb": true, "mariadb": true, "whimbrel": true,
}

// applyOptionFile fills what the URL leaves open from an option file: the one named, or ~/.my.cnf if there is one.
func (c *config) applyOptionFile(path string, getenv func(string) string, hasPassword bool) error {
	named := path != ""
	if !named {
		if getenv == nil || getenv("HOME") == "" {
			return nil
		}
		path = filepath.Join(getenv("HOME"), ".my.cnf")
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil
	}
	if err != nil {
		return invalid(fmt.Errorf("read the option file: %w", err), "")
	}
	defer func() { _ = f.Close() }()
	options, err := readOptions(f)
	if err != nil {
		return invalid(fmt.Errorf("read the option file %s: %w", path, err), "")
	}
	return c.fill(options, hasPassword)
}

func (c *config) fill(options map[string]string, hasPassword bool) error {
	// An address in the URL is taken whole: a host there does not mix with a port or socket from the file.
	if c.host == "" && c.socket == "" {
		c.host, c.socket = options["host"], options["socket"]
		if c.port == "" {
			c.port = options["port"]
		}
		if c.host != "" && c.host != "localhost" {
			c.socket = ""
		}
	}
	if c.user == "" {
		c.user = options["user"]
	}
	if !hasPassword {
		c.password = options["password"]
	}
	c.tls.ca, c.tls.cert, c.tls.key = options["ssl-ca"], options["ssl-cert"], options["ssl-key"]
	if m := options["ssl-mode"]; m != "" {
		return c.tls.setMode("ssl-mode", m)
	}
	return nil
}

// readOptions reads the client groups of an option file; a later line wins over an earlier one. Source of the
// syntax: MySQL manual, "Using Option Files". Include directives are passed over.
func readOptions(r io.Reader) (map[string]string, error) {
	options := map[string]string{}
	inGroup := false
	s := bufio.NewScanner(r)
	for s.Scan() {
		line := strings.TrimSpace(s.Text())
		switch {
		case line == "" || strings.ContainsRune("#;!", rune(line[0])):
		case line[0] == '[':
			inGroup = optionGroups[strings.Trim(line, "[]")]
		case inGroup:
			name, value, _ := strings.Cut(line, "=")
			name = strings.ReplaceAll(strings.TrimSpace(name), "_", "-")
			options[name] = optionValue(strings.TrimSpace(value))
		}
	}
	return options, s.Err()
}

// optionValue takes off quotes or a comment, and resolves escapes.
func optionValue(v string) string {
	if len(v) > 0 && (v[0] == '"' || v[0] == '\'') {
		if end := strings.LastIndexByte(v, v[0]); end > 0 {
			v = v[1:end]
		}
	} else if i := strings.Index(v, " #"); i >= 0 {
		v = strings.TrimSpace(v[:i])
	}
	return strings.NewReplacer(`\\`, `\`, `\s`, " ", `\t`, "\t", `\n`, "\n", `\r`, "\r", `\b`, "\b").Replace(v)
}
