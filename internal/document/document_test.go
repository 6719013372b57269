package document

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseKeepsPaths(t *testing.T) {
	var problems Problems
	root, err := Parse([]byte("\ufeff{\"a\": [1, {\"b\": null}, true], \"c\": \"x\"}"), &problems)
	require.NoError(t, err)
	require.NoError(t, problems.Err())
	paths := map[string]string{}
	var walk func(*Node)
	walk = func(n *Node) {
		paths[n.Path] = n.Kind.String() + " " + n.Text
		for _, i := range n.Items {
			walk(i)
		}
		for _, m := range n.Members {
			walk(m.Value)
		}
	}
	walk(root)
	require.Equal(t, map[string]string{
		"": "an object ", "a": "an array ", "a[0]": "a number 1", "a[1]": "an object ", "a[1].b": "null ", "a[2]": "true or false true", "c": "a string x",
	}, paths)
}

func TestSyntaxErrorsGiveTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "line 1:1: the document is not valid JSON: unexpected end of JSON input",
		"{\n\n \"é\": x}":         "line 3:7: the document is not valid JSON: invalid character 'x' looking for beginning of value",
		"{} {}":                   "line 1:4: the document is not valid JSON: invalid character '{' after top-level value",
		"[1,]":                    "line 1:4: the document is not valid JSON: invalid character ']' looking for beginning of value",
		"[1,\n2":                  "line 2:2: the document is not valid JSON: unexpected end of JSON input",
		"\"a\xffb\"":              "line 1:3: the document is not valid UTF-8",
		"// not JSON\n{\"a\": 1}": "line 1:1: the document is not valid JSON: invalid character '/' looking for beginning of value",
	} {
		_, err := Parse([]byte(text), &Problems{})
		require.EqualError(t, err, want, text)
	}
}

func TestReaderReportsWhatNobodyAskedFor(t *testing.T) {
	var problems Problems
	root, err := Parse([]byte(`{"a": 1, "a": 2, "b": {"c": 1}, "d": null, "e": "long`+strings.Repeat("x", 66)+`"}`), &problems)
	require.NoError(t, err)
	r, ok := root.Read(`rule 1`, &problems)
	require.True(t, ok)
	_, found := r.Text("a")
	require.False(t, found)
	require.Nil(t, r.Take("d"))
	require.NotNil(t, r.Raw("d"))
	r.Ignore("b")
	r.Whole("e", 0, 9)
	r.Missing("f", "an f")
	r.Done()
	require.EqualError(t, problems.Err(), `a: the key occurs twice in its object; keep one
rule 1: a: is 1; want a string
rule 1: e: is "longxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"; want a whole number from 0 to 9
rule 1: f: is missing; want an f`)
	inner, _ := r.Peek("b").Read("", &problems)
	inner.Done()
	require.Equal(t, 5, problems.Len())
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":null}],"a":"\ud83d\ude00"}`))
	f.Add([]byte("[[[["))
	f.Fuzz(func(t *testing.T, text []byte) {
		var problems Problems
		root, err := Parse(text, &problems)
		require.Equal(t, err == nil, root != nil)
	})
}
