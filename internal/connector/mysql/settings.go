package mysql

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// streamOptions are the endpoint settings of a source.
type streamOptions struct {
	// keepPartitioned has partition DDL that empties or exchanges partitions ignored, instead of giving the table up.
	keepPartitioned bool
	// relearn has a table that is logged otherwise than it is known looked up at the server, instead of giving it up.
	relearn bool
	// heartbeat is how often a server that has nothing to send says so.
	heartbeat time.Duration
	// seekXA has open XA transactions looked for.
	seekXA bool
}

// settings are what both ends have in common.
type settings struct {
	scripts []string      // run by every session that moves rows, after its own settings
	timeout time.Duration // for connecting; 0 leaves the URL's
}

// endpointSetting reads one endpoint setting.
type endpointSetting func(value string) error

// readEndpoint reads endpoint settings by their names, whatever their case.
func readEndpoint(end string, given map[string]string, known map[string]endpointSetting) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		read := known[strings.ToLower(name)]
		if read == nil {
			return invalid(fmt.Errorf("a MySQL %s has no endpoint setting %q", end, name), "Leave it out, or use one of those in docs/mysql.md")
		}
		if err := read(strings.TrimSpace(given[name])); err != nil {
			return invalid(fmt.Errorf("endpoint setting %s: %w", name, err), "")
		}
	}
	return nil
}

func truthSetting(to *bool) endpointSetting {
	return func(value string) (err error) {
		if *to, err = strconv.ParseBool(strings.ToLower(value)); err != nil {
			return fmt.Errorf("%q is not true or false", value)
		}
		return nil
	}
}

func secondsSetting(to *time.Duration, low, high int) endpointSetting {
	return func(value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < low || n > high {
			return fmt.Errorf("%q is not a number of seconds from %d to %d", value, low, high)
		}
		*to = time.Duration(n) * time.Second
		return nil
	}
}

// refusedSetting is one that DMS has and that would do nothing here.
func refusedSetting(why string) endpointSetting {
	return func(string) error { return errors.New(why) }
}

// common are the settings of both ends.
func (s *settings) common() map[string]endpointSetting {
	script := func(value string) error {
		s.scripts = append(s.scripts, splitStatements(value)...)
		return nil
	}
	return map[string]endpointSetting{
		"afterconnectscript": script, "initstmt": script, "connectiontimeout": secondsSetting(&s.timeout, 1, 3600),
		"executetimeout": refusedSetting("statements are not bounded in time here; a cancelled run ends them"),
	}
}

// sourceOptions reads a source's endpoint settings.
func sourceOptions(given map[string]string) (streamOptions, settings, error) {
	o := streamOptions{heartbeat: heartbeat}
	var s settings
	ignoreXA := true
	known := s.common()
	maps.Copy(known, map[string]endpointSetting{
		"skiptablesuspensionforpartitionddl": truthSetting(&o.keepPartitioned),
		"cleansourcemetadataonmismatch":      truthSetting(&o.relearn),
		"eventspollinterval":                 secondsSetting(&o.heartbeat, 1, 60),
		"ignoreopenxatransactionscheck":      truthSetting(&ignoreXA),
		"servertimezone":                     refusedSetting("it is not needed: TIMESTAMP values are read in UTC, whatever the server's zone"),
		"resumefetchforxrows":                refusedSetting("a read that breaks off is begun anew, segment by segment"),
	})
	err := readEndpoint("source", given, known)
	o.seekXA = !ignoreXA
	return o, s, err
}

// targetOptions reads a target's endpoint settings.
func targetOptions(given map[string]string) (settings, error) {
	var s settings
	known := s.common()
	maps.Copy(known, map[string]endpointSetting{
		"targetdbtype": func(value string) error {
			if strings.EqualFold(strings.ReplaceAll(value, "-", "_"), "MULTIPLE_DATABASES") {
				return nil
			}
			return errors.New("only MULTIPLE_DATABASES; put tables of several databases into one by a rename-schema rule")
		},
		"parallelloadthreads": refusedSetting("say how many tables and segments are loaded at once by MaxFullLoadSubTasks"),
		"maxfilesize":         refusedSetting("rows are not written to files on their way; CommitRate bounds what is loaded at once"),
		"loadusingcsv":        refusedSetting("values of TIME are carried whole either way"),
	})
	return s, readEndpoint("target", given, known)
}

// splitStatements cuts a script at its semicolons.
func splitStatements(script string) []string {
	var out []string
	from := 0
	add := func(end int) {
		if s := strings.TrimSpace(script[from:end]); s != "" {
			out = append(out, s)
		}
	}
	for n := 0; n < len(script); n++ {
		switch {
		case isQuote(script[n]):
			n = skipQuoted(script, n) - 1
		case script[n] == ';':
			add(n)
			from = n + 1
		}
	}
	add(len(script))
	return out
}
