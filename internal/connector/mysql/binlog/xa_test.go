package binlog

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNamesOfXATransactions(t *testing.T) {
	id, err := XaID("XA COMMIT X'6C6f',X'',-1")
	require.NoError(t, err)
	require.Equal(t, "X'6c6f',X'',-1", id)
	body := append([]byte{1, 255, 255, 255, 255, 2, 0, 0, 0, 0, 0, 0, 0}, "lo"...)
	p, err := ParseXaPrepare(body)
	require.NoError(t, err)
	require.Equal(t, XaPrepared{OnePhase: true, ID: id}, p)
	for _, bad := range []string{"XA COMMIT 'lo'", "XA COMMIT X'6',X'',1", "XA COMMIT", "XA COMMIT X'',X'',99999999999"} {
		_, err := XaID(bad)
		require.ErrorIs(t, err, ErrMalformed, bad)
	}
}

func FuzzParseXaPrepare(f *testing.F) {
	f.Add(append([]byte{0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0}, "lob"...))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := ParseXaPrepare(body)
		if err != nil {
			return
		}
		id, err := XaID("XA COMMIT " + p.ID)
		require.NoError(t, err)
		require.Equal(t, p.ID, id)
	})
}

// diffOf writes one part of a difference.
func diffOf(op byte, path string, value []byte) []byte {
	b := append([]byte{op, byte(len(path))}, path...)
	if op != diffRemove {
		b = append(append(b, byte(len(value))), value...)
	}
	return b
}

func binaryJSON(v any) []byte {
	kind, b := encodeJSON(v, true)
	return append([]byte{kind}, b...)
}

func TestDifferencesOfJSON(t *testing.T) {
	document := binaryJSON(object{keys: []string{"a", "b.c"}, values: []any{[]any{int64(1), "x"}, object{keys: []string{"k"}, values: []any{nil}}}})
	five := binaryJSON(int64(5))
	for want, diff := range map[string][]byte{
		`{"a": [1, 5], "b.c": {"k": null}}`:                   diffOf(diffReplace, "$.a[1]", five),
		`{"a": [5, 1, "x"], "b.c": {"k": null}}`:              diffOf(diffInsert, "$.a[0]", five),
		`{"a": [1, "x", 5], "b.c": {"k": null}}`:              diffOf(diffInsert, "$.a[99]", five),
		`{"a": [1, "x"], "b.c": {"A": 5, "k": null}}`:         diffOf(diffInsert, `$."b.c".A`, five),
		`{"a": ["x"], "b.c": {}}`:                             append(diffOf(diffRemove, "$.a[0]", nil), diffOf(diffRemove, `$."b.c".k`, nil)...),
		`{"a": [1, "x"], "aa": [1, "x"], "b.c": {"k": null}}`: diffOf(diffInsert, "$.aa", binaryJSON([]any{int64(1), "x"})),
		`5`: diffOf(diffReplace, "$", five),
	} {
		got, err := AppendJSONDiff(nil, document, diff)
		require.NoError(t, err, want)
		require.Equal(t, want, string(got))
	}
	for _, bad := range [][]byte{
		diffOf(diffReplace, "$.no", five), diffOf(diffInsert, "$.a", five), diffOf(diffRemove, "$.a[7]", nil), diffOf(diffReplace, "$.a.x", five),
		diffOf(diffReplace, "a", five), diffOf(diffReplace, "$.a[", five), diffOf(diffReplace, `$."a`, five), diffOf(9, "$", five), {0}, {0, 200},
		diffOf(diffInsert, "$", five), diffOf(diffReplace, "$.a[*]", five), diffOf(diffReplace, "$"+strings.Repeat("[0]", 60), five),
	} {
		_, err := AppendJSONDiff(nil, document, bad)
		require.ErrorIs(t, err, ErrMalformed, "%q", bad)
	}
}

func FuzzAppendJSONDiff(f *testing.F) {
	document := binaryJSON(object{keys: []string{"a"}, values: []any{[]any{int64(1), "x"}}})
	f.Add(document, diffOf(diffReplace, "$.a[1]", binaryJSON(int64(5))))
	f.Add(document, diffOf(diffInsert, `$."q"`, document))
	f.Fuzz(func(t *testing.T, document, diff []byte) {
		before, same := bytes.Clone(document), bytes.Clone(diff)
		_, _ = AppendJSONDiff(nil, document, diff)
		require.Equal(t, before, document)
		require.Equal(t, same, diff)
	})
}
