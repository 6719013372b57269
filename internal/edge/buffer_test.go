package edge_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// TestAnswersAreNotMixed has callers that share one connection ask at once, each for large answers of its own, and some go away in the
// middle of theirs: no answer has a byte of another, though they are written in memory that is used again.
func TestAnswersAreNotMixed(t *testing.T) {
	h := open(t, nil)
	plaintext := base64.StdEncoding.EncodeToString(make([]byte, 4000))
	var callers errgroup.Group
	for i := range 8 {
		key := strings.Repeat(string(rune('a'+i)), 2000)
		body := fmt.Sprintf(`{"KeyId":%q,"Plaintext":%q}`, key, plaintext)
		want := fmt.Sprintf(`{"CiphertextBlob":%q,"KeyId":%q}`, base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x07", 4000))), key)
		callers.Go(func() error {
			for n := range 60 {
				leaves := n%3 == 1
				got, err := h.begin(t, body, leaves)
				switch {
				case err != nil:
					return err
				case !leaves && got != want:
					return fmt.Errorf("caller %d was answered %.80q", i, got)
				}
			}
			return nil
		})
	}
	require.NoError(t, callers.Wait())
}

// begin reads an answer, whole or only its first bytes.
func (h *house) begin(t *testing.T, body string, leave bool) (string, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	answer, err := h.http.Do(h.signed(t, "Encrypt", body, nil).WithContext(ctx))
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if leave {
		_, err := io.ReadFull(answer.Body, make([]byte, 10))
		return "", err
	}
	got, err := io.ReadAll(answer.Body)
	return string(got), err
}
