package secret

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// hidden is what stands in the place of a secret wherever it is printed.
const hidden = "[secret]"

// Value is a secret text. It prints as [secret] in every verb of fmt, in JSON, in text and in slog; only Reveal gives it
// out. The zero value is empty and prints as nothing.
type Value struct{ text string }

// Of makes a Value.
func Of(text string) Value { return Value{text} }

// Reveal gives the secret out, to the one place that needs it.
func (v Value) Reveal() string { return v.text }

// IsZero reports that there is no secret.
func (v Value) IsZero() bool { return v.text == "" }

// String hides the secret.
func (v Value) String() string {
	if v.text == "" {
		return ""
	}
	return hidden
}

// GoString hides the secret from %#v.
func (v Value) GoString() string { return "secret.Of(" + fmt.Sprintf("%q", v.String()) + ")" }

// Format hides the secret from every verb, the strange ones too.
func (v Value) Format(f fmt.State, verb rune) {
	text := v.String()
	if verb == 'v' && f.Flag('#') {
		text = v.GoString()
	}
	_, _ = io.WriteString(f, text)
}

// LogValue hides the secret from slog.
func (v Value) LogValue() slog.Value { return slog.StringValue(v.String()) }

// MarshalJSON hides the secret.
func (v Value) MarshalJSON() ([]byte, error) { return json.Marshal(v.String()) }

// MarshalText hides the secret, also as a map's key and in other encodings.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// MarshalBinary hides the secret from encoding/gob and the like.
func (v Value) MarshalBinary() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalJSON takes a secret in.
func (v *Value) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &v.text); err != nil {
		return fmt.Errorf("a secret must be a string") // the decoder's error could show a part of it
	}
	return nil
}

// UnmarshalText takes a secret in.
func (v *Value) UnmarshalText(data []byte) error {
	v.text = string(data)
	return nil
}
