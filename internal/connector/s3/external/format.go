package external

import (
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// Format is how dates are written: YYYY-MM-dd HH:mm:ss.F.
type Format struct {
	text  string
	parts []part
}

// part is a run of one letter of the format, or a character that stands for itself.
type part struct {
	letter  byte // Y, M, d, H, m, s, F; 0 is a character
	literal byte
	digits  int
}

// letters are those of a format with how many digits each run has; F has as many as there are.
var letters = map[string]part{
	"YYYY": {letter: 'Y', digits: 4}, "yyyy": {letter: 'Y', digits: 4}, "MM": {letter: 'M', digits: 2}, "dd": {letter: 'd', digits: 2}, "DD": {letter: 'd', digits: 2},
	"HH": {letter: 'H', digits: 2}, "mm": {letter: 'm', digits: 2}, "ss": {letter: 's', digits: 2},
}

const wantFormat = "want a form such as YYYY-MM-dd HH:mm:ss, YYYY/MM/dd HH:mm:ss.F or MM/dd/YYYY"

// ParseFormat reads the format of a column of a kind.
func ParseFormat(text string, kind datatype.Kind) (*Format, error) {
	f := &Format{text: text}
	seen := map[byte]bool{}
	for rest := text; rest != ""; {
		run := 1
		for run < len(rest) && rest[run] == rest[0] && isLetter(rest[0]) {
			run++
		}
		p, known := letters[rest[:run]]
		switch {
		case known:
		case rest[0] == 'F':
			p = part{letter: 'F'}
		case isLetter(rest[0]):
			return nil, fmt.Errorf("%q means nothing; %s", rest[:run], wantFormat)
		default:
			p = part{literal: rest[0]}
		}
		if p.letter != 0 && seen[p.letter] {
			return nil, fmt.Errorf("%q is there twice; %s", rest[:run], wantFormat)
		}
		seen[p.letter] = true
		f.parts = append(f.parts, p)
		rest = rest[run:]
	}
	date, clock := seen['Y'] && seen['M'] && seen['d'], seen['H'] && seen['m']
	switch kind {
	case datatype.Date, datatype.DateTime:
		if !date {
			return nil, errors.New("it has no year, month or day; " + wantFormat)
		}
	case datatype.Time:
		if !clock {
			return nil, errors.New("it has no hours or minutes; want HH:mm:ss")
		}
	default:
		return nil, fmt.Errorf("a %s is no date; leave it out", kind)
	}
	return f, nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// String is the format as it was written.
func (f *Format) String() string { return f.text }

// Parse reads a value: a day and microseconds of it. lost says that digits of the fraction beyond those were not zero.
func (f *Format) Parse(p []byte) (day change.Day, micros int64, lost, ok bool) {
	values := [256]int64{'Y': 2000, 'M': 1, 'd': 1}
	for i, at := range f.parts {
		switch {
		case at.literal != 0:
			if len(p) == 0 && at.literal == '.' && i+1 < len(f.parts) && f.parts[i+1].letter == 'F' {
				return f.moment(&values, lost) // a fraction may be left out
			}
			if len(p) == 0 || p[0] != at.literal {
				return 0, 0, false, false
			}
			p = p[1:]
		case at.letter == 'F':
			var n int
			if values['F'], n, lost = fraction(p); n == 0 {
				return 0, 0, false, false
			}
			p = p[n:]
		default:
			if len(p) < at.digits {
				return 0, 0, false, false
			}
			for _, c := range p[:at.digits] {
				if c < '0' || c > '9' {
					return 0, 0, false, false
				}
			}
			values[at.letter] = number(p[:at.digits])
			p = p[at.digits:]
		}
	}
	if len(p) > 0 {
		return 0, 0, false, false
	}
	return f.moment(&values, lost)
}

func number(digits []byte) (n int64) {
	for _, c := range digits {
		n = n*10 + int64(c-'0')
	}
	return n
}

// fraction reads the digits at the front as microseconds.
func fraction(p []byte) (micros int64, n int, lost bool) {
	for ; n < len(p) && n < mostDigits && p[n] >= '0' && p[n] <= '9'; n++ {
		if n < keptDigits {
			micros = micros*10 + int64(p[n]-'0')
		} else {
			lost = lost || p[n] != '0'
		}
	}
	for i := n; i < keptDigits; i++ {
		micros *= 10
	}
	return micros, n, lost
}

func (f *Format) moment(v *[256]int64, lost bool) (day change.Day, micros int64, _, ok bool) {
	year, month, dom := int(v['Y']), int(v['M']), int(v['d'])
	if year == 0 || month < 1 || month > 12 || dom < 1 || v['H'] > 23 || v['m'] > 59 || v['s'] > 59 {
		return 0, 0, false, false
	}
	day = change.DayOf(year, month, dom)
	if y, m, d := day.Civil(); y != year || m != month || d != dom {
		return 0, 0, false, false
	}
	return day, ((v['H']*60+v['m'])*60+v['s'])*1_000_000 + v['F'], lost, true
}
