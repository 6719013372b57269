package s3

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// definition is how a table looks, as it is kept beside its files: the statement that made it, with what has changed since.
type definition struct {
	Statement string `json:"statement"`
}

// mostControl bounds what is read of a control object.
const mostControl = 256 << 20

// readJSON reads a control object; false when it is not there.
func readJSON(ctx context.Context, s store.Store, key string, into any) (bool, error) {
	r, err := s.Open(ctx, key)
	if connector.ClassOf(err) == connector.Missing {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	text, err := io.ReadAll(io.LimitReader(r, mostControl))
	_ = r.Close()
	if err != nil {
		return false, &connector.Error{Class: connector.Lost, Err: fmt.Errorf("read object %s: %w", key, err)}
	}
	if err := json.Unmarshal(text, into); err != nil {
		return false, fmt.Errorf("the control object %s cannot be read: %w", key, err)
	}
	return true, nil
}

func putJSON(ctx context.Context, s store.Store, key string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write object %s: %w", key, err)
	}
	return s.Put(ctx, key, text)
}

// definitionOf reads a table's definition; nil when there is none.
func definitionOf(ctx context.Context, s store.Store, n catalog.Name) (*catalog.Table, error) {
	var d definition
	if ok, err := readJSON(ctx, s, definitionKey(n), &d); err != nil || !ok {
		return nil, err
	}
	read, err := parse(d.Statement)
	if err == nil && read.table == nil {
		err = fmt.Errorf("want a CREATE TABLE statement, not %.40q", d.Statement)
	}
	if err != nil {
		return nil, fmt.Errorf("the definition of table %s in %s cannot be read: %w", n, definitionKey(n), err)
	}
	read.table.Name = n
	return read.table, nil
}

func (t *target) define(ctx context.Context, table *catalog.Table) error {
	d := definition{Dialect{}.Script(table, false).Create[0].SQL}
	if err := putJSON(ctx, t.store, definitionKey(table.Name), d); err != nil {
		return err
	}
	if !t.settings.catalog {
		return nil
	}
	return t.describeForGlue(ctx, table)
}
