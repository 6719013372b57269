package logstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// A Stream holds events.
type Stream struct {
	Name        string
	Made        time.Time
	First, Last time.Time // of its events; zero when there are none
	Ingested    time.Time // when the last came
	Bytes       int64

	id int64
}

// CreateStream makes a stream; ErrExists if the group has one of the name.
func (s *Store) CreateStream(ctx context.Context, group, name string) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		id, err := groupID(ctx, tx, group)
		if err != nil {
			return err
		}
		r, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO log_stream (log_group, name, made) VALUES (?, ?, ?)", id, name, s.Now().UnixMilli())
		if err != nil {
			return fmt.Errorf("make log stream %s: %w", name, err)
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrExists)
		}
		return nil
	})
}

// DeleteStream removes a stream with its events.
func (s *Store) DeleteStream(ctx context.Context, group, name string) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		id, err := streamID(ctx, tx, group, name)
		if err != nil {
			return err
		}
		for _, text := range []string{"DELETE FROM block WHERE stream = ?", "DELETE FROM log_stream WHERE id = ?"} {
			if _, err := tx.ExecContext(ctx, text, id); err != nil {
				return fmt.Errorf("remove log stream %s: %w", name, err)
			}
		}
		return nil
	})
}

func streamID(ctx context.Context, from querier, group, name string) (id int64, err error) {
	of, err := groupID(ctx, from, group)
	if err != nil {
		return 0, err
	}
	err = from.QueryRowContext(ctx, "SELECT id FROM log_stream WHERE log_group = ? AND name = ?", of, name).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ErrNoStream
	}
	if err != nil {
		return 0, fmt.Errorf("find log stream %s: %w", name, err)
	}
	return id, nil
}

// Streams lists the streams of a group in the order of their names.
func (s *Store) Streams(ctx context.Context, group string) ([]Stream, error) {
	id, err := groupID(ctx, s.db, group)
	if err != nil {
		return nil, err
	}
	return s.streams(ctx, "s.log_group = ?", id)
}

// Stream finds a stream by its name.
func (s *Store) Stream(ctx context.Context, group, name string) (*Stream, error) {
	id, err := streamID(ctx, s.db, group, name)
	if err != nil {
		return nil, err
	}
	all, err := s.streams(ctx, "s.id = ?", id)
	if err == nil && len(all) == 0 {
		err = ErrNoStream
	}
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}

func (s *Store) streams(ctx context.Context, where string, arg any) ([]Stream, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT s.id, s.name, s.made, s.ingested, min(b.first_at), max(b.last_at), coalesce(sum(b.bytes), 0)
		FROM log_stream s LEFT JOIN block b ON b.stream = s.id WHERE `+where+` GROUP BY s.id ORDER BY s.name`, arg)
	if err != nil {
		return nil, fmt.Errorf("list the log streams: %w", err)
	}
	defer rows.Close()
	var all []Stream
	for rows.Next() {
		var one Stream
		var made, ingested int64
		var first, last sql.NullInt64
		if err := rows.Scan(&one.id, &one.Name, &made, &ingested, &first, &last, &one.Bytes); err != nil {
			return nil, fmt.Errorf("list the log streams: %w", err)
		}
		one.Made, one.Ingested, one.First, one.Last = moment(made), moment(ingested), moment(first.Int64), moment(last.Int64)
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the log streams: %w", err)
	}
	return all, nil
}

// moment is a time of the file; 0 is none.
func moment(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}
