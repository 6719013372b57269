package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// invoke runs a command in this process.
func invoke(t *testing.T, args ...string) result {
	t.Helper()
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	for _, name := range []string{"WHIMBREL_CONFIG", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a server that starts after all is stopped
	defer cancel()
	var stdout, stderr strings.Builder
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	err := root.ExecuteContext(ctx)
	if err != nil {
		stderr.WriteString(err.Error())
	}
	return result{exitCode(ctx, err), stdout.String(), stdout.String() + stderr.String()}
}

// TestMistakes are what a user slips into: each ends with exit code 2, and names the flag, what was given and what would be
// right.
func TestMistakes(t *testing.T) {
	source, dir := "sqlite:"+sqliteFile(t, shop...), t.TempDir()
	target, data := "sqlite:"+filepath.Join(dir, "new.db"), filepath.Join(dir, "data")
	migrate := func(flags ...string) []string { return append([]string{"migrate", source, target}, flags...) }
	serve := func(flags ...string) []string {
		return append([]string{"serve", "--data-dir", data, "--listen", "127.0.0.1:0", "--admin-listen", ""}, flags...)
	}
	explain := func(flags ...string) []string {
		return append([]string{"explain", "AKIAIOSFODNN7EXAMPLE", "dms:DescribeEndpoints", "--data-dir", data}, flags...)
	}
	config := func(text string) []string { return migrate("--dry-run", "--config", written(t, "c.yaml", text)) }
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"command":          {[]string{"foo"}, `unknown command "foo" for "whimbrel": want one of apply,`},
		"near command":     {[]string{"migrat"}, "did you mean migrate?"},
		"inner command":    {[]string{"root-key", "foo"}, `unknown command "foo" for "whimbrel root-key": want one of rotate, seal`},
		"shell":            {[]string{"completion", "foo"}, "want one of bash"},
		"parallelism":      {migrate("--parallelism", "0"), `invalid argument "0" for "--parallelism" flag: want a whole number, 1 to 49`},
		"sample":           {[]string{"assess", source, target, "--sample", "-1s"}, "--sample -1s: want a time"},
		"page":             {[]string{"validate", source, target, "--html", "/nodir/x"}, "--html: open /nodir/x"},
		"assessment page":  {[]string{"assess", source, target, "--html", "/nodir/x"}, "--html: open /nodir/x"},
		"source setting":   {migrate("--source-setting", "Foo=1"), `open the source: there is no setting "Foo" here`},
		"target setting":   {migrate("--target-setting", "Foo=1"), `open the target: there is no setting "Foo" here`},
		"setting's value":  {[]string{"migrate", source, "file://" + dir + "/lake", "--target-setting", "DataFormat=xml"}, `setting DataFormat is "xml": want csv, parquet`},
		"unknown setting":  {[]string{"migrate", source, "file://" + dir + "/lake", "--target-setting", "Foo=1"}, "EncryptionMode, "},
		"bucket's setting": {[]string{"migrate", source, "redshift://u@h/db", "--target-setting", "BucketNam=stage"}, `there is no setting "BucketNam" here (known are AcceptAnyDate,`},
		"bucket twice":     {[]string{"migrate", source, "redshift://u@h/db", "--target-setting", "BucketName=stage", "--target-setting", "bucketname=other"}, "--target-setting bucketname is given twice"},
		"its encryption":   {[]string{"migrate", source, "redshift://u@h/db", "--target-setting", "BucketName=stage", "--target-setting", "EncryptionMode=x"}, `EncryptionMode is "x": want sse-s3, sse-kms`},
		"no definition":    {[]string{"migrate", "file://" + dir, target, "--source-setting", "ExternalTableDefinition=@"}, "ExternalTableDefinition: @ names no file; want @FILE"},
		"collector's user": {serve("--otlp-endpoint", "https://u:s3cret@h:4318"), "--otlp-endpoint: the URL holds a user, a query or a fragment"},
		"no bucket":        {[]string{"assess", source, "redshift://u@h/db", "--target-setting", "MaxFileSize=1"}, "the setting BucketName is missing (give BucketName,"},
		"files read back":  {[]string{"validate", source, "file://" + dir + "/lake", "--target-setting", "Rfc4180=false"}, "with Rfc4180 false an empty text looks like a null"},
		"Redshift's rows":  {[]string{"validate", source, "redshift://u@h/db"}, "the setting BucketName is missing (give BucketName,"},
		"validated files":  {[]string{"migrate", source, "file://" + dir + "/lake", "--migration-type", "full-load-and-cdc", "--target-setting", "CdcInsertsOnly=true", "--task-settings", written(t, "v.json", `{"ValidationSettings":{"EnableValidation":true}}`)}, "CdcInsertsOnly"},
		"URL parameter":    {[]string{"migrate", source + "?mode=zz", target}, `unknown mode "zz"`},
		"inspected":        {[]string{"inspect", source + "?mode=zz"}, `unknown mode "zz"`},
		"no file":          {[]string{"migrate", "sqlite:", target}, "names no file"},
		"folder's":         {[]string{"migrate", source, "file:///x?foo=1"}, `unknown URL parameter "foo"`},
		"keywords":         {[]string{"migrate", "host=h user=u password=s3cret", target}, `"host=h user=u password=xxxxx" does not begin`},
		"region":           {[]string{"status", "--data-dir", data, "--endpoint-url", "https://h:1"}, "give --region"},
		"server":           {[]string{"status", "--data-dir", data, "--region", "us-east-1"}, "give --endpoint-url"},
		"explained from":   {explain("--source-ip", "home"), `--source-ip "home": want an IP address`},
		"explained keys":   {explain("--context", "a"), `--context "a": want key=value`},
		"explained tags":   {explain("--session-tag", "a"), `--session-tag "a": want key=value`},
		"explained policy": {explain("--session-policy", "/nodir/p"), "--session-policy: open /nodir/p"},
		"explained token":  {explain("--session-token-file", "/nodir/t"), "--session-token-file: open /nodir/t"},
		"explained where":  {explain(), "no running server is known"},
		"command's value":  {config("migrate: hello\n"), `"migrate" is a command: want its flags below it, not hello`},
		"other's flag":     {config("serve: {foo: 1}\n"), `serve has no flag "foo"`},
		"inner flag":       {config("root-key: {rotate: {data: x}}\n"), `root-key rotate has no flag "data"`},
		"flag of a group":  {config("root-key: {data-dir: x}\n"), `root-key has no flag "data-dir"`},
		"flag's value":     {config("migrate: {prep: {a: b}}\n"), `"migrate prep" is a flag: want its value`},
		"bounded value":    {config("migrate: {parallelism: 0}\n"), "want a whole number, 1 to 49"},
		"etcd's user":      {serve("--etcd-endpoints", "https://root:s3cret@127.0.0.1:1"), "--etcd-endpoints: an address of etcd holds a user or a password (not shown)"},
		"etcd's address":   {serve("--etcd-endpoints", "x"), `--etcd-endpoints: "x" is no address of etcd: want https://HOST:PORT`},
		"no new metrics":   {[]string{"backup", "--data-dir", data, "--metrics", written(t, "m.backup", ""), filepath.Join(dir, "b")}, `m.backup": the file is there already`},
		"one for both":     {[]string{"backup", "--data-dir", data, "--metrics", filepath.Join(dir, "both"), "--logs", dir + "/./both", filepath.Join(dir, "b")}, `both" is named twice: the state, the metrics and the logs go into a file each`},
		"state's file":     {[]string{"backup", "--data-dir", data, "--logs", filepath.Join(dir, "b"), filepath.Join(dir, "b")}, `b" is named twice`},
		"metrics' folder":  {[]string{"backup", "--data-dir", data, "--metrics", "/nodir/m", filepath.Join(dir, "b")}, `--metrics "/nodir/m": there is no such folder`},
		"logs on a pipe":   {[]string{"backup", "--data-dir", data, "--logs", "-", filepath.Join(dir, "b")}, "--logs -: only the state"},
		"restored metrics": {[]string{"restore", "--data-dir", data, "--metrics", "/nodir/m", filepath.Join(dir, "b")}, "--metrics: copy /nodir/m: there is no such file"},
		"backup's etcd":    {[]string{"backup", "--etcd-user", "u", filepath.Join(dir, "b")}, `--etcd-user "u": goes with --etcd-endpoints`},
		"etcd's authority": {serve("--etcd-ca", "x.pem"), `--etcd-ca "x.pem": goes with --etcd-endpoints`},
		"webhook":          {serve("--event-webhook", "https://hooks.example/s3cret"), `--event-webhook "https://hooks.example/…": want ARN=URL`},
		"webhook's scheme": {serve("--event-webhook", "arn:aws:sns:eu-central-1:111122223333:x=http://h/s3cret"), "--event-webhook: the address of topic"},
		"rate":             {serve("--throttle-rate", "-1"), "--throttle-rate -1: want calls a second"},
		"no rate":          {serve("--throttle-rate", "NaN"), "--throttle-rate NaN"},
		"burst":            {serve("--throttle-burst", "0"), "--throttle-burst 0: want a number from 1 on"},
		"audit size":       {serve("--audit-file-size", "-1"), "--audit-file-size -1"},
		"audit files":      {serve("--audit-files", "-1"), "--audit-files -1"},
		"connections":      {serve("--connections", "0"), "--connections 0"},
		"of one address":   {serve("--connections", "10", "--connections-per-address", "11"), "--connections-per-address 11"},
		"audit days":       {serve("--audit-days", "-1"), "--audit-days -1"},
		"audit centuries":  {serve("--audit-days", "36501"), "--audit-days 36501"},
		"metrics":          {serve("--metrics-size", "5"), "--metrics-size 5: want a number from 1048576 on"},
		"SQLite":           {serve("--sqlite-dir", "/nodir"), `--sqlite-dir "/nodir": there is no such folder`},
		"buckets":          {serve("--buckets-dir", "/nodir"), `--buckets-dir "/nodir"`},
		"S3 region":        {serve("--s3-region", "???"), `--s3-region: s3-region "???" does not look like one; us-east-1 would be right`},
		"suffix":           {serve("--dns-suffix", "a b"), "--dns-suffix"},
		"name":             {serve("--name", "a b"), `--name "a b": want a host's name`},
		"listen":           {serve("--listen", "x"), "--listen: cannot listen on x: want HOST:PORT"},
		"also-listen":      {serve("--also-listen", "x"), "--also-listen: cannot listen on x: want HOST:PORT"},
		"admin-listen":     {serve("--admin-listen", "h:99999"), "--admin-listen: cannot listen on h:99999"},
		"quota":            {serve("--quota", "Endpoint=5"), "--quota Endpoint=5: there is no quota Endpoint; there are AllocatedStorage,"},
		"quota's form":     {serve("--quota", "Endpoints"), "--quota: quota"},
		"account":          {serve("--account", "12"), "--account"},
		"S3 endpoint":      {serve("--s3-endpoint", "s3.example.com"), "--s3-endpoint: want an http or https URL"},
		"clusters":         {serve("--redshift-clusters", "/nodir/c.json"), "--redshift-clusters: read the registered clusters: open /nodir/c.json"},
		"cluster":          {serve("--redshift-clusters", written(t, "c.json", `[{"clusterIdentifier": "dwh"}]`)), "cluster 1: [0].address: is missing; want a host's name"},
		"certificate":      {serve("--tls-cert", "x.pem"), "--tls-cert and --tls-key go together"},
	} {
		t.Run(name, func(t *testing.T) {
			r := invoke(t, c.args...)
			require.Equal(t, exitUsage, r.code, r.all)
			require.Contains(t, r.all, c.want)
			require.NotContains(t, r.all, "s3cret")
		})
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "nothing was made")
}

// TestConfigurationOfInnerCommands makes sure that a command of a command takes its flags from the file.
func TestConfigurationOfInnerCommands(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nowhere")
	config := written(t, "c.yaml", "root-key:\n  seal: {data-dir: "+dir+"}\nmigrate:\nserve: {audit-files: 5}\n")
	t.Setenv(envNewPassphrase, "")
	r := invoke(t, "root-key", "seal", "--config", config)
	require.Equal(t, exitFailed, r.code, r.all)
	require.Contains(t, r.all, dir)
	require.Equal(t, exitOK, invoke(t, "root-key", "--config", config).code)
	require.Equal(t, exitOK, invoke(t).code)
	require.Equal(t, exitOK, invoke(t, "completion").code)
}

// TestFolderTargetIsOnlyLookedAt makes sure that what promises to change nothing makes no folder, and says what stays behind.
func TestFolderTargetIsOnlyLookedAt(t *testing.T) {
	source := "sqlite:" + sqliteFile(t, append(shop, "CREATE TABLE sale (id INTEGER PRIMARY KEY, item INTEGER REFERENCES item (id), n INTEGER CHECK (n > 0), code TEXT UNIQUE)",
		"CREATE INDEX sale_item ON sale (item)", "CREATE VIEW sold AS SELECT * FROM sale", "CREATE TRIGGER sell AFTER INSERT ON sale BEGIN SELECT 1; END")...)
	dir := filepath.Join(t.TempDir(), "lake")
	things := []string{
		"Index sale_item (item) of table main.sale is not carried over", "Foreign key (item) of table main.sale", "Check constraint (n > 0) of table main.sale",
		"Unique constraint (code) of table main.sale", "View main.sold is not", "Trigger main.sell on table sale is not",
	}
	r := invoke(t, "assess", source, "file://"+dir, "--sample", "0")
	require.Equal(t, exitOK, r.code, r.all)
	require.Contains(t, r.stdout, "warning  all-check-secondary-constraints")
	for _, thing := range things {
		require.Contains(t, r.stdout, thing)
	}
	require.Equal(t, exitOK, invoke(t, "migrate", source, "file://"+dir, "--dry-run").code)
	require.NoDirExists(t, dir)
	r = invoke(t, "inspect", source, "--to", "s3")
	for _, thing := range things {
		require.Contains(t, r.stdout, thing)
	}
	r = invoke(t, "migrate", source, "file://"+dir)
	require.Equal(t, exitOK, r.code, r.all)
	require.DirExists(t, dir)
}

// TestKilledDemoIsCleaned makes sure that the file by which a demo held its run goes as well.
func TestKilledDemoIsCleaned(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "de[mo]")
	require.NoError(t, os.Mkdir(dir, 0o750))
	for _, name := range []string{demoSource, demoSource + "-wal", demoTarget, demoTarget + "-claim-12345678", demoTarget + "-claim-12345678-journal"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	require.Equal(t, exitOK, invoke(t, "demo", "--clean", "--dir", dir).code)
	require.NoDirExists(t, dir)
}

// TestFailuresAreCountedByKind makes sure that the kinds add up to the whole, whatever number of failures is listed.
func TestFailuresAreCountedByKind(t *testing.T) {
	from := sqliteFile(t, append(shop, "INSERT INTO item VALUES (3, 'c'), (4, 'd')", "INSERT INTO log_a VALUES (7), (7), (7), (8)")...)
	to := sqliteFile(t, append(shop, "UPDATE item SET name = 'x'", "INSERT INTO item VALUES (5, 'e'), (6, 'f'), (7, 'g')", "INSERT INTO log_a VALUES (7), (9), (9)")...)
	type table struct {
		Source            string
		Failed, Different int
		MissingSource     int `json:"missing_source"`
		MissingTarget     int `json:"missing_target"`
	}
	for _, most := range []string{"1", "3", "100"} {
		r := invoke(t, "validate", "sqlite:"+from, "sqlite:"+to, "--json", "--max-failures", most)
		require.Equal(t, exitIncomplete, r.code, r.all)
		var form struct{ Tables []table }
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &form), r.stdout)
		require.Len(t, form.Tables, 2)
		for _, got := range form.Tables {
			if got.Source == "main.item" {
				require.Equal(t, [4]int{7, 2, 3, 2}, [4]int{got.Failed, got.Different, got.MissingSource, got.MissingTarget})
				continue
			}
			require.Equal(t, [4]int{5, 0, 2, 3}, [4]int{got.Failed, got.Different, got.MissingSource, got.MissingTarget})
		}
	}
}

// TestRootKeyOfNobody: where no server has run there is nothing to change, and nothing is made.
func TestRootKeyOfNobody(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	r := invoke(t, "root-key", "rotate", "--data-dir", dir)
	require.Equal(t, 1, r.code)
	require.Contains(t, r.all, "there is no root key in "+dir+": want the folder of a server that has run (--data-dir)")
	require.NoDirExists(t, dir)
}
