package progress

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// piece is a part of a line's text. Of a line that is too long for its terminal, the pieces of the highest rank are left out first.
type piece struct {
	text string
	rank int
}

// fit joins as many pieces as the width has room for.
func fit(width int, pieces ...piece) string {
	pieces = slices.DeleteFunc(pieces, func(p piece) bool { return p.text == "" })
	for {
		var texts []string
		for _, p := range pieces {
			texts = append(texts, p.text)
		}
		joined := strings.Join(texts, ", ")
		if len(pieces) <= 1 || utf8.RuneCountInString(joined) <= width {
			return joined
		}
		last := slices.MaxFunc(pieces, func(a, b piece) int { return a.rank - b.rank })
		pieces = slices.DeleteFunc(pieces, func(p piece) bool { return p == last })
	}
}

func totalText(t *Total, width int) string {
	return fit(width, piece{percent(t.Fraction), 1}, piece{Count(int64(t.Done+t.Failed)) + "/" + Count(int64(t.Tables)) + " tables", 2},
		piece{Count(t.Rows) + " rows", 5}, piece{Size(float64(t.Bytes)), 6}, piece{Short(t.RowsPerSecond()) + " rows/s", 4},
		piece{Size(t.BytesPerSecond()) + "/s", 3}, piece{eta(t.ETA()), 2})
}

func tableText(t *fullload.TableCounts, now time.Time, width int) string {
	rows := piece{Count(t.Rows) + " rows", 5}
	if t.State == fullload.Building {
		return fit(width, piece{"building keys and indexes", 1}, rows)
	}
	took := now.Sub(t.Started)
	return fit(width, piece{percent(fraction(t)), 1}, rows, piece{Size(float64(t.Bytes)), 6}, piece{Short(perSecond(t.Rows, took)) + " rows/s", 4},
		piece{Size(perSecond(t.Bytes, took)) + "/s", 3}, piece{eta(remaining(took, fraction(t), earlier(t))), 2})
}

func percent(fraction float64) string { return fmt.Sprintf("%3.0f%%", 100*fraction) }

func eta(left time.Duration) string {
	if left <= 0 {
		return ""
	}
	return "ETA " + left.String()
}
