package assess

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/task"
)

// Kind is what decides which checks apply.
type Kind struct {
	Source, Target string // engine names: postgres, mysql, mariadb, sqlite
	Type           task.Type
}

func (k Kind) follows() bool { return k.Type == task.Changes || k.Type == task.FullLoadAndCDC }
func (k Kind) loads() bool   { return k.Type != task.Changes }

// check is one assessment.
type check struct {
	// name is the whole name, or what follows the prefix of the engine that side gives.
	name, about string
	side        side
	// engines are those of the side it is for.
	engines []string
	// when narrows it by the type of the task; nil means always.
	when func(Kind) bool
	// run returns what it finds, or a skipped error. A finding without a status is a failure.
	run func(context.Context, *subject) ([]Finding, error)
}

// side says whose engine gives a check its prefix.
type side uint8

const (
	generic side = iota
	onSource
	onTarget
)

// skipped is why there was nothing to check.
type skipped string

func (s skipped) Error() string { return string(s) }

// engine is the name of the engine that the check is about, empty for a generic one.
func (c *check) engine(k Kind) string {
	switch c.side {
	case onSource:
		return k.Source
	case onTarget:
		return k.Target
	}
	return ""
}

// named returns the name under which the check applies, and false when it does not.
func (c *check) named(k Kind) (string, bool) {
	if c.when != nil && !c.when(k) {
		return "", false
	}
	if c.side == generic {
		return c.name, true
	}
	engine := c.engine(k)
	return engine + "-" + c.name, slices.Contains(c.engines, engine)
}

// checks lists everything that can be checked, generic checks first.
func checks() []check {
	return slices.Concat(genericChecks(), keyChecks(), changeChecks(), sourceChecks(), rightChecks(), targetChecks(), hostedChecks(), unneededChecks())
}

// Applicable lists the names of the checks for a kind of migration.
func Applicable(k Kind) []string {
	var names []string
	for _, c := range checks() {
		if name, ok := c.named(k); ok {
			names = append(names, name)
		}
	}
	return names
}

// Names lists all checks there are, for every kind of migration.
func Names() []string {
	var names []string
	for _, c := range checks() {
		if c.side == generic {
			names = append(names, c.name)
			continue
		}
		for _, engine := range c.engines {
			names = append(names, engine+"-"+c.name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Selection narrows a run; at most one of the lists is given.
type Selection struct{ Only, Exclude []string }

// Check finds names that do not apply, and both lists.
func (s Selection) Check(k Kind) error {
	if len(s.Only) > 0 && len(s.Exclude) > 0 {
		return fmt.Errorf("assessments are either named one by one or left out one by one, not both")
	}
	known := Applicable(k)
	for _, name := range slices.Concat(s.Only, s.Exclude) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("assessment %q does not apply to a %s task from %s to %s: want one of %s", name, k.Type, k.Source, k.Target, strings.Join(known, ", "))
		}
	}
	return nil
}

func (s Selection) takes(name string) bool {
	if len(s.Only) > 0 {
		return slices.Contains(s.Only, name)
	}
	return !slices.Contains(s.Exclude, name)
}
