package keep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// Dir is the directory of an instance.
type Dir string

// The names of what lies in it.
const (
	Socket     = "socket"
	Lock       = "lock"
	ProcessLog = "process.log"
	tasks      = "tasks"
	state      = "state"
	tables     = "tables"
	log        = "log"
)

var idForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

// CheckID refuses what cannot be the name of a directory.
func CheckID(id string) error {
	if !idForm.MatchString(id) {
		return fmt.Errorf("%q is no identifier of a resource", id)
	}
	return nil
}

func (d Dir) task(id string) string { return filepath.Join(string(d), tasks, id) }

// Make makes the directory of a task.
func (d Dir) Make(id string) error {
	if err := CheckID(id); err != nil {
		return err
	}
	if err := os.MkdirAll(d.task(id), 0o700); err != nil {
		return fmt.Errorf("make the directory of a task: %w", err)
	}
	return nil
}

// Tasks lists the tasks that have left something.
func (d Dir) Tasks() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(string(d), tasks))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list the tasks of an instance: %w", err)
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && idForm.MatchString(e.Name()) {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
}

// A State is what is remembered of a task.
type State struct {
	instance.TaskState
	// Begun says that the attempt has forgotten what was before it, so that going on with it forgets nothing.
	Begun bool
	// Earlier are the changes that were applied before what Progress of a running attempt counts.
	Earlier int64 `json:",omitempty"`
}

// State reads what is remembered of a task; ok is false when that is nothing.
func (d Dir) State(id string) (s State, ok bool, err error) {
	ok, err = d.read(id, state, &s)
	return s, ok, err
}

// WriteState remembers it; if it is durable, whatever happens next.
func (d Dir) WriteState(id string, s State, durable bool) error {
	return d.write(id, state, s, durable)
}

// Tables reads the statistics of a task's tables.
func (d Dir) Tables(id string) (t []instance.Table, err error) {
	if err := CheckID(id); err != nil {
		return nil, err
	}
	_, err = d.read(id, tables, &t)
	return t, err
}

// WriteTables replaces them.
func (d Dir) WriteTables(id string, t []instance.Table) error { return d.write(id, tables, t, false) }

func (d Dir) read(id, name string, into any) (ok bool, err error) {
	text, err := os.ReadFile(filepath.Join(d.task(id), name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return false, fmt.Errorf("read the %s of task %s: %w", name, id, err)
	}
	return true, nil
}

func (d Dir) write(id, name string, v any, durable bool) error {
	text, err := json.Marshal(v)
	if err == nil {
		err = replace(filepath.Join(d.task(id), name), text, durable)
	}
	if err != nil {
		return fmt.Errorf("write the %s of task %s: %w", name, id, err)
	}
	return nil
}

// replace puts a file in the place of another, whole.
func replace(path string, text []byte, durable bool) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil && durable {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Forget removes what is kept of a task.
func (d Dir) Forget(id string) error {
	if err := CheckID(id); err != nil {
		return err
	}
	if err := os.RemoveAll(d.task(id)); err != nil {
		return fmt.Errorf("forget task %s: %w", id, err)
	}
	return nil
}

// Adopt copies what another instance keeps of a task, in the place of what is here.
func (d Dir) Adopt(id string, from Dir) error {
	if err := CheckID(id); err != nil {
		return err
	}
	if _, err := os.Stat(from.task(id)); errors.Is(err, fs.ErrNotExist) {
		return nil // it has never run there
	}
	if err := d.Forget(id); err != nil {
		return err
	}
	if err := d.Make(id); err != nil {
		return err
	}
	if err := os.CopyFS(d.task(id), os.DirFS(from.task(id))); err != nil {
		return fmt.Errorf("take over task %s: %w", id, err)
	}
	return nil
}
