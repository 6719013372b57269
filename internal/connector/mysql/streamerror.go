package mysql

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// readError is ER_MASTER_FATAL_ERROR_READING_BINLOG, for everything that keeps a server from sending its log.
const readError = 1236

// explain gives the server's refusal to send its log a class and a remedy.
func (s *stream) explain(err error) error {
	code, ok := codeOf(err)
	if !ok || code != readError {
		return err
	}
	text := strings.ToLower(err.Error())
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("purged", "could not find first log file", "could not open log file", "could not find gtid state"):
		return &connector.Error{Class: connector.Missing,
			Err:    fmt.Errorf("the source no longer has its binary log from %s on: %w", s.done.String0(), err),
			Remedy: "Load anew, and have the source keep its log for longer: SET GLOBAL binlog_expire_logs_seconds = 604800"}
	case has("same server_uuid", "same server_id"):
		return &connector.Error{Class: connector.Busy, Err: fmt.Errorf("another client reads the binary log under the same server id: %w", err),
			Remedy: "Stop the other run of this migration"}
	case has("max_allowed_packet"):
		return &connector.Error{Class: connector.Invalid, Err: err, Remedy: "SET GLOBAL max_allowed_packet = 1073741824 on the source"}
	}
	return &connector.Error{Class: connector.Missing, Err: err,
		Remedy: "Check that the position belongs to this server; else load anew"}
}
