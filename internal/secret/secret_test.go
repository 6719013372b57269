package secret

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const clear = "hunter2-and-more"

// TestValuesHide prints a secret in every way that a program prints.
func TestValuesHide(t *testing.T) {
	key, err := KeyOf([]byte(clear + clear))
	require.NoError(t, err)
	ring := &Keyring{[]rootKey{{key: key}}}
	type holder struct {
		V  Value
		P  *Value
		L  []Value
		M  map[string]Value
		K  *Key
		R  *Keyring
		in Value
	}
	v := Of(clear)
	h := holder{v, &v, []Value{v}, map[string]Value{"a": v}, key, ring, v}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %v", "%08.3f", "%t"} {
		for _, a := range []any{v, &v, h.V, key, ring, []any{v}, map[Value]int{v: 1}} {
			fmt.Fprintf(&out, verb+"\n", a)
		}
	}
	fmt.Fprint(&out, v, &v, h.L, h.M, key, ring, errors.Join(fmt.Errorf("wrong: %v", v)))
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("x", "v", v, "p", &v, "h", h.L, "m", h.M, "key", key, "ring", ring)
	}
	text, err := json.Marshal([]any{h, map[Value]int{v: 1}})
	require.NoError(t, err)
	out.Write(text)
	require.NoError(t, gob.NewEncoder(&out).Encode(v))
	for _, part := range []string{clear, clear[:8], fmt.Sprintf("%x", clear), fmt.Sprintf("%X", clear), fmt.Sprint([]byte(clear))} {
		require.NotContains(t, out.String(), part)
	}
	require.Contains(t, out.String(), hidden)
	require.Empty(t, Value{}.String())
	require.Equal(t, clear, v.Reveal())

	var back Value
	require.NoError(t, json.Unmarshal([]byte(`"`+clear+`"`), &back))
	require.Equal(t, clear, back.Reveal())
	require.EqualError(t, json.Unmarshal([]byte(`{"a": "`+clear+`"}`), &back), "a secret must be a string")
}

func TestSealing(t *testing.T) {
	k := NewKey()
	sealed, err := k.Seal([]byte(clear), []byte("record 1"))
	require.NoError(t, err)
	require.NotContains(t, string(sealed), clear)
	again, err := k.Seal([]byte(clear), []byte("record 1"))
	require.NoError(t, err)
	require.NotEqual(t, sealed, again)

	plain, err := k.Open(sealed, []byte("record 1"))
	require.NoError(t, err)
	require.Equal(t, clear, string(plain))
	_, err = k.Open(sealed, []byte("record 2"))
	require.ErrorIs(t, err, ErrOpen, "moved to another record")
	_, err = NewKey().Open(sealed, []byte("record 1"))
	require.ErrorIs(t, err, ErrOpen, "another key")
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		_, err = k.Open(broken, []byte("record 1"))
		require.ErrorIs(t, err, ErrOpen, "byte %d changed", i)
		_, err = k.Open(sealed[:i], []byte("record 1"))
		require.ErrorIs(t, err, ErrOpen, "cut at %d", i)
	}
	_, err = KeyOf([]byte("short"))
	require.Error(t, err)
}

func TestRotation(t *testing.T) {
	old := NewKeyring()
	before, err := old.Seal([]byte(clear), nil)
	require.NoError(t, err)
	ring := old.Rotated()
	require.NotEqual(t, old.ID(), ring.ID())
	require.True(t, ring.Stale(before))
	after, err := ring.Seal([]byte(clear), nil)
	require.NoError(t, err)
	require.False(t, ring.Stale(after))
	for _, sealed := range [][]byte{before, after} {
		plain, err := ring.Open(sealed, nil)
		require.NoError(t, err)
		require.Equal(t, clear, string(plain))
	}
	_, err = old.Open(after, nil)
	require.ErrorIs(t, err, ErrOpen)
	_, err = ring.Keep(1).Open(before, nil)
	require.ErrorIs(t, err, ErrOpen)
	require.Equal(t, 1, ring.Keep(1).Len())
	// The name in front is bound too: a value under one name does not open under another.
	swapped := append(bytes.Clone(ring.keys[1].id[:]), after[idSize:]...)
	_, err = ring.Open(swapped, nil)
	require.ErrorIs(t, err, ErrOpen)
}

func TestFile(t *testing.T) {
	source := Source{File: filepath.Join(t.TempDir(), "root.key")}
	ring, err := source.Load()
	require.NoError(t, err)
	info, err := os.Stat(source.File)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	sealed, err := ring.Seal([]byte(clear), nil)
	require.NoError(t, err)

	again, err := source.Load()
	require.NoError(t, err)
	plain, err := again.Open(sealed, nil)
	require.NoError(t, err)
	require.Equal(t, clear, string(plain))

	require.NoError(t, source.Save(again.Rotated()))
	rotated, err := source.Load()
	require.NoError(t, err)
	require.Equal(t, 2, rotated.Len())
	_, err = rotated.Open(sealed, nil)
	require.NoError(t, err)

	// The same keys by way of the environment.
	keys := strings.ReplaceAll(strings.TrimSpace(rotated.text()), "\n", ",")
	named := Source{File: "/nowhere"}.FromEnvironment(func(name string) (string, bool) { return keys, name == EnvKeys })
	ring, err = named.Load()
	require.NoError(t, err)
	require.Equal(t, rotated.ID(), ring.ID())
	require.ErrorContains(t, named.Save(ring), EnvKeys)

	entries, err := os.ReadDir(filepath.Dir(source.File))
	require.NoError(t, err)
	require.Len(t, entries, 1, "no temporary file is left")

	require.NoError(t, os.Chmod(source.File, 0o640))
	_, err = source.Load()
	require.ErrorContains(t, err, "may be read by others (mode 0640)")
}

// TestTwoFirstStarts makes the file from many sides at once: one keyring wins, and nobody works with another.
func TestTwoFirstStarts(t *testing.T) {
	source := Source{File: filepath.Join(t.TempDir(), "root.key")}
	var wg sync.WaitGroup
	ids := make([]string, 16)
	for i := range ids {
		wg.Go(func() {
			if ring, err := source.Load(); err == nil {
				ids[i] = ring.ID()
			}
		})
	}
	wg.Wait()
	ring, err := source.Load()
	require.NoError(t, err)
	won := 0
	for _, id := range ids {
		if id != "" {
			require.Equal(t, ring.ID(), id)
			won++
		}
	}
	require.Positive(t, won)
}

func TestPassphrase(t *testing.T) {
	source := Source{File: filepath.Join(t.TempDir(), "root.key"), Passphrase: Of("correct horse battery")}
	ring, err := source.Load()
	require.NoError(t, err)
	text, err := os.ReadFile(source.File)
	require.NoError(t, err)
	require.NotContains(t, string(text), strings.Fields(ring.text())[1])
	again, err := source.Load()
	require.NoError(t, err)
	require.Equal(t, ring.ID(), again.ID())

	wrong := source
	wrong.Passphrase = Of("incorrect horse battery")
	_, err = wrong.Load()
	require.ErrorContains(t, err, "the passphrase is wrong")
	require.NotContains(t, err.Error(), "horse")
	_, err = Source{File: source.File}.Load()
	require.ErrorContains(t, err, "sealed with a passphrase")

	// A new passphrase seals the same keys anew.
	require.NoError(t, wrong.Save(ring))
	again, err = wrong.Load()
	require.NoError(t, err)
	require.Equal(t, ring.ID(), again.ID())
	_, err = source.Load()
	require.Error(t, err)

	require.ErrorContains(t, Source{File: filepath.Join(t.TempDir(), "k"), Passphrase: Of("short")}.Save(ring), "too short")
	plain := Source{File: filepath.Join(t.TempDir(), "root.key")}
	_, err = plain.Load()
	require.NoError(t, err)
	plain.Passphrase = source.Passphrase
	_, err = plain.Load()
	require.ErrorContains(t, err, "not sealed with one")
}

func TestDamagedFiles(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "there is no key",
		"xyz\n":                      "line 1: the key's name is wrong",
		"# a\n0011223344556677 !!\n": "line 2: the key is not base64",
		"0011223344556677 aGk=":      "a key has 2 bytes; want 32",
		sealedHeader + "\nx":         "does not say the cost",
		sealedHeader + " m=4294967295 t=1 p=1\nx":                     "out of bounds",
		sealedHeader + " m=64 t=1 p=1\n!":                             "not base64",
		sealedHeader + " m=64 t=1 p=1\n" + strings.Repeat("AAAA", 40): "the passphrase is wrong, or the file is damaged",
	} {
		source := Source{File: filepath.Join(t.TempDir(), "root.key")}
		if strings.HasPrefix(text, sealedHeader) {
			source.Passphrase = Of("correct horse battery")
		}
		require.NoError(t, os.WriteFile(source.File, []byte(text), 0o600))
		_, err := source.Load()
		require.ErrorContains(t, err, want)
	}
}

func FuzzOpen(f *testing.F) {
	ring := NewKeyring()
	sealed, err := ring.Seal([]byte(clear), nil)
	require.NoError(f, err)
	f.Add(sealed, ring.text())
	f.Add([]byte{}, sealedHeader+" m=8 t=1 p=1\nAAAA")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		if plain, err := ring.Open(data, nil); err == nil && string(plain) != clear {
			t.Fatal("something opened that was never sealed")
		}
		if r, err := parseKeyring(text); err == nil {
			back, err := parseKeyring(r.text())
			require.NoError(t, err)
			require.Equal(t, r.text(), back.text())
		}
	})
}

func BenchmarkSealOpen(b *testing.B) {
	k := NewKey()
	plain := bytes.Repeat([]byte("x"), 200)
	b.ReportAllocs()
	for b.Loop() {
		sealed, err := k.Seal(plain, nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := k.Open(sealed, nil); err != nil {
			b.Fatal(err)
		}
	}
}
