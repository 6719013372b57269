// Package tasklog is the log of a task as DMS describes it: every line belongs to a component, each component has a
// severity of its own (task setting LogComponents), and lines carry the table, schema, statement and position that they
// were written about when that is asked for (EnableLogContext).
//
// It is a slog.Handler: who logs knows its component and nothing of severities.
package tasklog
