package connector

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Engine is a database engine as a connector offers it.
type Engine struct {
	// Name is the DMS engine name: postgres, mysql, mariadb, sqlite.
	Name    string
	Family  catalog.Family
	Schemes []string // URL schemes, the preferred one first
	Dialect Dialect
	// OpenSource and OpenTarget connect and check that the server can be used at all. They do not change anything.
	OpenSource func(context.Context, Config) (Source, error)
	OpenTarget func(context.Context, Config) (Target, error)
}

// Config says how to reach a database. The URL's form is the connector's own, see its page in docs.
type Config struct {
	URL string
	// Connections bounds how many connections the connector may hold at once; 0 means as many as its work needs.
	Connections int
	// ControlSchema is where control tables go (task setting ControlSchema); empty means the engine's default.
	ControlSchema string
	// Settings are the engine's endpoint settings by the names that DMS gives them (SlotName, HeartbeatEnable …); a name
	// the connector does not know is an error. They govern change data capture.
	Settings map[string]string
	// Getenv reads the environment for the places where the engine's users keep passwords; nil means none is read.
	Getenv func(string) string
	// Control is asked before every connection of any kind is opened, with the address that a name has led to, as
	// net.Dialer.Control; an error keeps the connection from being made. nil lets everything through.
	Control func(network, address string, c syscall.RawConn) error
	// Traffic counts what goes over the connections; nil counts nothing.
	Traffic *Traffic
	// Held counts the changes that are kept back; nil counts nothing.
	Held *Held
	Log  *slog.Logger
}

// Engines is the list of engines a program knows. Package connector/all holds the full one.
type Engines []*Engine

// ForURL finds the engine by the scheme of a URL. The error names the schemes that are known.
func (es Engines) ForURL(raw string) (*Engine, error) {
	scheme, _, ok := strings.Cut(raw, ":")
	scheme = strings.ToLower(scheme)
	var known []string
	for _, e := range es {
		if ok && slices.Contains(e.Schemes, scheme) {
			return e, misread(raw)
		}
		known = append(known, e.Schemes...)
	}
	return nil, fmt.Errorf("%q does not begin with a known scheme: want one of %s", Redact(raw), strings.Join(known, ", "))
}

// Redact returns a database URL that is safe to show: the password is replaced by xxxxx.
func Redact(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || endsEarly(raw) || u.Scheme == "" || strings.Contains(u.Opaque, "@") ||
		u.Host == "" && strings.Contains(u.Path, "@") && strings.Contains(u.Path, ":") { // one slash too few
		return redactText(raw)
	}
	q := u.Query()
	for k := range q {
		if strings.Contains(strings.ToLower(k), "password") {
			q.Set(k, "xxxxx")
			u.RawQuery = q.Encode()
		}
	}
	return hideKeyword(u.Redacted())
}

// misread refuses a URL whose password would be taken apart: its end would be the name of a host that the resolver is asked for, of a
// database or of a parameter, and errors would tell it.
func misread(raw string) error {
	if !endsEarly(raw) {
		return nil
	}
	return &Error{
		Class: Invalid, Err: fmt.Errorf("read the URL %s: a character of the user or the password, or an @ behind them, stands for itself", Redact(raw)),
		Remedy: "write / as %2F, ? as %3F, # as %23, @ as %40, % as %25",
	}
}

// endsEarly reports that a character of the user or the password ends it where it does not end: / ? and # end the part with the host, and a
// % that stands for itself cannot be read. An @ behind that part is the sign of it.
func endsEarly(raw string) bool {
	scheme, rest, found := strings.Cut(raw, "://")
	if !found || strings.EqualFold(scheme, "sqlite") || strings.EqualFold(scheme, "file") {
		return false // there is no password in the name of a file
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, tail := rest[:end], rest[end:]
	if !strings.Contains(host, ":") {
		return false // no password has begun
	}
	tail, fragment, _ := strings.Cut(tail, "#")
	path, query, _ := strings.Cut(tail, "?")
	if strings.Contains(path+fragment, "@") || path == "" && strings.Contains(query, "@") {
		return true
	}
	for pair := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(pair, "="); strings.Contains(name, "@") {
			return true
		}
	}
	user := host[:max(strings.LastIndexByte(host, '@'), 0)]
	_, err := url.PathUnescape(user)
	return err != nil
}

// keyword is a secret in a text of keywords and values, as libpq and JDBC drivers take them: password=s3cret, PWD='a b'.
var keyword = regexp.MustCompile(`(?i)(\b\w*(?:pass|pwd|secret|token)\w*\s*=\s*)('(?:\\.|[^'\\])*'?|"[^"]*"?|(?:\\.|[^\s&;])*)`)

func hideKeyword(text string) string { return keyword.ReplaceAllString(text, "${1}xxxxx") }

// redactText hides what may be a password in a text that is no proper URL: values of keywords, all before the last @, and all
// parameters.
func redactText(raw string) string {
	raw = hideKeyword(raw)
	head, scheme := "", ""
	if name, rest, ok := strings.Cut(raw, "://"); ok {
		scheme, raw = name+"://", rest
	}
	if at := strings.LastIndexByte(raw, '@'); at >= 0 {
		head, raw = "xxxxx", raw[at:]
	}
	if text, _, ok := strings.Cut(raw, "?"); ok {
		raw = text + "?xxxxx"
	}
	return scheme + head + raw
}
