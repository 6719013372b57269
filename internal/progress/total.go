package progress

import (
	"time"

	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// Total sums a moment of all tables.
type Total struct {
	Tables, Done, Failed int
	Rows, Bytes          int64
	Rejected             int64
	// Fraction is how much of the rows is in, 0 to 1, each table weighed by its size; an estimate.
	Fraction float64
	Elapsed  time.Duration
	// earlier is how much of Fraction an earlier run has done.
	earlier float64
}

// Sum adds up the tables. started is when the load began.
func Sum(tables []fullload.TableCounts, started, now time.Time) Total {
	t := Total{Tables: len(tables), Elapsed: now.Sub(started)}
	var whole, part, before float64
	for i := range tables {
		c := &tables[i]
		t.Rows += c.Rows
		t.Bytes += c.Bytes
		t.Rejected += c.Rejected
		switch c.State {
		case fullload.Completed:
			t.Done++
		case fullload.Failed:
			t.Failed++
		}
		weight := float64(max(c.TotalBytes, 0) + 8192)
		whole += weight
		part += weight * fraction(c)
		before += weight * earlier(c)
	}
	if whole > 0 {
		t.Fraction, t.earlier = part/whole, before/whole
	}
	return t
}

func fraction(c *fullload.TableCounts) float64 {
	switch {
	case c.State == fullload.Building, c.State == fullload.Completed, c.State == fullload.Failed:
		return 1
	case c.TotalRows > 0:
		return min(float64(c.EarlierRows+c.Rows)/float64(c.TotalRows), 1)
	case c.Segments > 0:
		return float64(c.SegmentsDone) / float64(c.Segments)
	}
	return 0
}

// earlier is how much of a table an earlier run has loaded.
func earlier(c *fullload.TableCounts) float64 {
	switch {
	case c.EarlierRows <= 0:
		return 0
	case c.Rows == 0 && c.State != fullload.BeforeLoad && c.State != fullload.FullLoad:
		return 1
	case c.TotalRows > 0:
		return min(float64(c.EarlierRows)/float64(c.TotalRows), 1)
	}
	return 0
}

// RowsPerSecond is the mean since the start.
func (t Total) RowsPerSecond() float64 { return perSecond(t.Rows, t.Elapsed) }

// BytesPerSecond is the mean since the start.
func (t Total) BytesPerSecond() float64 { return perSecond(t.Bytes, t.Elapsed) }

// ETA is how long the rest will take at the mean speed of this run so far; 0 when nothing can be said yet.
func (t Total) ETA() time.Duration { return remaining(t.Elapsed, t.Fraction, t.earlier) }

// remaining is how long the rest takes, when so much was done in that time beside what an earlier run has done.
func remaining(took time.Duration, fraction, earlier float64) time.Duration {
	done := fraction - earlier
	if done < 0.001 || took < time.Second {
		return 0
	}
	return time.Duration(float64(took) * (1 - fraction) / done).Round(time.Second)
}

func perSecond(n int64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}
