package main

import (
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
)

type explainFlags struct {
	apiFlags
	sourceIP, vpcEndpoint           string
	context                         []string
	sessionPolicy, sessionTokenFile string
	sessionPolicyARNs, sessionTags  []string
	mfa                             bool
}

func newExplain() *cobra.Command {
	f := &explainFlags{}
	cmd := &cobra.Command{
		Use:   "explain ACCESS-KEY|PRINCIPAL-ARN ACTION [RESOURCE]",
		Short: "Say why a call is or would be allowed or denied, statement by statement",
		Long: `Asks a running server how it would decide a call: whose policies speak, which statements match, and why the others do
not. The call is signed with the credentials of the environment (AWS_ACCESS_KEY_ID and so on), of
AWS_SHARED_CREDENTIALS_FILE, or of the data directory, and needs the permission whimbrel:ExplainAccess.`,
		Example: `  whimbrel explain AKIAIOSFODNN7EXAMPLE dms:StartReplicationTask arn:aws:dms:us-east-1:123456789012:task:NIGHTLY
  whimbrel explain ASIAIOSFODNN7EXAMPLE dms:DescribeEndpoints --session-token-file token --vpc-endpoint vpce-0123456789abcdef0
  whimbrel explain arn:aws:iam::123456789012:role/reader dms:DescribeEndpoints --context aws:PrincipalTag/team=data`,
		Args: between(2, 3, "ACCESS-KEY or PRINCIPAL-ARN, ACTION and perhaps RESOURCE"),
		RunE: func(cmd *cobra.Command, args []string) error { return explain(cmd, f, args) },
	}
	flags := cmd.Flags()
	f.bind(cmd)
	flags.StringVar(&f.sourceIP, "source-ip", "", "the `address` that the call would come from")
	flags.StringVar(&f.vpcEndpoint, "vpc-endpoint", "", "the `ID` of the VPC endpoint that the call would come through; else it comes through none")
	flags.StringVar(&f.sessionTokenFile, "session-token-file", "", "the `file` with the session token of a temporary key: its policies, tags and times count")
	flags.StringVar(&f.sessionPolicy, "session-policy", "", "the `file` of a policy that the session would be made with")
	flags.StringArrayVar(&f.sessionPolicyARNs, "session-policy-arn", nil, "the `ARN` of a managed policy that the session would be made with; several for several")
	flags.StringArrayVar(&f.sessionTags, "session-tag", nil, "a tag `key=value` that the session would be made with; several for several")
	flags.BoolVar(&f.mfa, "mfa", false, "the user's session would be made with a second factor")
	flags.StringArrayVar(&f.context, "context", nil, "a condition `key=value` of the call; several for several")
	return cmd
}

func explain(cmd *cobra.Command, f *explainFlags, args []string) error {
	in := whimbrelapi.ExplainAccessRequest{Action: &args[1], Context: map[string][]string{}}
	if strings.HasPrefix(args[0], "arn:") {
		in.PrincipalArn = &args[0]
	} else {
		in.AccessKeyId = &args[0]
	}
	if len(args) == 3 {
		in.Resource = &args[2]
	}
	if err := f.describe(&in); err != nil {
		return err
	}
	c, err := f.client(cmd)
	if err != nil {
		return err
	}
	var out whimbrelapi.ExplainAccessResponse
	if err := ownCaller(c).Call(cmd.Context(), "ExplainAccess", in, &out); err != nil {
		return err
	}
	printExplained(cmd.OutOrStdout(), &out)
	return nil
}

// describe puts the flags into the question.
func (f *explainFlags) describe(in *whimbrelapi.ExplainAccessRequest) error {
	if f.sourceIP != "" {
		if _, err := netip.ParseAddr(f.sourceIP); err != nil {
			return usageError{fmt.Errorf("--source-ip %q: want an IP address such as 192.0.2.1", f.sourceIP)}
		}
		in.SourceIp = &f.sourceIP
	}
	if f.vpcEndpoint != "" {
		in.VpcEndpointId = &f.vpcEndpoint
	}
	for _, file := range []struct {
		flag, name string
		to         **string
	}{{"--session-token-file", f.sessionTokenFile, &in.SessionToken}, {"--session-policy", f.sessionPolicy, &in.SessionPolicy}} {
		if file.name == "" {
			continue
		}
		content, err := os.ReadFile(file.name)
		if err != nil {
			return usageError{fmt.Errorf("%s: %w", file.flag, err)}
		}
		text := strings.TrimSpace(string(content))
		*file.to = &text
	}
	in.SessionPolicyArns = f.sessionPolicyARNs
	if f.mfa {
		in.MultiFactor = &f.mfa
	}
	for _, pair := range f.sessionTags {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return usageError{fmt.Errorf("--session-tag %q: want key=value", pair)}
		}
		if in.SessionTags == nil {
			in.SessionTags = map[string]string{}
		}
		in.SessionTags[key] = value
	}
	for _, pair := range f.context {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return usageError{fmt.Errorf("--context %q: want key=value", pair)}
		}
		in.Context[name] = append(in.Context[name], value)
	}
	return nil
}

func printExplained(w io.Writer, out *whimbrelapi.ExplainAccessResponse) {
	fmt.Fprintf(w, "%s: %s\n", *out.PrincipalArn, *out.Decision)
	if out.Message != nil {
		fmt.Fprintf(w, "  %s\n", *out.Message)
	}
	for _, note := range out.Notes {
		fmt.Fprintf(w, "  note: %s\n", note)
	}
	fmt.Fprintln(w, "\nstatements, in the order in which they are asked:")
	if len(out.Steps) == 0 {
		fmt.Fprintln(w, "  none: no policy speaks for this principal")
	}
	for _, s := range out.Steps {
		name := firstOf(value(s.Policy), "inline")
		place := fmt.Sprintf("statement %d", value(s.Statement))
		if s.Sid != nil {
			place += " (" + *s.Sid + ")"
		}
		verdict := "matches: " + value(s.Effect)
		if !value(s.Matched) {
			verdict = "does not match: " + value(s.Reason)
		}
		fmt.Fprintf(w, "  %-26s %s, %s: %s\n", value(s.PolicyType), name, place, verdict)
	}
	fmt.Fprintln(w, "\ncondition keys:")
	for _, k := range slices.Sorted(maps.Keys(out.Keys)) {
		fmt.Fprintf(w, "  %s = %s\n", k, strings.Join(out.Keys[k], ", "))
	}
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
