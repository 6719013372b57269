package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// scheduleKeyDeletion stops all use of a key now, and deletes it for good after 7 to 30 days.
func (s *Service) scheduleKeyDeletion() service.Operation {
	return service.Handle("ScheduleKeyDeletion", onKey(s, "ScheduleKeyDeletion", func(in *kmsapi.ScheduleKeyDeletionRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.ScheduleKeyDeletionRequest) (*kmsapi.ScheduleKeyDeletionResponse, error) {
			days := int64(30)
			if in.PendingWindowInDays != nil {
				days = *in.PendingWindowInDays
			}
			if days < 7 || days > 30 {
				return nil, invalid("PendingWindowInDays is %d; want 7 to 30", days)
			}
			k, err := s.change(ctx, call, in.KeyId, func(_ store.Tx, k *keyRecord) error {
				if err := k.changeable(); err != nil {
					return err
				}
				k.Deletion = new(call.Now.UTC().AddDate(0, 0, int(days)))
				return nil
			})
			if err != nil {
				return nil, err
			}
			return &kmsapi.ScheduleKeyDeletionResponse{KeyId: &k.ARN, DeletionDate: k.Deletion, KeyState: new(statePending), PendingWindowInDays: &days}, nil
		})
}
