package binlog

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// XaPrepared is the event that ends the group of an XA transaction.
type XaPrepared struct {
	// OnePhase says that it commits with that, and no other group decides on it.
	OnePhase bool
	// ID names the transaction as XaID does.
	ID string
}

// ParseXaPrepare reads the event: one phase 1, format 4, two lengths of 4, and the two parts of the name.
func ParseXaPrepare(body []byte) (XaPrepared, error) {
	const fixed = 1 + 4 + 4 + 4
	if len(body) < fixed {
		return XaPrepared{}, ErrMalformed
	}
	format := int32(binary.LittleEndian.Uint32(body[1:]))
	global, branch := uint64(binary.LittleEndian.Uint32(body[5:])), uint64(binary.LittleEndian.Uint32(body[9:]))
	b := body[fixed:]
	if global+branch > uint64(len(b)) || global > maxXaName || branch > maxXaName {
		return XaPrepared{}, ErrMalformed
	}
	return XaPrepared{OnePhase: body[0] != 0, ID: xaName(b[:global], b[global:global+branch], format)}, nil
}

// maxXaName bounds both parts of a name.
const maxXaName = 64

func xaName(global, branch []byte, format int32) string {
	return fmt.Sprintf("X'%x',X'%x',%d", global, branch, format)
}

// The servers write the name in hexadecimal.
var xaStatement = regexp.MustCompile(`(?is)^\s*XA\s+[A-Z]+\s+X'([0-9a-f]*)'\s*,\s*X'([0-9a-f]*)'\s*,\s*(-?\d+)`)

// XaID reads the name from XA START, END, COMMIT or ROLLBACK as the servers log them.
func XaID(sql string) (string, error) {
	m := xaStatement.FindStringSubmatch(sql)
	if m == nil {
		return "", fmt.Errorf("%w: %.100q names no XA transaction", ErrMalformed, sql)
	}
	global, err1 := hex.DecodeString(strings.ToLower(m[1]))
	branch, err2 := hex.DecodeString(strings.ToLower(m[2]))
	format, err3 := strconv.ParseInt(m[3], 10, 32)
	if err1 != nil || err2 != nil || err3 != nil {
		return "", fmt.Errorf("%w: %.100q names no XA transaction", ErrMalformed, sql)
	}
	return xaName(global, branch, int32(format)), nil
}
