package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/server"
)

// envNewPassphrase holds the passphrase that the root keys shall have.
const envNewPassphrase = "WHIMBREL_NEW_ROOT_PASSPHRASE"

func newRootKey() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "root-key",
		Short: "Change the key that seals the state's secrets",
		Long: `The root key lies in DIR/root.key and seals the material of KMS keys, access keys and the certificate authority's key.
It may be given in WHIMBREL_ROOT_KEY instead, and the file may be sealed with a passphrase, given in WHIMBREL_ROOT_PASSPHRASE.
Stop the server before changing it, and keep a copy in a safe place: without it nothing sealed can be read.`,
	}
	cmd.AddCommand(newRotate(), newSeal())
	return cmd
}

func newRotate() *cobra.Command {
	f := &serveFlags{}
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Make a new root key and seal everything anew under it",
		Long: `Makes a new root key and seals everything in the state anew. The key of before stays in the file, for session tokens that
were made under it, until the next rotation. When it is cut off in the middle, run it again. The server must be stopped.`,
		Example: `  whimbrel root-key rotate --data-dir /var/lib/whimbrel`,
		Args:    exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.complete(cmd.ErrOrStderr()); err != nil {
				return err
			}
			n, err := server.RotateRootKey(cmd.Context(), f.Config, secret.Source{}.FromEnvironment(os.LookupEnv))
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "the root key is new; %d records were sealed anew\n", n)
			return nil
		},
	}
	f.bindState(cmd)
	return cmd
}

func newSeal() *cobra.Command {
	f := &serveFlags{}
	cmd := &cobra.Command{
		Use:   "seal",
		Short: "Seal the root key's file with a passphrase, another one, or none",
		Long: `Writes DIR/root.key anew, sealed with the passphrase in ` + envNewPassphrase + `, or open when that is empty. The passphrase
of now, if there is one, is read from ` + secret.EnvPassphrase + `. The keys stay the same.`,
		Example: `  ` + envNewPassphrase + `="$(cat passphrase)" whimbrel root-key seal --data-dir /var/lib/whimbrel`,
		Args:    exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.complete(cmd.ErrOrStderr()); err != nil {
				return err
			}
			passphrase, ok := os.LookupEnv(envNewPassphrase)
			if !ok {
				return usageError{fmt.Errorf("set %s to the new passphrase, or to nothing for none", envNewPassphrase)}
			}
			if err := server.SealRootKey(f.Config, secret.Source{}.FromEnvironment(os.LookupEnv), secret.Of(passphrase)); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "the root key's file is written anew")
			return nil
		},
	}
	f.bindState(cmd)
	return cmd
}
