package progress

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

const (
	refresh    = 150 * time.Millisecond
	barScale   = 10_000
	barWidth   = 40
	nameWidth  = 28
	mostTables = 12 // bars at once; a terminal is not endless
)

// Bars draws a bar per active table, a line for those that find no room, and a bar for the whole, until ctx ends.
func Bars(ctx context.Context, stats *fullload.Stats, out io.Writer) {
	d := &drawing{
		bars: mpb.New(mpb.WithOutput(out), mpb.WithRefreshRate(refresh), mpb.WithWidth(barWidth)),
		of:   map[int]*tableBar{}, started: time.Now(),
	}
	d.total = d.bars.AddBar(barScale, mpb.BarPriority(1<<30), mpb.PrependDecorators(label("total")), mpb.AppendDecorators(decor.Any(d.totalText)))
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
	others  *mpb.Bar
	started time.Time
	sum     atomicTotal
	// beside tells of the tables without a bar.
	beside atomicText
}

type tableBar struct {
	bar    *mpb.Bar
	counts atomicCounts
}

func (d *drawing) update(tables []fullload.TableCounts) {
	var hidden, waiting int
	for i := range tables {
		if b := d.of[i]; b != nil && !active(&tables[i]) {
			b.bar.Abort(true)
			delete(d.of, i)
		}
	}
	for i := range tables {
		t := &tables[i]
		b := d.of[i]
		switch {
		case t.State == fullload.BeforeLoad:
			waiting++
		case active(t) && b == nil && len(d.of) >= mostTables:
			hidden++
		case active(t) && b == nil:
			d.of[i] = d.add(*t)
		case active(t):
			b.counts.Store(t)
			b.bar.SetCurrent(min(int64(fraction(t)*barScale), barScale-1))
		}
	}
	d.tellOthers(hidden, waiting)
	sum := Sum(tables, d.started, time.Now())
	d.sum.Store(&sum)
	d.total.SetCurrent(min(int64(sum.Fraction*barScale), barScale-1))
}

func active(t *fullload.TableCounts) bool {
	return t.State == fullload.FullLoad || t.State == fullload.Building
}

func (d *drawing) add(t fullload.TableCounts) *tableBar {
	b := &tableBar{}
	b.counts.Store(&t)
	b.bar = d.bars.AddBar(barScale, mpb.BarRemoveOnComplete(), mpb.PrependDecorators(label(t.Source.String())),
		mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string { return tableText(b.counts.Load(), time.Now(), s.AvailableWidth) })))
	return b
}

// tellOthers keeps a line about the tables without a bar, as long as there are any.
func (d *drawing) tellOthers(hidden, waiting int) {
	text := othersText(hidden, waiting)
	d.beside.Store(&text)
	switch {
	case text != "" && d.others == nil:
		d.others = d.bars.New(barScale, mpb.NopStyle(), mpb.BarPriority(1<<30-1), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return *d.beside.Load() })))
	case text == "" && d.others != nil:
		d.others.Abort(true)
		d.others = nil
	}
}

func othersText(hidden, waiting int) string {
	switch {
	case hidden > 0 && waiting > 0:
		return fmt.Sprintf("… and %s more active, %s waiting", Count(int64(hidden)), Count(int64(waiting)))
	case hidden > 0:
		return fmt.Sprintf("… and %s more active", Count(int64(hidden)))
	case waiting > 0:
		return fmt.Sprintf("%s waiting", Count(int64(waiting)))
	}
	return ""
}

func (d *drawing) close() {
	for _, b := range d.of {
		b.bar.Abort(true)
	}
	d.tellOthers(0, 0)
	d.total.Abort(false)
	d.bars.Wait()
}

func (d *drawing) totalText(s decor.Statistics) string {
	if t := d.sum.Load(); t != nil {
		return totalText(t, s.AvailableWidth)
	}
	return ""
}

func label(name string) decor.Decorator {
	name = Plain(strings.NewReplacer("\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(name))
	r := []rune(name)
	return decor.Any(func(s decor.Statistics) string {
		width := min(nameWidth, s.AvailableWidth/3)
		if len(r) > width {
			return "…" + string(r[len(r)-max(width-1, 0):]) + " " // names of one schema differ at the end
		}
		return fmt.Sprintf("%-*s ", width, name)
	})
}
