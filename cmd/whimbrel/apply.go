package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/manifest"
)

type applyFlags struct {
	apiFlags
	file                               string
	dryRun, passwords, stopTasks, json bool
}

func newApply() *cobra.Command {
	f := &applyFlags{}
	cmd := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Make a whole migration on a server from one YAML file",
		Long: `Makes the replication instances, certificates, endpoints and tasks of a file on a running server, and starts the tasks
that say Start: true. What is there already is compared and modified where it differs; applying the same file again
changes nothing. Everything goes through the DMS API, signed with the credentials of the environment, of
AWS_SHARED_CREDENTIALS_FILE, or of the data directory.

The members are those of the API; identifiers stand in place of ARNs; ${NAME} is a variable of the environment, file://PATH
the text of a file. See docs/apply.md.

Exit codes: 0 everything is as the file says; 1 failed (apply again to go on); 2 the file or the call is wrong.`,
		Example: `  SHOP_OLD_PASSWORD=… SHOP_NEW_PASSWORD=… whimbrel apply -f shop.yaml
  whimbrel apply -f shop.yaml --dry-run
  whimbrel import endpoints.json tasks.json | whimbrel apply -f - --endpoint-url https://dms.example.com:8443`,
		Args: exactly(0, "no arguments, and -f FILE"),
		RunE: func(cmd *cobra.Command, _ []string) error { return apply(cmd, f) },
	}
	f.bind(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.file, "file", "f", "", "the manifest, a YAML `file`; - is standard input")
	flags.BoolVar(&f.dryRun, "dry-run", false, "say what would be done")
	flags.BoolVar(&f.passwords, "passwords", false, "send the passwords of endpoints that are there already: nobody can see whether they have changed")
	flags.BoolVar(&f.stopTasks, "stop-tasks", false, "stop running tasks that must be modified, and have them go on afterwards")
	flags.BoolVar(&f.json, "json", false, "print each step as a line of JSON")
	return cmd
}

func apply(cmd *cobra.Command, f *applyFlags) error {
	m, err := readManifest(cmd, f.file)
	if err != nil {
		return err
	}
	c, err := f.client(cmd)
	if err != nil {
		return err
	}
	return m.Apply(cmd.Context(), dmsCaller(c), manifest.Options{
		DryRun: f.dryRun, Passwords: f.passwords, StopTasks: f.stopTasks, Tell: func(s manifest.Step) { printStep(cmd.OutOrStdout(), s, f.json, f.dryRun) },
	})
}

func readManifest(cmd *cobra.Command, name string) (*manifest.Manifest, error) {
	in, dir := cmd.InOrStdin(), "."
	switch name {
	case "":
		return nil, usageError{fmt.Errorf("no manifest: give -f FILE (see `%s --help`)", cmd.CommandPath())}
	case "-":
		name = "standard input"
	default:
		file, err := os.Open(name)
		if err != nil {
			return nil, usageError{fmt.Errorf("read the manifest: %w", err)}
		}
		defer file.Close()
		in, dir = file, filepath.Dir(name)
	}
	m, err := manifest.Read(in, name, dir, os.LookupEnv)
	if err != nil {
		return nil, usageError{err}
	}
	return m, nil
}

func printStep(w io.Writer, s manifest.Step, asJSON, dry bool) {
	if asJSON {
		line, _ := json.Marshal(s) // texts alone
		fmt.Fprintln(w, string(line))
		return
	}
	sign := map[string]string{"create": "+", "modify": "~", "unchanged": "="}[s.Action]
	text := fmt.Sprintf("%s %s %s %s", firstOf(sign, ">"), s.Action, s.Kind, s.Identifier)
	if s.Action == "unchanged" {
		text = fmt.Sprintf("= %s %s", s.Kind, s.Identifier)
	}
	if len(s.Members) > 0 {
		text += ": " + strings.Join(s.Members, ", ")
	}
	if s.Note != "" {
		text += "; " + s.Note
	}
	if dry && s.Action != "unchanged" {
		text += " (not done)"
	}
	fmt.Fprintln(w, text)
}
