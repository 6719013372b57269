package dms

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// connection carries a test out and writes what came of it, unless another one was asked for meanwhile.
func (c *controller) connection(ctx context.Context, key string) error {
	seen, err := current[Connection](ctx, c.Service, Prefix+key)
	if err != nil || seen == nil {
		return err
	}
	if seen.Status == connectionDeleting {
		return c.changeConnection(ctx, key, seen, func(tx store.Tx, _ *Connection) error {
			tx.Delete(Prefix + key)
			return nil
		})
	}
	if seen.Status != connectionTesting {
		return nil
	}
	why, err := c.ask(ctx, key, seen.Instance, seen.Endpoint, func(ctx context.Context, client instance.Client, e instance.Endpoint, asTarget bool) error {
		return client.Test(ctx, e, asTarget)
	})
	if err != nil {
		return err
	}
	return c.changeConnection(ctx, key, seen, func(tx store.Tx, now *Connection) error {
		now.Status, now.Failure, now.Tested = successful, "", c.Now().UTC()
		if why != "" {
			now.Status, now.Failure = taskFailed, why
		}
		return store.Write(tx, Prefix+key, now)
	})
}

func (c *controller) changeConnection(ctx context.Context, key string, seen *Connection, change func(store.Tx, *Connection) error) error {
	return c.update(ctx, func(tx store.Tx) error {
		now, err := found[Connection](tx, Prefix+key)
		if err != nil || now == nil || now.Number != seen.Number || now.Status != seen.Status {
			return err
		}
		return change(tx, now)
	})
}

// schemas reads the schemas of an endpoint's database.
func (c *controller) schemas(ctx context.Context, key string) error {
	seen, err := current[Schemas](ctx, c.Service, Prefix+key)
	if err != nil || seen == nil || seen.Status != schemasRefreshing {
		return err
	}
	var names []string
	why, err := c.ask(ctx, key, seen.Instance, seen.Endpoint, func(ctx context.Context, client instance.Client, e instance.Endpoint, _ bool) (err error) {
		names, err = client.Schemas(ctx, e)
		return err
	})
	if err != nil {
		return err
	}
	return c.update(ctx, func(tx store.Tx) error {
		now, err := found[Schemas](tx, Prefix+key)
		if err != nil || now == nil || now.Number != seen.Number || now.Status != seen.Status {
			return err
		}
		if why != "" {
			now.Status, now.Failure = taskFailed, why
			return store.Write(tx, Prefix+key, now)
		}
		now.Status, now.Failure, now.Refreshed, now.Names = successful, "", new(c.Now().UTC()), names
		return store.Write(tx, Prefix+key, now)
	})
}

// ask has an instance do something with an endpoint's database. why is what is wrong, for the caller of the API; err is
// for another try.
func (c *controller) ask(ctx context.Context, key, host, end string, do func(context.Context, instance.Client, instance.Endpoint, bool) error) (why string, err error) {
	i, err := current[Instance](ctx, c.Service, instances.keys()+host)
	if err != nil {
		return "", err
	}
	e, err := current[Endpoint](ctx, c.Service, endpoints.keys()+end)
	if err != nil {
		return "", err
	}
	if i == nil || e == nil {
		return "The endpoint or the replication instance is gone.", nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.times.probe)
	defer cancel()
	reached, err := c.reachEndpoint(ctx, e, i.Groups)
	if err == nil {
		err = do(ctx, c.Host.Client(host), reached, e.Type == "target")
	}
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil {
		return fmt.Sprintf("The database did not answer within %s.", c.times.probe), nil
	}
	why, err = told(err)
	if err != nil && !errors.Is(err, instance.ErrDown) && ctx.Err() == nil && c.probes.tries(key) >= patience {
		c.Log.Error("an instance could not be made to speak with a database", "record", key, "error", err)
		return "The replication instance could not try it. The log of the server says why.", nil
	}
	return why, err
}

// told takes errors apart: what a person is told, and what is tried again.
func told(err error) (why string, again error) {
	if refusal, ok := errors.AsType[*instance.Refusal](err); ok {
		return refusal.Message, nil
	}
	if refused, ok := errors.AsType[*wire.Error](err); ok && !refused.Server {
		return refused.Message, nil
	}
	return "", err
}
