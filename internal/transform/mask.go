package transform

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// newMask makes the stage of a masking rule for a column of the kind, which hashing may widen.
func newMask(m mapping.Mask, layout change.Layout, kind *datatype.Type) (stage, error) {
	text := (kind.Kind == datatype.String || kind.Kind == datatype.WString) && layout == change.Text
	switch {
	case m.Method == mapping.HashMask && text:
		if kind.Length > 0 {
			kind.Length = max(kind.Length, hashLength)
		}
		return hashMask{m.Room}, nil
	case m.Method == mapping.DigitsMask && text:
		return digitsMask(m.Char), nil
	case m.Method == mapping.DigitsRandomize && (text || layout == change.Decimal):
		return randomDigits{}, nil
	case m.Method == mapping.DigitsRandomize && kind.Kind.IsInteger():
		return newRandomInteger(kind.Kind), nil
	}
	return nil, fmt.Errorf("the mask %s does not apply to the data type %s", m.Method, *kind)
}

// hashLength is how many hexadecimal digits a SHA-256 hash has.
const hashLength = 2 * sha256.Size

// hashMask replaces texts by the SHA-256 hash of their bytes in upper-case hexadecimal digits. A hash that the target has no room
// for would not be one if it were cut: its row is rejected.
type hashMask struct{ room int }

func (m hashMask) apply(t *Transformer, dst, src *change.Vector, column string) error {
	const digits = "0123456789ABCDEF"
	dst.Reset(change.Text)
	if m.room > 0 && m.room < hashLength {
		for i := range src.Len() {
			dst.AppendNull()
			if src.IsNull(i) {
				continue
			}
			why := fmt.Sprintf("a hash takes %d characters and the target's column has room for %d", hashLength, m.room)
			if err := t.report(i, column, change.MaskingFault, why, false); err != nil {
				return err
			}
		}
		return nil
	}
	for i := range src.Len() {
		if src.IsNull(i) {
			dst.AppendNull()
			continue
		}
		for _, c := range sha256.Sum256(src.Value(i)) {
			dst.Data = append(dst.Data, digits[c>>4], digits[c&15])
		}
		dst.Seal()
	}
	return nil
}

// digitsMask replaces every digit by one character.
type digitsMask byte

func (m digitsMask) apply(_ *Transformer, dst, src *change.Vector, _ string) error {
	dst.CopyFrom(src)
	for i, c := range dst.Data {
		if isDigit(c) {
			dst.Data[i] = byte(m)
		}
	}
	return nil
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// randomDigits replaces every digit of a text or a decimal by a random one. A decimal's first digit stays above zero,
// so that it keeps its length.
type randomDigits struct{}

func (randomDigits) apply(_ *Transformer, dst, src *change.Vector, _ string) error {
	dst.CopyFrom(src)
	for i := range dst.Len() {
		leading := dst.Layout == change.Decimal
		for k, c := range dst.Value(i) {
			if !isDigit(c) {
				continue
			}
			if leading && c != '0' {
				dst.Value(i)[k] = byte('1' + rand.IntN(9))
			} else if !leading {
				dst.Value(i)[k] = byte('0' + rand.IntN(10))
			}
			leading = false
		}
	}
	return nil
}

// randomInteger replaces integers by random ones with the same sign and number of digits, within the type's range.
type randomInteger struct{ below, above uint64 }

func newRandomInteger(k datatype.Kind) randomInteger {
	bits := map[datatype.Kind]uint{
		datatype.Int1: 7, datatype.Int2: 15, datatype.Int4: 31, datatype.Int8: 63,
		datatype.UInt1: 8, datatype.UInt2: 16, datatype.UInt4: 32, datatype.UInt8: 64,
	}[k]
	above := uint64(math.MaxUint64) >> (64 - bits)
	if k.IsUnsigned() {
		return randomInteger{0, above}
	}
	return randomInteger{above + 1, above}
}

func (m randomInteger) apply(_ *Transformer, dst, src *change.Vector, _ string) error {
	dst.Reset(src.Layout)
	for i := range src.Len() {
		x := src.Ints[i]
		switch {
		case src.IsNull(i):
			dst.AppendNull()
		case x < 0 && src.Layout == change.Int64:
			dst.AppendInt(-int64(sameDigits(-uint64(x), m.below)))
		default:
			dst.AppendInt(int64(sameDigits(uint64(x), m.above)))
		}
	}
	return nil
}

// sameDigits draws a number with as many digits as u and not above limit.
func sameDigits(u, limit uint64) uint64 {
	var buf [20]byte
	low := uint64(1)
	for range len(strconv.AppendUint(buf[:0], u, 10)) - 1 {
		low *= 10
	}
	if u < 10 {
		return rand.Uint64N(10)
	}
	high := limit
	if low <= limit/10 {
		high = low*10 - 1
	}
	if span := high - low + 1; span != 0 && high >= low {
		return low + rand.Uint64N(span)
	}
	return u
}
