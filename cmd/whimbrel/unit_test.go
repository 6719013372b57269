package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// unitFile reads the systemd unit: the values of each key.
func unitFile(t *testing.T) (text string, keys map[string][]string) {
	t.Helper()
	raw, err := os.ReadFile("../../packaging/whimbrel.service")
	require.NoError(t, err)
	keys = map[string][]string{}
	for line := range strings.Lines(string(raw)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			keys[key] = append(keys[key], value)
		}
	}
	return string(raw), keys
}

// TestTheUnitsCommandIsOne: what the unit starts is a command that there is, with flags that it has, and passes its own checks.
func TestTheUnitsCommandIsOne(t *testing.T) {
	_, keys := unitFile(t)
	require.Len(t, keys["ExecStart"], 1)
	words := strings.Fields(keys["ExecStart"][0])
	require.Equal(t, []string{"/usr/local/bin/whimbrel", "serve"}, words[:2])
	cmd := newServe()
	require.NoError(t, cmd.ParseFlags(words[2:]))
	dir, err := cmd.Flags().GetString("data-dir")
	require.NoError(t, err)
	require.Equal(t, "/var/lib/"+keys["StateDirectory"][0], dir, "the one folder that it may write to")
	require.Empty(t, cmd.Flags().Args())
}

// TestTheUnitIsHardened: what keeps a server that was broken into from the rest of the machine.
func TestTheUnitIsHardened(t *testing.T) {
	_, keys := unitFile(t)
	for key, want := range map[string]string{
		"DynamicUser": "yes", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes",
		"ProtectKernelTunables": "yes", "ProtectKernelModules": "yes", "ProtectKernelLogs": "yes", "ProtectControlGroups": "yes", "ProtectClock": "yes",
		"ProtectProc": "invisible", "RestrictNamespaces": "yes", "RestrictSUIDSGID": "yes", "LockPersonality": "yes", "MemoryDenyWriteExecute": "yes",
		"SystemCallFilter": "@system-service", "CapabilityBoundingSet": "", "UMask": "0077", "StateDirectoryMode": "0700",
	} {
		require.Equal(t, []string{want}, keys[key], key)
	}
}

// TestSystemdUnderstandsTheUnit asks it, where it is installed, with this program in the place of the one that is not.
func TestSystemdUnderstandsTheUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd is not installed")
	}
	me, err := os.Executable()
	require.NoError(t, err)
	text, _ := unitFile(t)
	file := filepath.Join(t.TempDir(), "whimbrel.service")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(text, "/usr/local/bin/whimbrel", me, 1)), 0o600))
	out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", file).CombinedOutput()
	require.NoError(t, err, string(out))
	require.NotContains(t, string(out), "Unknown key")
}
