package console_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// clickedActions are the operations whose buttons TestByClicking meets, with the commands that do the same.
func clickedActions() []string {
	return strings.Fields(`dms:CreateReplicationInstance dms:RebootReplicationInstance dms:DeleteReplicationInstance dms:CreateEndpoint dms:DeleteEndpoint
		dms:TestConnection dms:CreateReplicationTask dms:ModifyReplicationTask dms:StartReplicationTask dms:StopReplicationTask
		dms:DeleteReplicationTask dms:StartReplicationTaskAssessmentRun
		whimbrel:CutOverReplicationTask whimbrel:DescribeMappingPlan whimbrel:ReplayApplyExceptions whimbrel:ExplainAccess
		iam:GetRole iam:CreateRole iam:AttachRolePolicy iam:PutRolePolicy kms:ScheduleKeyDeletion kms:RotateKeyOnDemand
		ec2:DeleteVpcEndpoints cloudtrail:LookupEvents cloudwatch:GetMetricData`)
}

// usedActions are those that TestPagesAreUsed meets.
func usedActions() []string {
	return strings.Fields(`dms:ReloadTables dms:ModifyEndpoint dms:ModifyReplicationInstance dms:ImportCertificate dms:DeleteCertificate
		dms:CreateEventSubscription dms:ModifyEventSubscription dms:DeleteEventSubscription dms:CreateReplicationSubnetGroup
		dms:DeleteReplicationSubnetGroup kms:CreateKey kms:CreateAlias kms:DisableKey kms:EnableKey kms:CancelKeyDeletion
		ec2:CreateVpcEndpoint ec2:ModifyVpcEndpoint iam:CreateUser iam:DeleteUser iam:CreateGroup iam:DeleteGroup iam:AddUserToGroup
		iam:RemoveUserFromGroup iam:AttachUserPolicy iam:DetachUserPolicy iam:PutUserPolicy iam:DeleteUserPolicy iam:AttachGroupPolicy
		iam:DetachGroupPolicy iam:PutGroupPolicy iam:DeleteGroupPolicy iam:DetachRolePolicy iam:CreatePolicy iam:DeletePolicy
		iam:CreatePolicyVersion iam:DeletePolicyVersion iam:SetDefaultPolicyVersion iam:CreateAccessKey iam:UpdateAccessKey iam:DeleteAccessKey`)
}

// runningActions are those that TestPagesOfARunningTask meets.
func runningActions() []string {
	return strings.Fields("dms:CancelReplicationTaskAssessmentRun dms:DeleteReplicationTaskAssessmentRun kms:PutKeyPolicy")
}

// TestEveryActionIsMet: whatever the console can change is among the buttons that the tests copy the commands of.
func TestEveryActionIsMet(t *testing.T) {
	met := slices.Concat(clickedActions(), usedActions(), runningActions())
	for _, action := range actionsOf(t, "../../console/src") {
		require.Contains(t, met, action)
	}
}

var (
	sdkCommand = regexp.MustCompile(`\b([A-Z]\w+)Command\b`)
	ownCall    = regexp.MustCompile(`call\('(ec2|whimbrel)', '(\w+)'`)
	reading    = regexp.MustCompile(`^(Describe|List|Get|Simulate|Refresh|Filter|Lookup|Explain|StartQuery|AssumeRole)`)
)

// actionsOf are the operations that the source of the console names and that change something.
func actionsOf(t testing.TB, source string) (all []string) {
	t.Helper()
	add := func(service, operation string) {
		if !reading.MatchString(operation) {
			all = append(all, service+":"+operation)
		}
	}
	require.NoError(t, filepath.WalkDir(source, func(path string, _ os.DirEntry, err error) error {
		if err != nil || !regexp.MustCompile(`\.tsx?$`).MatchString(path) {
			return err
		}
		text, err := os.ReadFile(path)
		if filepath.Base(filepath.Dir(path)) == "api" {
			for _, m := range sdkCommand.FindAllStringSubmatch(string(text), -1) {
				add(strings.TrimSuffix(filepath.Base(path), ".ts"), m[1])
			}
		}
		for _, m := range ownCall.FindAllStringSubmatch(string(text), -1) {
			add(m[1], m[2])
		}
		return err
	}))
	require.Greater(t, len(all), 50)
	return all
}

// newer is what Debian's aws is too old to know; later ones do.
const newer = "aws kms rotate-key-on-demand --endpoint-url --key-id --region"

// requireCopied has a shell run what a script has copied, with the programs it calls in disguise, and the stock aws command parse what
// they were given. It must hold the wanted operations.
func requireCopied(t testing.TB, file string, wanted []string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	var lines []string
	require.NoError(t, json.Unmarshal(raw, &lines))
	var asked []string
	var input bytes.Buffer
	seen := map[string]bool{}
	for _, argv := range argvsOf(t, lines) {
		if argv[0] == "curl" {
			asked = append(asked, ownOperation(t, argv))
			continue
		}
		if key := flagsOf(argv); !seen[key] && key != newer {
			seen[key] = true
			one, err := json.Marshal(argv[1:])
			require.NoError(t, err)
			fmt.Fprintf(&input, "%s\n", one)
		}
		asked = append(asked, argv[1]+":"+camel(argv[2]))
	}
	requireParsed(t, &input)
	slices.Sort(asked)
	asked = slices.Compact(asked)
	t.Logf("%d lines copied, of %d operations: %s", len(lines), len(asked), strings.Join(asked, " "))
	for _, action := range wanted {
		require.Contains(t, asked, action)
	}
}

// requireParsed has the stock aws command parse arguments, one command a line.
func requireParsed(t testing.TB, input *bytes.Buffer) {
	t.Helper()
	parser, err := filepath.Abs(filepath.Join("testdata", "commands.py"))
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", parser)
	cmd.Dir = t.TempDir()
	write(t, filepath.Join(cmd.Dir, "certificate.pem"), "a certificate")
	cmd.Stdin, cmd.Env = input, append(os.Environ(), "AWS_CONFIG_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true")
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	out, err := cmd.Output()
	require.NoError(t, err, trouble.String())
	for answer := range strings.Lines(string(out)) {
		var a struct{ Command, Trouble string }
		require.NoError(t, json.Unmarshal([]byte(answer), &a))
		require.Empty(t, a.Trouble, a.Command)
	}
}

// disguise writes down what a program is given. A look for a role finds none, so that what makes it is run.
const disguise = `#!/bin/sh
printf '%s\0' "${0##*/}" "$@" >>"$RECORD"
printf '\001\0' >>"$RECORD"
case "$*" in "iam get-role "*) exit 255 ;; esac
echo answer
`

// argvsOf are the arguments of all programs that a shell starts for lines.
func argvsOf(t testing.TB, lines []string) (all [][]string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"aws", "curl"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(disguise), 0o700)) //nolint:gosec // it is run
	}
	write(t, filepath.Join(dir, "certificate.pem"), "a certificate")
	record := filepath.Join(dir, "record")
	for _, line := range lines {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
		cmd.Dir, cmd.Env = dir, []string{"PATH=" + dir + ":/usr/bin:/bin", "RECORD=" + record, "PASSWORD=hunter2", "AWS_ACCESS_KEY_ID=AKIA"}
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s\n%s", line, out)
	}
	raw, err := os.ReadFile(record)
	require.NoError(t, err)
	for argv := range strings.SplitSeq(strings.TrimSuffix(string(raw), "\001\000"), "\001\000") {
		all = append(all, strings.Split(strings.TrimSuffix(argv, "\000"), "\000"))
	}
	return all
}

// ownOperation is what a call of our own service is for, and its input is JSON.
func ownOperation(t testing.TB, argv []string) string {
	t.Helper()
	at := slices.Index(argv, "-d")
	require.Positive(t, at)
	require.True(t, json.Valid([]byte(argv[at+1])), argv[at+1])
	i := slices.IndexFunc(argv, func(a string) bool { return strings.HasPrefix(a, "X-Amz-Target: ") })
	require.Positive(t, i)
	_, operation, _ := strings.Cut(argv[i], ".")
	return "whimbrel:" + operation
}

// flagsOf is a command without its values: those that have the same are parsed alike.
func flagsOf(argv []string) string {
	flags := slices.Clone(argv[:3])
	for _, a := range argv[3:] {
		if strings.HasPrefix(a, "--") {
			flags = append(flags, a)
		}
	}
	slices.Sort(flags[3:])
	return strings.Join(flags, " ")
}

// camel is an operation as the API spells it.
func camel(command string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(command, "-") {
		b.WriteString(string(unicode.ToUpper(rune(part[0]))) + part[1:])
	}
	return b.String()
}
