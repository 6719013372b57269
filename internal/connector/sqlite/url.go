package sqlite

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// location is a parsed database URL.
type location struct {
	path        string // absolute
	mode        string // ro, rw, rwc
	immutable   bool
	busyTimeout time.Duration
}

const defaultBusyTimeout = 10 * time.Second

// parseURL reads sqlite:rel.db, sqlite:./rel.db and sqlite:///abs.db, each with ?mode=, immutable= and busy_timeout=.
func parseURL(raw, defaultMode string) (location, error) {
	scheme, rest, ok := strings.Cut(raw, ":")
	if !ok || !isScheme(scheme) {
		return location{}, invalid("write sqlite:FILE", "%q is not a SQLite URL", raw)
	}
	name, query, _ := strings.Cut(rest, "?")
	if strings.HasPrefix(name, "//") {
		name = name[2:]
		if !strings.HasPrefix(name, "/") {
			return location{}, invalid("write sqlite:shop.db for a relative path, sqlite:///srv/shop.db for an absolute one",
				"%q names a host, and SQLite has none", connector.Redact(raw))
		}
	}
	name, err := url.PathUnescape(name)
	if err != nil {
		return location{}, invalid("write a percent sign in a file name as %25", "read URL %q: %w", raw, err)
	}
	if name == "" || strings.Contains(name, ":memory:") {
		return location{}, invalid("name a file", "%q names no file that could be shared", raw)
	}
	if strings.IndexByte(name, 0) >= 0 {
		return location{}, invalid("name a file", "the path in the URL holds a zero byte")
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return location{}, fmt.Errorf("make %s absolute: %w", name, err)
	}
	l := location{path: path, mode: defaultMode, busyTimeout: defaultBusyTimeout}
	return l, l.parameters(query)
}

func isScheme(s string) bool {
	return strings.EqualFold(s, "sqlite") || strings.EqualFold(s, "sqlite3")
}

func (l *location) parameters(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return invalid("", "read URL parameters %q: %w", query, err)
	}
	for key, vs := range values {
		v := vs[len(vs)-1]
		switch key {
		case "mode":
			if v != "ro" && v != "rw" && v != "rwc" {
				return invalid("use mode=ro, mode=rw or mode=rwc", "unknown mode %q", v)
			}
			l.mode = v
		case "immutable":
			if v != "0" && v != "1" {
				return invalid("use immutable=1 or immutable=0", "unknown value %q of immutable", v)
			}
			l.immutable = v == "1"
		case "busy_timeout":
			ms, err := strconv.Atoi(v)
			if err != nil || ms < 0 || ms > int(24*time.Hour/time.Millisecond) {
				return invalid("give busy_timeout in milliseconds", "busy_timeout %q is no such number", v)
			}
			l.busyTimeout = time.Duration(ms) * time.Millisecond
		default:
			return invalid("known parameters are mode, immutable and busy_timeout", "unknown URL parameter %q", key)
		}
	}
	return nil
}

// uri is the location in SQLite's own URI form, which is needed to say immutable.
func (l location) uri() string {
	u := url.URL{Scheme: "file", Path: l.path, RawQuery: "immutable=1"}
	return u.String()
}

// identity names the database the same way in every run.
func (l location) identity() string { return "sqlite:" + l.path }

// database is the name of the file without its extension.
func (l location) database() string {
	base := filepath.Base(l.path)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// Inside returns the URL of a database with its file as an absolute path, if that lies in a directory, whatever symbolic
// links there are on the way; a relative path is one in the directory.
func Inside(dir, raw string) (string, error) {
	scheme, rest, _ := strings.Cut(raw, ":")
	name, query, parameters := strings.Cut(rest, "?")
	if !strings.HasPrefix(name, "/") {
		raw = scheme + ":" + (&url.URL{Path: filepath.Join(dir, "x")}).EscapedPath()
		raw = strings.TrimSuffix(raw, "x") + rest
	}
	at, err := parseURL(raw, "rw")
	if err != nil {
		return "", err
	}
	outside := invalid("name a file in that directory", "%s is not in the directory that files of SQLite endpoints must lie in", at.path)
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", fmt.Errorf("find the directory of SQLite files: %w", err)
	}
	path := at.path
	if found, err := filepath.EvalSymlinks(path); err == nil {
		path = found
	} else if parent, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		// A link that leads to nothing would be followed when the file is made.
		if _, err := os.Lstat(path); err == nil {
			return "", outside
		}
		path = filepath.Join(parent, filepath.Base(path))
	} else {
		return "", invalid("make the directory first", "there is no directory %s", filepath.Dir(path))
	}
	if within, err := filepath.Rel(real, path); err != nil || !filepath.IsLocal(within) || within == "." {
		return "", outside
	}
	raw = scheme + ":" + (&url.URL{Path: path}).EscapedPath()
	if parameters {
		raw += "?" + query
	}
	return raw, nil
}
