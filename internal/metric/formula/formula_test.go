package formula

import (
	"context"
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/metric"
)

var zero = time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)

// shelf is a source with lines a (1 2 3 4), b (10 _ 30 0) and c (5 5), a minute apart.
type shelf struct{}

func of(values ...float64) Line {
	l := Line{Period: time.Minute}
	for i, v := range values {
		if v >= 0 {
			l.At, l.Values = append(l.At, zero.Add(time.Duration(i)*time.Minute)), append(l.Values, v)
		}
	}
	return l
}

func (shelf) Value(_ context.Context, id string) (Value, error) {
	l, ok := map[string]Line{"a": of(1, 2, 3, 4), "b": of(10, -1, 30, 0), "c": of(5, 5)}[id]
	if !ok {
		return Value{}, fmt.Errorf("no %s", id)
	}
	l.Label = id
	return Value{Kind: Lines, Lines: []Line{l}}, nil
}
func (shelf) Metrics() []string { return []string{"a", "b", "c"} }
func (shelf) Search(_ context.Context, s *Search, _ string, _ time.Duration) (out []Line, err error) {
	for _, name := range []metric.Name{
		metric.Of("AWS/DMS", "CDCLatencySource", metric.Dimension{Name: "ReplicationInstanceIdentifier", Value: "one"}),
		metric.Of("AWS/DMS", "CDCLatencyTarget", metric.Dimension{Name: "ReplicationInstanceIdentifier", Value: "two"}),
		metric.Of("AWS/DMS", "CPUUtilization"), metric.Of("shop", "orders"),
	} {
		if s.Matches(&name) {
			l := of(1)
			l.Label = name.Metric
			out = append(out, l)
		}
	}
	return out, nil
}
func (shelf) Spend(context.Context, int, int) error { return nil }
func (shelf) Window() (from, to time.Time)          { return zero, zero.Add(4 * time.Minute) }

func spell(v Value) string {
	if v.Kind == Scalar {
		return fmt.Sprint(v.Number)
	}
	var lines []string
	for _, l := range v.Lines {
		var parts []string
		for i, at := range l.At {
			parts = append(parts, fmt.Sprintf("%d:%.4g", int(at.Sub(zero).Minutes()), l.Values[i]))
		}
		lines = append(lines, strings.Join(parts, " "))
	}
	return strings.Join(lines, " | ")
}

// TestExpressions: operators, and every function that there is.
func TestExpressions(t *testing.T) {
	tried := map[string]bool{}
	for source, want := range map[string]string{
		"a+b":                           "0:11 2:33 3:4",
		"2*a-1":                         "0:1 1:3 2:5 3:7",
		"a/b":                           "0:0.1 2:0.1", // nothing is divided by zero
		"-a^2":                          "0:-1 1:-4 2:-9 3:-16",
		"(a+1)*PERIOD(a)":               "0:120 1:180 2:240 3:300",
		"a>2":                           "0:0 1:0 2:1 3:1",
		"a>1 AND a<4":                   "0:0 1:1 2:1 3:0",
		"AVG(a)":                        "2.5",
		"SUM([a,b])":                    "0:11 1:2 2:33 3:4",
		"SUM(METRICS())":                "0:16 1:7 2:33 3:4",
		"MAX(METRICS(\"a\"))":           "0:1 1:2 2:3 3:4",
		"METRIC_COUNT(METRICS())":       "3",
		"DATAPOINT_COUNT(b)":            "3",
		"STDDEV(a)":                     "1.118033988749895",
		"FILL(b,0)":                     "0:10 1:0 2:30 3:0",
		"FILL(b,REPEAT)":                "0:10 1:10 2:30 3:0",
		"FILL(b,LINEAR)":                "0:10 1:20 2:30 3:0",
		"FILL(c,REPEAT)":                "0:5 1:5 2:5 3:5",
		"IF(a>2,a,b)":                   "0:10 2:3 3:4",
		"IF(a>2,1)":                     "2:1 3:1",
		"DIFF(a)":                       "1:1 2:1 3:1",
		"RATE(a)*60":                    "1:1 2:1 3:1",
		"RUNNING_SUM(a)":                "0:1 1:3 2:6 3:10",
		"FIRST(a)+LAST(a)":              "5",
		"MINUTE(a)":                     "0:0 1:1 2:2 3:3",
		"HOUR(c)":                       "0:3 1:3",
		"DAY(c)":                        "0:4 1:4", // Monday is 1
		"DATE(c)":                       "0:26 1:26",
		"MONTH(c)":                      "0:11 1:11",
		"YEAR(c)":                       "0:2026 1:2026",
		"EPOCH(a)-1795662000":           "0:0 1:60 2:120 3:180",
		"DIFF_TIME(b)":                  "2:120 3:60",
		"MEDIAN(a)":                     "2.5",
		"MIN(METRICS())":                "0:1 1:2 2:3 3:0",
		"LOG(a-1)":                      "1:0 2:0.6931 3:1.099", // there is none of 0
		"LOG10(10*c)":                   "0:1.699 1:1.699",
		"TIME_SERIES(7)":                "0:7 1:7 2:7 3:7",
		"SLICE([a,b,c],1,3)":            "0:10 2:30 3:0 | 0:5 1:5",
		"SORT([a,b,c],SUM,DSC,1)":       "0:10 2:30 3:0",
		"REMOVE_EMPTY([a,IF(a>9,1)])":   "0:1 1:2 2:3 3:4",
		"[a,b]*2":                       "0:2 1:4 2:6 3:8 | 0:20 2:60 3:0",
		"ABS(0-a)+CEIL(1.2)+FLOOR(1.8)": "0:4 1:5 2:6 3:7",
		"1e3+.5":                        "1000.5",
		"METRIC_COUNT(SEARCH('{AWS/DMS,ReplicationInstanceIdentifier} CDCLatency','Average',60))": "2",
		"METRIC_COUNT(SEARCH('Namespace=\"AWS/DMS\" NOT latency','Average',60))":                  "1",
		"METRIC_COUNT(SEARCH('MetricName=(orders OR CPUUtilization)','Average',60))":              "2",
		"METRIC_COUNT(SEARCH('(one OR two) cdc','Average',60))":                                   "2",
	} {
		x, err := Parse(source)
		require.NoError(t, err, source)
		v, err := x.Eval(t.Context(), shelf{})
		require.NoError(t, err, source)
		require.Equal(t, want, spell(v), source)
		for _, m := range regexp.MustCompile(`([A-Z_0-9]+)\(`).FindAllStringSubmatch(source, -1) {
			tried[m[1]] = true
		}
	}
	for name := range functions() {
		require.Contains(t, tried, name)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	for source, want := range map[string]string{
		"": "ends early at character 1", "a+": "ends early at character 3", "a b": `"b" is one too many at character 3`, "NOPE(a)": "there is no function NOPE at character 1",
		"AVG()": "AVG takes one argument, not 0", "A": "neither the id", "a#": `'#' does not belong`, "(a": `")" is missing at the end`, "'x": "never ends", "FILL(a,'x')": "",
		strings.Repeat("(", 200) + "a": "nests more than 64", "1.2.3": "is no number",
		"TIME_SERIES(1" + strings.Repeat("-1", 1_900_000) + ")": "3800014 bytes long, of at most 2048", "a" + strings.Repeat("+1", 1023): "", "ab" + strings.Repeat("+1", 1023) + " ": "of at most 2048",
	} {
		_, err := Parse(source)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want, source)
	}
	for source, want := range map[string]string{
		"FILL(a,'x')": "FILL fills with a number", "a+'x'": "not texts", "[a,b]+[a,b,c]": "2 lines on its left and 3", "SEARCH('(x','Average',60)": "parentheses", "SEARCH('','Average')": "searches for nothing",
		"PERIOD([a,b])": "PERIOD takes one line", "SORT([a],X,ASC)": "",
	} {
		x, err := Parse(source)
		if want == "" {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err, source)
		_, err = x.Eval(t.Context(), shelf{})
		require.ErrorContains(t, err, want, source)
	}
}

// chain is a source whose queries each begin with the next: e1 is e2-1-1-1….
type chain struct {
	shelf
	links int
}

func (c chain) Value(ctx context.Context, id string) (Value, error) {
	if id == "a" {
		return c.shelf.Value(ctx, id)
	}
	var n int
	if _, err := fmt.Sscanf(id, "e%d", &n); err != nil {
		return Value{}, err
	}
	next := fmt.Sprintf("e%d", n+1)
	if n == c.links {
		next = "a"
	}
	x, err := Parse(next + strings.Repeat("-1", 1000))
	if err != nil {
		return Value{}, err
	}
	return x.Eval(ctx, c)
}

// TestChainsNeedNoDeepStack works out 500 expressions of 1000 operators, each within the one before.
func TestChainsNeedNoDeepStack(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(8 << 20))
	done := make(chan error, 1)
	go func() { // with a stack of its own
		v, err := chain{links: 500}.Value(t.Context(), "e1")
		if err == nil && len(v.Lines) != 1 {
			err = fmt.Errorf("%d lines", len(v.Lines))
		}
		done <- err
	}()
	require.NoError(t, <-done)
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"SUM(METRICS())/PERIOD(a)*-2^b", "IF(a>1 && b<2,FILL([a,b],LINEAR),3)", "SEARCH('{A,B} x OR (NOT y=z)','p99',60)", "SLICE(SORT([a,c],AVG,ASC),0,1e9)", "TIME_SERIES(1/0)"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, source string) {
		if x, err := Parse(source); err == nil {
			_, _ = x.Eval(context.Background(), shelf{})
		}
	})
}
