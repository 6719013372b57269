package mysql

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// readDefiners tells of other users to whom views, triggers, routines and events belong: on the target they belong to the user
// who migrates, and those with SQL SECURITY DEFINER may do what that user may.
func (i *inspector) readDefiners(ctx context.Context) error {
	for _, l := range []struct{ query, schema, table string }{
		{"SELECT 'VIEW', table_schema, table_name, table_name, definer FROM information_schema.views", "table_schema", "table_name"},
		{"SELECT routine_type, routine_schema, routine_name, '', definer FROM information_schema.routines", "routine_schema", ""},
		{"SELECT 'TRIGGER', event_object_schema, trigger_name, event_object_table, definer FROM information_schema.triggers", "event_object_schema", "event_object_table"},
		{"SELECT 'EVENT', event_schema, event_name, '', definer FROM information_schema.events", "event_schema", ""},
	} {
		err := i.each(ctx, "definers", l.query+" WHERE %s AND definer <> CURRENT_USER() ORDER BY 1, 2, 3", l.schema, l.table, func(scan scanFunc) error {
			o := catalog.Object{Kind: "definer", Detail: "what is made belongs to the user who migrates"}
			var kind, definer string
			if err := scan(&kind, &o.Name.Schema, &o.Name.Name, &o.Table, &definer); err != nil {
				return err
			}
			o.ByHand = kind + " " + quoteTable(o.Name) + " had DEFINER=" + definer
			i.file(o)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// file lists an object with its schema, if that is asked for.
func (i *inspector) file(o catalog.Object) {
	if s := i.schemas[o.Name.Schema]; s != nil {
		s.Objects = append(s.Objects, o)
	}
}
