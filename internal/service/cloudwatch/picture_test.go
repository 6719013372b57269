package cloudwatch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
)

// pictureOf is the picture of a widget, which is also left in the folder of WHIMBREL_PICTURES for somebody to look at.
func pictureOf(t *testing.T, b *bench, name string, parts map[string]any) image.Image {
	t.Helper()
	w := map[string]any{"start": "-PT30M", "period": 60, "metrics": [][]any{{"shop", "lag"}}}
	for k, v := range parts {
		w[k] = v
	}
	raw, err := json.Marshal(w)
	require.NoError(t, err)
	out := b.must("GetMetricWidgetImage", &cloudwatchapi.GetMetricWidgetImageInput{MetricWidget: new(string(raw))}).(*cloudwatchapi.GetMetricWidgetImageOutput)
	if dir := os.Getenv("WHIMBREL_PICTURES"); dir != "" {
		require.NoError(t, os.WriteFile(dir+"/"+name+".png", out.MetricWidgetImage, 0o600))
	}
	i, err := png.Decode(bytes.NewReader(out.MetricWidgetImage))
	require.NoError(t, err)
	return i
}

// inColor are the pixels of a colour, and within which bounds they are.
func inColor(i image.Image, hex string) (n int, within image.Rectangle) {
	return inPart(i, i.Bounds(), hex)
}

// inPart is inColor of a part of the picture.
func inPart(i image.Image, part image.Rectangle, hex string) (n int, within image.Rectangle) {
	var want color.RGBA
	if _, err := fmt.Sscanf(hex, "#%02x%02x%02x", &want.R, &want.G, &want.B); err != nil {
		panic(err)
	}
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			r, g, b, _ := i.At(x, y).RGBA()
			if uint8(r>>8) == want.R && uint8(g>>8) == want.G && uint8(b>>8) == want.B {
				n++
				within = within.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return n, within
}

// TestPicturesShowWhatIsAsked reads the pixels of pictures: what the grammar of widgets says is drawn, where it belongs.
func TestPicturesShowWhatIsAsked(t *testing.T) {
	b := newBench(t)
	b.put(10, 12, 11, 13, 12, 14, 13, 15, 14, 16)
	b.wait(10 * time.Minute) // nobody puts anything
	b.put(20, 18, 19, 17, 18)
	const red, blue = "#d62728", "#1f77b4"
	oneLine := func(options map[string]any) [][]any { return [][]any{{"shop", "lag", options}} }

	t.Run("a gap is left where values are missing", func(t *testing.T) {
		i := pictureOf(t, b, "gap", map[string]any{"metrics": oneLine(map[string]any{"color": red})})
		require.Equal(t, image.Rect(0, 0, 600, 400), i.Bounds())
		n, all := inColor(i, red)
		require.Greater(t, n, 200)
		empty := 0 // columns of the plot without the line
		for x := all.Min.X; x < all.Max.X; x++ {
			if column, _ := inPart(i, image.Rect(x, 0, x+1, 340), red); column == 0 {
				empty++
			}
		}
		require.Greater(t, empty, 150)
	})
	t.Run("title, size and theme", func(t *testing.T) {
		plain := pictureOf(t, b, "plain", map[string]any{"width": 300, "height": 200})
		titled := pictureOf(t, b, "titled", map[string]any{"width": 300, "height": 200, "title": "Lag of the shop", "theme": "dark"})
		require.Equal(t, image.Rect(0, 0, 300, 200), titled.Bounds())
		light, _, _, _ := plain.At(1, 1).RGBA()
		dark, _, _, _ := titled.At(1, 1).RGBA()
		require.Greater(t, light, uint32(0xf000))
		require.Less(t, dark, uint32(0x5000))
	})
	t.Run("the right axis has its own scale", func(t *testing.T) {
		metrics := [][]any{{"shop", "lag", map[string]any{"id": "m", "color": blue}}, {map[string]any{"expression": "m*1000", "color": red, "yAxis": "right"}}}
		i := pictureOf(t, b, "right", map[string]any{"metrics": metrics, "legend": map[string]any{"position": "hidden"}, "yAxis": map[string]any{"left": map[string]any{"min": 0, "max": 100}, "right": map[string]any{"min": 0, "max": 25000}}})
		_, low := inColor(i, blue)
		_, high := inColor(i, red)
		require.Greater(t, low.Min.Y, high.Min.Y+150) // 20 of 100, and 20000 of 25000
		require.Less(t, high.Max.X, 580)              // its numbers have room
	})
	t.Run("stacked", func(t *testing.T) {
		metrics := [][]any{{"shop", "lag", map[string]any{"id": "m", "color": blue}}, {map[string]any{"expression": "m*2", "color": red}}}
		_, apart := inColor(pictureOf(t, b, "apart", map[string]any{"metrics": metrics, "legend": map[string]any{"position": "hidden"}, "yAxis": map[string]any{"left": map[string]any{"min": 0, "max": 100}}}), red)
		_, upon := inColor(pictureOf(t, b, "stacked", map[string]any{"metrics": metrics, "stacked": true, "legend": map[string]any{"position": "hidden"}, "yAxis": map[string]any{"left": map[string]any{"min": 0, "max": 100}}}), red)
		require.InDelta(t, 20.0/100*350, apart.Min.Y-upon.Min.Y, 12)
	})
	parts := [][]any{ // the newest is 18, so 18, 36 and nothing below it
		{"shop", "lag", map[string]any{"id": "m", "color": blue}}, {map[string]any{"expression": "m*2", "color": red}}, {map[string]any{"expression": "0-m", "color": "#9467bd"}},
	}
	hidden := map[string]any{"position": "hidden"}
	t.Run("bars", func(t *testing.T) {
		i := pictureOf(t, b, "bars", map[string]any{"metrics": parts, "view": "bar", "legend": hidden})
		_, one := inColor(i, blue)
		_, two := inColor(i, red)
		_, below := inColor(i, "#9467bd")
		require.InDelta(t, 2*one.Dy(), two.Dy(), 4)
		require.InDelta(t, one.Dy(), below.Dy(), 4)
		require.InDelta(t, one.Max.Y, two.Max.Y, 2)
		require.InDelta(t, one.Max.Y, below.Min.Y, 3) // hangs where the others stand
		require.Less(t, one.Max.X, two.Min.X)
		n, _ := inColor(i, red)
		require.InDelta(t, two.Dx()*two.Dy(), n, 60) // full, and their value above
		marked := pictureOf(t, b, "bars-marked", map[string]any{"metrics": parts[:2], "view": "bar", "title": "Lag", "annotations": map[string]any{"horizontal": []any{map[string]any{"value": 30, "color": "#2ca02c", "label": "too late"}}}})
		line, _ := inColor(marked, "#2ca02c")
		require.Greater(t, line, 400)
	})
	t.Run("a pie", func(t *testing.T) {
		i := pictureOf(t, b, "pie", map[string]any{"metrics": parts, "view": "pie", "title": "Lag"})
		third, _ := inPart(i, image.Rect(0, 0, 600, 340), blue)
		rest, _ := inPart(i, image.Rect(0, 0, 600, 340), red)
		none, _ := inPart(i, image.Rect(0, 0, 600, 340), "#9467bd")
		require.InDelta(t, 2, float64(rest)/float64(third), 0.1)
		require.Greater(t, third, 10_000)
		require.Zero(t, none)
		_, slice := inPart(i, image.Rect(0, 0, 600, 340), blue)
		require.Greater(t, slice.Min.X, 295) // from the top clockwise
		pictureOf(t, b, "pie-right", map[string]any{"metrics": parts, "view": "pie", "theme": "dark", "legend": map[string]any{"position": "right"}})
	})
	t.Run("annotations", func(t *testing.T) {
		marks := map[string]any{
			"horizontal": []any{map[string]any{"value": 50, "label": "too late", "color": red, "fill": "above"}, []any{map[string]any{"value": 5, "label": "from", "color": blue}, map[string]any{"value": 2, "label": "to"}}, map[string]any{"value": 900, "visible": false}},
			"vertical":   []any{map[string]any{"value": b.now.Add(-12 * time.Minute).Format(time.RFC3339), "label": "deployed", "color": "#9467bd", "fill": "after"}},
		}
		i := pictureOf(t, b, "annotations", map[string]any{"annotations": marks})
		n, across := inColor(i, red)
		require.Greater(t, n, 400)
		require.Greater(t, across.Dx(), 500)
		require.Less(t, across.Min.Y, 100) // the axis has room for it, and not for what is not visible
		_, upright := inColor(i, "#9467bd")
		require.Greater(t, upright.Dy(), 250)
	})
	t.Run("the legend stands where it is asked to", func(t *testing.T) {
		for position, want := range map[string]image.Rectangle{"bottom": image.Rect(0, 350, 200, 400), "right": image.Rect(400, 0, 600, 60)} {
			i := pictureOf(t, b, "legend-"+position, map[string]any{"metrics": oneLine(map[string]any{"color": red, "label": "Lag of the shop"}), "legend": map[string]any{"position": position}})
			n, _ := inPart(i, want, red)
			require.Greater(t, n, 60, position)
		}
	})
	t.Run("without live data the last minute is not drawn", func(t *testing.T) {
		w, err := parseWidget(`{"metrics":[["shop","lag"]],"timezone":"-0330","period":10,"liveData":false}`, "eu-central-1", b.now)
		require.NoError(t, err)
		_, ahead := b.now.In(w.zone).Zone()
		require.Equal(t, -12600, ahead)
		l := &line{Period: 10 * time.Second}
		for i := range 18 {
			l.At, l.Values = append(l.At, b.now.Add(time.Duration(i-18)*10*time.Second)), append(l.Values, float64(i))
		}
		require.Len(t, w.seen(l, b.now).At, 12)
		w.LiveData = nil
		require.Len(t, w.seen(l, b.now).At, 18)
	})
}

// TestWidgetsAreReadStrictly: what would not be drawn is refused.
func TestWidgetsAreReadStrictly(t *testing.T) {
	for part, want := range map[string]string{
		`"view":"gauge"`: `The view "gauge" of the MetricWidget is not drawn here: timeSeries or bar or pie is`, `"view":"pie","annotations":{"horizontal":[{"value":1}]}`: `no place in the view "pie"`,
		`"view":"bar","annotations":{"vertical":[{"value":"2026-11-26T03:00:00Z"}]}`: `no place in the view "bar"`, `"legend":{"position":"top"}`: `The legend "top"`, `"sparkline":true`: `unknown field "sparkline"`,
		`"region":"us-east-1"`: "the metrics here are of eu-central-1", `"timezone":"CET"`: "none such as +0130", `"theme":"blue"`: `The theme "blue"`,
		`"yAxis":{"left":{"min":2,"max":1}}`: "is not below", `"annotations":{"horizontal":[{"value":"high"}]}`: "neither a number", `"annotations":{"horizontal":[{"value":1,"fill":"after"}]}`: `The fill "after"`,
		`"annotations":{"vertical":[{"value":1}]}`: "a moment such as", `"annotations":{"alarms":["arn"]}`: `unknown field "alarms"`, `"annotations":{"horizontal":[[]]}`: "two that make a band",
		`"annotations":{"horizontal":[{"label":"x"}]}`: "neither a number",
	} {
		_, err := parseWidget(`{"metrics":[["a","b"]],`+part+`}`, "eu-central-1", time.Unix(1e9, 0))
		require.ErrorContains(t, err, want, part)
	}
	for options, want := range map[string]string{`{"color":"red"}`: `The color "red"`, `{"yAxis":"top"}`: "neither left nor right", `{"fill":1}`: `unknown field "fill"`} {
		_, err := parseWidget(`{"metrics":[["a","b",`+options+`]]}`, "eu-central-1", time.Unix(1e9, 0))
		require.ErrorContains(t, err, want, options)
	}
}

func TestAxes(t *testing.T) {
	high := 100.0
	for _, c := range []struct {
		low, high float64
		ends      axisLimits
		want      axis
	}{
		{0, 9, axisLimits{}, axis{0, 10, 2}}, {1, 0, axisLimits{}, axis{0, 1, 0.2}}, {95, 96, axisLimits{}, axis{95, 96, 0.2}}, {5, 5, axisLimits{}, axis{4.4, 5.6, 0.5}},
		{20, 40, axisLimits{Max: &high}, axis{0, 100, 20}}, {200, 300, axisLimits{Max: &high}, axis{0, 100, 20}}, {-5, 5, axisLimits{}, axis{-6, 6, 5}},
	} {
		got := axisOf(c.low, c.high, c.ends, 5)
		require.InDeltaSlice(t, []float64{c.want.min, c.want.max, c.want.step}, []float64{got.min, got.max, got.step}, 1e-9, "%v to %v", c.low, c.high)
		require.NotEmpty(t, got.marks())
	}
	require.Equal(t, "0", shortNumber(axisOf(0, 9, axisLimits{}, 5).marks()[0]))
	require.Equal(t, "1.5k", shortNumber(1500))
	require.Equal(t, "0.2", shortNumber(0.2))
}
