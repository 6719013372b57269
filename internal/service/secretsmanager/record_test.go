package secretsmanager

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestStagesMove follows the stages through values that come and go.
func TestStagesMove(t *testing.T) {
	r := &secretRecord{}
	put := func(id string, stages ...string) { require.NoError(t, r.put(version{ID: id}, stages)) }
	put("1")
	put("2")
	require.Equal(t, map[string][]string{"1": {previous}, "2": {current}}, r.stages())
	put("3", "AWSPENDING")
	require.Equal(t, map[string][]string{"1": {previous}, "2": {current}, "3": {"AWSPENDING"}}, r.stages())
	r.move(current, r.version("3"))
	require.Equal(t, map[string][]string{"2": {previous}, "3": {"AWSPENDING", current}}, r.stages())
	r.move(current, r.version("2")) // back: what was the previous one is the current one again
	require.Equal(t, map[string][]string{"2": {current}, "3": {"AWSPENDING", previous}}, r.stages())
	r.move(current, r.version("2"))
	require.Equal(t, map[string][]string{"2": {current}, "3": {"AWSPENDING", previous}}, r.stages())
	r.move("AWSPENDING", nil)
	require.Equal(t, map[string][]string{"2": {current}, "3": {previous}}, r.stages())
	require.ErrorContains(t, r.put(version{ID: "3"}, nil), "ResourceExistsException")
}

func TestOldVersionsGo(t *testing.T) {
	r := &secretRecord{}
	for i := range 200 {
		require.NoError(t, r.put(version{ID: fmt.Sprint(i)}, nil))
	}
	require.Len(t, r.Versions, maxUnstaged+2)
	require.Equal(t, "199", r.staged(current).ID)
	require.Equal(t, "198", r.staged(previous).ID)
	require.Nil(t, r.version("97"))
	require.NotNil(t, r.version("98"))
}

// TestOldVersionsGoByTheirSize keeps fewer of large ones.
func TestOldVersionsGoByTheirSize(t *testing.T) {
	r := &secretRecord{}
	for i := range 90 {
		require.NoError(t, r.put(version{ID: fmt.Sprint(i), Sealed: make([]byte, maxValue)}, nil))
	}
	require.Len(t, r.Versions, maxUnstagedBytes/maxValue+2)
	require.Equal(t, "89", r.staged(current).ID)
	require.Equal(t, "88", r.staged(previous).ID)
}

func TestRecoveryEnds(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := &secretRecord{Deleted: &at, Recovery: 7}
	require.False(t, r.gone(at.AddDate(0, 0, 7).Add(-time.Second)))
	require.True(t, r.gone(at.AddDate(0, 0, 7)))
	require.False(t, (&secretRecord{}).gone(at))
}
