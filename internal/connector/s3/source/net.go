package source

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"maps"
	"math"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// mostKeys is how many changed keys are remembered at once: some 30 MB of them. Where more have changed the files are read once more for each part of
// the keys, by ranges of their hashes.
const mostKeys = 1 << 19

// net finds, of the records of a table's files, those that are the last of their key: what is left when all changes are carried out. It remembers
// the changed keys of one range of hashes at a time.
type net struct {
	decoder *decoder // of the key
	batch   change.Batch
	text    []byte
	seeds   [2]maphash.Seed
	most    int

	low, high uint64 // of the first half of hashes, both included
	last      map[keyHash]place
}

// keyHash is a hash of a key, so wide that no two keys have the same.
type keyHash [2]uint64

// place is where a record is: the number of its file, and its own.
type place struct {
	file   int
	record int64
}

func newNet(d *decoder) *net {
	return &net{decoder: d, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, most: mostKeys, last: map[keyHash]place{}}
}

// from begins a range that is open to its end.
func (n *net) from(low uint64) {
	n.low, n.high = low, math.MaxUint64
	clear(n.last)
}

// learn notes a change. When there are too many keys the upper half of the range is left for later.
func (n *net) learn(k keyHash, at place) {
	if k[0] < n.low || k[0] > n.high {
		return
	}
	n.last[k] = at
	for len(n.last) > n.most && n.high > n.low {
		n.high = n.low + (n.high-n.low)/2
		maps.DeleteFunc(n.last, func(k keyHash, _ place) bool { return k[0] > n.high })
	}
}

// holds reports whether a record is in the range, and the last of its key. One of a load is so when its key was not changed.
func (n *net) holds(k keyHash, at place, changes bool) bool {
	if k[0] < n.low || k[0] > n.high {
		return false
	}
	last, changed := n.last[k]
	if !changes {
		return !changed
	}
	return changed && last == at
}

// key hashes the key of a record. A column of it that is not what it should be is told.
func (n *net) key(r record) (k keyHash, bad misfit, err error) {
	n.batch.Reset(n.decoder.layouts)
	if _, bad, err = n.decoder.row(&n.batch, r, nil, func(misfit) error { return nil }); err != nil || bad.column != nil {
		return k, bad, err
	}
	n.batch.EndRow()
	n.text = n.text[:0]
	for i, c := range n.decoder.columns {
		start := len(n.text)
		n.text = append(n.text, 0, 0, 0, 0)
		n.text = appendKeyValue(n.text, &n.batch.Columns[i], c.to)
		binary.BigEndian.PutUint32(n.text[start:], uint32(len(n.text)-start))
	}
	return keyHash{maphash.Bytes(n.seeds[0], n.text), maphash.Bytes(n.seeds[1], n.text)}, misfit{}, nil
}

// appendKeyValue writes a value of a key so that two that a database takes for the same are: numbers without zeros at the end of their fraction,
// texts of a fixed width without blanks at theirs.
func appendKeyValue(dst []byte, v *change.Vector, of datatype.Type) []byte {
	start := len(dst)
	if !v.IsNull(0) {
		dst = change.AppendValue(dst, v, 0, 0)
	}
	switch {
	case v.Layout == change.Decimal && bytes.IndexByte(dst[start:], '.') >= 0:
		dst = append(dst[:start], bytes.TrimSuffix(bytes.TrimRight(dst[start:], "0"), []byte("."))...)
	case of.Hint == datatype.FixedWidth:
		dst = append(dst[:start], bytes.TrimRight(dst[start:], " ")...)
	}
	return dst
}

// state reads the rows that are left when the changes of the files are carried out: first which record is the last of each key, then those.
func (rd *reading) state(files []file) error {
	d, err := keyDecoder(rd.source, rd.table)
	if err != nil {
		return err
	}
	n := newNet(d)
	if rd.source.mostKeys > 0 {
		n.most = rd.source.mostKeys
	}
	for low := uint64(0); ; low = n.high + 1 {
		n.from(low)
		rd.take = rd.learn
		for i, f := range files {
			if f.changes {
				if err := rd.numbered(i, f, n); err != nil {
					return err
				}
			}
		}
		rd.take = rd.replay
		for i, f := range files {
			if err := rd.numbered(i, f, n); err != nil {
				return err
			}
		}
		if n.high == math.MaxUint64 {
			return rd.emit()
		}
	}
}

func (rd *reading) numbered(i int, f file, n *net) error {
	rd.number, rd.net = i, n
	return rd.file(f)
}

func (rd *reading) place() place { return place{rd.number, rd.now.from.Records()} }

// learn takes note of a change.
func (rd *reading) learn() error {
	if _, err := rd.changed(); err != nil {
		return err
	}
	k, err := rd.changedKey()
	if err == nil {
		rd.net.learn(k, rd.place())
	}
	return err
}

func (rd *reading) changedKey() (keyHash, error) {
	k, bad, err := rd.net.key(rd.now)
	if err == nil && bad.column != nil {
		err = &connector.Error{Class: connector.Data, Err: rd.now.reject(bad, false), Remedy: structureRemedy}
	}
	return k, err
}

// replay appends the row of a record that is the last of its key, unless that has deleted it.
func (rd *reading) replay() error {
	o := rd.now.from
	if !o.changes {
		if is, err := rd.isRow(); !is || err != nil {
			return err
		}
		k, bad, err := rd.net.key(rd.now)
		switch {
		case err != nil:
			return err
		case bad.column != nil:
			return rd.request.Reject(rd.now.reject(bad, false))
		case !rd.net.holds(k, rd.place(), false):
			return nil
		}
		return rd.append()
	}
	op, err := rd.changed()
	if err != nil {
		return err
	}
	k, err := rd.changedKey()
	if err != nil || op == change.Delete || !rd.net.holds(k, rd.place(), true) {
		return err
	}
	return rd.append()
}
