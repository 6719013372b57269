package secret

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Source says where the root keys are.
type Source struct {
	// File holds the keyring; it is made, readable by its owner alone, when it does not exist.
	File string
	// Keys is a keyring's text itself, as an environment variable holds it; lines may be parted by commas. It comes
	// before File.
	Keys Value
	// Passphrase opens File, which then holds the keyring sealed.
	Passphrase Value
}

// Environment variables of the program.
const (
	EnvKeys       = "WHIMBREL_ROOT_KEY"
	EnvPassphrase = "WHIMBREL_ROOT_PASSPHRASE"
)

// FromEnvironment completes a source with the variables of the environment.
func (s Source) FromEnvironment(lookup func(string) (string, bool)) Source {
	if v, ok := lookup(EnvKeys); ok {
		s.Keys = Of(v)
	}
	if v, ok := lookup(EnvPassphrase); ok {
		s.Passphrase = Of(v)
	}
	return s
}

// Load reads the root keys, and makes them on first use when they live in a file.
func (s Source) Load() (*Keyring, error) {
	r, err := s.Existing()
	if errors.Is(err, fs.ErrNotExist) {
		r = NewKeyring()
		return r, s.create(r)
	}
	return r, err
}

// Existing reads the root keys that there are.
func (s Source) Existing() (*Keyring, error) {
	if !s.Keys.IsZero() {
		r, err := parseKeyring(strings.ReplaceAll(s.Keys.Reveal(), ",", "\n"))
		if err != nil {
			return nil, fmt.Errorf("read the root key from %s: %w", EnvKeys, err)
		}
		return r, nil
	}
	text, err := s.read()
	if err != nil {
		return nil, fmt.Errorf("read the root key: %w", err)
	}
	r, err := s.parse(text)
	if err != nil {
		return nil, fmt.Errorf("read the root key in %s: %w", s.File, err)
	}
	return r, nil
}

// Save writes the keyring to the source's file, after a rotation or with a new passphrase. The file is replaced at once
// and survives a power cut whole, the old or the new.
func (s Source) Save(r *Keyring) error {
	if !s.Keys.IsZero() {
		return fmt.Errorf("the root key comes from %s and cannot be written there; set the variable to the new keys", EnvKeys)
	}
	return s.write(r, func(temporary string) error { return os.Rename(temporary, s.File) })
}

// create writes a new keyring, and refuses to touch a file that another process made meanwhile.
func (s Source) create(r *Keyring) error {
	return s.write(r, func(temporary string) error {
		defer os.Remove(temporary)
		return os.Link(temporary, s.File)
	})
}

func (s Source) read() (string, error) {
	info, err := os.Stat(s.File)
	if err != nil {
		return "", err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("%s may be read by others (mode %04o); make it 0600", s.File, mode)
	}
	text, err := os.ReadFile(s.File)
	return string(text), err
}

func (s Source) parse(text string) (*Keyring, error) {
	sealed := strings.HasPrefix(text, sealedHeader)
	switch {
	case sealed && s.Passphrase.IsZero():
		return nil, fmt.Errorf("it is sealed with a passphrase; give it in %s", EnvPassphrase)
	case !sealed && !s.Passphrase.IsZero():
		return nil, errors.New("a passphrase is given, but the keys are not sealed with one; seal them with it, or leave it out")
	case sealed:
		return openKeyring(text, s.Passphrase)
	}
	return parseKeyring(text)
}

func (s Source) write(r *Keyring, place func(temporary string) error) error {
	text := "# Root keys of Whimbrel. The first one seals. Keep a copy in a safe place: without it nothing sealed can be read.\n" + r.text()
	if !s.Passphrase.IsZero() {
		var err error
		if text, err = sealKeyring(r, s.Passphrase); err != nil {
			return err
		}
	}
	if err := writeAside(s.File, text, place); err != nil {
		return fmt.Errorf("write the root key to %s: %w", s.File, err)
	}
	return nil
}

func writeAside(file, text string, place func(temporary string) error) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".root-key-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = place(f.Name())
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	return syncFolder(filepath.Dir(file))
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
