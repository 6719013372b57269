package postgres

import (
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector/setting"
)

// sourceSettings are the endpoint settings of a source, by the names DMS gives them.
type sourceSettings struct {
	slot, publication  string
	plugin             string // output plugin of the slot
	captureDDL         bool
	inProgress         bool   // large transactions are read before they have committed
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

// outputPlugin takes the plugin that decodes the log. DMS spells test_decoding with a hyphen.
func outputPlugin(r *setting.Reader) string {
	v := r.Filled("PluginName", pgoutput)
	switch strings.ReplaceAll(strings.ToLower(v), "-", "_") {
	case pgoutput, "no_preference":
		return pgoutput
	case testDecoding:
		return testDecoding
	case "pglogical", pglogical:
		return pglogical
	}
	r.Fail("PluginName", v, "pgoutput, test_decoding, pglogical or no-preference")
	return pgoutput
}

const maxSeconds = 1 << 20

func readSourceSettings(values map[string]string) (*sourceSettings, error) {
	r := setting.Read(values)
	s := &sourceSettings{
		slot:               r.Filled("SlotName", ""),
		publication:        r.Filled("PublicationName", ""),
		captureDDL:         r.Truth("CaptureDdls", true),
		inProgress:         r.Truth("StreamLargeTransactions", true),
		artifacts:          r.Filled("DdlArtifactsSchema", defaultSchema),
		heartbeat:          r.Truth("HeartbeatEnable", false),
		heartbeatSchema:    r.Filled("HeartbeatSchema", defaultSchema),
		heartbeatFrequency: time.Duration(r.Number("HeartbeatFrequency", 5, 1, maxSeconds)) * time.Minute,
		executeTimeout:     time.Duration(r.Number("ExecuteTimeout", 60, 0, maxSeconds)) * time.Second,
	}
	s.plugin = outputPlugin(r)
	if s.plugin == pglogical && s.publication != "" {
		r.Fail("PublicationName", s.publication, "nothing: PluginName pglogical reads replication sets")
	}
	if v := r.Filled("StreamLargeTransactions", ""); v != "" && s.inProgress && s.plugin != pgoutput {
		r.Fail("StreamLargeTransactions", v, "false: PluginName "+s.plugin+" sends transactions once they have committed")
	}
	oneValue(r)
	r.Only("TrimSpaceInChar", "values are never changed", "false")
	r.Only("FailTasksOnLobTruncation", "the task setting DataTruncationErrorPolicy STOP_TASK does it", "false")
	if s.slot != "" && !validSlot(s.slot) {
		r.Fail("SlotName", s.slot, "a name of at most 63 letters a to z, digits and underscores")
	}
	return s, r.End()
}

func readTargetSettings(values map[string]string) (*targetSettings, error) {
	r := setting.Read(values)
	s := &targetSettings{
		executeTimeout:     time.Duration(r.Number("ExecuteTimeout", 0, 0, maxSeconds)) * time.Second,
		afterConnectScript: r.Filled("AfterConnectScript", ""),
	}
	oneValue(r)
	r.Only("LoadUsingCSV", "rows go in by binary COPY, through no file", "true")
	r.Refuse("MaxFileSize", "rows are not written to files on their way; CommitRate bounds what is loaded at once")
	return s, r.End()
}

// oneValue reads what either end takes with the one value that says what is done anyway.
func oneValue(r *setting.Reader) {
	r.Only("MapBooleanAsBoolean", "booleans stay booleans", "true")
	r.Only("MapJsonbAsClob", "jsonb stays json", "false")
	r.Only("MapLongVarcharAs", "text stays text", "wstring")
	r.Only("MapUnboundedNumericAsString", "a numeric keeps all its digits", "false")
	r.Only("DatabaseMode", "Babelfish is not supported", "default")
	r.Only("AuthenticationMethod", "the URL says how to log in", "password")
}

func validSlot(name string) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return name != "" && len(name) <= maxName
}
