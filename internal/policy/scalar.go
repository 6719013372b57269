package policy

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// decimal is a number as it is written, without sign and needless zeros, so that no digit is lost in comparing.
type decimal struct {
	negative        bool
	whole, fraction string
}

// parseDecimal reads an optional sign, digits and an optional fraction.
func parseDecimal(text string) (decimal, bool) {
	var d decimal
	if text != "" && (text[0] == '-' || text[0] == '+') {
		d.negative = text[0] == '-'
		text = text[1:]
	}
	whole, fraction, dotted := strings.Cut(text, ".")
	if !digits(whole) || dotted && !digits(fraction) {
		return decimal{}, false
	}
	d.whole, d.fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if d.whole == "" && d.fraction == "" {
		d.negative = false
	}
	return d, true
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func (d decimal) compare(o decimal) int {
	if d.negative != o.negative {
		if d.negative {
			return -1
		}
		return 1
	}
	sign := d.magnitude(o)
	if d.negative {
		return -sign
	}
	return sign
}

func (d decimal) magnitude(o decimal) int {
	switch {
	case len(d.whole) < len(o.whole):
		return -1
	case len(d.whole) > len(o.whole):
		return 1
	case d.whole != o.whole:
		return strings.Compare(d.whole, o.whole)
	}
	return strings.Compare(d.fraction, o.fraction)
}

// dateLayouts are the forms of the W3C's profile of ISO 8601; Go reads fractions of seconds by itself.
var dateLayouts = [...]string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01", "2006",
}

// parseDate reads a date of the W3C's profile of ISO 8601, or seconds since 1970.
func parseDate(text string) (time.Time, bool) {
	if len(text) != 4 {
		if s, err := strconv.ParseInt(text, 10, 64); err == nil {
			return time.Unix(s, 0), true
		}
	}
	for _, layout := range dateLayouts {
		if len(text) < len(layout)-5 { // the zone is one letter or up to six
			continue
		}
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// parsePrefix reads an address with or without the length of its network.
func parsePrefix(text string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked(), true
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()), true
}
