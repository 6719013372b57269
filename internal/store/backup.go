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

// Restore puts a backup into an empty store. On an error the store may hold a part of it.
func Restore(ctx context.Context, s Store, r io.Reader) error {
	page, err := s.List(ctx, Range{Limit: 1})
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if len(page.Items) > 0 {
		return errors.New("restore: the store is not empty")
	}
	zip, err := gzip.NewReader(r)
	if err != nil {
		return fmt.Errorf("restore: this is no backup of whimbrel: %w", err)
	}
	in := &backupReader{lines: bufio.NewReaderSize(zip, 1<<20), sum: sha256.New()}
	head, err := in.next()
	if err != nil || head.Format != backupFormat {
		return errors.New("restore: this is no backup of whimbrel, or one of a later version")
	}
	for end := false; !end; {
		var items []backupLine
		if items, end, err = in.page(); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		_, err := s.Update(ctx, func(tx Tx) error {
			for _, i := range items {
				tx.Put(i.Key, i.Value)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("restore: %w", err)
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
