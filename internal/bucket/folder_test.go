package bucket

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	f := Folder(dir)
	o := Object{Bucket: "proof", Key: "a/b/summary.json", Body: []byte("1")}
	require.NoError(t, f.Put(t.Context(), o))
	o.Body = []byte("2")
	require.NoError(t, f.Put(t.Context(), o))
	raw, err := os.ReadFile(filepath.Join(dir, "proof", "a", "b", "summary.json"))
	require.NoError(t, err)
	require.Equal(t, "2", string(raw))
	require.ErrorIs(t, f.Check(t.Context(), "proof", Seal{Mode: SSES3}), ErrSeal)
	require.ErrorIs(t, f.Check(t.Context(), "No Bucket", Seal{}), ErrNoBucket)
	require.Equal(t, "file://"+filepath.ToSlash(dir)+"/proof/a", f.URL("proof", "a"))
}

// TestNamesLeadNowhereElse holds every object inside of its bucket.
func TestNamesLeadNowhereElse(t *testing.T) {
	dir := t.TempDir()
	for _, key := range []string{"", "/", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a", `a\..\b`, "a\x00b"} {
		require.False(t, ValidKey(key), "%q", key)
		require.Error(t, Folder(filepath.Join(dir, "all")).Put(t.Context(), Object{Bucket: "proof", Key: key}), "%q", key)
	}
	for _, name := range []string{"", "..", "a", "../proof", "a/b", "Proof", "a..b", "-ab", "ab-"} {
		require.False(t, ValidName(name), "%q", name)
		require.Error(t, Folder(filepath.Join(dir, "all")).Put(t.Context(), Object{Bucket: name, Key: "x"}), "%q", name)
	}
	found, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range found {
		require.Equal(t, "all", e.Name())
	}
}

func FuzzValidKey(f *testing.F) {
	for _, s := range []string{"a/b", "..", "a/../b", "\\", "a//"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if !ValidKey(key) {
			return
		}
		path := filepath.Join("/bucket", filepath.FromSlash(key))
		rel, err := filepath.Rel("/bucket", path)
		require.NoError(t, err)
		require.Equal(t, filepath.FromSlash(key), rel)
	})
}
