package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) applyPendingMaintenanceAction() service.Operation {
	return handle(s, "ApplyPendingMaintenanceAction", func(ctx context.Context, call *service.Call, in *dmsapi.ApplyPendingMaintenanceActionMessage) (*dmsapi.ApplyPendingMaintenanceActionResponse, error) {
		var after *Instance
		_, err := s.changeInstance(ctx, *in.ReplicationInstanceArn, func(tx store.Tx, i *Instance) error {
			after = i
			return s.optIn(tx, i, call, *in.ApplyAction, *in.OptInType)
		})
		if err != nil {
			return nil, err
		}
		shown := s.showActions(after, after.pendingActions(call.Now))
		return &dmsapi.ApplyPendingMaintenanceActionResponse{ResourcePendingMaintenanceActions: &shown}, nil
	})
}

// optIn applies an action now, or with the next window, or takes that back.
func (s *Service) optIn(tx store.Tx, i *Instance, call *service.Call, action, how string) error {
	switch action {
	case engineUpgrade:
	case "os-upgrade", "system-update", "os-patch":
		return notFound("Replication Instance %s has no pending maintenance action %s: the machine is the server's.", i.Name, action)
	default:
		return invalidValue("Invalid ApplyAction: %q. It is os-upgrade, system-update, db-upgrade or os-patch.", action)
	}
	pending := i.pendingActions(call.Now)
	if pending == nil {
		return notFound("Replication Instance %s has no pending maintenance action %s.", i.Name, action)
	}
	switch how {
	case nextMaintenance:
		i.OptIn = nextMaintenance
	case "undo-opt-in":
		i.OptIn = ""
	case "immediate":
		if i.Status != instanceAvailable {
			return invalidCombination("The action cannot be applied immediately: the replication instance %s is in %s state, and must be available.", i.Name, i.Status)
		}
		to := minorUpgrade(i.EngineVersion, call.Now)
		if to == "" {
			to = newestEngine()
		}
		waits := i.Pending
		i.Pending = &PendingValues{EngineVersion: to}
		if err := s.applyPending(tx, i, call.Now); err != nil {
			return err
		}
		i.Pending = waits.beyond(to)
	default:
		return invalidValue("Invalid OptInType: %q. It is immediate, next-maintenance or undo-opt-in.", how)
	}
	return nil
}

// beyond is what still waits for the window once the engine is of a version: an older one, or this one, does not.
func (p *PendingValues) beyond(version string) *PendingValues {
	if p == nil {
		return nil
	}
	rest := *p
	if rest.EngineVersion != "" && compareVersions(rest.EngineVersion, version) <= 0 {
		rest.EngineVersion = ""
	}
	if rest == (PendingValues{}) {
		return nil
	}
	return &rest
}
