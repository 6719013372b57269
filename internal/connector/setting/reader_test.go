package setting_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/setting"
)

func TestSettingsAreReadInWhateverCase(t *testing.T) {
	r := setting.Read(map[string]string{"SLOTNAME": "s", "heartbeatEnable": "TRUE", "Frequency": "7", "Version": "PARQUET_2_0", "Schema": "", "Delimiter": ""})
	require.Equal(t, "s", r.Text("SlotName", ""))
	require.True(t, r.Truth("HeartbeatEnable", false))
	require.Equal(t, 7, r.Number("Frequency", 5, 1, 9))
	require.Equal(t, "parquet-2-0", r.Choice("Version", "parquet-1-0", "parquet-2-0"))
	require.Equal(t, "public", r.Filled("Schema", "public"))
	require.Empty(t, r.Text("Delimiter", ","))
	require.Equal(t, "first", r.Choice("Absent", "first", "second"))
	r.Only("Absent", "there is no other", "true")
	r.Refuse("Absent", "it would do nothing")
	require.NoError(t, r.End())
}

func TestWrongSettingsAreNamed(t *testing.T) {
	for want, read := range map[string]func(r *setting.Reader){
		`setting N is "x": want a whole number from 1 to 9`:              func(r *setting.Reader) { r.Number("N", 5, 1, 9) },
		`setting N is "x": want true or false`:                           func(r *setting.Reader) { r.Truth("N", false) },
		`setting N is "x": want a, b`:                                    func(r *setting.Reader) { r.Choice("N", "a", "b") },
		`setting N is "x": want y (there is no other)`:                   func(r *setting.Reader) { r.Only("N", "there is no other", "y") },
		`setting N is not supported: it would do nothing (leave it out)`: func(r *setting.Reader) { r.Refuse("N", "it would do nothing") },
		`there is no setting "n" here (known are M)`:                     func(r *setting.Reader) { r.Text("M", ""); r.Text("M", "") },
		`there is no setting "n" here (leave it out: there are none)`:    func(*setting.Reader) {},
		`there is no setting "n" here (known are O)`:                     func(r *setting.Reader) { r.Text("O", ""); r.Wrong("", "O is missing") },
	} {
		r := setting.Read(map[string]string{"n": "x"})
		read(r)
		err := r.End()
		require.EqualError(t, err, want)
		require.Equal(t, connector.Invalid, connector.ClassOf(err))
	}
}
