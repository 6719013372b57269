package task_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLakeTextSettings sets how values are written, by DMS's names.
func TestLakeTextSettings(t *testing.T) {
	for name, c := range map[string]struct {
		settings   []string
		load, want string
	}{
		"plain":             {nil, "1,ab,\"c\"\"d\",\n", "U,1,ab,e,\nD,1,,,\n"},
		"padding":           {[]string{"AddTrailingPaddingCharacter", "true"}, "1,ab  ,\"c\"\"d\",\n", "U,1,ab  ,e,\nD,1,,,\n"},
		"unquoted":          {[]string{"Rfc4180", "false"}, "1,ab,c\"d,\n", "U,1,ab,e,\nD,1,,,\n"},
		"null":              {[]string{"CsvNullValue", "-"}, "1,ab,\"c\"\"d\",-\n", "U,1,ab,e,-\nD,1,-,-,-\n"},
		"not supplied":      {[]string{"CsvNullValue", "-", "UseCsvNoSupValue", "true", "CsvNoSupValue", "?"}, "1,ab,\"c\"\"d\",-\n", "U,1,ab,e,-\nD,1,?,?,?\n"},
		"that is not asked": {[]string{"CsvNoSupValue", "?"}, "1,ab,\"c\"\"d\",\n", "U,1,ab,e,\nD,1,,,\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, l := newEnd(t, "postgresql-15"), newLake(t)
			source.exec(t, "CREATE TABLE a (id int PRIMARY KEY, s varchar(4), v text, n text)", `INSERT INTO a VALUES (1, 'ab', 'c"d', NULL)`)
			load(t, source, l.end, lakeWith(c.settings...))
			source.exec(t, "UPDATE a SET v = 'e'", "DELETE FROM a")
			catchUp(t, source, l.end, lakeWith(c.settings...))
			loaded, changed := l.both(t, "public/a")
			require.Equal(t, c.load, loaded)
			require.Equal(t, c.want, changed)
		})
	}
}

// TestLakeStamps: UseTaskStartTimeForFullLoadTimestamp gives all rows of a load one time, and without it each has that of its transfer.
func TestLakeStamps(t *testing.T) {
	source := newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY)", "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < 200) INSERT INTO a SELECT i FROM c")
	for _, alike := range []string{"true", "false"} {
		l := newLake(t)
		l.load(t, source, lakeWith("TimestampColumnName", "at", "UseTaskStartTimeForFullLoadTimestamp", alike), func(c *taskConfig) {
			c.RowsPerSecond, c.Settings.FullLoadSettings.CommitRate = 400, 50
		})
		var stamps []string
		for _, line := range l.lines(t, "main/a") {
			stamps = append(stamps, strings.Split(line, ",")[0])
		}
		require.Len(t, stamps, 200)
		slices.Sort(stamps)
		require.Equal(t, alike == "true", len(slices.Compact(stamps)) == 1, "UseTaskStartTimeForFullLoadTimestamp %s", alike)
	}
}

// TestLakeStampOfALoadThatGoesOn: the task has begun once, whichever process has loaded a row, and tables that were not begun before it was
// cut off have that time too.
func TestLakeStampOfALoadThatGoesOn(t *testing.T) {
	source, l := newEnd(t, "sqlite"), newLake(t)
	for _, table := range []string{"one", "two"} {
		source.exec(t, "CREATE TABLE "+table+" (id INTEGER PRIMARY KEY, v TEXT)",
			"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < 3000) INSERT INTO "+table+" SELECT i, hex(randomblob(20)) FROM c")
	}
	b := newBroker(t, l.Endpoint)
	set := lakeWith("TimestampColumnName", "at", "UseTaskStartTimeForFullLoadTimestamp", "true")
	with := func() taskConfig {
		c := config(source, l.end)
		c.SegmentBytes = 20 << 10
		l.through(b)(&c)
		set(&c)
		return c
	}
	ctx, cancel := context.WithCancel(t.Context())
	b.tripped = cancel
	b.limit.Store(24)
	_, err := run(ctx, with())
	require.Error(t, err)
	b.limit.Store(0)
	before := len(append(l.lines(t, "main/one"), l.lines(t, "main/two")...))
	require.NotZero(t, before, "nothing was loaded before")
	cut := time.Now()
	_, err = run(t.Context(), with())
	require.NoError(t, err)
	lines := append(l.lines(t, "main/one"), l.lines(t, "main/two")...)
	require.Len(t, lines, 6000)
	require.Less(t, before, len(lines), "nothing was left to go on with")
	var stamps []string
	for _, line := range lines {
		stamps = append(stamps, strings.Split(line, ",")[0])
	}
	slices.Sort(stamps)
	stamps = slices.Compact(stamps)
	require.Len(t, stamps, 1)
	at, err := time.Parse("2006-01-02 15:04:05.000000", stamps[0])
	require.NoError(t, err)
	require.True(t, at.Before(cut), "%s is not when the task began", at)
}

// TestLakeWaitsForSizeOrTime: changes get their files once there are enough (CdcMinFileSize) or the first has waited long enough
// (CdcMaxBatchInterval), whichever is first.
func TestLakeWaitsForSizeOrTime(t *testing.T) {
	for name, settings := range map[string][]string{
		"size":          {"CdcMinFileSize", "200", "CdcMaxBatchInterval", "3600"},
		"time":          {"CdcMinFileSize", "32000", "CdcMaxBatchInterval", "1"},
		"size, parquet": {"CdcMinFileSize", "200", "CdcMaxBatchInterval", "3600", "DataFormat", "parquet"},
	} {
		t.Run(name, func(t *testing.T) {
			source, l := newEnd(t, "sqlite"), newLake(t)
			source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)")
			set := lakeWith(settings...)
			load(t, source, l.end, set)
			c := changesConfig(source, l.end)
			set(&c)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			t.Cleanup(func() { cancel(); <-ended })
			go func() {
				defer close(ended)
				_, _ = run(ctx, c)
			}()
			source.exec(t, "INSERT INTO a VALUES (1, 'small')")
			if strings.HasPrefix(name, "size") {
				<-time.After(2 * time.Second)
				require.Empty(t, l.files(t, "main/a"), "one small change is not enough")
				source.exec(t, "INSERT INTO a VALUES (2, hex(zeroblob(150000)))")
			}
			require.Eventually(t, func() bool { return len(l.files(t, "main/a")) > 0 }, 30*time.Second, 10*time.Millisecond)
			select {
			case <-ended:
				require.Fail(t, "the run has ended")
			default:
			}
		})
	}
}
