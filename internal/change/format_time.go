package change

// AppendDay appends a date as YYYY-MM-DD, "infinity" or "-infinity". Years before 1 are written as PostgreSQL does,
// "0044-03-15 BC", which leaves the year 0000 to the odd dates of MySQL. Years beyond 9999 take more digits.
func AppendDay(dst []byte, d Day) []byte {
	switch d {
	case PositiveInfinityDay:
		return append(dst, "infinity"...)
	case NegativeInfinityDay:
		return append(dst, "-infinity"...)
	}
	dst, bc := appendCivil(dst, d)
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

func appendCivil(dst []byte, d Day) (out []byte, bc bool) {
	year, month, day := d.Civil()
	if year < 1 && !d.IsOdd() {
		year, bc = 1-year, true
	}
	dst = appendPadded(dst, uint64(year), 4)
	dst = append(dst, '-')
	dst = appendPadded(dst, uint64(month), 2)
	dst = append(dst, '-')
	return appendPadded(dst, uint64(day), 2), bc
}

// AppendTime appends a time as [-]HH:MM:SS[.ffffff]. It writes at least the given number of fractional digits (up to
// 6), and more where the value has more, so that nothing is lost. Hours run beyond 24.
func AppendTime(dst []byte, micros int64, digits int) []byte {
	u := uint64(micros)
	if micros < 0 {
		dst = append(dst, '-')
		u = -u
	}
	return appendClock(dst, u, digits)
}

func appendClock(dst []byte, micros uint64, digits int) []byte {
	seconds := micros / 1_000_000
	dst = appendPadded(dst, seconds/3600, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, seconds/60%60, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, seconds%60, 2)
	return appendFraction(dst, micros%1_000_000, digits)
}

func appendFraction(dst []byte, micros uint64, digits int) []byte {
	digits = min(max(digits, 0), 6)
	if micros == 0 && digits == 0 {
		return dst
	}
	dst = append(dst, '.')
	dst = appendPadded(dst, micros, 6)
	for n := 6; n > digits && dst[len(dst)-1] == '0'; n-- {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// AppendMoment appends a date and time as YYYY-MM-DD HH:MM:SS[.ffffff], with digits as AppendTime has them and with
// the exceptions of AppendDay.
func AppendMoment(dst []byte, m Moment, digits int) []byte {
	return appendMoment(dst, m, digits, "")
}

// AppendInstant is AppendMoment for a moment in UTC; it adds "+00".
func AppendInstant(dst []byte, m Moment, digits int) []byte {
	return appendMoment(dst, m, digits, "+00")
}

func appendMoment(dst []byte, m Moment, digits int, zone string) []byte {
	day, micros := m.Split()
	if day.IsInfinite() {
		return AppendDay(dst, day)
	}
	dst, bc := appendCivil(dst, day)
	dst = append(dst, ' ')
	dst = appendClock(dst, uint64(micros), digits)
	dst = append(dst, zone...)
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

// appendPadded appends n with at least width digits.
func appendPadded(dst []byte, n uint64, width int) []byte {
	var buf [20]byte
	i := len(buf)
	for n > 0 || width > 0 {
		i--
		buf[i] = byte('0' + n%10)
		n /= 10
		width--
	}
	return append(dst, buf[i:]...)
}
