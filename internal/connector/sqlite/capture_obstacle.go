package sqlite

import (
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// obstacles looks at the tables that are to be followed.
type obstacles struct{ refitter *refitter }

func newObstacles(c *conn) (*obstacles, error) {
	texts, err := readTexts(c)
	return &obstacles{&refitter{conn: c, texts: texts}}, err
}

func (o *obstacles) table(f connector.Followed, found *[]connector.Obstacle) error {
	t, err := o.refitter.inspect(f.Table.Name.Name)
	if err != nil {
		return err
	}
	if t == nil {
		*found = append(*found, connector.Obstacle{Fatal: true, Table: f.Table.Name, What: "it is a view or a virtual table, which have no triggers for their rows",
			Remedy: "leave it out of the selection, or use full-load for it"})
		return nil
	}
	v := version{id: 1, definitionOf: definitionOf{Table: t}}
	if _, _, err := v.triggerSQL(o.refitter.conn); err != nil {
		var e *connector.Error
		if !errors.As(err, &e) {
			return err
		}
		*found = append(*found, connector.Obstacle{Fatal: true, Table: f.Table.Name, What: e.Err.Error(), Remedy: e.Remedy})
		return nil
	}
	if f.Whole {
		*found = append(*found, connector.Obstacle{Fatal: true, About: connector.Identity, Table: f.Table.Name,
			What:   "values before a change are asked for, and the change log of SQLite holds new rows and old keys alone",
			Remedy: "ask for those of the primary key alone (column-filter pk-only)"})
	}
	if t.PrimaryKey == nil {
		*found = append(*found, connector.Obstacle{About: connector.Identity, Table: f.Table.Name,
			What:   "it has no primary key: changed rows are found by comparing all columns, which is slow",
			Remedy: fmt.Sprintf("make the table anew with a primary key, such as CREATE TABLE %s (id INTEGER PRIMARY KEY, …)", quote(t.Name.Name))})
	}
	return nil
}
