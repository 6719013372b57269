package change

import "strconv"

// temporalStep converts to Date, Time, Timestamp and Instant. A text may be in ISO form or in the form of DMS with
// colons in the date. A moment without a zone and one in UTC are taken for each other.
func temporalStep(from, to Layout) step {
	switch {
	case from == Text:
		return map[Layout]step{Date: textToDay, Time: textToTime, Timestamp: textToMoment, Instant: textToInstant}[to]
	case to == Time && from == Time:
		return func(c *Converter, dst, src *Vector, i int) verdict { return c.putTime(dst, src.Ints[i]) }
	case to == Date && from == Date:
		return func(_ *Converter, dst, src *Vector, i int) verdict {
			dst.AppendInt(src.Ints[i])
			return fits
		}
	case to == Date && (from == Timestamp || from == Instant):
		return momentToDay
	case (to == Timestamp || to == Instant) && from == Date:
		return func(c *Converter, dst, src *Vector, i int) verdict { return c.putMoment(dst, Day(src.Ints[i]).At(0)) }
	case (to == Timestamp || to == Instant) && (from == Timestamp || from == Instant):
		return func(c *Converter, dst, src *Vector, i int) verdict { return c.putMoment(dst, Moment(src.Ints[i])) }
	}
	return nil
}

func momentToDay(c *Converter, dst, src *Vector, i int) verdict {
	d, micros := Moment(src.Ints[i]).Split()
	dst.AppendInt(int64(d))
	if micros != 0 {
		return c.cut("has a time of day, which a DATE does not keep")
	}
	return fits
}

// textDay reads a date with dashes or, as DMS writes it, with colons.
func textDay(p []byte) (Day, bool) {
	if len(p) > 4 && p[4] == ':' {
		r := textReader{p: p}
		d, ok := r.day(':')
		return d, ok && len(r.p) == 0
	}
	return ParseDay(p)
}

func textToDay(c *Converter, dst, src *Vector, i int) verdict {
	d, ok := textDay(src.Value(i))
	if !ok || d.IsOdd() {
		return c.refuse("is not a date (want YYYY-MM-DD or YYYY:MM:DD)")
	}
	dst.AppendInt(int64(d))
	return fits
}

func textToTime(c *Converter, dst, src *Vector, i int) verdict {
	micros, ok := ParseTime(src.Value(i))
	if !ok {
		return c.refuse("is not a time (want HH:MM:SS)")
	}
	return c.putTime(dst, micros)
}

func textMoment(p []byte) (m Moment, zoned, ok bool) {
	if len(p) > 4 && p[4] == ':' {
		return parseMoment(p, ':')
	}
	return parseMoment(p, '-')
}

const notMoment = "is not a date and time (want YYYY-MM-DD HH:MM:SS)"

func textToMoment(c *Converter, dst, src *Vector, i int) verdict {
	m, zoned, ok := textMoment(src.Value(i))
	switch {
	case !ok || m.IsOdd():
		return c.refuse(notMoment)
	case zoned:
		return c.refuse("has a time zone, which a DATETIME does not keep")
	}
	return c.putMoment(dst, m)
}

func textToInstant(c *Converter, dst, src *Vector, i int) verdict {
	m, _, ok := textMoment(src.Value(i))
	if !ok || m.IsOdd() {
		return c.refuse(notMoment)
	}
	return c.putMoment(dst, m)
}

func (c *Converter) putTime(dst *Vector, micros int64) verdict {
	rest := micros % c.tick()
	dst.AppendInt(micros - rest)
	return c.ticked(rest)
}

func (c *Converter) putMoment(dst *Vector, m Moment) verdict {
	_, micros := m.Split()
	rest := micros % c.tick()
	dst.AppendInt(int64(m) - rest)
	return c.ticked(rest)
}

// tick is the smallest step of the target in microseconds.
func (c *Converter) tick() int64 {
	t := int64(1)
	for range 6 - min(c.to.Scale, 6) {
		t *= 10
	}
	return t
}

func (c *Converter) ticked(rest int64) verdict {
	if rest != 0 {
		return c.cut("has more than " + strconv.Itoa(c.to.Scale) + " fractional digits of a second")
	}
	return fits
}
