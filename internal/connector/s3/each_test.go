package s3

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/rescue"
)

func TestAPanicAmongManyRequestsIsAnError(t *testing.T) {
	err := each(t.Context(), []int{1, 2, 3}, func(_ context.Context, _ int, v int) error {
		if v == 2 {
			panic("two is one too many")
		}
		return nil
	})
	require.NotNil(t, rescue.In(err), "%v", err)
}
