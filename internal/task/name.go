package task

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// name gives a migration that has none one by its ends and what is chosen of them, so that the same command finds what it has left in control
// tables, and two that write into one database do not take each other's rows for theirs. Its type and settings are no part of it: a load and
// the changes after it speak of the same rows.
func (t *Task) name() error {
	if t.Name != "" {
		return nil
	}
	rules := []byte("null")
	if t.Mappings != nil {
		var err error
		if rules, err = t.Mappings.MarshalJSON(); err != nil {
			return fmt.Errorf("read the table mappings: %w", err)
		}
	}
	h := sha256.New()
	// Encoding strings into a hash cannot fail.
	_ = json.NewEncoder(h).Encode([]any{t.source.Identity(), t.target.Identity(), string(rules), t.Exclude, t.TargetSchema})
	t.Name = "migrate-" + hex.EncodeToString(h.Sum(nil)[:6])
	tasklog.Of(t.Log, tasklog.TaskManager).Debug("control tables know this migration by its ends and mappings", "name", t.Name)
	return nil
}
