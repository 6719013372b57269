package cloudwatch

import (
	"github.com/go-analyze/charts"
)

// colorOf is the colour of a mark.
func (p *picture) colorOf(m *mark) charts.Color {
	if text := m.edges[0].Color; text != "" {
		return charts.ColorFromHex(text)
	}
	return p.theme.GetMarkTextColor()
}

// drawShades draws what marks shade, behind everything else.
func (p *picture) drawShades() {
	shade := func(x1, y1, x2, y2 int, m *mark) {
		color := p.colorOf(m).WithAlpha(shadeOf)
		p.FilledRect(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2), color, color, 0)
	}
	for i := range p.Annotations.Horizontal {
		m := &p.Annotations.Horizontal[i]
		if !m.shown() {
			continue
		}
		y := p.y(m.edges[0].at, m.right())
		switch {
		case len(m.edges) == 2:
			shade(p.plot.Min.X, y, p.plot.Max.X, p.y(m.edges[1].at, m.right()), m)
		case m.edges[0].Fill == "above":
			shade(p.plot.Min.X, p.plot.Min.Y, p.plot.Max.X, y, m)
		case m.edges[0].Fill == "below":
			shade(p.plot.Min.X, y, p.plot.Max.X, p.plot.Max.Y, m)
		}
	}
	for i := range p.Annotations.Vertical {
		m := &p.Annotations.Vertical[i]
		if !m.shown() {
			continue
		}
		x := p.x(m.edges[0].moment)
		switch {
		case len(m.edges) == 2:
			shade(x, p.plot.Min.Y, p.x(m.edges[1].moment), p.plot.Max.Y, m)
		case m.edges[0].Fill == "before":
			shade(p.plot.Min.X, p.plot.Min.Y, x, p.plot.Max.Y, m)
		case m.edges[0].Fill == "after":
			shade(x, p.plot.Min.Y, p.plot.Max.X, p.plot.Max.Y, m)
		}
	}
}

// drawMarks draws the lines of marks with their names. Those of a moment outside of the picture are not in it.
func (p *picture) drawMarks() {
	stroke := func(m *mark, label string, from, to charts.Point, x, y int) {
		color := p.colorOf(m)
		p.LineStroke([]charts.Point{from, to}, color, 2)
		style := charts.FontStyle{FontSize: smallText, FontColor: color}
		text := p.cutTo(label, p.plot.Dx(), style)
		p.Text(text, min(x, p.plot.Max.X-p.MeasureText(text, 0, style).Width()), y, 0, style)
	}
	for i := range p.Annotations.Horizontal {
		m := &p.Annotations.Horizontal[i]
		for _, e := range m.edges {
			if y := p.y(e.at, m.right()); m.shown() {
				stroke(m, e.Label, charts.Point{X: p.plot.Min.X, Y: y}, charts.Point{X: p.plot.Max.X, Y: y}, p.plot.Min.X+4, max(y-4, p.plot.Min.Y+10))
			}
		}
	}
	for i := range p.Annotations.Vertical {
		m := &p.Annotations.Vertical[i]
		for n, e := range m.edges {
			if m.shown() && !e.moment.Before(p.from) && !e.moment.After(p.to) {
				x := p.x(e.moment)
				stroke(m, e.Label, charts.Point{X: x, Y: p.plot.Min.Y}, charts.Point{X: x, Y: p.plot.Max.Y}, x+4, p.plot.Min.Y+12+n*12)
			}
		}
	}
}
