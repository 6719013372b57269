package worker

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/sqlite"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// goOn is what a person does to have a task go on.
const goOn = "resume the task (start-replication-task --start-replication-task-type resume-processing)"

// config makes the engine's configuration of a task.
func (w *Worker) config(t instance.Task, s *settings.Settings, log *slog.Logger) (c task.Config, err error) {
	c = task.Config{
		Engines: w.Engines, Type: task.Type(t.Type), Name: t.Name, RunName: runName(t.Run), Again: goOn, Settings: s, Cutover: t.Cutover, Log: log,
		KeepSchemas: true,
	}
	if !slices.Contains([]task.Type{task.FullLoad, task.Changes, task.FullLoadAndCDC}, c.Type) {
		return c, fmt.Errorf("migration type %q: want full-load, cdc or full-load-and-cdc", t.Type)
	}
	if c.Mappings, err = mapping.Parse([]byte(t.Mappings)); err != nil {
		return c, fmt.Errorf("table mappings: %w", err)
	}
	if c.Source, err = w.reach(t.Source); err != nil {
		return c, fmt.Errorf("source endpoint: %w", err)
	}
	if c.Target, err = w.reach(t.Target); err != nil {
		return c, fmt.Errorf("target endpoint: %w", err)
	}
	c.Source.Held, c.Target.Held = &connector.Held{}, &connector.Held{}
	c.Target.ControlSchema = s.ControlTablesSettings.ControlSchema
	if c.TargetSchema, err = oneDatabase(t.Target); err != nil {
		return c, fmt.Errorf("target endpoint: %w", err)
	}
	c.Start = task.ParseStart(t.StartPosition)
	if t.StartTime != nil {
		c.Start = connector.StartPoint{At: t.StartTime.UTC()}
	}
	if c.Stop, err = task.ParseStop(t.StopPosition); err != nil {
		return c, fmt.Errorf("CdcStopPosition %w", err)
	}
	return c, nil
}

// targetDbType is the setting of MySQL targets that puts everything into the database of the endpoint.
const targetDbType = "TargetDbType"

// oneDatabase is the database that the endpoint puts everything into; empty if it does not.
func oneDatabase(e instance.Endpoint) (string, error) {
	if e.Settings[targetDbType] != "specific-database" {
		return "", nil
	}
	u, err := url.Parse(e.URL)
	if err != nil || strings.Trim(u.Path, "/") == "" {
		return "", errors.New("TargetDbType specific-database needs a DatabaseName")
	}
	return strings.Trim(u.Path, "/"), nil
}

// runName makes what any engine can use of a name.
func runName(given string) string {
	sum := sha256.Sum256([]byte(given))
	return hex.EncodeToString(sum[:16])
}

// parseSettings reads a document of task settings. What it leaves out has DMS's default, but for large objects, which are
// cut only if the document says so, or asks for Compatibility "dms".
func parseSettings(document string) (*settings.Settings, error) {
	if strings.TrimSpace(document) == "" {
		document = "{}"
	}
	s, err := settings.Parse([]byte(document))
	if err == nil && s.WhimbrelSettings.Compatibility != "dms" {
		base, whole := settings.Defaults(), settings.MigrateDefaults().TargetMetadata
		to := &base.TargetMetadata
		to.FullLobMode, to.LimitedSizeLobMode, to.LobChunkSize = whole.FullLobMode, whole.LimitedSizeLobMode, whole.LobChunkSize
		s, err = settings.ParseOver(base, []byte(document))
	}
	if err == nil {
		err = s.Check()
	}
	if err != nil {
		return nil, fmt.Errorf("task settings: %w", err)
	}
	return s, nil
}

// reach makes a connector's configuration of an endpoint, and its files.
func (w *Worker) reach(e instance.Endpoint) (connector.Config, error) {
	c := connector.Config{URL: e.URL, Settings: maps.Clone(e.Settings), Control: egress(e.Egress), Traffic: &w.traffic}
	delete(c.Settings, targetDbType) // which is for the task to obey
	engine, err := w.Engines.ForURL(e.URL)
	if err != nil {
		return c, err
	}
	if engine.Name == "sqlite" {
		if w.SQLiteDir == "" {
			return c, &connector.Error{
				Class: connector.Denied, Err: errors.New("this server reaches no SQLite files"),
				Remedy: "start it with --sqlite-dir and a directory for them",
			}
		}
		if c.URL, err = sqlite.Inside(w.SQLiteDir, e.URL); err != nil {
			return c, err
		}
	}
	for name, text := range e.Files {
		if err := w.file(name, text); err != nil {
			return c, err
		}
	}
	return c, nil
}

// file makes a file beside the instance; it is replaced whole, as another task may be reading it.
func (w *Worker) file(name, text string) error {
	if !filepath.IsLocal(name) || filepath.Base(name) != name || filepath.Ext(name) != ".pem" {
		return fmt.Errorf("%q is no name of a file of certificates: want a plain name that ends in .pem", name)
	}
	path := filepath.Join(w.Dir, name)
	if there, err := os.ReadFile(path); err == nil && string(there) == text {
		return nil
	}
	f, err := os.CreateTemp(w.Dir, "."+name+"-")
	if err != nil {
		return fmt.Errorf("make a file of certificates: %w", err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("make a file of certificates: %w", err)
	}
	return nil
}
