package settings

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// saved is the document AWS stores for a fresh task, as seen in public dumps; that task had validation switched on.
func saved(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile("testdata/saved.json")
	require.NoError(t, err)
	var doc map[string]any
	require.NoError(t, json.Unmarshal(text, &doc))
	return doc
}

func TestDefaultsAreTheSavedDocument(t *testing.T) {
	want := saved(t)
	delete(want["ControlTablesSettings"].(map[string]any), "historyTimeslotInMinutes")
	want["ValidationSettings"].(map[string]any)["EnableValidation"] = false
	want["WhimbrelSettings"] = map[string]any{"Compatibility": "", "SecondaryObjects": true, "FailOnAssessments": "", "WarnOnAssessments": ""}

	text, err := Defaults().JSON()
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(text, &got))
	require.Equal(t, want, got)
}

func TestSavedDocumentIsTaken(t *testing.T) {
	text, err := json.Marshal(saved(t))
	require.NoError(t, err)
	s, err := Parse(text)
	require.NoError(t, err)
	require.NoError(t, s.Check())
	require.True(t, s.ValidationSettings.EnableValidation)
}

func TestCompleteDocumentReadsBackEqual(t *testing.T) {
	for name, s := range map[string]*Settings{"dms": Defaults(), "migrate": MigrateDefaults()} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, s.Check())
			text, err := s.JSON()
			require.NoError(t, err)
			again, err := Parse(text)
			require.NoError(t, err)
			again.explicit = nil
			require.Equal(t, s, again)
		})
	}
}

func TestMigrateDefaultsLoseNothing(t *testing.T) {
	s := MigrateDefaults()
	require.True(t, s.TargetMetadata.SupportLobs)
	require.True(t, s.TargetMetadata.FullLobMode)
	require.False(t, s.TargetMetadata.LimitedSizeLobMode)
	require.Equal(t, DoNothing, s.FullLoadSettings.TargetTablePrepMode)
	require.Equal(t, LogError, s.ErrorBehavior.ApplyErrorDeletePolicy)
	require.False(t, s.ValidationSettings.EnableValidation)
	require.True(t, s.WhimbrelSettings.SecondaryObjects)
}

func TestParseMergesOverDefaults(t *testing.T) {
	s, err := Parse([]byte(`{"FullLoadSettings":{"CommitRate":500},"TTSettings":null,"ValidationSettings":null,
		"Logging":{"LogComponents":[{"Id":"TARGET_LOAD","Severity":"LOGGER_SEVERITY_DEBUG"},{"Id":"VALIDATOR","Severity":"LOGGER_SEVERITY_ERROR"}]},
		"ControlTablesSettings":{"historyTimeslotInMinutes":9}}`))
	require.NoError(t, err)
	want := Defaults()
	want.FullLoadSettings.CommitRate = 500
	want.Logging.LogComponents[3].Severity = "LOGGER_SEVERITY_DEBUG"
	want.Logging.LogComponents = append(want.Logging.LogComponents, LogComponent{"VALIDATOR", "LOGGER_SEVERITY_ERROR"})
	require.True(t, s.Explicit("FullLoadSettings.CommitRate"))
	require.False(t, s.Explicit("FullLoadSettings.MaxFullLoadSubTasks"))
	s.explicit = nil
	require.Equal(t, want, s)
}

func TestParseLeavesTheDefaultsAlone(t *testing.T) {
	base, err := Parse([]byte(`{"CharacterSetSettings":{"CharacterSetSupport":{"CharacterSet":"ISO-8859-1","ReplaceWithCharacterCodePoint":"3F"}}}`))
	require.NoError(t, err)
	before, err := base.JSON()
	require.NoError(t, err)
	_, err = ParseOver(base, []byte(`{"CharacterSetSettings":{"CharacterSetSupport":{"CharacterSet":"US-ASCII"}},
		"Logging":{"LogComponents":[{"Id":"IO","Severity":"LOGGER_SEVERITY_DEBUG"}]}}`))
	require.NoError(t, err)
	after, err := base.JSON()
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
	require.False(t, base.Explicit("Logging.LogComponents"))
}

func TestOneLobModeSwitchesTheOtherOff(t *testing.T) {
	s, err := ParseOver(MigrateDefaults(), []byte(`{"TargetMetadata":{"LimitedSizeLobMode":true,"LobMaxSize":64}}`))
	require.NoError(t, err)
	require.False(t, s.TargetMetadata.FullLobMode)

	s, err = Parse([]byte(`{"TargetMetadata":{"FullLobMode":true,"InlineLobMaxSize":16}}`))
	require.NoError(t, err)
	require.False(t, s.TargetMetadata.LimitedSizeLobMode)
}

func TestCharacterSetSettings(t *testing.T) {
	s, err := Parse([]byte(`{"CharacterSetSettings":{"CharacterReplacements":[
		{"SourceCharacterCodePoint":35,"TargetCharacterCodePoint":"0x1F600"},{"SourceCharacterCodePoint":"U+0000","TargetCharacterCodePoint":0}],
		"CharacterSetSupport":{"CharacterSet":"ISO-8859-1","ReplaceWithCharacterCodePoint":"3f"}}}`))
	require.NoError(t, err)
	require.Equal(t, CharacterReplacements{{'5', '😀'}, {0, 0}}, s.CharacterSetSettings.CharacterReplacements)
	require.Equal(t, &CharacterSetSupport{CharacterSet: "ISO-8859-1", ReplaceWith: '?'}, s.CharacterSetSettings.CharacterSetSupport)
	require.NoError(t, s.Check())

	text, err := s.JSON()
	require.NoError(t, err)
	again, err := Parse(text)
	require.NoError(t, err)
	require.Equal(t, s.CharacterSetSettings, again.CharacterSetSettings)
}

// TestEveryKeyIsTagged keeps a new key from being forgotten: a number has a range, and what is refused says why.
func TestEveryKeyIsTagged(t *testing.T) {
	walk(reflect.TypeFor[Settings](), "", func(path string, field reflect.StructField) {
		if field.Type.Kind() == reflect.Int {
			require.NotEmpty(t, field.Tag.Get("range"), "%s has no range", path)
		}
		both := field.Tag.Get("later")+field.Tag.Get("absent") != "" && field.Tag.Get("unused") != ""
		require.False(t, both, "%s is both refused and without effect", path)
		if resting := strings.Contains(field.Tag.Get("unused"), "rests while") || strings.Contains(field.Tag.Get("unused"), "in DMS neither"); field.Tag.Get("unused") != "" {
			require.True(t, resting, "%s is without effect where DMS would honour it: honour it or refuse it", path)
		}
	})
}

// walk visits every key that is no section.
func walk(t reflect.Type, path string, visit func(string, reflect.StructField)) {
	for i := range t.NumField() {
		field := t.Field(i)
		if !field.IsExported() {
			continue
		}
		inner := field.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner.NumField() > 0 {
			walk(inner, path+key(field)+".", visit)
			continue
		}
		visit(path+key(field), field)
	}
}

// TestDocumentationListsEveryKey holds docs/task-settings.md to the structs: every key, with its state.
func TestDocumentationListsEveryKey(t *testing.T) {
	text, err := os.ReadFile("../../docs/task-settings.md")
	require.NoError(t, err)
	rows := map[string]string{}
	section := ""
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "## "); ok {
			section = name
		}
		cells := strings.Split(line, "|")
		if len(cells) > 3 && strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			rows[section+"."+strings.Trim(strings.TrimSpace(cells[1]), "`")] = strings.TrimSpace(cells[len(cells)-2])
		}
	}
	walk(reflect.TypeFor[Settings](), "", func(path string, field reflect.StructField) {
		if !strings.Contains(path, ".") {
			path = "Other keys." + path
		}
		state, listed := rows[path]
		require.True(t, listed, "%s is not in docs/task-settings.md", path)
		want := "honoured"
		switch {
		case field.Tag.Get("later") != "" || field.Tag.Get("absent") != "" || field.Tag.Get("create") != "" || field.Tag.Get("null") != "":
			want = "refused"
		case field.Tag.Get("unused") != "":
			want = "no effect"
		}
		require.True(t, strings.HasPrefix(state, want), "%s: docs say %q, the tags say %q", path, state, want)
		delete(rows, path)
	})
	require.Empty(t, rows, "keys in the docs that do not exist")
}
