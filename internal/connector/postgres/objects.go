package postgres

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// tableObject lists something that belongs to a table.
func (in *inspector) tableObject(r *relation, kind, name string, stage catalog.Stage, ddl ...string) {
	if !in.o.Objects {
		return
	}
	s := in.schema(r.name.Schema)
	s.Objects = append(s.Objects, catalog.Object{
		Kind: kind, Name: catalog.Name{Schema: r.name.Schema, Name: name}, Table: r.name.Name, Stage: stage, DDL: ddl, Needs: []catalog.Name{r.name},
	})
}

// notCarried lists something that only a report can carry.
func (in *inspector) notCarried(o catalog.Object) {
	if !in.o.Objects {
		return
	}
	if s := in.schemas[o.Name.Schema]; s != nil {
		s.Objects = append(s.Objects, o)
		return
	}
	in.cat.Objects = append(in.cat.Objects, o)
}

// addRefresh fills a materialized view at the end, when everything its query may call exists.
func (in *inspector) addRefresh(r *relation, populated bool) {
	if r.kind == 'm' && populated {
		r.refresh = true
	}
}

func (in *inspector) loadObjects(ctx context.Context) error {
	in.orderViews()
	return nil
}
