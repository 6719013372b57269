package store

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// A backup is gzipped lines of JSON: a header, a line for every key as of one revision, and a closing line with their
// number and checksum. Keys that hang on leases are in it like others; their holders make them anew.
const backupFormat = "whimbrel backup 1"

type backupLine struct {
	Format   string `json:"format,omitempty"`   // of the header
	Revision int64  `json:"revision,omitempty"` // of the header
	Key      string `json:"k,omitempty"`
	Value    []byte `json:"v,omitempty"`
	Count    int    `json:"count,omitempty"`  // of the end
	Sum      string `json:"sha256,omitempty"` // of the end: over all lines before it
}

// backupPage is how many keys are read at a time, and restored in one transaction.
const backupPage = 500

// Backup writes all keys as of one moment.
func Backup(ctx context.Context, s Store, w io.Writer) error {
	zip := gzip.NewWriter(w)
	sum := sha256.New()
	out := json.NewEncoder(io.MultiWriter(zip, sum))
	r := Range{Limit: backupPage}
	count := 0
	for more := true; more; {
		page, err := s.List(ctx, r)
		if err != nil {
			return fmt.Errorf("back up: %w", err)
		}
		if r.Revision == 0 {
			r.Revision = page.Revision
			if err := out.Encode(backupLine{Format: backupFormat, Revision: page.Revision}); err != nil {
				return fmt.Errorf("write the backup: %w", err)
			}
		}
		for _, item := range page.Items {
			if err := out.Encode(backupLine{Key: item.Key, Value: item.Value}); err != nil {
				return fmt.Errorf("write the backup: %w", err)
			}
			count++
			r.After = item.Key
		}
		more = page.More
	}
	end := backupLine{Count: count, Sum: hex.EncodeToString(sum.Sum(nil))}
	if err := errors.Join(json.NewEncoder(zip).Encode(end), zip.Close()); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return nil
}

// halfKey is there while a backup is put into a store: what the store holds meanwhile is no state.
const halfKey = "meta/restoring"

// ErrHalf says that a store holds a part of a backup, whose restoring was interrupted.
var ErrHalf = errors.New("a backup was put into this store and not to its end: restore it once more, or begin with an empty store")

// Whole makes sure that a store holds no part of a backup: ErrHalf.
func Whole(ctx context.Context, s Store) error {
	switch _, err := s.Get(ctx, halfKey); {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("look whether the state is whole: %w", err)
	}
	return ErrHalf
}

// Restore puts a backup into an empty store, or one that holds a part of a backup. On an error, or when it is interrupted, the store
// holds a part of it, as Whole tells.
func Restore(ctx context.Context, s Store, r io.Reader) error {
	page, err := s.List(ctx, Range{Limit: 1})
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	half := Whole(ctx, s)
	if half != nil && !errors.Is(half, ErrHalf) {
		return fmt.Errorf("restore: %w", half)
	}
	if len(page.Items) > 0 && half == nil {
		return errors.New("restore: the store is not empty")
	}
	in, err := readBackup(r)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if _, err := s.Update(ctx, func(tx Tx) error { tx.Put(halfKey, nil); return nil }); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if half != nil {
		if err := clearHalf(ctx, s); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	if err := in.into(ctx, s); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if _, err := s.Update(ctx, func(tx Tx) error { tx.Delete(halfKey); return nil }); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

// clearHalf removes what an interrupted restore has left.
func clearHalf(ctx context.Context, s Store) error {
	r := Range{Limit: backupPage, KeysOnly: true}
	for more := true; more; {
		page, err := s.List(ctx, r)
		if err != nil {
			return err
		}
		_, err = s.Update(ctx, func(tx Tx) error {
			for _, item := range page.Items {
				if item.Key != halfKey {
					tx.Delete(item.Key)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if n := len(page.Items); n > 0 {
			r.After = page.Items[n-1].Key
		}
		more = page.More
	}
	return nil
}

// Complete reads a backup to its end, and says why it is none that could be restored.
func Complete(r io.Reader) error {
	in, err := readBackup(r)
	if err != nil {
		return err
	}
	for end := false; !end; {
		if _, end, err = in.page(); err != nil {
			return err
		}
	}
	if n, err := io.Copy(io.Discard, in.lines); err != nil || n > 0 {
		return errors.Join(errors.New("the backup is damaged: it does not end where it should"), err)
	}
	return nil
}

func readBackup(r io.Reader) (*backupReader, error) {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("this is no backup of whimbrel: %w", err)
	}
	in := &backupReader{lines: bufio.NewReaderSize(zip, 1<<20), sum: sha256.New()}
	head, err := in.next()
	if err != nil || head.Format != backupFormat {
		return nil, errors.New("this is no backup of whimbrel, or one of a later version")
	}
	return in, nil
}

// into puts the keys that follow into a store.
func (b *backupReader) into(ctx context.Context, s Store) error {
	for end := false; !end; {
		var items []backupLine
		var err error
		if items, end, err = b.page(); err != nil {
			return err
		}
		_, err = s.Update(ctx, func(tx Tx) error {
			for _, i := range items {
				tx.Put(i.Key, i.Value)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

type backupReader struct {
	lines *bufio.Reader
	sum   hash.Hash
	count int
}

func (b *backupReader) next() (backupLine, error) {
	var line backupLine
	raw, err := b.lines.ReadBytes('\n')
	if err != nil {
		return line, errors.New("the backup ends early")
	}
	if err := json.Unmarshal(raw, &line); err != nil {
		return line, fmt.Errorf("the backup is damaged: %w", err)
	}
	if line.Sum != "" {
		if line.Sum != hex.EncodeToString(b.sum.Sum(nil)) || line.Count != b.count {
			return line, errors.New("the backup is damaged: its checksum does not fit")
		}
		return line, nil
	}
	b.sum.Write(raw)
	return line, nil
}

// page reads keys up to a transaction's worth; end says that the closing line has come and fits.
func (b *backupReader) page() (items []backupLine, end bool, err error) {
	for len(items) < backupPage {
		line, err := b.next()
		if err != nil {
			return nil, false, err
		}
		if line.Sum != "" {
			return items, true, nil
		}
		b.count++
		items = append(items, line)
	}
	return items, false, nil
}
