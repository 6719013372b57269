package insight

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/logstore"
)

var messages = []string{
	"[TARGET_LOAD     ]I:  segment loaded rows=10 table=orders",
	"[TARGET_LOAD     ]I:  segment loaded rows=30 table=orders",
	"[SOURCE_UNLOAD   ]E:  segment failed rows=5 table=lines",
	`{"level":"WARN","user":{"name":"Zoë"},"took":12.5}`,
}

// odd are messages whose values are the edges of what numbers and texts can be.
var odd = []string{"NaN", "-Inf", "1e308", "-0", `{"a":[1,{"b":null}],"n":1e999,"t":"NaN","d":"9223372036854775807"}`, "", "\xff\x00", strings.Repeat("é", 300)}

func ask(t testing.TB, text string) (string, error) {
	t.Helper()
	q, err := Parse(text)
	if err != nil {
		return "", err
	}
	run := q.Start(0)
	for i, m := range messages {
		if err := run.See("group", "stream", &logstore.Event{At: int64(i+1) * 60_000, Seq: int64(i), Message: []byte(m)}); err != nil {
			return "", err
		}
	}
	rows, err := run.Rows()
	var lines []string
	for _, r := range rows {
		var cells []string
		for _, c := range r {
			if c.Field != "@ptr" {
				cells = append(cells, c.Field+"="+c.Value)
			}
		}
		lines = append(lines, strings.Join(cells, " "))
	}
	return strings.Join(lines, "\n"), err
}

func TestQueries(t *testing.T) {
	for text, want := range map[string]string{
		"fields @timestamp | filter @message like /fail/":                                                                             "@timestamp=1970-01-01 00:03:00.000",
		"fields @timestamp as at | limit 2":                                                                                           "at=1970-01-01 00:04:00.000\nat=1970-01-01 00:03:00.000",
		"fields @timestamp | sort @timestamp asc | limit 1":                                                                           "@timestamp=1970-01-01 00:01:00.000",
		`parse @message "rows=* table=*" as rows, what | filter ispresent(rows) | display what, rows | sort rows desc`:                "what=orders rows=30\nwhat=orders rows=10\nwhat=lines rows=5",
		`parse @message /rows=(?<n>\d+)/ | stats sum(n) as total, count(n), max(n), avg(n), pct(n, 50)`:                               "total=45 count(n)=3 max(n)=30 avg(n)=15 pct(n,50)=10",
		`parse @message "rows=* table=*" as rows, what | filter rows > 0 | stats count(*) as c, min(rows) as m by what | sort c desc`: "what=orders c=2 m=10\nwhat=lines c=1 m=5",
		"stats count() by bin(2m)": "bin(2m)=1970-01-01 00:00:00.000 count()=1\nbin(2m)=1970-01-01 00:02:00.000 count()=2\nbin(2m)=1970-01-01 00:04:00.000 count()=1",
		`filter level = "WARN" and user.name in ["Zoë", "Ann"] | fields user.name, took * 2 as twice`: "user.name=Zoë twice=25",
		`filter @message not like "segment" | fields toupper(level), strlen(user.name) as n`:          "toupper(level)=WARN n=3",
		`filter took >= 12 or @logStream != "stream" | fields concat(level, "-", took) as x`:          "x=WARN-12.5",
		`parse @message "table=*" as what | filter ispresent(what) | dedup what | display what`:       "what=lines\nwhat=orders",
		"stats count_distinct(@logStream), earliest(@message) like \"x\"":                             "!",
		"stats latest(level)": "latest(level)=WARN",
		`parse @message "rows=*" as n | stats pct(n, 50) as p, pct(@timestamp, "NaN") as q`:   "!",
		`filter substr(@message, "NaN") = "x"`:                                                "",
		`filter strlen(substr(@message, 0, "Inf")) > 0 | stats count(*) as c`:                 "c=4",
		`fields sqrt(0-1) as a, log(0) as b, 10^400 as c, strlen("x") as d | limit 1`:         "d=1",
		`stats sum("NaN") as a, avg("inf") as b, max("NaN" * 1) as c, count(*) as d`:          "d=4",
		`filter not (took < 1) and took != 3 and ispresent(level) | display level # a remark`: "level=WARN",
	} {
		got, err := ask(t, text)
		if want == "!" {
			require.Error(t, err, text)
			continue
		}
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	for text, want := range map[string]string{
		"": "no command", "filter @message like \"\x89*\"": "UTF-8", "fly": `"fly" is no command`, "limit 0": "from 1 to 10000", "fields": "ends where a field", "filter a like b": "like compares with",
		`parse @message "a*b*" as x`: "2 * and 1 names", "stats nope(x)": "no function of many events", "fields a | | b": "no command", `filter @message like /(/`: "not valid",
		"filter bin(5x)": "no span", "stats count(*) by bin(2147483647w)": "up to ten years", "fields nope(1)": "no function nope", `fields "x`: "never ends", "sort": "ends where",
		"filter " + strings.Repeat("(", 200): "nests more than",
	} {
		_, err := ask(t, text)
		require.ErrorContains(t, err, want, text)
	}
}

// TestManyRowsStayBounded sorts more rows than are kept.
func TestManyRowsStayBounded(t *testing.T) {
	q, err := Parse("fields @message | sort @message desc | limit 3")
	require.NoError(t, err)
	run := q.Start(0)
	for i := range 3 * MostRows {
		require.NoError(t, run.See("g", "s", &logstore.Event{At: int64(i), Message: fmt.Appendf(nil, "line-%06d", i*7919%(3*MostRows))}))
	}
	rows, err := run.Rows()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	require.Equal(t, "line-029999", rows[0][0].Value)
	q, err = Parse("stats count(*) by @timestamp")
	require.NoError(t, err)
	run = q.Start(0)
	for i := range 2 * mostGroups {
		if err = run.See("g", "s", &logstore.Event{At: int64(i)}); err != nil {
			break
		}
	}
	require.ErrorIs(t, err, errFull)
}

// TestTextsStayBounded lets a short query make much of little: 100 bytes, 32 times as many with each command.
func TestTextsStayBounded(t *testing.T) {
	many := func(of string) string { return "concat(" + strings.TrimSuffix(strings.Repeat(of+",", 32), ",") + ")" }
	grown := "fields " + many("@message") + " as a0 | fields " + many("a0") + " as a1"
	event := func(n int) *logstore.Event { return &logstore.Event{Message: []byte(strings.Repeat("x", n))} }
	for text, want := range map[string]string{
		grown + " | fields strlen(a1) as n, ispresent(" + many("a1") + ") as there | display n, there":         "n=102400 there=0",
		grown + ` | fields strlen(a1) as n, ispresent(replace(a1, "", a0)) as there | display n, there`:        "n=102400 there=0",
		grown + ` | fields strlen(replace(a1, "x", "")) as n, strlen(toupper(a1)) as there | display n, there`: "n=0 there=102400",
	} {
		q, err := Parse(text)
		require.NoError(t, err)
		run := q.Start(0)
		require.NoError(t, run.See("g", "s", event(100)))
		rows, err := run.Rows()
		require.NoError(t, err)
		require.Equal(t, want, rows[0][0].Field+"="+rows[0][0].Value+" "+rows[0][1].Field+"="+rows[0][1].Value)
	}
	for text, want := range map[string]string{
		"fields " + many("@message") + " as a | sort a":                                          "holds more than 64 MiB",
		"fields " + many("@message") + " as a | sort strlen(a) | filter 1":                       "holds more than 64 MiB",
		"stats count(*) by concat(@ptr, " + many("@message") + ")":                               "holds more than 64 MiB",
		"stats count_distinct(concat(@ptr, " + many("@message") + "))":                           "holds more than 64 MiB",
		"fields concat(@ptr, " + many("@message") + ") as a | dedup a":                           "holds more than 64 MiB",
		"fields @message | fields " + many("@message") + " as a | limit 600":                     "holds more than 64 MiB",
		"filter strlen(" + many(many("@message")) + ") > strlen(" + many(many("@message")) + ")": "32 MiB of texts of one event",
		"fields " + many("@message") + " as a | limit 300":                                       "answer is longer than 16 MiB",
	} {
		q, err := Parse(text)
		require.NoError(t, err, text)
		run := q.Start(0)
		size, events := 2000, 2000
		if strings.Contains(want, "of one event") {
			size = 32_000
		} else if strings.Contains(want, "answer") {
			events = 300
		}
		for i := 0; i < events && err == nil; i++ {
			e := event(size)
			e.Seq = int64(i)
			err = run.See("g", "s", e)
		}
		if err == nil {
			_, err = run.Rows()
		}
		require.ErrorContains(t, err, want, text)
	}
}

// TestParsedMessagesAreNotKept sorts events whose JSON is much larger in memory than as text.
func TestParsedMessagesAreNotKept(t *testing.T) {
	q, err := Parse("filter ispresent(a) | sort @timestamp")
	require.NoError(t, err)
	run := q.Start(0)
	message := []byte(`{"a":[` + strings.TrimSuffix(strings.Repeat("1,", 10_000), ",") + "]}")
	for i := range 300 {
		require.NoError(t, run.See("g", "s", &logstore.Event{At: int64(i), Message: message}))
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	require.Less(t, m.HeapAlloc, uint64(60<<20), "6 MB of messages, which are 100 MB as JSON")
	runtime.KeepAlive(run)
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"fields @timestamp, a.b as c | filter x like /y/ and (z in [1,'2'] or not q) | sort c desc | limit 5", `parse @message "a * b" as d | stats pct(d, 99), count(*) by bin(5m), e`, "dedup a, b # c"} {
		f.Add(s)
	}
	for name := range scalars() {
		f.Add("filter " + name + `(@message, "NaN", -1) or ` + name + "(a.1.b) | stats pct(d, 100), count_distinct(" + name + `("Inf")) by bin(3650d)`)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		q, err := Parse(text)
		if err != nil {
			return
		}
		run := q.Start(3)
		for i, m := range slices.Concat(messages, odd) {
			if run.See("group", "stream", &logstore.Event{At: int64(i) << (5 * i), Seq: int64(i), Message: []byte(m)}) != nil {
				return
			}
		}
		_, _ = run.Rows()
	})
}
