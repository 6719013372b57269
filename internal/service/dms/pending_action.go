package dms

import (
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
)

// engineUpgrade is the one maintenance action that Whimbrel has; what AWS does to its machines (os-upgrade, os-patch,
// system-update) is the server's operator's.
const engineUpgrade = "db-upgrade"

// pendingActions tells what maintenance an instance is offered: an upgrade of its engine within its major version.
func (i *Instance) pendingActions(now time.Time) []dmsapi.PendingMaintenanceAction {
	to := minorUpgrade(i.EngineVersion, now)
	forced := (*time.Time)(nil)
	if v, known := findEngine(i.EngineVersion); known {
		forced = day(v.end)
		if v.ended(now) && to == "" {
			to = newestEngine()
		}
	}
	if to == "" || i.Status == instanceDeleting {
		return nil
	}
	action := dmsapi.PendingMaintenanceAction{
		Action: new(engineUpgrade), Description: new("Engine upgrade from " + i.EngineVersion + " to " + to), OptInStatus: some(i.OptIn), ForcedApplyDate: forced,
	}
	w, err := windowOf(i.Window)
	if err == nil && i.upgrade(now) != "" {
		next := w.next(now)
		action.CurrentApplyDate = &next
		if i.AutoMinor {
			action.AutoAppliedAfterDate = &next
		}
	} else if err == nil && forced != nil {
		next := w.next(*forced)
		action.CurrentApplyDate = &next
	}
	return []dmsapi.PendingMaintenanceAction{action}
}

func (s *Service) showActions(i *Instance, actions []dmsapi.PendingMaintenanceAction) dmsapi.ResourcePendingMaintenanceActions {
	if actions == nil {
		actions = []dmsapi.PendingMaintenanceAction{}
	}
	return dmsapi.ResourcePendingMaintenanceActions{ResourceIdentifier: new(s.arn(instances, i.ID)), PendingMaintenanceActionDetails: actions}
}
