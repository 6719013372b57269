package sqlite

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// showValue writes a value for a person, cut at 100 bytes.
func showValue(v *change.Vector, row int) string {
	if v.IsNull(row) {
		return "NULL"
	}
	switch v.Layout.Holds() {
	case change.InInts:
		switch v.Layout {
		case change.Date:
			return string(appendDay(nil, change.Day(v.Ints[row])))
		case change.Time:
			return string(appendTime(nil, v.Ints[row]))
		case change.Timestamp, change.Instant:
			return string(appendMoment(nil, change.Moment(v.Ints[row]), v.Layout == change.Instant))
		case change.Uint64:
			return strconv.FormatUint(uint64(v.Ints[row]), 10)
		}
		return strconv.FormatInt(v.Ints[row], 10)
	case change.InFloats:
		return strconv.FormatFloat(v.Floats[row], 'g', -1, 64)
	}
	return showBytes(v.Value(row), v.Layout)
}

func showBytes(b []byte, l change.Layout) string {
	const most = 100
	switch {
	case l == change.Native && len(b) == 9 && b[0] == tagInteger:
		return strconv.FormatInt(int64(binary.BigEndian.Uint64(b[1:])), 10)
	case l == change.Native && len(b) == 9 && b[0] == tagReal:
		return strconv.FormatFloat(math.Float64frombits(binary.BigEndian.Uint64(b[1:])), 'g', -1, 64)
	case l == change.Native && len(b) > 0:
		if b[0] == tagBlob {
			l = change.Bytes
		}
		b = b[1:]
	case l == change.Decimal:
		return string(b[:min(len(b), most)])
	}
	if l == change.Bytes {
		return fmt.Sprintf("X'%X'", b[:min(len(b), most/2)])
	}
	return fmt.Sprintf("%q", b[:min(len(b), most)])
}

// quoteValue shows a value as SQL would write it, cut at 100 bytes.
func quoteValue(s *stmt, i int) string {
	const most = 100
	switch s.class(i) {
	case classNull:
		return "NULL"
	case classText:
		if b := s.textBytes(i); len(b) > most {
			return fmt.Sprintf("%q…", b[:most])
		}
		return fmt.Sprintf("%q", s.textBytes(i))
	case classBlob:
		if b := s.blob(i); len(b) > most/2 {
			return fmt.Sprintf("X'%X…'", b[:most/2])
		}
		return fmt.Sprintf("X'%X'", s.blob(i))
	default:
		return s.text(i)
	}
}
