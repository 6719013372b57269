package cloudwatch

import (
	"math"
	"strconv"

	"github.com/go-analyze/charts"
)

// The views of a widget that are no lines over time. Each shows one value of a metric, the newest.
const (
	viewBar = "bar"
	viewPie = "pie"
)

// newest leaves each curve the value that is of its last period.
func (p *picture) newest() {
	for i := range p.curves {
		if c := &p.curves[i]; len(c.At) > 1 {
			last := len(c.At) - 1
			c.At, c.Values = c.At[last:], c.Values[last:]
		}
	}
}

// drawBars draws a bar for each curve, from 0 to its value. One that has no value leaves its place empty.
func (p *picture) drawBars() {
	place := float64(p.plot.Dx()) / float64(max(len(p.curves), 1))
	for i := range p.curves {
		c := &p.curves[i]
		if len(c.Values) == 0 {
			continue
		}
		left := p.plot.Min.X + int(place*(float64(i)+0.15))
		right := max(p.plot.Min.X+int(place*(float64(i)+0.85)), left+1)
		foot, top := p.y(0, c.right), p.y(c.Values[0], c.right)
		p.FilledRect(left, min(foot, top), right, max(foot, top), c.color, c.color, 0)
		text := shortNumber(c.Values[0])
		if width := p.MeasureText(text, 0, p.small()).Width(); width <= int(place) {
			p.Text(text, (left+right-width)/2, max(min(foot, top)-4, p.plot.Min.Y+10), 0, p.small())
		}
	}
}

// drawPie draws the share that each curve has in the sum of all. Only what is more than nothing has one.
func (p *picture) drawPie() {
	sum := 0.0
	for i := range p.curves {
		sum += p.curves[i].share()
	}
	if sum == 0 {
		return
	}
	at := 0.0
	for i := range p.curves {
		part := p.curves[i].share() / sum
		if part > 0 {
			p.drawSlice(at, part, p.curves[i].color)
		}
		at += part
	}
}

// share is what a curve adds to a pie.
func (c *curve) share() float64 {
	if len(c.Values) == 0 {
		return 0
	}
	return max(c.Values[0], 0)
}

// drawSlice draws a part of a pie, which begins where others have ended, clockwise from the top, and says how much it is.
func (p *picture) drawSlice(begin, part float64, color charts.Color) {
	radius := float64(min(p.plot.Dx(), p.plot.Dy())) / 2
	spot := func(at, out float64) charts.Point {
		sin, cos := math.Sincos(2 * math.Pi * at)
		return charts.Point{X: (p.plot.Min.X+p.plot.Max.X)/2 + int(math.Round(sin*radius*out)), Y: (p.plot.Min.Y+p.plot.Max.Y)/2 - int(math.Round(cos*radius*out))}
	}
	outline := []charts.Point{spot(0, 0)}
	steps := max(int(math.Ceil(part*180)), 1) // of two degrees
	for n := range steps + 1 {
		outline = append(outline, spot(begin+part*float64(n)/float64(steps), 1))
	}
	p.FillArea(append(outline, outline[0]), color)
	const least = 0.04 // of the pie, for a slice to have room for its number
	if part < least {
		return
	}
	style := charts.FontStyle{FontSize: smallText, FontColor: charts.ColorWhite}
	text := strconv.FormatFloat(100*part, 'f', 0, 64) + "%"
	middle, size := spot(begin+part/2, 0.7), p.MeasureText(text, 0, style)
	p.Text(text, middle.X-size.Width()/2, middle.Y+size.Height()/2, 0, style)
}
