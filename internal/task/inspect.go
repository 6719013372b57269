package task

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// Inspection is what a database holds and, when an engine to move to was named, what a move would change.
type Inspection struct {
	Identity string
	Catalog  *catalog.Catalog
	To       string // engine name, or empty
	Schema   *convert.Result
}

// ErrUnknownEngine is in the chain when an engine's name is not known.
var ErrUnknownEngine = errors.New("unknown engine")

// Inspect looks into one database. to names an engine, or is empty.
func Inspect(ctx context.Context, engines connector.Engines, c connector.Config, to string) (_ *Inspection, err error) {
	from, err := engines.ForURL(c.URL)
	if err != nil {
		return nil, err
	}
	target, err := engineNamed(engines, to)
	if err != nil {
		return nil, err
	}
	source, err := from.OpenSource(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	wanted := connector.InspectOptions{Objects: true}
	if target != nil {
		wanted = objectsFor(from.Family, target.Family)
	}
	found, err := source.Inspect(ctx, wanted)
	if err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	i := &Inspection{Identity: source.Identity(), Catalog: found, To: to}
	if target == nil {
		return i, nil
	}
	if typer, ok := source.(connector.Typer); ok {
		for _, s := range found.Schemas {
			if err := typer.TypeByValues(ctx, s.Tables); err != nil {
				return nil, fmt.Errorf("inspect: %w", err)
			}
		}
	}
	i.Schema, err = convertAll(found, from, target)
	return i, err
}

func engineNamed(engines connector.Engines, name string) (*connector.Engine, error) {
	if name == "" {
		return nil, nil
	}
	var known []string
	for _, e := range engines {
		if e.Name == name {
			return e, nil
		}
		known = append(known, e.Name)
	}
	return nil, fmt.Errorf("%w %q: want one of %s", ErrUnknownEngine, name, strings.Join(known, ", "))
}

// convertAll converts everything under its own names, schemas included.
func convertAll(found *catalog.Catalog, from, to *connector.Engine) (*convert.Result, error) {
	rules, err := everything(found)
	if err != nil {
		return nil, err
	}
	plan, err := rules.Plan(found, mapping.Options{FoldPartitions: from.Family != to.Family, RenameExpression: renameExpression, Lowercase: lowercases(to.Dialect)})
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	return convert.Convert(convert.Input{
		Source: found, Plan: plan, To: convert.Target{Family: to.Family, Engine: to.Name, Names: to.Dialect},
		Options: convert.Options{SecondaryObjects: true},
	})
}
