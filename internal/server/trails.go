package server

import (
	"errors"
	"path/filepath"
	"time"

	"github.com/whimbreldb/whimbrel/internal/audit"
)

// refusedFiles bounds what is kept of requests whose sender is not known: whoever has no key must not be able to push the
// records of others out of the trail.
const refusedFiles = 4

// trails are the audit trail, and beside it the requests that nobody signed.
type trails struct {
	known, refused *audit.Trail
}

func openTrails(c *Config) (*trails, error) {
	dir := filepath.Join(c.DataDir, "audit")
	kept := audit.Config{Dir: dir, MaxBytes: c.AuditBytes, MaxFiles: c.AuditFiles, MaxAge: time.Duration(c.AuditDays) * 24 * time.Hour, Now: c.Now, Log: c.Log}
	known, err := audit.Open(kept)
	if err != nil {
		return nil, err
	}
	kept.Dir, kept.MaxFiles, kept.Log = filepath.Join(dir, "refused"), refusedFiles, nil // that strangers push each other out is no news
	refused, err := audit.Open(kept)
	if err != nil {
		return nil, errors.Join(err, known.Close())
	}
	return &trails{known, refused}, nil
}

// Ready says why calls of those who are known could not be recorded.
func (t *trails) Ready() error { return t.known.Ready() }

// Record appends a record to the trail it belongs to.
func (t *trails) Record(r *audit.Record) error {
	if r.UserIdentity.Type == "Unknown" {
		return t.refused.Record(r)
	}
	return t.known.Record(r)
}

func (t *trails) close() error { return errors.Join(t.known.Close(), t.refused.Close()) }
