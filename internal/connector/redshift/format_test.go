package redshift

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// TestFormatsOfTextsThatBecomeDates: DateFormat and TimeFormat decide over what a text or a number is as a date; what does not fit is refused, and never
// read by another form.
func TestFormatsOfTextsThatBecomeDates(t *testing.T) {
	const refused = "refused"
	for _, c := range []struct {
		native, format string
		layout         change.Layout
		value          any
		want           string
	}{
		{"date", "", change.Text, "2024-02-29", "2024-02-29"},
		{"date", "", change.Text, "29.02.2024", refused},
		{"date", "", change.Text, "20240229", refused},
		{"date", "YYYY-MM-DD", change.Text, "2024-02-29", "2024-02-29"},
		{"date", "YYYY-MM-DD", change.Text, "02/29/2024", refused},
		{"date", "auto", change.Text, "2024-02-29", "2024-02-29"},
		{"date", "auto", change.Text, "20240229", "2024-02-29"},
		{"date", "auto", change.Text, "02/29/2024", "2024-02-29"},
		{"date", "auto", change.Text, "29/02/2024", refused},
		{"date", "auto", change.Text, "Feb-29-2024", "2024-02-29"},
		{"date", "auto", change.Text, "29 feb 2024", "2024-02-29"},
		{"date", "auto", change.Text, "29.02.2024", refused},
		{"date", "DD.MM.YYYY", change.Text, "29.02.2024", "2024-02-29"},
		{"date", "DD.MM.YYYY", change.Text, "9.2.2024", "2024-02-09"},
		{"date", "DD.MM.YYYY", change.Text, "30.02.2024", refused},
		{"date", "DD.MM.YYYY", change.Text, "2024-02-29", refused},
		{"date", "DD.MM.YYYY", change.Text, "29.02.2024 ", refused},
		{"date", "DD.MM.YYYY", change.Date, day(2024, 2, 29), "2024-02-29"},
		{"date", "mm/dd/yy", change.Text, "02/29/24", "2024-02-29"},
		{"date", "YYYYMMDD", change.Text, "20240229", "2024-02-29"},
		{"date", "YYYYMMDD", change.Text, "2024229", refused},
		{"date", "DDMONYYYY", change.Text, "09FEB2024", "2024-02-09"},
		{"date", "MON DD, YYYY", change.Text, "February 9, 2024", "2024-02-09"},
		{"timestamp", "auto", change.Text, "2024-02-29 10:11:12.5", "2024-02-29 10:11:12.5"},
		{"timestamp", "auto", change.Text, "20240229 101112", "2024-02-29 10:11:12"},
		{"timestamp", "auto", change.Text, "29 Feb 10:11:12 2024", "2024-02-29 10:11:12"},
		{"timestamp", "YYYY-MM-DD HH:MI:SS", change.Text, "20240229 101112", refused},
		{"timestamp", "DD.MM.YYYY HH:MI:SS", change.Text, "29.02.2024 10:11:12.123456", "2024-02-29 10:11:12.123456"},
		{"timestamp", "DD.MM.YYYY HH:MI:SS", change.Text, "29.02.2024 10:11:12.1234567", refused},
		{"timestamp", "DD.MM.YYYY HH:MI:SS", change.Text, "29.02.2024 24:00:00", refused},
		{"timestamp", "DD.MM.YYYY HH12:MI PM", change.Text, "29.02.2024 01:30 pm", "2024-02-29 13:30:00"},
		{"timestamp", "DD.MM.YYYY HH:MI:SS", change.Timestamp, moment(2024, 2, 29, 1_000_000), "2024-02-29 00:00:01"},
		{"timestamptz", "DD.MM.YYYY HH:MI:SS", change.Text, "29.02.2024 10:11:12", "2024-02-29 10:11:12+00"},
		{"timestamp", "auto", change.Int64, 1709201472, refused},
		{"timestamp", "epochsecs", change.Int64, 1709201472, "2024-02-29 10:11:12"},
		{"timestamp", "epochsecs", change.Decimal, "-1", "1969-12-31 23:59:59"},
		{"timestamp", "epochsecs", change.Text, "1709201472", "2024-02-29 10:11:12"},
		{"timestamp", "epochsecs", change.Text, "1709201472.5", refused},
		{"timestamp", "epochsecs", change.Int64, 253402300800, refused}, // the year 10000
		{"timestamp", "epochsecs", change.Int64, int64(1<<63 - 1), refused},
		{"timestamptz", "epochmillisecs", change.Text, "1709201472125", "2024-02-29 10:11:12.125+00"},
		{"timestamp", "epochmillisecs", change.Text, "2024-02-29 10:11:12", refused},
	} {
		name := "TimeFormat"
		if c.native == "date" {
			name = "DateFormat"
		}
		values := map[string]string{"BucketName": "stage", name: c.format}
		if c.format == "" {
			delete(values, name)
		}
		set, err := readSettings(values)
		require.NoError(t, err, c.format)
		f := field{column: column("c", c.native), layout: c.layout}
		require.True(t, f.settle())
		w := writer{settings: set}
		out, null, why := w.value(nil, &f, vector(c.layout, c.value), 0)
		about := []any{"%s by %q from %s %v", c.native, c.format, c.layout, c.value}
		require.False(t, null, about...)
		if c.want == refused {
			require.NotNil(t, why, about...)
			continue
		}
		require.Nil(t, why, about...)
		require.Equal(t, c.want, string(out), about...)
	}
	for bad, words := range map[string]string{
		"DD.MM": "needs a year", "DD.MM.YYYY YY": "too many", "DD.MM.YYYY HH": "time of day", "DD.MM.YYYY OF": `"OF" means nothing`, "2006-01-02": "means nothing", "YYYY_MM_DD": "means nothing",
	} {
		_, err := readFormat(bad, false)
		require.ErrorContains(t, err, words, bad)
	}
}
