package validate

import (
	"context"
	"crypto/md5" //nolint:gosec // a name, not a secret
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/transform"
)

// side is one end of a pair.
type side struct {
	name      string
	pair      *pair
	snapshot  connector.Snapshot
	table     *catalog.Table
	where     []catalog.Predicate
	read      []connector.ReadColumn
	layouts   []change.Layout // of the columns compared
	transform func() (*transform.Transformer, error)
	// digester is nil when rows have to be read to be digested.
	digester connector.Digester
	// ranged is the column that is cut into ranges, when there is one.
	ranged *catalog.Column
}

// part says which rows of both sides are meant.
type part struct {
	ranged    bool
	low, high int64
	width     int64
	modulus   int64
	buckets   []int64
}

// SideError is an error of one end.
type SideError struct {
	Source bool
	Err    error
}

// Error names the end.
func (e *SideError) Error() string {
	if e.Source {
		return "source: " + e.Err.Error()
	}
	return "target: " + e.Err.Error()
}

// Unwrap returns the error itself.
func (e *SideError) Unwrap() error { return e.Err }

func (s *side) fail(err error) error {
	if err == nil {
		return nil
	}
	return &SideError{Source: s == s.pair.source, Err: err}
}

func (s *side) columns() []*catalog.Column {
	if s == s.pair.source {
		return s.pair.sourceColumns()
	}
	return s.pair.targetColumns()
}

// rendered lists columns with their forms.
func (s *side) rendered(which []int) (out []connector.Rendered) {
	of := s.columns()
	for _, i := range which {
		out = append(out, connector.Rendered{Column: of[i], Form: s.pair.columns[i].form, Alike: s.pair.columns[i].alike})
	}
	return out
}

func (p *pair) all() []int { return seq(len(p.columns)) }

// part is a part in the contract's terms.
func (s *side) part(q part) connector.Part {
	out := connector.Part{Width: q.width, Modulus: q.modulus, Buckets: q.buckets, Own: s.pair.own}
	if q.ranged {
		out.Range = &connector.Range{Column: s.ranged, Low: q.low, High: q.high}
	}
	if q.modulus > 0 {
		out.Key, out.Row = s.rendered(s.pair.keys), s.rendered(s.pair.all())
	}
	return out
}

// digest computes the digests of a part, by bucket.
func (s *side) digest(ctx context.Context, q part) (map[int64]connector.Digest, error) {
	defer s.pair.Meter.asked(true, s == s.pair.source, time.Now())
	out := map[int64]connector.Digest{}
	if s.digester == nil {
		err := s.rows(ctx, q, true, func(r *row) error {
			d := out[r.bucket]
			d.Rows++
			d.Sum += r.short
			out[r.bucket] = d
			return nil
		})
		return out, err
	}
	found, err := s.digester.Digest(ctx, connector.DigestRequest{
		Table: s.table, Columns: s.rendered(s.pair.all()), Where: s.where, Part: s.part(q), Own: s.pair.own, Joined: s.pair.joins && q.ranged && q.modulus == 0,
	})
	for _, d := range found {
		if _, twice := out[d.Bucket]; twice {
			return nil, s.fail(fmt.Errorf("bucket %d of %s was answered twice", d.Bucket, s.table.Name))
		}
		out[d.Bucket] = d
	}
	return out, s.fail(err)
}

// row is a row on its way past.
type row struct {
	batch *change.Batch
	at    int
	// short is the digest that connector.Digester describes, bucket where it belongs.
	short  uint64
	bucket int64
	// id is a hash of the canonical key, or of the whole row in a bag; sum is one of the whole row.
	id, sum [md5.Size]byte
}

// scan reads the rows of a part.
func (s *side) scan(ctx context.Context, q part, each func(*row) error) error {
	return s.rows(ctx, q, false, each)
}

// rows is scan that computes, when it is to be brief, no more of a row than its digest and its bucket.
func (s *side) rows(ctx context.Context, q part, brief bool, each func(*row) error) error {
	w, err := newWriter(s, q, brief)
	if err != nil {
		return err
	}
	r := connector.ReadRequest{
		Table: s.table, Columns: s.read, Where: s.where, Segment: connector.Segment{Number: 1, Of: 1, Rows: -1, Bytes: -1},
		Pool: change.NewPool(2, 0), Reject: func(j change.Reject) error { return s.pair.unreadable(s, j) },
	}
	if _, ok := s.snapshot.(connector.Digester); ok && (q.ranged || q.buckets != nil && s.digester != nil) {
		narrowed := s.part(q)
		if s.digester == nil {
			narrowed.Buckets = nil
		}
		r.Part = &narrowed
	} else if q.ranged {
		r.Where = append(r.Where[:len(r.Where):len(r.Where)], between(s.ranged.Name, q))
	}
	r.Emit = func(b *change.Batch) error {
		defer r.Pool.Put(b)
		return w.batch(b, each)
	}
	if err := s.snapshot.Read(ctx, r); err != nil {
		var own *stopped
		if errors.As(err, &own) {
			return err
		}
		return s.fail(err)
	}
	return nil
}

// stopped is an error of our own that passes through a connector.
type stopped struct{ error }

func (e *stopped) Unwrap() error { return e.error }

func between(name string, q part) catalog.Predicate {
	return catalog.Predicate{Column: name, Any: []catalog.Comparison{{
		Operator: catalog.Between, Low: strconv.FormatInt(q.low, 10), High: strconv.FormatInt(q.high, 10),
	}}}
}

// writer writes rows in their canonical form and hashes them.
type writer struct {
	s         *side
	q         part
	brief     bool
	transform *transform.Transformer
	filter    map[int64]bool
	row       row
	all       []int // see pair.all
	key, text []byte
}

func newWriter(s *side, q part, brief bool) (*writer, error) {
	w := &writer{s: s, q: q, brief: brief, all: s.pair.all()}
	if s.transform != nil {
		var err error
		if w.transform, err = s.transform(); err != nil {
			return nil, err
		}
	}
	if q.buckets != nil && s.digester == nil {
		w.filter = make(map[int64]bool, len(q.buckets))
		for _, b := range q.buckets {
			w.filter[b] = true
		}
	}
	return w, nil
}

func (w *writer) batch(b *change.Batch, each func(*row) error) error {
	if w.transform != nil {
		if err := w.transform.Apply(b, func(j change.Reject) error {
			if j.Kept {
				return nil
			}
			return w.s.pair.unreadable(w.s, j)
		}); err != nil {
			return err
		}
	}
	for i := range b.Rows() {
		if err := w.write(b, i); err != nil {
			return err
		}
		if w.filter != nil && !w.filter[w.row.bucket] {
			continue
		}
		if err := each(&w.row); err != nil {
			return &stopped{err}
		}
	}
	return nil
}

// write fills w.row with a row.
func (w *writer) write(b *change.Batch, i int) error {
	p := w.s.pair
	w.row.batch, w.row.at = b, i
	if w.brief && p.pushed { // the other side's database writes forms
		return w.place(b, i)
	}
	w.text = w.text[:0]
	for c := range p.columns {
		w.text = appendField(w.text, &p.columns[c].rule, &b.Columns[c], i)
	}
	w.row.sum = md5.Sum(w.text) //nolint:gosec // see above
	w.row.id = w.row.sum
	if len(p.keys) > 0 && (!w.brief || w.q.modulus > 0) {
		w.key = w.key[:0]
		for _, c := range p.keys {
			w.key = appendField(w.key, &p.columns[c].rule, &b.Columns[c], i)
		}
		w.row.id = md5.Sum(w.key) //nolint:gosec // see above
	}
	return w.place(b, i)
}

// place computes the short digest and the bucket.
func (w *writer) place(b *change.Batch, i int) error {
	p := w.s.pair
	if w.s.digester != nil {
		return nil // the database has done it
	}
	key := binary.BigEndian.Uint32(w.row.id[:])
	w.row.short = binary.BigEndian.Uint64(w.row.sum[:])
	if p.pushed {
		w.row.short, key = w.digest(b, i)
	}
	switch {
	case w.q.modulus > 0:
		w.row.bucket = int64(key) % w.q.modulus
	case w.q.ranged:
		n, err := integer(&b.Columns[p.keys[0]], i)
		if err != nil {
			return err
		}
		w.row.bucket = n / max(w.q.width, 1)
	default:
		w.row.bucket = 0
	}
	return nil
}

// digest is what the other side's database computes of a row: its digest, and when there are buckets by hash that of its key.
func (w *writer) digest(b *change.Batch, i int) (row uint64, key uint32) {
	w.text = w.written(w.all, b, i)
	sum := sha256.Sum256(w.text)
	row = binary.BigEndian.Uint64(sum[:])
	if w.q.modulus > 0 && len(w.s.pair.keys) > 0 {
		w.text = w.written(w.s.pair.keys, b, i)
		sum = sha256.Sum256(w.text)
	}
	return row, binary.BigEndian.Uint32(sum[:])
}

func integer(v *change.Vector, i int) (int64, error) {
	if v.Layout == change.Decimal {
		n, err := strconv.ParseInt(string(v.Value(i)), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("a key that was a number is %q", v.Value(i))
		}
		return n, nil
	}
	return v.Ints[i], nil
}

// written writes columns as connector.Digester has it.
func (w *writer) written(which []int, b *change.Batch, i int) []byte {
	out := w.text[:0]
	for at, c := range which {
		v, f := &b.Columns[c], w.s.pair.columns[c].form
		if at > 0 {
			out = append(out, ';')
		}
		switch {
		case v.IsNull(i) && f.Delimited():
		case v.IsNull(i):
			out = append(out, ';')
		case f.Delimited():
			out = appendForm(out, f, v, i)
		default:
			w.key = appendForm(w.key[:0], f, v, i)
			out = strconv.AppendInt(out, int64(len(w.key)), 10)
			out = append(append(out, ';'), w.key...)
		}
	}
	return out
}

// appendField appends a value of any bytes so that it cannot be taken for another.
func appendField(dst []byte, r *rule, v *change.Vector, i int) []byte {
	if v.IsNull(i) {
		return append(dst, 0)
	}
	dst = append(dst, 1, 0, 0, 0, 0)
	start := len(dst)
	dst = r.append(dst, v, i)
	binary.BigEndian.PutUint32(dst[start-4:], uint32(len(dst)-start))
	return dst
}

// keyID is the id of a row that has a key.
func (p *pair) keyID(b *change.Batch, i int) [md5.Size]byte {
	var key []byte
	for _, c := range p.keys {
		key = appendField(key, &p.columns[c].rule, &b.Columns[c], i)
	}
	return md5.Sum(key) //nolint:gosec // see above
}
