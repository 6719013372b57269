package ec2

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// changeGroup lets change alter a group, found by its ID, or by its name in the default VPC.
func (s *Service) changeGroup(ctx context.Context, id, name *string, change func(store.Tx, *Group) error) error {
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		g, err := groupOf(tx, id, name)
		if err != nil {
			return err
		}
		if err := change(tx, g); err != nil {
			return err
		}
		return writeGroup(tx, g)
	})
	return err
}

func groupOf(from reader, id, name *string) (*Group, error) {
	if id != nil {
		return lookup[Group](from, groups, *id)
	}
	if name == nil {
		return nil, fault("MissingParameter", "The request must contain the parameter groupName or groupId")
	}
	vpc, err := defaultVPC(from)
	if err != nil {
		return nil, err
	}
	all, err := every[Group](from, groups)
	if err != nil {
		return nil, err
	}
	g, ok := firstOf(all, func(g *Group) bool { return g.VPC == vpc && g.Name == *name })
	if !ok {
		return nil, groups.missing(*name)
	}
	return g, nil
}
