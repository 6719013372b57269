package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// mostReloaded is how many tables one call may name (AWS DMS user guide, "Reloading tables during a task").
const mostReloaded = 10

func (s *Service) reloadTables(ctx context.Context, call *service.Call, in *dmsapi.ReloadTablesMessage) (*dmsapi.ReloadTablesResponse, error) {
	names, err := tablesToReload(in.TablesToReload)
	if err != nil {
		return nil, err
	}
	validateOnly := value(in.ReloadOption) == "validate-only"
	t, err := byARN[Task](s, s.outside(ctx), tasks, value(in.ReplicationTaskArn))
	if err != nil {
		return nil, err
	}
	if err := checkReload(t, validateOnly); err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if err := s.Host.Client(t.Instance).Reload(within, t.ID, names, validateOnly); err != nil {
		return nil, s.askedInVain(t, err)
	}
	_, err = s.Store.Update(ctx, func(tx store.Tx) error {
		s.happened(tx, call.Now, sourceTask, t.Name, categoryState, "Reload of tables requested for the replication task.")
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &dmsapi.ReloadTablesResponse{ReplicationTaskArn: in.ReplicationTaskArn}, nil
}

func tablesToReload(in []dmsapi.TableToReload) ([]instance.TableName, error) {
	if len(in) == 0 || len(in) > mostReloaded {
		return nil, invalidValue("TablesToReload names %d tables; 1 to %d can be reloaded at once.", len(in), mostReloaded)
	}
	var names []instance.TableName
	seen := map[instance.TableName]bool{}
	for _, one := range in {
		name := instance.TableName{Schema: value(one.SchemaName), Name: value(one.TableName)}
		if name.Schema == "" || name.Name == "" {
			return nil, invalidValue("TablesToReload names a table without its schema or its name.")
		}
		if seen[name] {
			return nil, invalidValue("TablesToReload names %s.%s twice.", name.Schema, name.Name)
		}
		seen[name] = true
		names = append(names, name)
	}
	return names, nil
}

func checkReload(t *Task, validateOnly bool) error {
	switch {
	case t.Status != taskRunning:
		return badState("Replication Task %s is currently not running, its status is %s: tables can be reloaded while it runs", t.Name, t.Status)
	case !validateOnly && !t.loads():
		return badState("Tables of a task of migration type cdc cannot be reloaded: it loads none")
	case !validateOnly:
		return nil
	}
	set, err := t.storedSettings()
	if err != nil {
		return err
	}
	if !set.ValidationSettings.EnableValidation {
		return badState("ReloadOption validate-only is valid for tasks with validation enabled alone")
	}
	return nil
}
