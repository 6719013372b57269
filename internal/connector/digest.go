package connector

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
)

// Form is a way to write the values of a column that is the same in every engine, so that equal values of unlike types have
// equal bytes. What a Digester writes in SQL, package validate writes in Go.
//
// A form may be finer than equality of the values (1.50 and 1.5 as Exact), never coarser: values that differ are written
// differently. A null is never written.
type Form uint8

// The forms.
const (
	// Number is an integer or decimal without zeros at the end of its fraction; a boolean is 1 or 0.
	Number Form = iota
	// Float is the 16 hexadecimal digits of a double, big end first; a zero has no sign.
	Float
	// Exact is the text of the value: of a text its UTF-8, of anything else the text that the engine prints.
	Exact
	// Padded is Exact without blanks at the end.
	Padded
	// Hex is an x and the hexadecimal digits of bytes, in lower case.
	Hex
	// Day is YYYY-MM-DD.
	Day
	// Clock is HH:MM:SS and the fraction of the second without zeros at its end.
	Clock
	// Moment is Day, a blank and Clock; an instant is in UTC and says so nowhere.
	Moment
)

// Delimited reports whether values of the form hold no semicolon and are never empty, so that one ends them.
func (f Form) Delimited() bool { return f != Exact && f != Padded }

// Rendered is a column and the form in which it is written.
type Rendered struct {
	Column *catalog.Column
	Form   Form
	// Alike says that the columns of both sides are decimals of as many digits after the point, and written by databases: a Number then keeps the zeros at its end.
	Alike bool
}

// Digester is a Snapshot that computes digests of its rows inside the database, so that one line for many rows travels.
//
// A row is written as fields with a semicolon between each two: a value of a Delimited form is one, any other is two, its length in bytes and
// the value. Those of a null are empty. The row's digest is the first 64 bits of the SHA-256 of
// that, and a bucket's digest the sum of its rows' modulo 2^64. Processors have instructions for SHA-256, and MariaDB computes it four times as fast
// as MD5.
type Digester interface {
	Snapshot
	// Renders reports whether a column can be written in a form.
	Renders(c *catalog.Column, f Form) bool
	// Own names a digest of the engine's own for rows of these columns: faster than SHA-256, or for types that have no common
	// form. Snapshots that give the same name compute the same digests. Empty means that there is none.
	Own(columns []*catalog.Column) string
	// Digest computes the digests of a part of a table, one for each bucket that holds rows.
	Digest(ctx context.Context, r DigestRequest) ([]Digest, error)
}

// DigestRequest asks for the digests of a part of a table.
type DigestRequest struct {
	Table   *catalog.Table
	Columns []Rendered
	Where   []catalog.Predicate
	Part    Part
	// Own asks for the digest that Digester.Own has named; forms are then not looked at.
	Own bool
	// Joined asks for the first 64 bits of the SHA-256 of all rows of a bucket in the place of the sum of theirs: rows are joined by semicolons, in the order of
	// Part.Range.Column. One call for many rows costs less than one for each. The column is by itself the primary key of the table.
	Joined bool
}

// ErrNotJoined says that the rows of a bucket are too large to be joined.
var ErrNotJoined = errors.New("the rows of a bucket are too large to be joined")

// Part says which rows of a table are meant, and how they are put into buckets.
type Part struct {
	// Range bounds an integer column, when it is not nil.
	Range *Range
	// Width puts the rows into buckets by Range.Column divided by it, toward zero. It is at least 1.
	Width int64
	// Modulus, when it is not 0, is used instead: the bucket is the remainder of the first 32 bits of the SHA-256 of the
	// columns of Key, or of all when there is no Key.
	Modulus int64
	Key     []Rendered
	// Buckets are the only ones meant, when it is not nil. It goes with Modulus.
	Buckets []int64
	// Row are the columns of the row's digest where there is no Key, and Own says that it is the engine's own.
	Row []Rendered
	Own bool
}

// Range is what a column lies between, both ends included.
type Range struct {
	Column    *catalog.Column
	Low, High int64
}

// BucketRange is a bucket as a range of its own.
type BucketRange struct {
	Number    int64
	Low, High int64
}

// Ranges are the buckets of a part with a Range. Division is toward zero, so that bucket 0 reaches to both of its sides.
func (p Part) Ranges() (out []BucketRange) {
	width := max(p.Width, 1)
	last := p.Range.High / width
	for n, low := p.Range.Low/width, p.Range.Low; ; n++ {
		high := p.Range.High
		if n < last && n < 0 {
			high = n * width
		} else if n < last {
			high = n*width + (width - 1)
		}
		out = append(out, BucketRange{n, low, high})
		if n >= last {
			return out
		}
		low = high + 1
	}
}

// Digest is that of a bucket.
type Digest struct {
	Bucket int64
	Rows   int64
	Sum    uint64
}

// Extent is a Snapshot that knows how far the integers of a column reach. ok is false when the column is not one that is cut into
// ranges: nulls, other types in it, values beyond 64 bits.
type Extent interface {
	Extent(ctx context.Context, t *catalog.Table, c *catalog.Column) (low, high int64, ok bool, err error)
}

// NativeText is a Snapshot that can write a value of the Native layout for people: as text, whole, not quoted.
type NativeText interface {
	AppendNative(dst []byte, v *change.Vector, i int) []byte
}
