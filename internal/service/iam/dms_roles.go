package iam

import (
	"context"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// dmsRoles are the roles that DMS uses by their fixed names, with the managed policy of each.
var dmsRoles = []struct{ name, policy string }{
	{"dms-vpc-role", "AmazonDMSVPCManagementRole"},
	{"dms-cloudwatch-logs-role", "AmazonDMSCloudWatchLogsRole"},
	{"dms-access-for-endpoint", "AmazonDMSRedshiftS3Role"},
}

// MakeDMSRoles makes the roles of DMS that are not there yet, as its console does. It answers how many it made.
func MakeDMSRoles(ctx context.Context, s store.Store, partition string, now time.Time) (int, error) {
	made := 0
	_, err := s.Update(ctx, func(tx store.Tx) error {
		made = 0
		for _, d := range dmsRoles {
			there, err := store.Exists(tx, identity.RoleKey(d.name))
			if err != nil {
				return err
			}
			if there {
				continue
			}
			r := identity.Role{
				Name: d.name, Path: "/", ID: identity.NewID(identity.RoleID), Created: now.UTC().Truncate(time.Second), MaxSession: minSession,
				Trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"dms.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
			}
			r.Attached = []string{"arn:" + partition + ":iam::aws:policy/service-role/" + d.policy}
			if err := store.Write(tx, identity.RoleKey(r.Name), r); err != nil {
				return err
			}
			made++
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("make the roles of DMS: %w", err)
	}
	return made, nil
}
