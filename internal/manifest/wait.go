package manifest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/client"
)

// settled waits until a resource that is being made or changed can be used.
func (a *applying) settled(ctx context.Context, r *resource) error {
	switch r.section.name {
	case instancesKey:
		return a.await(ctx, r, "ReplicationInstanceStatus", []string{"available"}, []string{"failed", "incompatible-network", "incompatible-credentials", "inaccessible-encryption-credentials"})
	case tasksKey:
		return a.await(ctx, r, "Status", []string{"ready", "stopped", "failed"}, nil)
	}
	return nil
}

func (a *applying) await(ctx context.Context, r *resource, member string, good, bad []string) error {
	for {
		shown, err := a.show(ctx, &r.section, r.identifier)
		if err != nil {
			return fmt.Errorf("wait for the %s %s: %w", r.section.noun, r.identifier, err)
		}
		status, _ := shown[member].(string)
		for _, s := range good {
			if s == status {
				return nil
			}
		}
		for _, s := range bad {
			if s == status {
				return fmt.Errorf("the %s %s is %s", r.section.noun, r.identifier, status)
			}
		}
		if err := a.pause(ctx); err != nil {
			return fmt.Errorf("wait for the %s %s, which is %s: %w", r.section.noun, r.identifier, status, err)
		}
	}
}

func (a *applying) pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(a.Poll):
		return nil
	}
}

// start starts a task that is to run and never has.
func (a *applying) start(ctx context.Context, r *resource) error {
	if r.section.name != tasksKey || !r.start {
		return nil
	}
	shown, err := a.show(ctx, &r.section, r.identifier)
	if err != nil {
		return fmt.Errorf("look for the replication task %s: %w", r.identifier, err)
	}
	if shown != nil && shown["Status"] != "ready" {
		return nil
	}
	if a.DryRun {
		a.step(r, "start")
		return nil
	}
	for _, member := range []string{"SourceEndpointArn", "TargetEndpointArn"} {
		if err := a.connected(ctx, r, r.refers[member], shown[member], shown["ReplicationInstanceArn"]); err != nil {
			return err
		}
	}
	return a.begin(ctx, r, "start-replication", "start")
}

// begin calls StartReplicationTask.
func (a *applying) begin(ctx context.Context, r *resource, how, action string) error {
	err := a.api.Call(ctx, "StartReplicationTask", map[string]any{"ReplicationTaskArn": a.arn[r.key()], "StartReplicationTaskType": how}, &map[string]any{})
	if err != nil {
		return fmt.Errorf("start the replication task %s: %w", r.identifier, err)
	}
	a.step(r, action)
	return nil
}

func (a *applying) stop(ctx context.Context, r *resource) error {
	if err := a.await(ctx, r, "Status", []string{"running", "stopped", "failed"}, nil); err != nil {
		return err
	}
	if err := a.api.Call(ctx, "StopReplicationTask", map[string]any{"ReplicationTaskArn": a.arn[r.key()]}, &map[string]any{}); err != nil {
		return fmt.Errorf("stop the replication task %s: %w", r.identifier, err)
	}
	a.step(r, "stop")
	return a.await(ctx, r, "Status", []string{"stopped", "failed"}, nil)
}

// connected tests an endpoint from the task's instance, unless the last test was a success.
func (a *applying) connected(ctx context.Context, r *resource, identifier string, endpoint, instance any) error {
	status, failure, err := a.connection(ctx, endpoint, instance)
	if err != nil {
		return fmt.Errorf("look for the connection of %s: %w", identifier, err)
	}
	if status != "successful" && status != "testing" {
		err := a.api.Call(ctx, "TestConnection", map[string]any{"EndpointArn": endpoint, "ReplicationInstanceArn": instance}, &map[string]any{})
		if err != nil {
			return fmt.Errorf("test the connection of %s: %w", identifier, err)
		}
		a.Tell(Step{Action: "test", Kind: "connection", Identifier: identifier})
		status = "testing"
	}
	for status == "testing" {
		if err := a.pause(ctx); err != nil {
			return err
		}
		if status, failure, err = a.connection(ctx, endpoint, instance); err != nil {
			return fmt.Errorf("look for the connection of %s: %w", identifier, err)
		}
	}
	if status != "successful" {
		return fmt.Errorf("the replication task %s cannot start: the endpoint %s is not reached: %s", r.identifier, identifier, failure)
	}
	return nil
}

func (a *applying) connection(ctx context.Context, endpoint, instance any) (status, failure string, err error) {
	var answer struct {
		Connections []struct{ Status, LastFailureMessage string }
	}
	filters := []any{map[string]any{"Name": "endpoint-arn", "Values": []any{endpoint}}, map[string]any{"Name": "replication-instance-arn", "Values": []any{instance}}}
	err = a.api.Call(ctx, "DescribeConnections", map[string]any{"Filters": filters}, &answer)
	var fault *client.Error
	if errors.As(err, &fault) && fault.Code == "ResourceNotFoundFault" {
		return "", "", nil
	}
	if err != nil || len(answer.Connections) == 0 {
		return "", "", err
	}
	return answer.Connections[0].Status, answer.Connections[0].LastFailureMessage, nil
}
