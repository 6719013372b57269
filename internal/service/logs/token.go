package logs

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/logstore"
)

func tokenOfName(name string) string { return base64.RawURLEncoding.EncodeToString([]byte(name)) }

func nameToken(token *string) (string, error) {
	if deref(token) == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil || len(raw) == 0 {
		return "", invalid("The specified nextToken is invalid.")
	}
	return string(raw), nil
}

// pageByPlace cuts a page out of a list that keeps its order; all of it if no size is asked for.
func pageByPlace[T any](all []T, size *int64, token *string) (page []T, next *string, err error) {
	text, err := nameToken(token)
	if err != nil {
		return nil, nil, err
	}
	begin := 0
	if text != "" {
		if begin, err = strconv.Atoi(text); err != nil || begin < 0 || begin > len(all) {
			return nil, nil, invalid("The specified nextToken is invalid.")
		}
	}
	page = all[begin:]
	if size != nil && len(page) > int(*size) {
		page, next = page[:*size], new(tokenOfName(strconv.Itoa(begin+int(*size))))
	}
	return page, next, nil
}

// Places are written with as many digits as CloudWatch's event ids have, so that they sort as texts.
const (
	atDigits  = 20
	seqDigits = 36
)

func placeText(p logstore.Place) string {
	return fmt.Sprintf("%0*d%0*d", atDigits, max(p.At, 0), seqDigits, max(p.Seq, 0))
}

func placeOf(text string) (p logstore.Place, err error) {
	if len(text) != atDigits+seqDigits {
		return p, invalid("The specified nextToken is invalid.")
	}
	if p.At, err = strconv.ParseInt(text[:atDigits], 10, 64); err == nil {
		p.Seq, err = strconv.ParseInt(text[atDigits:], 10, 64)
	}
	if err != nil || p.At < 0 || p.Seq < 0 {
		return p, invalid("The specified nextToken is invalid.")
	}
	return p, nil
}

// times are the places between which a request looks; an end is not looked at itself.
func times(start, end *int64) (from, till logstore.Place) {
	till = logstore.Place{At: math.MaxInt64}
	if start != nil {
		from.At = *start
	}
	if end != nil {
		till.At = *end
	}
	return from, till
}
