package dms

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
)

func TestReadAttributes(t *testing.T) {
	pairs, err := readAttributes("; a = b=c ;;D=;\n e=f ")
	require.NoError(t, err)
	require.Equal(t, []attribute{{"a", "b=c"}, {"D", ""}, {"e", "f"}}, pairs)
	require.Equal(t, "a=b=c;D=;e=f;", writeAttributes(pairs))
	for _, bad := range []string{"a", "=b", "a=1;A=2", "a=\x00", "a=\xff"} {
		_, err := readAttributes(bad)
		require.ErrorContains(t, err, "Invalid ExtraConnectionAttributes", bad)
	}
}

// FuzzAttributes: whatever is sent, the answer is a modelled error or settings that are shown as attributes which mean
// exactly those settings.
func FuzzAttributes(f *testing.F) {
	for _, seed := range []string{"captureDDLs=true;slotName=x", "afterConnectScript=SET a=1", "TARGETDBTYPE=MULTIPLE_DATABASES;connectionTimeout=5", "a=b;a=c", "x;y", "cleanSrcMetadataOnMismatch=Y;CleanSourceMetadataOnMismatch=N", "=;=", "initstmt=SET é=1"} {
		for i := range engines {
			f.Add(seed, uint8(i), i%2 == 0)
		}
	}
	f.Fuzz(func(t *testing.T, all string, which uint8, atTarget bool) {
		e, end := &engines[int(which)%len(engines)], asSource
		if atTarget {
			end = asTarget
		}
		settings, err := e.attributesIn(end, all)
		if err != nil {
			var fault *wire.Error
			require.ErrorAs(t, err, &fault)
			require.Less(t, len(fault.Message), 1500)
			return
		}
		held := e.heldAttributes(end, all, settings)
		require.Equal(t, strings.TrimSpace(all), held, "what is written is kept")
		shown := e.shownAttributes(end, held, settings)
		again, err := e.attributesIn(end, shown)
		require.NoError(t, err, shown)
		require.Equal(t, settings, again)
		made, err := e.attributesIn(end, e.shownAttributes(end, "", settings))
		require.NoError(t, err)
		for name, v := range settings {
			if !strings.ContainsAny(v, "\r\n") {
				require.Equal(t, v, made[name], "what is made of settings means them")
			}
		}
		for name, v := range settings {
			s := e.setting(end, name)
			require.NotNil(t, s)
			kept, err := s.read(v)
			require.NoError(t, err)
			require.Equal(t, v, kept, "what is kept is read as itself")
		}
	})
}
