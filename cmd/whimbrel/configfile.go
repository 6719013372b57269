package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// applyConfigFile sets the flags that the command line leaves open from --config, $WHIMBREL_CONFIG or
// ~/.config/whimbrel/config.yaml: a map of commands, each a map of flag names to values.
func applyConfigFile(cmd *cobra.Command) error {
	path, asked := configPath(cmd)
	if path == "" {
		return nil // nobody's home
	}
	k := koanf.New(".")
	if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
		if !asked && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return usageError{fmt.Errorf("read configuration %s: %w", path, err)}
	}
	for _, key := range k.MapKeys("") {
		if known, _, err := cmd.Root().Find([]string{key}); err != nil || known == cmd.Root() {
			return usageError{fmt.Errorf("configuration %s: %q is not a command", path, key)}
		}
	}
	for _, name := range k.MapKeys(cmd.Name()) {
		flag := cmd.Flags().Lookup(name)
		if flag == nil {
			return usageError{fmt.Errorf("configuration %s: %s has no flag %q", path, cmd.Name(), name)}
		}
		if flag.Changed {
			continue
		}
		if err := setFlag(cmd, flag, k, cmd.Name()+"."+name); err != nil {
			return usageError{fmt.Errorf("configuration %s: %s.%s: %w", path, cmd.Name(), name, err)}
		}
	}
	return nil
}

func setFlag(cmd *cobra.Command, flag *pflag.Flag, k *koanf.Koanf, key string) error {
	values := k.Strings(key)
	if len(values) == 0 {
		values = []string{k.String(key)}
	}
	for _, v := range values {
		if err := cmd.Flags().Set(flag.Name, v); err != nil {
			return err
		}
	}
	return nil
}

func configPath(cmd *cobra.Command) (path string, asked bool) {
	if path, _ = cmd.Flags().GetString("config"); path != "" {
		return path, true
	}
	if path = os.Getenv("WHIMBREL_CONFIG"); path != "" {
		return path, true
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", false
	}
	return filepath.Join(dir, "whimbrel", "config.yaml"), false
}
