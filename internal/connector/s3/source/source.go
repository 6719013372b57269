package source

import (
	"context"
	"fmt"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/csvfile"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/external"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// Config is what there is to read, and how.
type Config struct {
	Store  store.Store
	Tables []*external.Table
	// Parquet says that the files are Parquet, of which the settings of CSV say nothing.
	Parquet bool
	Dialect csvfile.Dialect
	// Null is how a null is written (CsvNullValue).
	Null string
	// Header says that files begin with a record that is none (IgnoreHeaderRows).
	Header bool
	// Written is there when the files are those of a target of ours, read back to be compared: the rows that are left when all that they say is carried
	// out. It says of a table of the target how its files are read, in the place of Tables.
	Written func(*catalog.Table) *external.Table
	// Unclear says why files of changes do not tell that; nil when they do. ChangesLead are the columns that their lines begin with.
	Unclear     error
	ChangesLead []string
	// Lead are the columns that every row of CSV begins with before those of its table; without them an operation may stand there.
	Lead []string
	// Changes is the folder of the files of changes, with a slash at its end (CdcPath); empty is none.
	Changes string
	// Promised lists files of changes that are there, or will be before any that is not named yet; nil where nobody says.
	Promised func(context.Context) ([]string, error)
	Log      *slog.Logger
}

// source is a Streamer over files.
type source struct {
	Config
	mostKeys int // of a net; 0 is the usual
	byName   map[catalog.Name]*external.Table
}

var _ connector.Streamer = (*source)(nil)

// New makes a source.
func New(c Config) connector.Source {
	s := &source{Config: c, byName: map[catalog.Name]*external.Table{}}
	for _, t := range c.Tables {
		s.byName[t.Name] = t
	}
	return s
}

// Identity implements connector.Source.
func (s *source) Identity() string { return s.Store.Identity() }

// Close implements connector.Source.
func (s *source) Close() error {
	s.Store.Close()
	return nil
}

// together is how many requests are under way at once where many are to be made.
const together = 16

// Inspect implements connector.Source: the tables of the definition, with the sizes of their files.
func (s *source) Inspect(ctx context.Context, _ connector.InspectOptions) (*catalog.Catalog, error) {
	c := &catalog.Catalog{Family: catalog.Lake, Engine: "s3"}
	all := make([]*catalog.Table, len(s.Tables))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(together)
	for i, t := range s.Tables {
		g.Go(rescue.Func(func() error {
			files, err := s.filesOf(ctx, t)
			table := *t.Table
			table.Bytes = 0
			for _, f := range files {
				table.Bytes += f.size
			}
			all[i] = &table
			return err
		}))
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, t := range all {
		schema := c.Schema(t.Name.Schema)
		if schema == nil {
			schema = &catalog.Schema{Name: t.Name.Schema}
			c.Schemas = append(c.Schemas, schema)
		}
		schema.Tables = append(schema.Tables, t)
	}
	return c, nil
}

// table finds the definition of a table, by what Inspect has told of it.
func (s *source) table(t *catalog.Table) (*external.Table, error) {
	if s.Written != nil {
		return s.Written(t), nil
	}
	if found := s.byName[t.Name]; found != nil {
		return found, nil
	}
	return nil, &connector.Error{Class: connector.Missing, Err: fmt.Errorf("table %s is not in the definition of the files' tables", t.Name),
		Remedy: "add it to ExternalTableDefinition"}
}

func invalid(remedy, format string, args ...any) error {
	return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf(format, args...), Remedy: remedy}
}
