package manifest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/client"
)

// Caller calls operations of DMS; answers are decoded as JSON is.
type Caller interface {
	Call(ctx context.Context, operation string, in, out any) error
}

// Options say how far Apply goes.
type Options struct {
	// DryRun only says what would be done.
	DryRun bool
	// Passwords sends those of endpoints that are there already: the API does not tell whether they have changed.
	Passwords bool
	// StopTasks stops running tasks that have to be modified, and has them go on afterwards.
	StopTasks bool
	// Poll is how long to wait between two looks at a resource that is being made; 0 means a second.
	Poll time.Duration
	// Tell is called with each step.
	Tell func(Step)
}

// A Step is one thing that was done, or would be.
type Step struct {
	Action     string   `json:"action"` // create, modify, unchanged, start, stop, resume, test
	Kind       string   `json:"kind"`   // replication instance, certificate, endpoint, replication task, connection
	Identifier string   `json:"identifier"`
	ARN        string   `json:"arn,omitempty"`
	Members    []string `json:"members,omitempty"` // that differed
	Note       string   `json:"note,omitempty"`    // what could not be compared
}

// applying is one Apply under way.
type applying struct {
	Options
	api Caller
	arn map[string]string // section and identifier to ARN
}

// Apply makes what the manifest says: what is not there is made, what is otherwise is modified, what is as it should be
// stays. It can be repeated at any point.
func (m *Manifest) Apply(ctx context.Context, api Caller, o Options) error {
	if o.Poll == 0 {
		o.Poll = time.Second
	}
	a := &applying{Options: o, api: api, arn: map[string]string{}}
	for i := range m.resources {
		if err := a.resource(ctx, &m.resources[i]); err != nil {
			return err
		}
	}
	for i := range m.resources {
		if err := a.start(ctx, &m.resources[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *applying) step(r *resource, action string, members ...string) {
	s := Step{Action: action, Kind: r.section.noun, Identifier: r.identifier, ARN: a.arn[r.key()], Members: members}
	if key := fmt.Sprint(r.members[keyMember]); isAlias(key) && (action == "unchanged" || action == "modify") {
		s.Note = "whether its key is the one of " + key + " was not compared"
	}
	a.Tell(s)
}

func (r *resource) key() string { return r.section.name + "/" + r.identifier }

func (a *applying) resource(ctx context.Context, r *resource) error {
	shown, err := a.show(ctx, &r.section, r.identifier)
	if err != nil {
		return fmt.Errorf("look for the %s %s: %w", r.section.noun, r.identifier, err)
	}
	refers, err := a.resolve(ctx, r)
	if err != nil {
		return err
	}
	if shown == nil {
		return a.create(ctx, r, refers)
	}
	a.arn[r.key()], _ = shown[r.section.arn].(string)
	return a.modify(ctx, r, shown, refers)
}

// show describes one resource, nil if it is not there.
func (a *applying) show(ctx context.Context, s *section, identifier string) (map[string]any, error) {
	answer := map[string]any{}
	err := a.api.Call(ctx, s.describe, map[string]any{"Filters": []any{map[string]any{"Name": s.filter, "Values": []string{identifier}}}}, &answer)
	var fault *client.Error
	if errors.As(err, &fault) && fault.Code == "ResourceNotFoundFault" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list, _ := answer[s.list].([]any)
	if len(list) == 0 {
		return nil, nil
	}
	found, _ := list[0].(map[string]any)
	return found, nil
}

// resolve finds the ARNs of what an entry refers to, in the file or outside of it.
func (a *applying) resolve(ctx context.Context, r *resource) (map[string]string, error) {
	arns := map[string]string{}
	for member, identifier := range r.refers {
		at := slices.IndexFunc(r.section.references, func(ref reference) bool { return ref.arn == member })
		name := r.section.references[at].section
		if arn := a.arn[name+"/"+identifier]; arn != "" {
			arns[member] = arn
			continue
		}
		all := sections()
		s := &all[slices.IndexFunc(all, func(s section) bool { return s.name == name })]
		shown, err := a.show(ctx, s, identifier)
		if err != nil {
			return nil, fmt.Errorf("look for the %s %s: %w", s.noun, identifier, err)
		}
		arn, _ := shown[s.arn].(string)
		if arn == "" && !a.DryRun {
			return nil, fmt.Errorf("the %s %s names the %s %s, which is neither in the file nor on the server", r.section.noun, r.identifier, s.noun, identifier)
		}
		arns[member] = arn
	}
	return arns, nil
}

func (a *applying) create(ctx context.Context, r *resource, refers map[string]string) error {
	if a.DryRun {
		a.step(r, "create")
		return nil
	}
	in := map[string]any{}
	for name, v := range r.members {
		in[name] = v
	}
	for member, arn := range refers {
		in[member] = arn
	}
	answer := map[string]any{}
	if err := a.api.Call(ctx, r.section.create, in, &answer); err != nil {
		return fmt.Errorf("create the %s %s: %w", r.section.noun, r.identifier, err)
	}
	made, _ := answer[r.section.made].(map[string]any)
	a.arn[r.key()], _ = made[r.section.arn].(string)
	a.step(r, "create")
	return a.settled(ctx, r)
}

// modify changes what differs.
func (a *applying) modify(ctx context.Context, r *resource, shown map[string]any, refers map[string]string) error {
	names := differs(r, shown)
	in := map[string]any{r.section.arn: a.arn[r.key()]}
	for _, name := range names {
		if r.section.modify == "" {
			return fmt.Errorf("the %s %s is there with another %s, which cannot be changed: delete it, or give this one another identifier", r.section.noun, r.identifier, name)
		}
		if _, ok := memberOf(input(r.section.modify), name); !ok {
			return fmt.Errorf("the %s %s is there with another %s (%v), which %s does not change: delete it, or give this one another identifier", r.section.noun, r.identifier, name, shownAs(name, shown), r.section.modify)
		}
		in[name] = r.members[name]
	}
	for member, arn := range refers {
		if shown[member] == arn {
			continue
		}
		if _, ok := memberOf(input(r.section.modify), member); !ok {
			return fmt.Errorf("the %s %s is there with another %s, which %s does not change: delete it, or give this one another identifier", r.section.noun, r.identifier, member, r.section.modify)
		}
		in[member], names = arn, append(names, member)
	}
	if password, has := r.members["Password"]; has && a.Passwords {
		in["Password"], names = password, append(names, "Password")
	}
	return a.carryOut(ctx, r, shown, in, names)
}

// carryOut makes the changes; tags have a call of their own, for which nothing has to be stopped.
func (a *applying) carryOut(ctx context.Context, r *resource, shown, in map[string]any, names []string) error {
	missing, err := a.missingTags(ctx, r)
	if err != nil {
		return err
	}
	if len(names) == 0 && len(missing) == 0 {
		a.step(r, "unchanged")
		return nil
	}
	if len(names) > 0 && a.DryRun {
		a.step(r, "modify", names...)
	} else if len(names) > 0 {
		if err := a.change(ctx, r, shown, in, names); err != nil {
			return err
		}
	}
	return a.tag(ctx, r, missing)
}

// change calls the modifying operation, for a running task between a stop and a start.
func (a *applying) change(ctx context.Context, r *resource, shown, in map[string]any, names []string) error {
	running := r.section.name == tasksKey && (shown["Status"] == "running" || shown["Status"] == "starting")
	if running {
		if !a.StopTasks {
			return fmt.Errorf("the replication task %s is running and differs in %v: stop it first, or say --stop-tasks", r.identifier, names)
		}
		if err := a.stop(ctx, r); err != nil {
			return err
		}
	}
	if r.section.name == instancesKey {
		in["ApplyImmediately"] = true
	}
	if err := a.api.Call(ctx, r.section.modify, in, &map[string]any{}); err != nil {
		return fmt.Errorf("modify the %s %s: %w", r.section.noun, r.identifier, err)
	}
	a.step(r, "modify", names...)
	if err := a.settled(ctx, r); err != nil {
		return err
	}
	if running {
		return a.begin(ctx, r, "resume-processing", "resume")
	}
	return nil
}
