package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
	if path == "" || !cmd.HasParent() {
		return nil // nobody's home, or nothing but help is asked for
	}
	k := koanf.New(".")
	if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
		if !asked && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return usageError{fmt.Errorf("read configuration %s: %w", path, err)}
	}
	if err := checkConfig(cmd.Root(), k.Raw()); err != nil {
		return usageError{fmt.Errorf("configuration %s: %w", path, err)}
	}
	prefix := configKey(cmd)
	for _, name := range k.MapKeys(prefix) {
		flag := cmd.Flags().Lookup(name)
		if flag == nil || flag.Changed { // checked above: what is no flag is a command of its own
			continue
		}
		if err := setFlag(cmd, flag, k, prefix+"."+name); err != nil {
			return usageError{fmt.Errorf("configuration %s: %s.%s: %w", path, prefix, name, err)}
		}
	}
	return nil
}

// configKey is where a command's flags stand in the file: root-key.rotate.
func configKey(cmd *cobra.Command) string {
	if !cmd.Parent().HasParent() {
		return cmd.Name()
	}
	return configKey(cmd.Parent()) + "." + cmd.Name()
}

// checkConfig makes sure that each name in the file is a command or one of its flags, whatever command runs: what stands there
// for another one is to be right as well.
func checkConfig(of *cobra.Command, values map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		what := strings.TrimPrefix(of.CommandPath()+" "+name, of.Root().Name()+" ")
		inner, isMap := values[name].(map[string]any)
		if sub := commandNamed(of, name); sub != nil {
			if !isMap && values[name] != nil {
				return fmt.Errorf("%q is a command: want its flags below it, not %v", what, values[name])
			}
			if err := checkConfig(sub, inner); err != nil {
				return err
			}
			continue
		}
		flag := of.Flags().Lookup(name)
		switch {
		case !of.HasParent():
			return fmt.Errorf("%q is not a command: want one of %s", name, strings.Join(commandNames(of), ", "))
		case flag == nil || name == "help":
			return fmt.Errorf("%s has no flag %q", strings.TrimPrefix(of.CommandPath(), of.Root().Name()+" "), name)
		case isMap:
			return fmt.Errorf("%q is a flag: want its value, not names and values", what)
		}
	}
	return nil
}

func commandNamed(of *cobra.Command, name string) *cobra.Command {
	for _, c := range of.Commands() {
		if c.Name() == name {
			return c
		}
	}
	return nil
}

func commandNames(of *cobra.Command) (names []string) {
	for _, c := range of.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return names
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
