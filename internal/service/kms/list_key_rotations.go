package kms

import (
	"context"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listKeyRotations lists the rotations of a key that are done.
func (s *Service) listKeyRotations() service.Operation {
	return service.Handle("ListKeyRotations", onKey(s, "ListKeyRotations", func(in *kmsapi.ListKeyRotationsRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.ListKeyRotationsRequest) (*kmsapi.ListKeyRotationsResponse, error) {
			k, err := s.vault.key(ctx, call.Region, deref(in.KeyId))
			if err != nil {
				return nil, err
			}
			from, err := strconv.Atoi(or(in.Marker, "1"))
			if err != nil || from < 1 {
				return nil, kmsapi.Service.NewError("InvalidMarkerException", "Could not deserialize marker '%s'", *in.Marker)
			}
			first := from
			if or(in.IncludeKeyMaterial, "") == "ALL_KEY_MATERIAL" && in.Marker == nil {
				first = 0
			}
			out := &kmsapi.ListKeyRotationsResponse{Rotations: []kmsapi.RotationsListEntry{}, Truncated: new(false)}
			limit := 100
			if in.Limit != nil {
				limit = int(*in.Limit)
			}
			for i := first; i < len(k.Materials); i++ {
				if len(out.Rotations) == limit {
					out.NextMarker, out.Truncated = new(strconv.Itoa(i)), new(true)
					break
				}
				out.Rotations = append(out.Rotations, k.rotationEntry(i))
			}
			return out, nil
		})
}

func (k *keyRecord) rotationEntry(i int) kmsapi.RotationsListEntry {
	m := &k.Materials[i]
	e := kmsapi.RotationsListEntry{KeyId: &k.ARN, KeyMaterialId: &m.ID, KeyMaterialState: new("NON_CURRENT")}
	if i == len(k.Materials)-1 {
		e.KeyMaterialState = new("CURRENT")
	}
	if i > 0 {
		e.RotationDate, e.RotationType = &m.Created, new("AUTOMATIC")
		if m.OnAsk {
			e.RotationType = new("ON_DEMAND")
		}
	}
	return e
}
