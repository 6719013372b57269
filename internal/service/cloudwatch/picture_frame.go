package cloudwatch

import (
	"time"

	"github.com/go-analyze/charts"
)

// drawGrid draws the grid with its numbers.
func (p *picture) drawGrid() {
	for _, x := range p.left.marks() {
		y := p.y(x, false)
		p.LineStroke([]charts.Point{{X: p.plot.Min.X, Y: y}, {X: p.plot.Max.X, Y: y}}, p.theme.GetAxisSplitLineColor(), 1)
		text := shortNumber(x)
		p.Text(text, p.plot.Min.X-6-p.MeasureText(text, 0, p.small()).Width(), y+4, 0, p.small())
	}
	if p.twoSided {
		for _, x := range p.right.marks() {
			p.Text(shortNumber(x), p.plot.Max.X+6, p.y(x, true)+4, 0, p.small())
		}
	}
	p.LineStroke([]charts.Point{{X: p.plot.Min.X, Y: p.plot.Max.Y}, {X: p.plot.Max.X, Y: p.plot.Max.Y}}, p.theme.GetXAxisStrokeColor(), 1)
}

// drawMoments draws the moments below the grid.
func (p *picture) drawMoments() {
	step := momentStep(p.to.Sub(p.from), p.plot.Dx()/80)
	for at := p.firstMark(step); !at.After(p.to); at = at.Add(step) {
		x := p.x(at)
		p.LineStroke([]charts.Point{{X: x, Y: p.plot.Max.Y}, {X: x, Y: p.plot.Max.Y + 4}}, p.theme.GetXAxisStrokeColor(), 1)
		text := at.In(p.zone).Format(momentForm(step))
		width := p.MeasureText(text, 0, p.small()).Width()
		p.Text(text, min(max(x-width/2, 0), p.widget.Width-width), p.plot.Max.Y+rowRoom, 0, p.small())
	}
}

// firstMark is the first moment in the picture that is a whole step of the picture's zone.
func (p *picture) firstMark(step time.Duration) time.Time {
	_, ahead := p.from.In(p.zone).Zone()
	shift := time.Duration(ahead) * time.Second
	at := p.from.Add(shift).Truncate(step).Add(-shift)
	for at.Before(p.from) {
		at = at.Add(step)
	}
	return at
}

func (p *picture) drawTitle() {
	if p.Title != "" {
		style := charts.FontStyle{FontSize: titleText, FontColor: p.theme.GetTitleTextColor()}
		p.Text(p.cutTo(p.Title, p.widget.Width-2*edgeRoom, style), edgeRoom, edgeRoom+rowRoom-4, 0, style)
	}
}

// cutTo is as much of a text as has room.
func (p *picture) cutTo(text string, room int, style charts.FontStyle) string {
	letters := []rune(text)
	for n := len(letters); n > 0; n-- {
		shown := string(letters[:n])
		if n < len(letters) {
			shown += "…"
		}
		if p.MeasureText(shown, 0, style).Width() <= room {
			return shown
		}
	}
	return ""
}

const swatch = 16 // the room of a colour before a name

// legendRoom is how high the legend is, or how wide when it stands at the right: no more than a third of the picture.
func (p *picture) legendRoom() int {
	switch p.Legend.Position {
	case "hidden":
		return 0
	case "right":
		widest := 0
		for i := range p.curves {
			widest = max(widest, p.MeasureText(p.curves[i].label, 0, p.small()).Width())
		}
		return min(widest+swatch+edgeRoom, p.widget.Width/3)
	}
	rows := 0
	p.eachOfLegend(func(row, _ int, _ string, _ *curve) { rows = row + 1 })
	return min(rows*rowRoom, p.widget.Height/3)
}

// eachOfLegend goes through a legend at the bottom, row by row.
func (p *picture) eachOfLegend(do func(row, x int, text string, c *curve)) {
	row, x := 0, edgeRoom
	for i := range p.curves {
		text := p.cutTo(p.curves[i].label, p.widget.Width-2*edgeRoom-swatch, p.small())
		width := swatch + p.MeasureText(text, 0, p.small()).Width() + edgeRoom
		if x > edgeRoom && x+width > p.widget.Width {
			row, x = row+1, edgeRoom
		}
		do(row, x, text, &p.curves[i])
		x += width
	}
}

// drawLegend names the curves, as many as have room.
func (p *picture) drawLegend() {
	name := func(x, y int, text string, c *curve) {
		if y <= p.widget.Height {
			p.FilledRect(x, y-9, x+10, y+1, c.color, c.color, 0)
			p.Text(text, x+swatch, y, 0, charts.FontStyle{FontSize: smallText, FontColor: p.theme.GetLegendTextColor()})
		}
	}
	switch p.Legend.Position {
	case "hidden":
	case "right":
		x := p.widget.Width - p.legendRoom()
		for i := range p.curves {
			name(x, p.plot.Min.Y+(i+1)*rowRoom-6, p.cutTo(p.curves[i].label, p.widget.Width-x-swatch, p.small()), &p.curves[i])
		}
	default:
		top := p.plot.Max.Y + rowRoom + edgeRoom
		p.eachOfLegend(func(row, x int, text string, c *curve) { name(x, top+row*rowRoom+6, text, c) })
	}
}
