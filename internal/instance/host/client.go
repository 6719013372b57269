package host

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/instance/keep"
)

var _ instance.Client = client{}

// Client speaks with an instance. While it does not answer, calls fail with instance.ErrDown, but for Tables and Log: what
// its process has written down last is read from its directory.
func (h *Host) Client(id string) instance.Client { return client{h, id} }

// client finds the process anew with each call.
type client struct {
	host *Host
	id   string
}

func (c client) kept() keep.Dir { return keep.Dir(c.host.dir(c.id)) }

// Test implements instance.Client.
func (c client) Test(ctx context.Context, e instance.Endpoint, asTarget bool) error {
	s, err := c.host.up(c.id)
	if err != nil {
		return err
	}
	return s.Test(ctx, e, asTarget)
}

// Schemas implements instance.Client.
func (c client) Schemas(ctx context.Context, e instance.Endpoint) ([]string, error) {
	s, err := c.host.up(c.id)
	if err != nil {
		return nil, err
	}
	return s.Schemas(ctx, e)
}

// Start implements instance.Client.
func (c client) Start(ctx context.Context, t instance.Task) error {
	s, err := c.host.up(c.id)
	if err != nil {
		return err
	}
	return s.Start(ctx, t)
}

// Stop implements instance.Client.
func (c client) Stop(ctx context.Context, id string) error {
	s, err := c.host.up(c.id)
	if err != nil {
		return err
	}
	return s.Stop(ctx, id)
}

// Tasks implements instance.Client.
func (c client) Tasks(ctx context.Context, revision int64) ([]instance.TaskState, int64, error) {
	s, err := c.host.up(c.id)
	if err != nil {
		return nil, 0, err
	}
	return s.Tasks(ctx, revision)
}

// Tables implements instance.Client.
func (c client) Tables(ctx context.Context, id string) ([]instance.Table, error) {
	s, err := c.host.up(c.id)
	if err == nil {
		var t []instance.Table
		if t, err = s.Tables(ctx, id); err == nil {
			return t, nil
		}
	}
	if errors.Is(err, instance.ErrDown) {
		return c.kept().Tables(id)
	}
	return nil, err
}

// Reload implements instance.Client.
func (c client) Reload(ctx context.Context, id string, tables []instance.TableName, validateOnly bool) error {
	s, err := c.host.up(c.id)
	if err != nil {
		return err
	}
	return s.Reload(ctx, id, tables, validateOnly)
}

// Plan implements instance.Client.
func (c client) Plan(ctx context.Context, t instance.Task) (*instance.Plan, error) {
	s, err := c.host.up(c.id)
	if err != nil {
		return nil, err
	}
	return s.Plan(ctx, t)
}

// Exceptions implements instance.Client.
func (c client) Exceptions(ctx context.Context, t instance.Task, q instance.Exceptions) ([]instance.Exception, error) {
	s, err := c.host.up(c.id)
	if err != nil {
		return nil, err
	}
	return s.Exceptions(ctx, t, q)
}

// ValidationFailures implements instance.Client.
func (c client) ValidationFailures(ctx context.Context, t instance.Task, q instance.Exceptions) ([]instance.ValidationFailure, error) {
	s, err := c.host.up(c.id)
	if err != nil {
		return nil, err
	}
	return s.ValidationFailures(ctx, t, q)
}

// Replay implements instance.Client.
func (c client) Replay(ctx context.Context, t instance.Task, table instance.TableName, keys []string) (*instance.Replayed, error) {
	s, err := c.host.up(c.id)
	if err != nil {
		return nil, err
	}
	return s.Replay(ctx, t, table, keys)
}

// Assess implements instance.Client.
func (c client) Assess(ctx context.Context, a instance.Assessment, seen int) (*instance.AssessmentState, error) {
	s, err := c.host.up(c.id)
	if err != nil {
		return nil, err
	}
	return s.Assess(ctx, a, seen)
}

// EndAssessment implements instance.Client.
func (c client) EndAssessment(ctx context.Context, id string) error {
	s, err := c.host.up(c.id)
	if err != nil {
		return err
	}
	return s.EndAssessment(ctx, id)
}

// Release implements instance.Client.
func (c client) Release(ctx context.Context, t instance.Task) error {
	s, err := c.host.up(c.id)
	if err != nil {
		return err
	}
	return s.Release(ctx, t)
}

// Log implements instance.Client.
func (c client) Log(_ context.Context, id string) (string, int64, error) { return c.kept().Log(id) }

// Forget implements instance.Client.
func (c client) Forget(ctx context.Context, id string) error {
	s, err := c.host.up(c.id)
	if err != nil {
		return err
	}
	return s.Forget(ctx, id)
}

// Adopt implements instance.Client.
func (c client) Adopt(ctx context.Context, id, from string) error {
	s, err := c.host.up(c.id)
	if err != nil {
		return err
	}
	return s.Adopt(ctx, id, from)
}

// ClearLog implements instance.LogClearer.
func (c client) ClearLog(ctx context.Context, id string) error {
	s, err := c.host.up(c.id)
	if err != nil {
		return err
	}
	return s.ClearLog(ctx, id)
}

// SetLogging gives a running task other severities of its log.
func (c client) SetLogging(ctx context.Context, id, settings string) error {
	s, err := c.host.up(c.id)
	if err != nil {
		return err
	}
	return s.SetLogging(ctx, id, settings)
}

// Figures implements instance.FiguresClient.
func (c client) Figures(ctx context.Context) (instance.Figures, error) {
	s, err := c.host.up(c.id)
	if err != nil {
		return instance.Figures{}, err
	}
	return s.Figures(ctx)
}
