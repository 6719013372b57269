package validate

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // a digest, not a secret
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// kept is a row that is looked at closely.
type kept struct {
	sum     [md5.Size]byte
	values  [][]byte // canonical, or their hash where they are long; nil for a null
	shown   []string
	row     int      // in the repair's batch of its side, -1 for none
	whole   []string // the key uncut, where it is cut in shown and short enough to be listed
	keySize int      // the bytes of the key
	*keyed           // for a Watch
}

// both are the rows of one key.
type both struct {
	source, target []*kept
	rows           int  // that there should be on both sides, 0 if nobody knows
	left           bool // a repair has no room for them
}

// expected is how many rows of the key there should be.
func (b *both) expected() int {
	if b.rows > 0 {
		return b.rows
	}
	return 2
}

// longValue is the size from which the hash of a value is kept instead of it.
const longValue = 64

// details reads the rows that have no like once more, to say what differs. limit bounds how many keys are looked at.
func (s *search) details(ctx context.Context, limit int, fix *repair) (map[[16]byte]*both, error) {
	wanted := map[[16]byte]*both{}
	units := map[int32]bool{}
	for id, e := range s.found.open {
		if len(wanted) == limit {
			break
		}
		wanted[id] = &both{rows: int(e.source + e.target)}
		units[e.units[0]], units[e.units[1]] = true, true
	}
	for n := range int32(len(s.mu.units)) {
		if !units[n] {
			continue
		}
		for _, side := range []*side{s.source, s.target} {
			err := side.scan(ctx, s.mu.units[n], func(r *row) error {
				b := wanted[r.id]
				if b == nil {
					return nil
				}
				if len(s.Keys) > 0 && !s.isNamed(side, r) {
					return nil
				}
				k := s.keep(side, r)
				k.row = fix.take(side == s.source, r, b)
				if side == s.source {
					b.source = append(b.source, k)
				} else {
					b.target = append(b.target, k)
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return wanted, nil
}

func (s *search) keep(from *side, r *row) *kept {
	k := &kept{sum: r.sum}
	if s.look != nil && len(s.keys) > 0 && s.sameKey() {
		k.keyed = s.keyLiterals(r.batch, r.at, s.families[0], s.families[1])
	}
	for i := range s.columns {
		v := &r.batch.Columns[i]
		k.shown = append(k.shown, from.show(v, r.at))
		if v.IsNull(r.at) {
			k.values = append(k.values, nil)
			continue
		}
		p := s.columns[i].append([]byte{}, v, r.at)
		if len(p) > longValue {
			sum := md5.Sum(p) //nolint:gosec // see above
			p = fmt.Appendf(nil, "%d %x", len(p), sum)
		}
		k.values = append(k.values, p)
	}
	s.measure(k, from, r)
	return k
}

// measure finds out how long a row's key is, and keeps what show has cut off of it.
func (s *search) measure(k *kept, from *side, r *row) {
	cut := false
	for _, i := range s.keys {
		v := &r.batch.Columns[i]
		size := len(from.text(v, r.at))
		cut = cut || size > shown
		if v.Layout == change.Bytes {
			size = len(v.Value(r.at))
		}
		k.keySize += size
	}
	if !cut || s.tooLong(k.keySize) {
		return
	}
	for _, i := range s.keys {
		k.whole = append(k.whole, from.showWhole(&r.batch.Columns[i], r.at))
	}
}

// tooLong reports whether a key of so many bytes is not listed (MaxKeyColumnSize).
func (c *Config) tooLong(size int) bool { return c.MaxKey > 0 && size > c.MaxKey }

// failures turns the rows of a key into failures: rows that are equal go out in pairs, those left are paired as changed ones,
// and the rest is missing on one side.
func (s *search) failures(id [16]byte, b *both) (out []Failure) {
	source, target := slices.Clone(b.source), slices.Clone(b.target)
	for i := 0; i < len(source); i++ {
		j := slices.IndexFunc(target, func(k *kept) bool { return k.sum == source[i].sum })
		if j < 0 {
			continue
		}
		source, target = slices.Delete(source, i, i+1), slices.Delete(target, j, j+1)
		i--
	}
	if len(s.keys) == 0 || len(source)+len(target) == 0 {
		b.source, b.target = source, target // the rows of a key are repaired together
	}
	if len(s.keys) > 0 {
		for len(source) > 0 && len(target) > 0 {
			f := s.failure(RecordDiff, source[0], id)
			f.Columns = s.compare(source[0], target[0])
			out = append(out, f)
			source, target = source[1:], target[1:]
		}
	}
	for _, k := range source {
		out = append(out, s.failure(MissingTarget, k, id))
	}
	for _, k := range target {
		out = append(out, s.failure(MissingSource, k, id))
	}
	return out
}

func (s *search) failure(kind Kind, k *kept, id [16]byte) Failure {
	return Failure{Kind: kind, Key: s.key(k), id: id, whole: k.whole, keySize: k.keySize}
}

func (s *search) key(k *kept) (out []string) {
	if len(s.keys) == 0 {
		return k.shown
	}
	for _, i := range s.keys {
		out = append(out, k.shown[i])
	}
	return out
}

func (s *search) compare(a, b *kept) (out []Difference) {
	for i := range s.columns {
		if (a.values[i] == nil) != (b.values[i] == nil) || !bytes.Equal(a.values[i], b.values[i]) {
			out = append(out, Difference{Column: s.columns[i].name, Source: a.shown[i], Target: b.shown[i]})
		}
	}
	return out
}
