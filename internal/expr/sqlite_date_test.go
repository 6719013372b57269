package expr_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// genTimeValue draws what date functions take, good and nearly good.
func genTimeValue(t *rapid.T) string {
	date := fmt.Sprintf("%04d-%02d-%02d", rapid.IntRange(0, 9999).Draw(t, "y"), rapid.IntRange(0, 13).Draw(t, "m"), rapid.IntRange(0, 32).Draw(t, "d"))
	clock := fmt.Sprintf("%02d:%02d:%02d", rapid.IntRange(0, 25).Draw(t, "H"), rapid.IntRange(0, 60).Draw(t, "M"), rapid.IntRange(0, 60).Draw(t, "S"))
	fraction := rapid.SampledFrom([]string{"", ".5", ".999999", ".", ".0004"}).Draw(t, "f")
	zone := rapid.SampledFrom([]string{"", "", "Z", " +02:30", "-14:00", "+15:00", " x"}).Draw(t, "zone")
	switch rapid.IntRange(0, 6).Draw(t, "form") {
	case 0:
		return "'" + date + "'"
	case 1:
		return "'" + clock + fraction + zone + "'"
	case 2:
		return "'-" + date + " " + clock + "'"
	case 3:
		return fmt.Sprint(rapid.Float64Range(-10, 6e6).Draw(t, "julian"))
	case 4:
		return fmt.Sprint(rapid.Int64Range(-3e11, 3e11).Draw(t, "unix"))
	}
	return "'" + date + rapid.SampledFrom([]string{" ", "T", "  "}).Draw(t, "gap") + clock + fraction + zone + "'"
}

func genModifier(t *rapid.T) string {
	switch rapid.IntRange(0, 4).Draw(t, "modifier") {
	case 0:
		n := rapid.SampledFrom([]string{"1", "+2", "-3", "0.25", "-1.5", "400", "1e2", "99999"}).Draw(t, "n")
		return n + " " + rapid.SampledFrom([]string{"day", "days", "months", "month", "years", "hours", "minute", "seconds", "weeks", "DAYS"}).Draw(t, "unit")
	case 1:
		return rapid.SampledFrom([]string{"+", "-", ""}).Draw(t, "sign") + rapid.SampledFrom([]string{"10:30", "00:00:01.5", "25:00", "1:00"}).Draw(t, "clock")
	case 2:
		return rapid.SampledFrom([]string{"+", "-", ""}).Draw(t, "sign") + rapid.SampledFrom([]string{"0001-02-03", "0000-11-30 10:00", "0000-12-01", "12345-01-01", "0001-02-03 x"}).Draw(t, "span")
	}
	return rapid.SampledFrom([]string{
		"start of day", "start of month", "start of year", "end of day", "end of month", "end of year", "start of week", "weekday 0", "weekday 6", "weekday -2", "weekday 7",
		"weekday 1.5", "unixepoch", "julianday", "auto", "ceiling", "floor", "subsec", "Floor", "", "now",
	}).Draw(t, "word")
}

func TestDatesSameAsSQLite(t *testing.T) {
	o := newOracle(t)
	r := row{}
	o.set(t, r)
	rapid.Check(t, func(t *rapid.T) {
		for range 5 {
			args := []string{genTimeValue(t)}
			for range rapid.IntRange(0, 3).Draw(t, "modifiers") {
				args = append(args, "'"+genModifier(t)+"'")
			}
			list := strings.Join(args, ", ")
			for _, fn := range []string{"date(", "time(", "datetime(", "julianday(", "unixepoch(", "strftime('%d %e %f %F %g %G %H %I %j %J %k %l %m %M %p %P %R %s %S %T %u %U %V %w %W %Y', "} {
				o.same(t, fn+list+")", r)
			}
		}
	})
}

func TestLikeSameAsSQLite(t *testing.T) {
	o := newOracle(t)
	r := row{}
	o.set(t, r)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[aBcé%_\\]{0,8}`)
		src := fmt.Sprintf("'%s' LIKE '%s'", text.Draw(t, "text"), text.Draw(t, "pattern"))
		if rapid.Bool().Draw(t, "escaped") {
			src += " ESCAPE '" + rapid.SampledFrom([]string{`\`, "a", "%", "_", "é"}).Draw(t, "escape") + "'"
		}
		o.same(t, src, r)
	})
}
