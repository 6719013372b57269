package postgres

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNumericWireForm(t *testing.T) {
	// From SELECT encode(numeric_send(…), 'hex') of a server.
	for text, wire := range map[string]string{
		"0":             "0000000000000000",
		"0.00":          "0000000000000002",
		"1":             "00010000000000000001",
		"-1.5":          "00020000400000010001" + "1388",
		"10000":         "00010001000000000001",
		"123456789":     "0003000200000000" + "0001" + "0929" + "1a85",
		"0.00012":       "0002ffff00000005" + "0001" + "07d0",
		"0.00000001":    "0001fffe00000008" + "0001",
		"NaN":           "00000000c0000000",
		"Infinity":      "00000000d0000000",
		"-Infinity":     "00000000f0000000",
		"99990000.0001": "0003000100000004" + "270f" + "0000" + "0001",
	} {
		got, reason := appendNumericBinary(nil, []byte(text))
		require.Empty(t, reason)
		require.Equal(t, wire, hex.EncodeToString(got), text)
		back, err := appendNumericText([]byte("x"), got)
		require.NoError(t, err)
		require.Equal(t, "x"+text, string(back))
	}
}

func TestNumericTextIsReadAsWritten(t *testing.T) {
	for in, want := range map[string]string{
		"+007.50": "7.50", "1e3": "1000", "1.5E+2": "150", "12.5e-3": "0.0125", ".5": "0.5", "5.": "5", "-0": "0", "-0.000": "0.000", "0e5": "0",
	} {
		wire, reason := appendNumericBinary(nil, []byte(in))
		require.Empty(t, reason, in)
		back, err := appendNumericText(nil, wire)
		require.NoError(t, err)
		require.Equal(t, want, string(back), in)
	}
	for _, in := range []string{"", "-", ".", "1.2.3", "1e", "1e+", "0x1", "1 ", " 1", "nan", "1e9999999", strings.Repeat("9", 131073), "0." + strings.Repeat("1", 16384)} {
		_, reason := appendNumericBinary(nil, []byte(in))
		require.NotEmpty(t, reason, in)
	}
}

func TestNumericSurvivesTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?`).Draw(t, "text")
		wire, reason := appendNumericBinary(nil, []byte(text))
		require.Empty(t, reason)
		back, err := appendNumericText(nil, wire)
		require.NoError(t, err)
		if strings.Trim(text, "-0.") == "" {
			text = strings.TrimPrefix(text, "-")
		}
		require.Equal(t, text, string(back))
	})
}

func TestNumericFits(t *testing.T) {
	for _, c := range []struct {
		text             string
		precision, scale int
		fits             bool
	}{
		{"999.99", 5, 2, true}, {"1000", 5, 2, false}, {"0.001", 5, 2, false}, {"1.10000", 5, 2, true}, {"-999.990", 5, 2, true},
		{"100", 3, -2, true}, {"150", 3, -2, false}, {"99900", 3, -2, true}, {"100000", 3, -2, false},
		{"0.00012", 2, 5, true}, {"0.0012", 2, 5, false}, {"NaN", 2, 1, true}, {"Infinity", 2, 1, false}, {"0", 1, 1, true},
	} {
		require.Equal(t, c.fits, numericFits([]byte(c.text), c.precision, c.scale) == "", "%+v", c)
	}
	p, s := numericSize(((12<<16 | 2) & 0x7fffffff) + 4)
	require.Equal(t, []int{12, 2}, []int{p, s})
	p, s = numericSize((5<<16 | (-2 & 0x7ff)) + 4)
	require.Equal(t, []int{5, -2}, []int{p, s})
}

func FuzzNumeric(f *testing.F) {
	f.Add([]byte("-12.50e3"), []byte{0, 1, 0, 0, 0, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, text, wire []byte) {
		if out, reason := appendNumericBinary(nil, text); reason == "" {
			back, err := appendNumericText(nil, out)
			require.NoError(t, err)
			again, reason := appendNumericBinary(nil, back)
			require.Empty(t, reason)
			require.True(t, bytes.Equal(out, again), "%q", text)
		}
		_, _ = appendNumericText(nil, wire)
	})
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	p, err := hex.DecodeString(text)
	require.NoError(t, err)
	return p
}
