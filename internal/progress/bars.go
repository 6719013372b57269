package progress

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

const (
	refresh    = 150 * time.Millisecond
	barScale   = 10_000
	nameWidth  = 28
	mostTables = 12 // bars at once; a terminal is not endless
)

// Bars draws a bar per active table and one for the whole, until ctx ends.
func Bars(ctx context.Context, stats *fullload.Stats, out io.Writer) {
	d := &drawing{
		bars: mpb.New(mpb.WithOutput(out), mpb.WithRefreshRate(refresh), mpb.WithWidth(40)),
		of:   map[int]*tableBar{}, started: time.Now(),
	}
	d.total = d.bars.AddBar(barScale, mpb.BarPriority(1<<30),
		mpb.PrependDecorators(label("total")), mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return d.totalText() })))
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	for {
		d.update(stats.Tables())
		select {
		case <-ctx.Done():
			d.update(stats.Tables())
			d.close()
			return
		case <-tick.C:
		}
	}
}

type drawing struct {
	bars    *mpb.Progress
	total   *mpb.Bar
	of      map[int]*tableBar
	started time.Time
	sum     atomicTotal
}

type tableBar struct {
	bar    *mpb.Bar
	counts atomicCounts
}

func (d *drawing) update(tables []fullload.TableCounts) {
	for i := range tables {
		t := &tables[i]
		active := t.State == fullload.FullLoad || t.State == fullload.Building
		b := d.of[i]
		switch {
		case active && b == nil && len(d.of) < mostTables:
			d.of[i] = d.add(*t)
		case active && b != nil:
			b.counts.Store(t)
			b.bar.SetCurrent(min(int64(fraction(t)*barScale), barScale-1))
		case !active && b != nil:
			b.bar.Abort(true)
			delete(d.of, i)
		}
	}
	sum := Sum(tables, d.started, time.Now())
	d.sum.Store(&sum)
	d.total.SetCurrent(min(int64(sum.Fraction*barScale), barScale-1))
}

func (d *drawing) add(t fullload.TableCounts) *tableBar {
	b := &tableBar{}
	b.counts.Store(&t)
	b.bar = d.bars.AddBar(barScale, mpb.BarRemoveOnComplete(), mpb.PrependDecorators(label(t.Source.String())),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return tableText(b.counts.Load()) })))
	return b
}

func (d *drawing) close() {
	for _, b := range d.of {
		b.bar.Abort(true)
	}
	d.total.Abort(false)
	d.bars.Wait()
}

func (d *drawing) totalText() string {
	s := d.sum.Load()
	if s == nil {
		return ""
	}
	eta := ""
	if left := s.ETA(); left > 0 {
		eta = ", ETA " + left.String()
	}
	return fmt.Sprintf("%3.0f%%  %d/%d tables, %s rows, %s, %s rows/s, %s/s%s", 100*s.Fraction, s.Done+s.Failed, s.Tables,
		Count(s.Rows), Size(float64(s.Bytes)), Short(s.RowsPerSecond()), Size(s.BytesPerSecond()), eta)
}

func tableText(t *fullload.TableCounts) string {
	if t.State == fullload.Building {
		return fmt.Sprintf("%s rows, building keys and indexes", Count(t.Rows))
	}
	took := time.Since(t.Started)
	return fmt.Sprintf("%3.0f%%  %s rows, %s, %s rows/s", 100*fraction(t), Count(t.Rows), Size(float64(t.Bytes)),
		Short(perSecond(t.Rows, took)))
}

func label(name string) decor.Decorator {
	r := []rune(name)
	if len(r) > nameWidth {
		name = string(r[:nameWidth-1]) + "…"
	}
	return decor.Name(name, decor.WC{W: nameWidth, C: decor.DindentRight | decor.DextraSpace})
}
