package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// witness is what later tells whether rows can have moved between segments: the files the rows lie in, and the oldest
// transaction that the snapshot did not see finished.
type witness struct {
	Transaction string            `json:"xid"`
	Files       map[string]string `json:"files"`
}

// Witness implements connector.Snapshot.
func (s *snapshot) Witness(ctx context.Context, t *catalog.Table) (text string, err error) {
	w, err := s.readers.get(ctx)
	if err != nil {
		return "", classify(ctx, "get a reader", err)
	}
	defer func() { s.give(w, err) }()
	heaps, err := s.heaps(ctx, w, t)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(witness{Transaction: s.xmin, Files: files(heaps)})
	return string(b), err
}

func files(heaps []heap) map[string]string {
	all := map[string]string{}
	for _, h := range heaps {
		all[h.name.String()] = h.file
	}
	return all
}

// Unmoved implements connector.Snapshot.
//
// A row changes its page only by being written again: by an UPDATE, whose new version carries the updating
// transaction in xmin, or by a rewrite of the whole table (VACUUM FULL, CLUSTER, TRUNCATE), which gives it another
// file. Every transaction that the earlier snapshot did not see is at or after its xmin. So when the files are the
// same and no visible row has such an xmin, every row is where it was. Rows that were only added make the answer
// false as well, which is safe. age() compares round the wrap of the 32-bit counter; rows so old that their raw xmin
// seems to lie ahead can only make the answer false.
func (s *snapshot) Unmoved(ctx context.Context, t *catalog.Table, text string) (unmoved bool, err error) {
	var then witness
	if err := json.Unmarshal([]byte(text), &then); err != nil || !allDigits(then.Transaction) {
		return false, nil //nolint:nilerr // a witness of another make cannot be trusted
	}
	w, err := s.readers.get(ctx)
	if err != nil {
		return false, classify(ctx, "get a reader", err)
	}
	defer func() { s.give(w, err) }()
	heaps, err := s.heaps(ctx, w, t)
	if err != nil {
		return false, err
	}
	if !sameFiles(files(heaps), then.Files) {
		return false, nil
	}
	now, err := s.nextTransaction(ctx, w)
	if err != nil || now == then.Transaction {
		return err == nil, err
	}
	for _, h := range heaps {
		if h.addressable {
			if moved, err := s.anySince(ctx, w, h.name, then.Transaction); err != nil || moved {
				return false, err
			}
		}
	}
	return true, nil
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func sameFiles(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for name, file := range a {
		if b[name] != file {
			return false
		}
	}
	return true
}

// nextTransaction is the number the next transaction will get, as this snapshot saw it. When it is the earlier
// snapshot's xmin, nothing at all has happened in between.
func (s *snapshot) nextTransaction(ctx context.Context, w *wire) (next string, err error) {
	err = w.query(ctx, "SELECT txid_snapshot_xmax(txid_current_snapshot())", func(v [][]byte) error {
		next = string(v[0])
		return nil
	})
	return next, classify(ctx, "look at the transactions", err)
}

// anySince reports whether the table holds a row written by the transaction or a later one. The counter wraps every
// 2^32 transactions; a witness half of that old tells nothing.
func (s *snapshot) anySince(ctx context.Context, w *wire, name catalog.Name, transaction string) (found bool, err error) {
	sql := fmt.Sprintf(`SELECT txid_snapshot_xmax(txid_current_snapshot()) - %[2]s >= 2000000000 OR EXISTS (SELECT FROM ONLY %[1]s
 WHERE pg_catalog.age(xmin) <= pg_catalog.age((%[2]s %% 4294967296)::text::xid))`, quoteName(name), transaction)
	err = w.query(ctx, sql, func(v [][]byte) error {
		found = v[0][0] == 't'
		return nil
	})
	return found, classify(ctx, "look for rows written since", err)
}

var _ connector.Snapshot = (*snapshot)(nil)
