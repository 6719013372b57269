package store

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// folder is a Store in a folder of this machine. A file is written under a hidden name beside its place, made durable, and
// gets its name then.
type folder struct{ dir string }

var _ Store = folder{}

// hidden begins the names of files that are not published. Readers of folders of data leave such names out.
const hidden = ".awsdms-"

// NewFolder makes a store in a folder, which need not be there yet.
func NewFolder(dir string) Store { return folder{filepath.Clean(dir)} }

func (f folder) Identity() string { return "file://" + f.dir }

func (f folder) Location() string { return "file://" + f.dir }

func (f folder) path(key string) string { return filepath.Join(f.dir, filepath.FromSlash(key)) }

// Close implements Store.
func (f folder) Close() {}

// Check implements Store. A folder that is not there is made with the first file in it.
func (f folder) Check(context.Context) error {
	info, err := os.Stat(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", f.dir)
	}
	return wrap("look at the folder", err)
}

// Open implements Store.
func (f folder) Open(_ context.Context, key string) (io.ReadCloser, error) {
	file, err := os.Open(f.path(key))
	return file, wrap("read file "+key, err)
}

// Put implements Store.
func (f folder) Put(ctx context.Context, key string, data []byte) error {
	s := f.Stage(ctx, key, Options{})
	defer s.Abandon()
	if _, err := s.Write(data); err != nil {
		return err
	}
	t, err := s.Seal(ctx)
	if err != nil {
		return err
	}
	return f.Publish(ctx, t)
}

// PutNew implements Store.
func (f folder) PutNew(ctx context.Context, key string, data []byte) (bool, error) {
	s := f.Stage(ctx, key, Options{})
	if _, err := s.Write(data); err != nil {
		s.Abandon()
		return false, err
	}
	t, err := s.Seal(ctx)
	if err != nil {
		s.Abandon()
		return false, err
	}
	staged := f.path(t.ID)
	defer func() { _ = os.Remove(staged) }()
	err = os.Link(staged, f.path(key)) // unlike a rename it does not replace what is there
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err == nil {
		err = syncFolder(filepath.Dir(staged))
	}
	return err == nil, wrap("write file "+key, err)
}

// Head implements Store.
func (f folder) Head(_ context.Context, key string) (int64, bool, error) {
	info, err := os.Stat(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, wrap("look up file "+key, err)
	}
	return info.Size(), true, nil
}

// Delete implements Store. Folders that become empty go too.
func (f folder) Delete(_ context.Context, keys []string) error {
	for _, key := range keys {
		path := f.path(key)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return wrap("delete file "+key, err)
		}
		for dir := filepath.Dir(path); len(dir) > len(f.dir); dir = filepath.Dir(dir) {
			if os.Remove(dir) != nil {
				break // not empty
			}
		}
	}
	return nil
}

// List implements Store.
func (f folder) List(ctx context.Context, prefix string, each func(Object) error) error {
	return f.walk(prefix, func(key string, d fs.DirEntry) error {
		if strings.HasPrefix(d.Name(), hidden) {
			return ctx.Err()
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return wrap("look up file "+key, err)
		}
		return each(Object{key, info.Size(), info.ModTime()})
	})
}

// ListFrom implements Store.
func (f folder) ListFrom(ctx context.Context, prefix, from string, each func(Object) error) error {
	return f.List(ctx, prefix, func(o Object) error {
		if o.Key < from {
			return nil
		}
		return each(o)
	})
}

// walk visits the files whose keys begin with a prefix.
func (f folder) walk(prefix string, each func(key string, d fs.DirEntry) error) error {
	root := f.path(prefix[:strings.LastIndexByte(prefix, '/')+1])
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return wrap("list "+prefix, err)
		}
		rel, err := filepath.Rel(f.dir, path)
		if err != nil || d.IsDir() {
			return err
		}
		if key := filepath.ToSlash(rel); strings.HasPrefix(key, prefix) {
			return each(key, d)
		}
		return nil
	})
}

// Sweep implements Store.
func (f folder) Sweep(_ context.Context, prefix string, keep map[string]bool, other func(string) bool) error {
	return f.walk(prefix[:strings.LastIndexByte(prefix, '/')+1], func(id string, d fs.DirEntry) error {
		name, staged := strings.CutPrefix(d.Name(), hidden)
		_, name, _ = strings.Cut(name, "-")
		key := id[:len(id)-len(d.Name())] + name
		if !staged || keep[id] || !strings.HasPrefix(key, prefix) || other(key) {
			return nil
		}
		if err := os.Remove(f.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return wrap("remove what was staged for "+key, err)
		}
		return nil
	})
}

// Publish implements Store.
func (f folder) Publish(ctx context.Context, t Ticket) error {
	path := f.path(t.Key)
	err := os.Rename(f.path(t.ID), path)
	if errors.Is(err, fs.ErrNotExist) {
		switch size, ok, err := f.Head(ctx, t.Key); {
		case err != nil:
			return err
		case !ok || size != t.Size:
			return fmt.Errorf("complete file %s: %w", t.Key, ErrGone)
		}
		return nil
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	return wrap("complete file "+t.Key, err)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// draft is a file under its hidden name.
type draft struct {
	f       folder
	key, id string
	file    *os.File
	w       *bufio.Writer
	size    int64
	sealed  bool
}

// Stage implements Store.
func (f folder) Stage(_ context.Context, key string, _ Options) Staged {
	at := strings.LastIndexByte(key, '/') + 1
	return &draft{f: f, key: key, id: key[:at] + hidden + strings.ToLower(rand.Text()[:16]) + "-" + key[at:]}
}

// Write implements io.Writer.
func (d *draft) Write(p []byte) (int, error) {
	if err := d.open(); err != nil {
		return 0, err
	}
	n, err := d.w.Write(p)
	d.size += int64(n)
	return n, wrap("write file "+d.key, err)
}

func (d *draft) open() error {
	if d.file != nil {
		return nil
	}
	path := d.f.path(d.id)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return wrap("make the folder of "+d.key, err)
	}
	var err error
	if d.file, err = os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644); err != nil {
		return wrap("write file "+d.key, err)
	}
	d.w = bufio.NewWriterSize(d.file, 256<<10)
	return nil
}

// Seal implements Staged.
func (d *draft) Seal(context.Context) (Ticket, error) {
	err := d.open()
	if err == nil {
		err = d.w.Flush()
	}
	if err == nil {
		err = d.file.Sync()
	}
	if err == nil {
		err = d.file.Close()
	}
	if err != nil {
		return Ticket{}, wrap("write file "+d.key, err)
	}
	d.sealed = true
	return Ticket{Key: d.key, Size: d.size, ID: d.id}, nil
}

// Abandon implements Staged.
func (d *draft) Abandon() {
	if d.sealed || d.file == nil {
		return
	}
	d.sealed = true
	_ = d.file.Close()
	_ = os.Remove(d.f.path(d.id))
}
