package main

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// Exit codes, as `whimbrel migrate --help`, `whimbrel validate --help` and docs list them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitIncomplete  = 3 // the migration ended, but rows were rejected, or tables or objects were not carried; or rows differ, or a check failed
	exitInterrupted = 130
)

// errIncomplete ends a migration that left something behind; the summary has said what.
var errIncomplete = errors.New("the migration is not complete")

// errDifferent ends a validation that found rows that differ; the report has said which.
var errDifferent = errors.New("source and target are not the same")

// errNotReady ends an assessment in which something failed; the report has said what.
var errNotReady = errors.New("the migration is not ready to start")

// errTold is in the chain of errors that have been shown already.
var errTold = errors.New("shown")

// usageError is a mistake in how the command was called.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// openTask opens both ends. A URL or a setting that an end refuses is a mistake in how the command was called.
func openTask(ctx context.Context, c task.Config) (*task.Task, error) {
	t, err := task.Open(ctx, c)
	if connector.ClassOf(err) == connector.Invalid {
		err = usageError{err}
	}
	return t, err
}

func exitCode(ctx context.Context, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(context.Cause(ctx), errInterrupted):
		return exitInterrupted
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, errIncomplete), errors.Is(err, errDifferent), errors.Is(err, errNotReady):
		return exitIncomplete
	}
	return exitFailed
}
