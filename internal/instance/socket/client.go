package socket

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

var _ Server = (*Client)(nil)

// Client asks the process at a socket.
type Client struct{ http *http.Client }

// NewClient makes a client of the socket at a path, which the caller keeps short enough.
func NewClient(path string) *Client {
	var d net.Dialer
	return &Client{&http.Client{Transport: &http.Transport{
		DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", path) },
		MaxIdleConnsPerHost: 8,
	}}}
}

// Close lets go of connections that rest.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func (c *Client) call(ctx context.Context, name string, q request) (r reply, err error) {
	body, err := json.Marshal(q)
	if err != nil {
		return r, fmt.Errorf("write what is asked of an instance: %w", err)
	}
	h, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://instance/"+name, bytes.NewReader(body))
	if err != nil {
		return r, err
	}
	answer, err := c.http.Do(h)
	if err == nil {
		defer func() { _ = answer.Body.Close() }()
		if answer.StatusCode != http.StatusOK {
			return r, fmt.Errorf("%s: the instance answers %s", name, answer.Status)
		}
		err = json.NewDecoder(answer.Body).Decode(&r)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return r, context.Cause(ctx)
	case err != nil:
		return r, fmt.Errorf("%w: %w", instance.ErrDown, err)
	case r.Refusal != nil:
		return r, &instance.Refusal{Message: *r.Refusal}
	case r.NoRoom:
		return r, fmt.Errorf("%w: %s", instance.ErrNoRoom, r.Failure)
	case r.Failure != "":
		return r, errors.New(r.Failure)
	}
	return r, nil
}

// Test implements instance.Client.
func (c *Client) Test(ctx context.Context, e instance.Endpoint, asTarget bool) error {
	_, err := c.call(ctx, "test", request{Endpoint: &e, AsTarget: asTarget})
	return err
}

// Schemas implements instance.Client.
func (c *Client) Schemas(ctx context.Context, e instance.Endpoint) ([]string, error) {
	r, err := c.call(ctx, "schemas", request{Endpoint: &e})
	return r.Schemas, err
}

// Start implements instance.Client.
func (c *Client) Start(ctx context.Context, t instance.Task) error {
	_, err := c.call(ctx, "start", request{Task: &t})
	return err
}

// Stop implements instance.Client.
func (c *Client) Stop(ctx context.Context, id string) error {
	_, err := c.call(ctx, "stop", request{ID: id})
	return err
}

// Tasks implements instance.Client.
func (c *Client) Tasks(ctx context.Context, revision int64) ([]instance.TaskState, int64, error) {
	r, err := c.call(ctx, "tasks", request{Revision: revision})
	return r.Tasks, r.Revision, err
}

// Tables implements instance.Client.
func (c *Client) Tables(ctx context.Context, id string) ([]instance.Table, error) {
	r, err := c.call(ctx, "tables", request{ID: id})
	return r.Tables, err
}

// Reload implements instance.Client.
func (c *Client) Reload(ctx context.Context, id string, tables []instance.TableName, validateOnly bool) error {
	_, err := c.call(ctx, "reload", request{ID: id, Tables: tables, ValidateOnly: validateOnly})
	return err
}

// Plan implements instance.Client.
func (c *Client) Plan(ctx context.Context, t instance.Task) (*instance.Plan, error) {
	r, err := c.call(ctx, "plan", request{Task: &t})
	return r.Plan, err
}

// Exceptions implements instance.Client.
func (c *Client) Exceptions(ctx context.Context, t instance.Task, q instance.Exceptions) ([]instance.Exception, error) {
	r, err := c.call(ctx, "exceptions", request{Task: &t, Exceptions: q})
	return r.Exceptions, err
}

// ValidationFailures implements instance.Client.
func (c *Client) ValidationFailures(ctx context.Context, t instance.Task, q instance.Exceptions) ([]instance.ValidationFailure, error) {
	r, err := c.call(ctx, "validationfailures", request{Task: &t, Exceptions: q})
	return r.Failures, err
}

// Replay implements instance.Client.
func (c *Client) Replay(ctx context.Context, t instance.Task, table instance.TableName, keys []string) (*instance.Replayed, error) {
	r, err := c.call(ctx, "replay", request{Task: &t, Tables: []instance.TableName{table}, Keys: keys})
	return r.Replayed, err
}

// Assess implements instance.Client.
func (c *Client) Assess(ctx context.Context, a instance.Assessment, seen int) (*instance.AssessmentState, error) {
	r, err := c.call(ctx, "assess", request{Assessment: &a, Seen: seen})
	return r.Assessment, err
}

// EndAssessment implements instance.Client.
func (c *Client) EndAssessment(ctx context.Context, id string) error {
	_, err := c.call(ctx, "endassessment", request{ID: id})
	return err
}

// Release implements instance.Client.
func (c *Client) Release(ctx context.Context, t instance.Task) error {
	_, err := c.call(ctx, "release", request{Task: &t})
	return err
}

// Log implements instance.Client.
func (c *Client) Log(ctx context.Context, id string) (string, int64, error) {
	r, err := c.call(ctx, "log", request{ID: id})
	return r.Path, r.Size, err
}

// Forget implements instance.Client.
func (c *Client) Forget(ctx context.Context, id string) error {
	_, err := c.call(ctx, "forget", request{ID: id})
	return err
}

// Adopt implements instance.Client.
func (c *Client) Adopt(ctx context.Context, id, from string) error {
	_, err := c.call(ctx, "adopt", request{ID: id, From: from})
	return err
}

// Usage implements Server.
func (c *Client) Usage(ctx context.Context) (Usage, error) {
	r, err := c.call(ctx, "usage", request{})
	return r.Usage, err
}

// Figures implements Server.
func (c *Client) Figures(ctx context.Context) (instance.Figures, error) {
	r, err := c.call(ctx, "figures", request{})
	return r.Figures, err
}

// ClearLog implements Server.
func (c *Client) ClearLog(ctx context.Context, id string) error {
	_, err := c.call(ctx, "clearlog", request{ID: id})
	return err
}

// SetLogging implements Server.
func (c *Client) SetLogging(ctx context.Context, id, settings string) error {
	_, err := c.call(ctx, "logging", request{ID: id, Settings: settings})
	return err
}
