package connectortest

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Suite says how to test an engine.
type Suite struct {
	Engine *connector.Engine
	// Fresh makes two empty databases and says how to reach them. What it makes it removes with the test.
	Fresh func(t testing.TB) Databases
	// Tables are made in the source and written to at random. Two or more, one of them without a primary key.
	Tables []Table
	// Mark writes parameter i of a statement, counted from 1: $1 or ?.
	Mark func(i int) string
	// Dump returns the rows of a table as texts that are the same when the rows are, whatever their order.
	Dump func(t testing.TB, db *sql.DB, table Table) []string
	// Schema is where the tables are.
	Schema string
	// Structure are statements that change tables while they are followed; none leaves that test out.
	Structure []Step
	// Native leaves out the runs in plain layouts, or those in native ones.
	NoNative, NoPlain bool
	// Transactions is how many the random tests make; 0 means 300.
	Transactions int
	// Large is how many statements the large transaction has; 0 means 3000.
	Large int
	// Pause is what the writer waits between transactions, for a target that is slow to take them; Patience is how long it may take to reach the
	// source's end, a minute at least.
	Pause, Patience time.Duration
	// SteadyKeys has updates leave keys alone: files have no word for a row that has another key than before.
	SteadyKeys bool
	// Onto is the target, where it is of another engine: see RunOnto.
	Onto *Onto
	// Carry brings what was written to the source over to where the engine reads it, where that is another place: see RunFrom.
	Carry func(t testing.TB, d Databases)
}

// Databases are a source and a target, each with a way to reach it as an application does.
type Databases struct {
	SourceURL, TargetURL string
	Source, Target       *sql.DB
	Settings             map[string]string // of the source
}

// Table is a table of the suite.
type Table struct {
	Name    string
	Create  string // its DDL, without indexes
	Columns []Column
	// Key are the columns of the primary key; empty when there is none.
	Key []string
	// Upsert is the engine's own way of replacing a row, with %s for the table, columns and marks; optional.
	Upsert string
}

// Column is a column with a way to draw its values. A column without one is left to the database.
type Column struct {
	Name  string
	Value func(r *rand.Rand) any
}

// Step changes the structure of the source. Writes follow each of them.
type Step struct {
	SQL []string // in one transaction where the engine can
	// Tables are those of the suite as they are afterwards.
	Tables []Table
}

// Run runs the suite.
func Run(t *testing.T, s Suite) {
	if s.Transactions == 0 {
		s.Transactions = 300
	}
	for _, form := range []struct {
		name   string
		native bool
		skip   bool
	}{{"native", true, s.NoNative}, {"plain", false, s.NoPlain}} {
		if form.skip {
			continue
		}
		t.Run(form.name, func(t *testing.T) {
			t.Run("random transactions", func(t *testing.T) { s.testRandom(t, form.native) })
			t.Run("restart from the checkpoint", func(t *testing.T) { s.testRestart(t, form.native) })
			t.Run("every position", func(t *testing.T) { s.testPositions(t, form.native) })
			t.Run("large transaction", func(t *testing.T) { s.testLarge(t, form.native) })
			if len(s.Structure) > 0 {
				t.Run("structure", func(t *testing.T) { s.testStructure(t, form.native) })
			}
		})
	}
	t.Run("quiet", s.testQuiet)
	t.Run("busy with others", s.testBusy)
	t.Run("release", s.testRelease)
	t.Run("start", s.testStart)
}

// quote quotes an identifier.
func (s *Suite) quote(name string) string { return s.Engine.Dialect.Quote(name) }

func (s *Suite) name(t Table) catalog.Name { return catalog.Name{Schema: s.Schema, Name: t.Name} }

func (s *Suite) openSource(t testing.TB, d Databases) connector.Streamer {
	t.Helper()
	src, err := s.Engine.OpenSource(context.Background(), connector.Config{URL: d.SourceURL, Settings: d.Settings})
	must(t, err)
	t.Cleanup(func() { _ = src.Close() })
	return src.(connector.Streamer)
}

func (s *Suite) openTarget(t testing.TB, d Databases) connector.Applier {
	t.Helper()
	engine, settings := s.Engine, map[string]string(nil)
	if s.Onto != nil {
		engine, settings = s.Onto.Engine, s.Onto.Settings
	}
	to, err := engine.OpenTarget(context.Background(), connector.Config{URL: d.TargetURL, Settings: settings})
	must(t, err)
	t.Cleanup(func() { _ = to.Close() })
	return to.(connector.Applier)
}
