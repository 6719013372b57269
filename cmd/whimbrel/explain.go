package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/server"
)

func newExplain() *cobra.Command {
	f := &serveFlags{}
	var tags, keys []string
	var q server.Question
	cmd := &cobra.Command{
		Use:   "explain ACCESS-KEY ACTION RESOURCE",
		Short: "Say why a call is, or would be, allowed or denied",
		Long: `Says whether the holder of an access key may do something, and why: every statement of every policy that has a say, and
whether it matches. In place of the key it takes the ARN of a user or role. The state is read through the data directory, of
the running server or without one; nothing is changed.

What a call would bring along can be given: the caller's address, tags of the resource, any condition key. An action without
a resource is asked about "*". A VPC endpoint's policy and a session's are not looked at.`,
		Example: `  whimbrel explain AKIAEXAMPLE dms:StartReplicationTask arn:aws:dms:us-east-1:123456789012:task:ORDERS
  whimbrel explain arn:aws:iam::123456789012:role/ops dms:DescribeEndpoints "*" --source-ip 203.0.113.7
  whimbrel explain AKIAEXAMPLE dms:DeleteEndpoint arn:aws:dms:us-east-1:123456789012:endpoint:E1 --tag stage=prod
  whimbrel explain AKIAEXAMPLE iam:PassRole arn:aws:iam::123456789012:role/r --key iam:PassedToService=dms.amazonaws.com`,
		Args: exactly(3, "an access key (or ARN), an action and a resource"),
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Who, q.Action, q.Resource = args[0], args[1], args[2]
			if err := complete(&q, tags, keys); err != nil {
				return err
			}
			if err := f.complete(cmd.ErrOrStderr()); err != nil {
				return err
			}
			x, err := server.Explain(cmd.Context(), f.Config, q)
			if err != nil {
				return err
			}
			printExplanation(cmd.OutOrStdout(), x, &q)
			return nil
		},
	}
	f.bindState(cmd)
	flags := cmd.Flags()
	flags.StringVar(&q.SourceIP, "source-ip", "", "the caller's `address`; 127.0.0.1 if not given")
	flags.StringArrayVar(&tags, "tag", nil, "a `key=value` tag of the resource")
	flags.StringArrayVar(&keys, "key", nil, "a condition `key=value`; several times for several values")
	flags.StringSliceVar(&f.ServiceControl, "service-control-policy", nil, "`files` as the server is given them")
	return cmd
}

// complete reads the pairs of the flags.
func complete(q *server.Question, tags, keys []string) error {
	q.Tags, q.Keys = map[string]string{}, map[string][]string{}
	for _, pair := range tags {
		k, v, ok := strings.Cut(pair, "=")
		if !ok || k == "" {
			return usageError{fmt.Errorf("--tag %q: want key=value", pair)}
		}
		q.Tags[k] = v
	}
	for _, pair := range keys {
		k, v, ok := strings.Cut(pair, "=")
		if !ok || !strings.Contains(k, ":") {
			return usageError{fmt.Errorf("--key %q: want a condition key, such as aws:RequestedRegion=us-east-1", pair)}
		}
		q.Keys[k] = append(q.Keys[k], v)
	}
	return nil
}

func printExplanation(out io.Writer, x *server.Explanation, q *server.Question) {
	for _, w := range x.Warnings {
		fmt.Fprintf(out, "note: %s\n", w)
	}
	verdict := "DENIED"
	if x.Decision.Allowed {
		verdict = "ALLOWED"
	}
	fmt.Fprintf(out, "%s: %s may %s%s on %s\n", verdict, x.Caller, map[bool]string{true: "", false: "not "}[x.Decision.Allowed], q.Action, q.Resource)
	if x.Message != "" {
		fmt.Fprintf(out, "  the caller is told: %s\n", x.Message)
	} else {
		fmt.Fprintf(out, "  allowed by %s\n", because(x.Decision))
	}
	if len(x.Steps) == 0 {
		fmt.Fprintln(out, "no policy has a say in this")
		return
	}
	fmt.Fprintln(out, "\nstatement by statement:")
	for _, s := range x.Steps {
		mark, why := "-", s.Reason
		if s.Matched {
			mark, why = "✓", "matches"
		}
		fmt.Fprintf(out, "  %s %s: %s\n", mark, name(s.Source, s.Policy, s.Statement), why)
	}
}

// because names what allowed.
func because(d policy.Decision) string {
	if d.Statement == nil {
		return "the rights of the account's root user"
	}
	return name(d.Source, d.Policy, d.Statement)
}

// name spells where a statement stands: kind of policy, policy, statement, effect.
func name(from policy.Source, p *policy.Policy, s *policy.Statement) string {
	text := from.String()
	if p.Name != "" {
		text += " " + p.Name
	}
	text += fmt.Sprintf(", statement %d", s.Index+1)
	if s.SID != "" {
		text += " (" + s.SID + ")"
	}
	return text + ", " + s.Effect.String()
}
