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
	Name     string
	Made     time.Time
	Ingested time.Time // when the last event came; zero when none has

	id int64
}

// A MeasuredStream is a stream with what a look at all of its blocks tells.
type MeasuredStream struct {
	Stream
	First, Last time.Time // of its events; zero when there are none
	Bytes       int64
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

// CountStreams counts the streams of all groups.
func (s *Store) CountStreams(ctx context.Context) (n int, err error) {
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM log_stream").Scan(&n); err != nil {
		return 0, fmt.Errorf("count the log streams: %w", err)
	}
	return n, nil
}

func (s *Store) streams(ctx context.Context, where string, arg any) ([]Stream, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT s.id, s.name, s.made, s.ingested FROM log_stream s WHERE "+where+" ORDER BY s.name", arg)
	if err != nil {
		return nil, fmt.Errorf("list the log streams: %w", err)
	}
	defer rows.Close()
	var all []Stream
	for rows.Next() {
		var one Stream
		var made, ingested int64
		if err := rows.Scan(&one.id, &one.Name, &made, &ingested); err != nil {
			return nil, fmt.Errorf("list the log streams: %w", err)
		}
		one.Made, one.Ingested = moment(made), moment(ingested)
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the log streams: %w", err)
	}
	return all, nil
}

// Measured lists the streams of a group in the order of their names, with their sizes.
func (s *Store) Measured(ctx context.Context, group string) ([]MeasuredStream, error) {
	streams, err := s.Streams(ctx, group)
	if err != nil {
		return nil, err
	}
	all := make([]MeasuredStream, len(streams))
	for i := range streams {
		one := MeasuredStream{Stream: streams[i]}
		var first, last sql.NullInt64
		if err := s.db.QueryRowContext(ctx, "SELECT min(first_at), max(last_at), coalesce(sum(bytes), 0) FROM block WHERE stream = ?", one.id).Scan(&first, &last, &one.Bytes); err != nil {
			return nil, fmt.Errorf("measure log stream %s: %w", one.Name, err)
		}
		one.First, one.Last = moment(first.Int64), moment(last.Int64)
		all[i] = one
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
