package postgres

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// sourceSettings are the endpoint settings of a source, by the names DMS gives them.
type sourceSettings struct {
	slot, publication  string
	plugin             string // output plugin of the slot
	captureDDL         bool
	artifacts          string // schema of the audit objects
	heartbeat          bool
	heartbeatSchema    string
	heartbeatFrequency time.Duration
	executeTimeout     time.Duration // of look-ups beside the stream
}

// targetSettings are those of a target.
type targetSettings struct {
	executeTimeout     time.Duration
	afterConnectScript string
}

// settingsReader takes settings one by one; what nobody has taken is unknown.
type settingsReader struct {
	values map[string]string
	known  []string
	err    error
}

func (r *settingsReader) fail(name, value, want string) {
	if r.err == nil {
		r.err = &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("setting %s is %q: want %s", name, value, want)}
	}
}

// take finds a setting; letters may be large or small.
func (r *settingsReader) take(name string) (string, bool) {
	r.known = append(r.known, name)
	for k, v := range r.values {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return "", false
}

func (r *settingsReader) text(name, otherwise string) string {
	if v, ok := r.take(name); ok && v != "" {
		return v
	}
	return otherwise
}

func (r *settingsReader) truth(name string, otherwise bool) bool {
	v, ok := r.take(name)
	if !ok {
		return otherwise
	}
	b, err := strconv.ParseBool(strings.ToLower(v))
	if err != nil {
		r.fail(name, v, "true or false")
	}
	return b
}

func (r *settingsReader) number(name string, otherwise, low, high int) int {
	v, ok := r.take(name)
	if !ok {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		r.fail(name, v, fmt.Sprintf("a whole number from %d to %d", low, high))
	}
	return n
}

// only takes a setting of which one value is what Whimbrel does anyway, and no other can be had.
func (r *settingsReader) only(name, why string, values ...string) {
	v, ok := r.take(name)
	if ok && !slices.ContainsFunc(values, func(w string) bool { return strings.EqualFold(v, w) }) {
		r.fail(name, v, strings.Join(values, " or ")+" ("+why+")")
	}
}

// outputPlugin takes the plugin that decodes the log. DMS spells test_decoding with a hyphen.
func (r *settingsReader) outputPlugin() string {
	v := r.text("PluginName", pgoutput)
	switch strings.ReplaceAll(strings.ToLower(v), "-", "_") {
	case pgoutput, "no_preference":
		return pgoutput
	case testDecoding:
		return testDecoding
	}
	r.fail("PluginName", v, "pgoutput, test_decoding or no-preference (pglogical's own format is not read: pgoutput tells the same)")
	return pgoutput
}

// refuse takes a setting that would do nothing here.
func (r *settingsReader) refuse(name, why string) {
	if _, ok := r.take(name); ok && r.err == nil {
		r.err = &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("setting %s is not supported: %s", name, why), Remedy: "leave it out"}
	}
}

func (r *settingsReader) end() error {
	if r.err != nil {
		return r.err
	}
	for k := range r.values {
		if !slices.ContainsFunc(r.known, func(n string) bool { return strings.EqualFold(k, n) }) {
			slices.Sort(r.known)
			return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("there is no setting %q here; known are %s", k, strings.Join(r.known, ", "))}
		}
	}
	return nil
}

const maxSeconds = 1 << 20

func readSourceSettings(values map[string]string) (*sourceSettings, error) {
	r := &settingsReader{values: values}
	s := &sourceSettings{
		slot:               r.text("SlotName", ""),
		publication:        r.text("PublicationName", ""),
		captureDDL:         r.truth("CaptureDdls", true),
		artifacts:          r.text("DdlArtifactsSchema", defaultSchema),
		heartbeat:          r.truth("HeartbeatEnable", false),
		heartbeatSchema:    r.text("HeartbeatSchema", defaultSchema),
		heartbeatFrequency: time.Duration(r.number("HeartbeatFrequency", 5, 1, maxSeconds)) * time.Minute,
		executeTimeout:     time.Duration(r.number("ExecuteTimeout", 60, 0, maxSeconds)) * time.Second,
	}
	s.plugin = r.outputPlugin()
	r.only("MapBooleanAsBoolean", "booleans stay booleans", "true")
	r.only("MapJsonbAsClob", "jsonb stays json", "false")
	r.only("MapLongVarcharAs", "text stays text", "wstring")
	r.only("MapUnboundedNumericAsString", "a numeric keeps all its digits", "false")
	r.only("TrimSpaceInChar", "values are never changed", "false")
	r.only("FailTasksOnLobTruncation", "the task setting DataTruncationErrorPolicy STOP_TASK does it", "false")
	r.only("DatabaseMode", "Babelfish is not supported", "default")
	r.only("AuthenticationMethod", "the URL says how to log in", "password")
	if s.slot != "" && !validSlot(s.slot) {
		r.fail("SlotName", s.slot, "a name of at most 63 letters a to z, digits and underscores")
	}
	return s, r.end()
}

func readTargetSettings(values map[string]string) (*targetSettings, error) {
	r := &settingsReader{values: values}
	s := &targetSettings{
		executeTimeout:     time.Duration(r.number("ExecuteTimeout", 0, 0, maxSeconds)) * time.Second,
		afterConnectScript: r.text("AfterConnectScript", ""),
	}
	r.only("MapBooleanAsBoolean", "booleans stay booleans", "true")
	r.only("MapJsonbAsClob", "jsonb stays json", "false")
	r.only("MapLongVarcharAs", "text stays text", "wstring")
	r.only("MapUnboundedNumericAsString", "a numeric keeps all its digits", "false")
	r.only("DatabaseMode", "Babelfish is not supported", "default")
	r.only("AuthenticationMethod", "the URL says how to log in", "password")
	r.only("LoadUsingCSV", "rows go in by binary COPY, through no file", "true")
	r.refuse("MaxFileSize", "rows are not written to files on their way; CommitRate bounds what is loaded at once")
	return s, r.end()
}

func validSlot(name string) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return name != "" && len(name) <= maxName
}
