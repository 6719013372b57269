package mysql

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
)

// logColumn decodes the values of one column of a row image. A value comes out as the text protocol would have
// delivered it, so that Read and the stream agree; the forms that hold numbers go into their vectors directly.
type logColumn struct {
	binlog.Column
	cellDecoder
	base     string
	layout   change.Layout
	vector   int // -1 when the column is not asked for
	key      bool
	unsigned bool
	pad      int      // length of BINARY(n), whose trailing zeros are not logged
	labels   []string // of ENUM and SET
	charset  *charset // nil when the bytes are UTF-8, or no text
	scratch  []byte
	diff     []byte // what has changed in the JSON value that is appended next
}

// newLogColumn prepares a column. want is nil when the column is not asked for.
func newLogColumn(c binlog.Column, of *catalog.Column, want *connector.ReadColumn, charsets *charsets) (logColumn, error) {
	l := logColumn{Column: c, base: of.BaseType, vector: -1}
	if !fits(c.Real, of.BaseType) {
		return l, fmt.Errorf("column %s is logged as type %d, which is no %s", of.Name, c.Real, of.NativeType)
	}
	l.unsigned = strings.Contains(of.NativeType, "unsigned")
	if c.Real == binlog.TypeEnum || c.Real == binlog.TypeSet {
		l.labels = labelsOf(of.NativeType)
	}
	if want == nil {
		return l, nil
	}
	var err error
	if l.cellDecoder, err = decoderFor(*want); err != nil {
		return l, err
	}
	l.layout = want.Layout
	if of.BaseType == "binary" {
		l.pad = declaredLength(of.NativeType, 1)
	}
	if hasCharset(of.BaseType) && l.labels == nil {
		l.charset, err = charsets.of(of.Charset)
	}
	return l, err
}

func hasCharset(base string) bool {
	switch base {
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext":
		return true
	}
	return false
}

// fits reports whether a logged type is one that a column of the type may have. It guards against rows that were logged
// under another structure than the one that is known.
func fits(t uint8, base string) bool {
	switch base {
	case "tinyint", "bool", "boolean":
		return t == binlog.TypeTiny
	case "smallint":
		return t == binlog.TypeShort
	case "mediumint":
		return t == binlog.TypeInt24
	case "int", "integer":
		return t == binlog.TypeLong
	case "bigint":
		return t == binlog.TypeLongLong
	case "decimal", "numeric":
		return t == binlog.TypeNewDecimal
	case "float":
		return t == binlog.TypeFloat
	case "double", "real":
		return t == binlog.TypeDouble
	case "bit":
		return t == binlog.TypeBit
	case "year":
		return t == binlog.TypeYear
	case "date":
		return t == binlog.TypeDate || t == binlog.TypeNewDate
	case "datetime":
		return t == binlog.TypeDatetime2 || t == binlog.TypeDatetime
	case "timestamp":
		return t == binlog.TypeTimestamp2 || t == binlog.TypeTimestamp
	case "time":
		return t == binlog.TypeTime2 || t == binlog.TypeTime
	case "enum":
		return t == binlog.TypeEnum
	case "set":
		return t == binlog.TypeSet
	case "json":
		return t == binlog.TypeJSON || t == binlog.TypeBlob || t == binlog.TypeBlobPacked
	case "char", "binary", "uuid", "inet6", "inet4":
		return t == binlog.TypeString
	case "varchar", "varbinary":
		return t == binlog.TypeVarchar || t == binlog.TypeTextPacked
	}
	if isSpatial(base) {
		return t == binlog.TypeGeometry || t == binlog.TypeBlob
	}
	return slices.Contains([]uint8{binlog.TypeBlob, binlog.TypeBlobPacked, binlog.TypeVector, binlog.TypeVarchar}, t)
}

// labelsOf reads the members of enum('a','b') or set(…).
func labelsOf(native string) []string {
	open := strings.IndexByte(native, '(')
	if open < 0 {
		return nil
	}
	items, _ := splitList(native, open)
	for i, item := range items {
		if len(item) >= 2 && item[0] == '\'' {
			items[i] = strings.ReplaceAll(item[1:len(item)-1], "''", "'")
		}
	}
	return items
}

// cut takes the value at the start of b: what is to be decoded, and what follows.
func (c *logColumn) cut(b []byte) (value, rest []byte, err error) {
	n, err := c.Size(b)
	if err != nil {
		return nil, nil, err
	}
	return b[c.LengthWidth():n], b[n:], nil
}

// append decodes a value, which is not null, into its vector.
func (c *logColumn) append(v *change.Vector, b []byte) error {
	if c.layout.Holds() == change.InInts {
		if done, err := c.appendNumber(v, b); done || err != nil {
			return err
		}
	}
	if c.form == real32 || c.form == real64 {
		switch c.Real {
		case binlog.TypeFloat:
			v.AppendFloat(float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
			return nil
		case binlog.TypeDouble:
			v.AppendFloat(math.Float64frombits(binary.LittleEndian.Uint64(b)))
			return nil
		}
	}
	if c.form == asIs {
		var err error
		if v.Data, err = c.appendText(v.Data, b); err != nil {
			return err
		}
		v.Seal()
		return nil
	}
	var err error
	if c.scratch, err = c.appendText(c.scratch[:0], b); err != nil {
		return err
	}
	return c.cellDecoder.append(v, c.scratch)
}

// appendNumber decodes what is a number in the vector as well; done is false for what is not.
func (c *logColumn) appendNumber(v *change.Vector, b []byte) (done bool, err error) {
	switch c.form {
	case signed, unsigned, truth:
		x, ok := c.integer(b)
		if !ok {
			return false, nil
		}
		if c.form == truth && x != 0 && x != 1 || c.form == signed && c.unsigned && x < 0 || c.form == unsigned && !c.unsigned && x < 0 {
			return false, errNotOfType
		}
		v.AppendInt(x)
		return true, nil
	case date, moment, momentDate:
		return c.appendMoment(v, b), nil
	}
	return false, nil
}

// appendMoment decodes dates and times of day on a date.
func (c *logColumn) appendMoment(v *change.Vector, b []byte) bool {
	if c.Real == binlog.TypeTimestamp || c.Real == binlog.TypeTimestamp2 {
		seconds, micro := c.Seconds(b)
		if seconds == 0 {
			v.AppendInt(int64(change.OddDay(0, 0, 0).At(int64(micro))))
		} else {
			v.AppendInt((seconds-epoch2000)*1_000_000 + int64(micro))
		}
		return true
	}
	k, ok := c.Fields(b)
	if !ok || k.Month > 12 || c.form == date && c.Real != binlog.TypeDate && c.Real != binlog.TypeNewDate {
		return false
	}
	day := change.OddDay(k.Year, k.Month, k.Day)
	if k.Year > 0 && k.Month > 0 && k.Day > 0 && (k.Day <= monthDays[k.Month] && (k.Month != 2 || k.Day < 29) || k.Month == 2 && k.Day == 29 && isLeap(k.Year)) {
		day = change.DayOf(k.Year, k.Month, k.Day)
	}
	if c.form == date {
		v.AppendInt(int64(day))
		return true
	}
	v.AppendInt(int64(day.At(int64(k.Hour*3600+k.Minute*60+k.Second)*1_000_000 + int64(k.Micros))))
	return true
}

// epoch2000 is 2000-01-01 in seconds since 1970.
const epoch2000 = 946684800

// integer reads the integer types. An unsigned value of 64 bits comes as its bits.
func (c *logColumn) integer(b []byte) (int64, bool) {
	var x int64
	var bits int
	switch c.Real {
	case binlog.TypeTiny:
		x, bits = int64(b[0]), 8
	case binlog.TypeShort:
		x, bits = int64(binary.LittleEndian.Uint16(b)), 16
	case binlog.TypeInt24:
		x, bits = int64(b[0])|int64(b[1])<<8|int64(b[2])<<16, 24
	case binlog.TypeLong:
		x, bits = int64(binary.LittleEndian.Uint32(b)), 32
	case binlog.TypeLongLong:
		return int64(binary.LittleEndian.Uint64(b)), true
	case binlog.TypeYear:
		if b[0] == 0 {
			return 0, true
		}
		return 1900 + int64(b[0]), true
	default:
		return 0, false
	}
	if !c.unsigned {
		x = x << (64 - bits) >> (64 - bits)
	}
	return x, true
}

// appendText writes a value as the text protocol does.
func (c *logColumn) appendText(dst, b []byte) ([]byte, error) {
	switch c.Real {
	case binlog.TypeTiny, binlog.TypeShort, binlog.TypeInt24, binlog.TypeLong, binlog.TypeLongLong:
		x, _ := c.integer(b)
		if c.unsigned {
			return strconv.AppendUint(dst, uint64(x), 10), nil
		}
		return strconv.AppendInt(dst, x, 10), nil
	case binlog.TypeYear:
		x, _ := c.integer(b)
		if x == 0 {
			return append(dst, "0000"...), nil
		}
		return strconv.AppendInt(dst, x, 10), nil
	case binlog.TypeFloat:
		return strconv.AppendFloat(dst, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 'g', -1, 64), nil
	case binlog.TypeDouble:
		return strconv.AppendFloat(dst, math.Float64frombits(binary.LittleEndian.Uint64(b)), 'g', -1, 64), nil
	case binlog.TypeNewDecimal:
		return c.AppendDecimal(dst, b), nil
	case binlog.TypeTimestamp, binlog.TypeTimestamp2:
		return c.appendTimestamp(dst, b), nil
	case binlog.TypeDate, binlog.TypeNewDate, binlog.TypeDatetime, binlog.TypeDatetime2, binlog.TypeTime, binlog.TypeTime2:
		return c.appendClock(dst, b)
	case binlog.TypeEnum, binlog.TypeSet:
		return c.appendLabels(dst, b)
	case binlog.TypeJSON:
		if diff := c.diff; diff != nil {
			c.diff = nil
			return binlog.AppendJSONDiff(dst, b, diff)
		}
		return binlog.AppendJSON(dst, b)
	case binlog.TypeTextPacked, binlog.TypeBlobPacked:
		var err error
		if b, err = binlog.Unpack(b); err != nil {
			return dst, err
		}
	}
	return c.appendString(dst, b)
}

func (c *logColumn) appendTimestamp(dst, b []byte) []byte {
	seconds, micro := c.Seconds(b)
	if seconds == 0 {
		dst = append(dst, "0000-00-00 00:00:00"...)
	} else {
		dst = time.Unix(seconds, 0).UTC().AppendFormat(dst, time.DateTime)
	}
	return c.appendMicros(dst, micro)
}

func (c *logColumn) appendClock(dst, b []byte) ([]byte, error) {
	k, ok := c.Fields(b)
	if !ok {
		return dst, binlog.ErrMalformed
	}
	if c.Real != binlog.TypeTime && c.Real != binlog.TypeTime2 {
		dst = appendDate(dst, k.Year, k.Month, k.Day)
		if c.Real == binlog.TypeDate || c.Real == binlog.TypeNewDate {
			return dst, nil
		}
		dst = append(dst, ' ')
	}
	if k.Negative {
		dst = append(dst, '-')
	}
	if k.Hour > 99 {
		dst = strconv.AppendInt(dst, int64(k.Hour), 10)
	} else {
		dst = appendTwo(dst, k.Hour)
	}
	dst = appendTwo(append(dst, ':'), k.Minute)
	dst = appendTwo(append(dst, ':'), k.Second)
	return c.appendMicros(dst, k.Micros), nil
}

// appendMicros writes as many digits as the column keeps.
func (c *logColumn) appendMicros(dst []byte, micro int) []byte {
	if c.Meta == 0 || c.Meta > 6 {
		return dst
	}
	dst = append(dst, '.')
	unit := 100_000
	for range c.Meta {
		dst = append(dst, '0'+byte(micro/unit%10))
		unit /= 10
	}
	return dst
}

// errNoLabel says that an ENUM or SET has a member that its type does not name.
var errNoLabel = errors.New("a member that the column's type does not name")

func (c *logColumn) appendLabels(dst, b []byte) ([]byte, error) {
	var full [8]byte
	copy(full[:], b)
	x := binary.LittleEndian.Uint64(full[:])
	if c.Real == binlog.TypeEnum {
		if x == 0 {
			return dst, nil
		}
		if x > uint64(len(c.labels)) {
			return dst, errNoLabel
		}
		return append(dst, c.labels[x-1]...), nil
	}
	first := true
	for i := 0; x != 0; i, x = i+1, x>>1 {
		if x&1 == 0 {
			continue
		}
		if i >= len(c.labels) {
			return dst, errNoLabel
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, c.labels[i]...)
	}
	return dst, nil
}

// appendString writes what is bytes in the log.
func (c *logColumn) appendString(dst, b []byte) ([]byte, error) {
	switch {
	case c.charset != nil:
		return c.charset.append(dst, b)
	case c.pad > 0:
		dst = append(dst, b...)
		for range c.pad - len(b) {
			dst = append(dst, 0)
		}
		return dst, nil
	case c.Real == binlog.TypeString && c.base == "uuid":
		return appendUUID(dst, b)
	case c.Real == binlog.TypeString && (c.base == "inet6" || c.base == "inet4"):
		return appendAddress(dst, b, c.base)
	}
	return append(dst, b...), nil
}

// appendUUID writes MariaDB's UUID. Versions 1 to 5 are kept with their parts in reverse order, so that those of one
// time are neighbours in an index.
func appendUUID(dst, b []byte) ([]byte, error) {
	var u, r [16]byte
	if copy(r[:], b) != len(b) {
		return dst, binlog.ErrMalformed
	}
	u = r
	if r[6]&0x80 != 0 && r[8] > 0 && r[8] < 0x60 {
		copy(u[0:4], r[12:16])
		copy(u[4:6], r[10:12])
		copy(u[6:8], r[8:10])
		copy(u[8:10], r[6:8])
		copy(u[10:16], r[0:6])
	}
	const digits = "0123456789abcdef"
	for i, c := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst, nil
}

func appendAddress(dst, b []byte, base string) ([]byte, error) {
	if base == "inet4" {
		var a [4]byte
		copy(a[:], b)
		return netip.AddrFrom4(a).AppendTo(dst), nil
	}
	var a [16]byte
	copy(a[:], b)
	return netip.AddrFrom16(a).AppendTo(dst), nil
}
