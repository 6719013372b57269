package mysql

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// The order is the order of execution: created in it, triggers need no FOLLOWS.
const triggersQuery = `SELECT trigger_schema, trigger_name, event_object_table, action_timing, event_manipulation,
	sql_mode, character_set_client, collation_connection
FROM information_schema.triggers WHERE %s
ORDER BY event_object_schema, event_object_table, action_timing, event_manipulation, action_order`

// readTriggers reads triggers as they were written. The servers keep that text as it is, and a name qualified by us
// would stay in it and keep later dumps from being restored under another name: USE says where the trigger goes.
func (i *inspector) readTriggers(ctx context.Context) error {
	var all []storedObject
	err := i.each(ctx, "triggers", triggersQuery, "event_object_schema", "event_object_table", func(scan scanFunc) error {
		o := storedObject{Object: catalog.Object{Kind: "trigger", Stage: catalog.AtEnd}, session: habits{setsMode: true}}
		var timing, event string
		err := scan(&o.Name.Schema, &o.Name.Name, &o.Table, &timing, &event, &o.session.sqlMode, &o.session.charset, &o.session.collation)
		o.Needs = []catalog.Name{{Schema: o.Name.Schema, Name: o.Table}}
		o.Detail = strings.ToLower(timing + " " + event)
		all = append(all, o)
		return err
	})
	if err != nil {
		return err
	}
	return i.showAndFile(ctx, all)
}
