package postgres

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// variables are libpq's, the URL parameter each stands for, and the value that leaves the parameter as if nothing had
// set it. Source: PostgreSQL manual, "Environment Variables".
var variables = []struct{ variable, parameter, neutral string }{
	{"PGHOST", "host", ""}, {"PGPORT", "port", ""}, {"PGDATABASE", "database", ""}, {"PGUSER", "user", ""},
	{"PGPASSWORD", "password", ""}, {"PGPASSFILE", "passfile", ""}, {"PGSERVICEFILE", "servicefile", ""},
	{"PGAPPNAME", "application_name", ""}, {"PGCONNECT_TIMEOUT", "connect_timeout", "0"},
	{"PGSSLMODE", "sslmode", ""}, {"PGSSLKEY", "sslkey", ""}, {"PGSSLCERT", "sslcert", ""}, {"PGSSLCERTMODE", "sslcertmode", "allow"},
	{"PGSSLSNI", "sslsni", ""}, {"PGSSLROOTCERT", "sslrootcert", ""}, {"PGSSLPASSWORD", "sslpassword", ""},
	{"PGSSLNEGOTIATION", "sslnegotiation", ""}, {"PGTARGETSESSIONATTRS", "target_session_attrs", "any"},
	{"PGTZ", "timezone", ""}, {"PGOPTIONS", "options", ""}, {"PGCHANNELBINDING", "channel_binding", ""}, {"PGREQUIREAUTH", "require_auth", ""},
	{"PGMINPROTOCOLVERSION", "min_protocol_version", ""}, {"PGMAXPROTOCOLVERSION", "max_protocol_version", ""},
}

// homeFiles are the files that libpq looks for in the home directory; the last two go together.
var homeFiles = []struct{ parameter, path string }{
	{"passfile", ".pgpass"}, {"servicefile", ".pg_service.conf"}, {"sslrootcert", ".postgresql/root.crt"},
	{"sslcert", ".postgresql/postgresql.crt"}, {"sslkey", ".postgresql/postgresql.key"},
}

// withEnvironment makes pgx, which reads the environment of the process, see the one of getenv: where the two differ, the
// URL is given the parameter. A nil getenv is an empty environment.
func withEnvironment(raw string, getenv func(string) string) (string, error) {
	if getenv == nil {
		getenv = func(string) string { return "" }
	}
	add, have := url.Values{}, named(raw)
	if home := getenv("HOME"); home != os.Getenv("HOME") {
		for _, f := range homeFiles {
			add.Set(f.parameter, existing(home, f.path))
		}
	}
	for _, v := range variables {
		value := getenv(v.variable)
		if value == "" && add.Has(v.parameter) {
			continue
		}
		if value != os.Getenv(v.variable) || add.Has(v.parameter) {
			add.Set(v.parameter, either(value, v.neutral))
		}
	}
	if service := getenv("PGSERVICE"); service != "" {
		add.Set("service", service)
	} else if os.Getenv("PGSERVICE") != "" && !slices.Contains(have, "service") {
		return "", errors.New("the process has PGSERVICE in its environment, which is not this connection's to use; unset it")
	}
	for _, parameter := range have {
		add.Del(parameter)
	}
	if len(add) == 0 {
		return raw, nil
	}
	separator := "?"
	if strings.Contains(raw, "?") {
		separator = "&"
	}
	return raw + separator + strings.ReplaceAll(add.Encode(), "+", "%20"), nil
}

// named lists the parameters that a URL sets, in its parts or by name.
func named(raw string) (names []string) {
	_, rest, _ := strings.Cut(raw, "://")
	if i := strings.IndexAny(rest, "@/"); i >= 0 && rest[i] == '@' {
		user, password, _ := strings.Cut(rest[:i], ":")
		names = appendSet(appendSet(names, "user", user), "password", password)
		rest = rest[i+1:]
	}
	rest, query, _ := strings.Cut(rest, "?")
	hosts, database, _ := strings.Cut(rest, "/")
	names = appendSet(appendSet(names, "database", database), "host", hosts)
	if i := strings.LastIndexByte(hosts, ':'); i > strings.LastIndexByte(hosts, ']') || strings.Contains(hosts, ",") {
		names = append(names, "port")
	}
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name == "dbname" {
			name = "database"
		}
		names = append(names, name)
	}
	return names
}

func appendSet(names []string, name, value string) []string {
	if value == "" {
		return names
	}
	return append(names, name)
}

func either(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func existing(home, file string) string {
	path := filepath.Join(home, file)
	if _, err := os.Stat(path); home == "" || err != nil {
		return ""
	}
	return path
}
