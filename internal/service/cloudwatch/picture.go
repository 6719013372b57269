package cloudwatch

import (
	"image"
	"math"
	"time"

	"github.com/go-analyze/charts"
)

// curve is a line of a picture.
type curve struct {
	line
	label string
	color charts.Color
	right bool
	base  []float64 // what it is stacked upon, at each of its values
}

// top is where the curve is at one of its values.
func (c *curve) top(i int) float64 {
	if c.base == nil {
		return c.Values[i]
	}
	return c.base[i] + c.Values[i]
}

// picture is a widget being drawn.
type picture struct {
	*widget
	*charts.Painter
	curves      []curve
	theme       charts.ColorPalette
	plot        image.Rectangle
	left, right axis
	twoSided    bool
}

const (
	smallText = 10.0
	titleText = 14.0
	edgeRoom  = 12 // pixels around everything
	rowRoom   = 18 // of a row of the legend
	shadeOf   = 40 // of 255, how dense a shade is
)

// draw makes a PNG of curves. looks has how each is drawn.
func (w *widget) draw(lines []line, labels []string, looks []look, now time.Time) ([]byte, error) {
	name := charts.ThemeLight
	if w.Theme == "dark" {
		name = charts.ThemeDark
	}
	p := &picture{widget: w, theme: charts.GetTheme(name)}
	p.Painter = charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputPNG, Width: w.Width, Height: w.Height, Theme: p.theme})
	for i := range lines {
		c := curve{line: w.seen(&lines[i], now), label: labels[i], right: looks[i].YAxis == "right", color: p.theme.GetSeriesColor(i)}
		if looks[i].Color != "" {
			c.color = charts.ColorFromHex(looks[i].Color)
		}
		p.curves = append(p.curves, c)
	}
	if w.View == viewBar || w.View == viewPie {
		p.newest()
	} else if w.Stacked {
		p.stack()
	}
	p.lay()
	p.FilledRect(0, 0, w.Width, w.Height, p.theme.GetBackgroundColor(), p.theme.GetBackgroundColor(), 0)
	p.drawView()
	p.drawTitle()
	p.drawLegend()
	return p.Bytes()
}

// drawView draws what the title and the legend stand around.
func (p *picture) drawView() {
	if p.View == viewPie {
		p.drawPie()
		return
	}
	p.drawShades()
	p.drawGrid()
	if p.View == viewBar {
		p.drawBars()
	} else {
		p.drawMoments()
		for i := range p.curves {
			p.drawCurve(&p.curves[i])
		}
	}
	p.drawMarks()
}

// seen are the values of a line that the picture shows. Without live data those of the last minute are not, for more may be added to them.
func (w *widget) seen(l *line, now time.Time) line {
	out := *l
	out.At, out.Values = nil, nil
	for i, at := range l.At {
		live := at.Add(l.Period).After(now.Add(-time.Minute))
		if at.Before(w.from) || at.After(w.to) || math.IsInf(l.Values[i], 0) || math.IsNaN(l.Values[i]) || live && w.LiveData != nil && !*w.LiveData {
			continue
		}
		out.At, out.Values = append(out.At, at), append(out.Values, l.Values[i])
	}
	return out
}

// stack puts the curves of the left axis upon each other. Where one has no value it adds nothing.
func (p *picture) stack() {
	var under []*curve
	for i := range p.curves {
		c := &p.curves[i]
		if c.right {
			continue
		}
		c.base = make([]float64, len(c.At))
		for _, u := range under {
			at := 0
			for n, moment := range c.At { // both are in the order of time
				for at < len(u.At) && !u.At[at].Add(u.Period).After(moment) {
					at++
				}
				if at < len(u.At) && !u.At[at].After(moment) {
					c.base[n] += u.Values[at]
				}
			}
		}
		under = append(under, c)
	}
}

// lay decides where everything stands.
func (p *picture) lay() {
	top, bottom := edgeRoom, edgeRoom+rowRoom
	if p.Title != "" {
		top += 2 * edgeRoom
	}
	room := p.legendRoom()
	if p.Legend.Position != "right" {
		bottom += room
	}
	marks := max((p.widget.Height-top-bottom)/40, 2)
	lowLeft, highLeft, lowRight, highRight := p.reach()
	p.left, p.right = axisOf(lowLeft, highLeft, p.YAxis.Left, marks), axisOf(lowRight, highRight, p.YAxis.Right, marks)
	left, right := edgeRoom, edgeRoom
	if p.View != viewPie {
		left += p.width(p.left)
		if p.twoSided {
			right += p.width(p.right)
		}
	}
	if p.Legend.Position == "right" {
		right += room
	}
	p.plot = image.Rect(left, top, max(p.widget.Width-right, left+1), max(p.widget.Height-bottom, top+1))
}

// reach is what each axis has to show: all values, and all annotations.
func (p *picture) reach() (lowLeft, highLeft, lowRight, highRight float64) {
	lowLeft, highLeft, lowRight, highRight = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	add := func(right bool, x float64) {
		if right {
			p.twoSided = true
			lowRight, highRight = min(lowRight, x), max(highRight, x)
			return
		}
		lowLeft, highLeft = min(lowLeft, x), max(highLeft, x)
	}
	for i := range p.curves {
		for n := range p.curves[i].Values {
			add(p.curves[i].right, p.curves[i].top(n))
			if p.View == viewBar {
				add(p.curves[i].right, 0) // the length of a bar says how much it is
			}
		}
	}
	for i := range p.Annotations.Horizontal {
		if m := &p.Annotations.Horizontal[i]; m.shown() {
			for _, e := range m.edges {
				add(m.right(), e.at)
			}
		}
	}
	return lowLeft, highLeft, lowRight, highRight
}

// width is the room of an axis's numbers.
func (p *picture) width(a axis) (most int) {
	for _, x := range a.marks() {
		most = max(most, p.MeasureText(shortNumber(x), 0, p.small()).Width())
	}
	return most + 6
}

func (p *picture) small() charts.FontStyle {
	return charts.FontStyle{FontSize: smallText, FontColor: p.theme.GetYAxisTextColor()}
}

// x and y are where a moment and a value stand.
func (p *picture) x(at time.Time) int {
	part := float64(at.Sub(p.from)) / float64(p.to.Sub(p.from))
	return p.plot.Min.X + int(math.Round(min(max(part, 0), 1)*float64(p.plot.Dx())))
}

func (p *picture) y(value float64, right bool) int {
	a := p.left
	if right {
		a = p.right
	}
	return p.plot.Max.Y - int(math.Round(a.place(value)*float64(p.plot.Dy())))
}

// drawCurve draws a curve, with a gap where values are missing.
func (p *picture) drawCurve(c *curve) {
	var points, floor []charts.Point
	flush := func() {
		if c.base != nil && len(points) > 1 {
			area := append([]charts.Point{}, points...)
			for i := len(floor) - 1; i >= 0; i-- {
				area = append(area, floor[i])
			}
			p.FillArea(append(area, points[0]), c.color.WithAlpha(3*shadeOf))
		}
		p.LineStroke(points, c.color, 2)
		points, floor = points[:0], floor[:0]
	}
	for i, at := range c.At {
		if i > 0 && at.Sub(c.At[i-1]) > c.Period+c.Period/2 {
			flush()
		}
		points = append(points, charts.Point{X: p.x(at), Y: p.y(c.top(i), c.right)})
		floor = append(floor, charts.Point{X: p.x(at), Y: p.y(c.top(i)-c.Values[i], c.right)})
	}
	if len(points) > 0 {
		flush()
	}
}
