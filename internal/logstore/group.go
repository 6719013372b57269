package logstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Group holds streams.
type Group struct {
	Name  string
	Made  time.Time
	Days  int    // of retention; 0: for ever, as long as there is room
	Class string // STANDARD, INFREQUENT_ACCESS
	Kept  bool   // deletion is refused
	Tags  map[string]string

	id int64
}

// A MeasuredGroup is a group with its size, which takes a look at all of its blocks.
type MeasuredGroup struct {
	Group
	Bytes int64 // of its events
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

var (
	_ querier = (*sql.DB)(nil)
	_ querier = (*sql.Tx)(nil)
)

func groupID(ctx context.Context, from querier, name string) (id int64, err error) {
	err = from.QueryRowContext(ctx, "SELECT id FROM log_group WHERE name = ?", name).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ErrNoGroup
	}
	if err != nil {
		return 0, fmt.Errorf("find log group %s: %w", name, err)
	}
	return id, nil
}

// CreateGroup makes a group; ErrExists if there is one of the name.
func (s *Store) CreateGroup(ctx context.Context, g Group) error {
	tags, err := json.Marshal(orEmpty(g.Tags))
	if err != nil {
		return fmt.Errorf("encode tags: %w", err)
	}
	if g.Class == "" {
		g.Class = "STANDARD"
	}
	return s.update(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO log_group (name, made, days, class, kept, tags) VALUES (?, ?, ?, ?, ?, ?)",
			g.Name, s.Now().UnixMilli(), g.Days, g.Class, g.Kept, string(tags))
		if err != nil {
			return fmt.Errorf("make log group %s: %w", g.Name, err)
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrExists)
		}
		return nil
	})
}

func orEmpty(tags map[string]string) map[string]string {
	if tags == nil {
		return map[string]string{}
	}
	return tags
}

// ChangeGroup changes what is kept of a group.
func (s *Store) ChangeGroup(ctx context.Context, name string, change func(*Group)) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		all, err := groups(ctx, tx, "WHERE g.name = ?", name)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return ErrNoGroup
		}
		g := &all[0]
		change(g)
		tags, err := json.Marshal(orEmpty(g.Tags))
		if err != nil {
			return fmt.Errorf("encode tags: %w", err)
		}
		if _, err := tx.ExecContext(ctx, "UPDATE log_group SET days = ?, kept = ?, tags = ? WHERE name = ?", g.Days, g.Kept, string(tags), name); err != nil {
			return fmt.Errorf("change log group %s: %w", name, err)
		}
		return nil
	})
}

// DeleteGroup removes a group with everything in it.
func (s *Store) DeleteGroup(ctx context.Context, name string) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		id, err := groupID(ctx, tx, name)
		if err != nil {
			return err
		}
		for _, text := range []string{
			"DELETE FROM block WHERE stream IN (SELECT id FROM log_stream WHERE log_group = ?)", "DELETE FROM log_stream WHERE log_group = ?", "DELETE FROM log_group WHERE id = ?",
		} {
			if _, err := tx.ExecContext(ctx, text, id); err != nil {
				return fmt.Errorf("remove log group %s: %w", name, err)
			}
		}
		return nil
	})
}

// Groups lists the groups after a name, in the order of their names, that keep says yes to.
func (s *Store) Groups(ctx context.Context, after string, limit int, keep func(*Group) bool) (found []MeasuredGroup, more bool, err error) {
	all, err := groups(ctx, s.db, "WHERE g.name > ?", after)
	if err != nil {
		return nil, false, err
	}
	for i := range all {
		if !keep(&all[i]) {
			continue
		}
		if len(found) == limit {
			return found, true, nil
		}
		g := MeasuredGroup{Group: all[i]}
		if err := s.db.QueryRowContext(ctx, "SELECT coalesce(sum(b.bytes), 0) FROM log_stream s JOIN block b ON b.stream = s.id WHERE s.log_group = ?", g.id).Scan(&g.Bytes); err != nil {
			return nil, false, fmt.Errorf("measure log group %s: %w", g.Name, err)
		}
		found = append(found, g)
	}
	return found, false, nil
}

// Group finds a group by its name.
func (s *Store) Group(ctx context.Context, name string) (*Group, error) {
	all, err := groups(ctx, s.db, "WHERE g.name = ?", name)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, ErrNoGroup
	}
	return &all[0], nil
}

// CountGroups counts the groups.
func (s *Store) CountGroups(ctx context.Context) (n int, err error) {
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM log_group").Scan(&n); err != nil {
		return 0, fmt.Errorf("count the log groups: %w", err)
	}
	return n, nil
}

func groups(ctx context.Context, from querier, where string, args ...any) ([]Group, error) {
	rows, err := from.QueryContext(ctx, "SELECT g.id, g.name, g.made, g.days, g.class, g.kept, g.tags FROM log_group g "+where+" ORDER BY g.name", args...)
	if err != nil {
		return nil, fmt.Errorf("list the log groups: %w", err)
	}
	defer rows.Close()
	var all []Group
	for rows.Next() {
		var g Group
		var made int64
		var tags string
		if err := rows.Scan(&g.id, &g.Name, &made, &g.Days, &g.Class, &g.Kept, &tags); err != nil {
			return nil, fmt.Errorf("list the log groups: %w", err)
		}
		g.Made = time.UnixMilli(made).UTC()
		if err := json.NewDecoder(strings.NewReader(tags)).Decode(&g.Tags); err != nil {
			return nil, fmt.Errorf("read the tags of log group %s: %w", g.Name, err)
		}
		all = append(all, g)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the log groups: %w", err)
	}
	return all, nil
}
