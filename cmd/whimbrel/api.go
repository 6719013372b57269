package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/client"
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
)

// apiFlags say which server a command calls, and as whom.
type apiFlags struct{ dataDir, url, authority, region string }

func (f *apiFlags) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.dataDir, "data-dir", "whimbrel-data", "the server's `folder`, for its address, authority and credentials")
	flags.StringVar(&f.url, "endpoint-url", "", "the server's `URL`; else $AWS_ENDPOINT_URL")
	flags.StringVar(&f.authority, "ca-bundle", "", "PEM `file` of what signs the server's certificate")
	flags.StringVar(&f.region, "region", "", "the server's `region`")
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// client finds in the data directory what was not said; what the directory of --data-dir says goes before the environment.
func (f *apiFlags) client(cmd *cobra.Command) (*client.Client, error) {
	read := func(name string) string {
		text, _ := os.ReadFile(filepath.Join(f.dataDir, name)) // what is missing is said below
		return strings.TrimSpace(string(text))
	}
	url, region, _ := strings.Cut(read("endpoint"), " ")
	key := filepath.Join(f.dataDir, "credentials")
	if !cmd.Flags().Changed("data-dir") {
		url, region = firstOf(os.Getenv("AWS_ENDPOINT_URL"), url), firstOf(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), region)
		key = firstOf(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), key)
	}
	f.url, f.region = firstOf(f.url, url), firstOf(f.region, region)
	switch {
	case f.url == "" && f.region == "":
		return nil, usageError{errors.New("no running server is known: give --endpoint-url and --region, or the --data-dir of one")}
	case f.url == "":
		return nil, usageError{errors.New("no running server is known: give --endpoint-url, such as https://dms.example.com:8443, or the --data-dir of one")}
	case f.region == "":
		return nil, usageError{fmt.Errorf("the region of the server at %s is not known: give --region, such as us-east-1, or set AWS_REGION", f.url)}
	}
	if f.authority == "" {
		f.authority = os.Getenv("AWS_CA_BUNDLE")
		if own := filepath.Join(f.dataDir, "ca.pem"); strings.HasPrefix(read("endpoint"), f.url+" ") {
			if _, err := os.Stat(own); err == nil {
				f.authority = own
			}
		}
	}
	credentials, err := client.FromEnvironment(os.Getenv, key)
	if err != nil {
		return nil, usageError{err}
	}
	return client.New(f.url, f.region, f.authority, credentials)
}

// serviceCaller calls the operations of one service.
type serviceCaller struct {
	client  *client.Client
	service *wire.Service
}

func dmsCaller(c *client.Client) serviceCaller { return serviceCaller{c, &dmsapi.Service} }

func ownCaller(c *client.Client) serviceCaller { return serviceCaller{c, &whimbrelapi.Service} }

// Call implements manifest.Caller.
func (s serviceCaller) Call(ctx context.Context, operation string, in, out any) error {
	return s.client.Call(ctx, s.service.SigningName, s.service.TargetPrefix+"."+operation, in, out)
}
