package policy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMalformed holds the parser to saying what is wrong and where.
func TestMalformed(t *testing.T) {
	const ok = `"Effect": "Allow", "Action": "dms:*", "Resource": "*"`
	for name, c := range map[string]struct {
		kind Kind
		text string
		want string
	}{
		"no json":            {Identity, `{"Version": `, "Syntax errors in policy. line 1:"},
		"trailing text":      {Identity, `{} {}`, "line 1:4: the document is not valid JSON"},
		"not an object":      {Identity, `[]`, "want an object"},
		"version":            {Identity, `{"Version": "2020-01-01", "Statement": {` + ok + `}}`, "Version: The policy must contain a valid version string"},
		"no statement":       {Identity, `{"Version": "2012-10-17"}`, "Statement: is missing; want Missing required field Statement"},
		"empty statements":   {Identity, `{"Statement": []}`, "Statement: Syntax errors in policy. It has no statement"},
		"unknown element":    {Identity, `{"Statement": {` + ok + `, "Resources": "*"}}`, "Statement.Resources: the key has no meaning here"},
		"doubled element":    {Identity, `{"Statement": {` + ok + `, "Effect": "Deny"}}`, "Statement.Effect: the key occurs twice"},
		"effect":             {Identity, `{"Statement": {"Effect": "allow", "Action": "dms:*", "Resource": "*"}}`, `Statement.Effect: Invalid effect: "allow"`},
		"no effect":          {Identity, `{"Statement": {"Action": "dms:*", "Resource": "*"}}`, "Missing required field Effect"},
		"no action":          {Identity, `{"Statement": {"Effect": "Allow", "Resource": "*"}}`, "Missing required field Action"},
		"both actions":       {Identity, `{"Statement": {` + ok + `, "NotAction": "iam:*"}}`, "Statement.NotAction: Syntax errors in policy. A statement has Action or NotAction, not both"},
		"empty actions":      {Identity, `{"Statement": {"Effect": "Allow", "Action": [], "Resource": "*"}}`, "Policy statement must contain actions."},
		"action is a number": {Identity, `{"Statement": {"Effect": "Allow", "Action": [1], "Resource": "*"}}`, "Statement.Action[0]: is 1; want a string"},
		"bare action":        {Identity, `{"Statement": [{"Effect": "Allow", "Action": ["dms:*", "Describe"], "Resource": "*"}]}`, "Statement[0].Action[1]: Actions/Conditions must be prefaced by a vendor"},
		"vendor wildcard":    {Identity, `{"Statement": {"Effect": "Allow", "Action": "d*:Describe", "Resource": "*"}}`, `Vendor "d*" is not valid`},
		"action with blank":  {Identity, `{"Statement": {"Effect": "Allow", "Action": "dms:Describe Endpoints", "Resource": "*"}}`, "is not valid; want service:Name"},
		"no resource":        {Identity, `{"Statement": {"Effect": "Allow", "Action": "dms:*"}}`, "Missing required field Resource"},
		"resource no arn":    {Identity, `{"Statement": {"Effect": "Allow", "Action": "dms:*", "Resource": "endpoint/*"}}`, `Resource endpoint/* must be in ARN format or "*".`},
		"resource vendor":    {Identity, `{"Statement": {"Effect": "Allow", "Action": "dms:*", "Resource": "arn:aws:*:us-east-1:1:x"}}`, "Resource vendor must be fully qualified"},
		"partition":          {Identity, `{"Statement": {"Effect": "Allow", "Action": "dms:*", "Resource": "arn::dms:us-east-1:1:x"}}`, `Partition "" is not valid`},
		"early variable":     {Identity, `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "dms:*", "Resource": "arn:aws:dms:*:${aws:PrincipalAccount}:task:*"}}`, "before its fifth colon"},
		"open variable":      {Identity, `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "dms:*", "Resource": "arn:aws:dms:*:*:task:${aws:username"}}`, "without its closing brace"},
		"variable key":       {Identity, `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "dms:*", "Resource": "arn:aws:dms:*:*:task:${username}"}}`, "is no condition key"},
		"variable default":   {Identity, `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "dms:*", "Resource": "arn:aws:dms:*:*:task:${aws:username, x}"}}`, "not in single quotes"},
		"principal":          {Identity, `{"Statement": {` + ok + `, "Principal": "*"}}`, "Statement.Principal: Policy document should not specify a principal."},
		"sid":                {Identity, `{"Statement": {` + ok + `, "Sid": "a-b"}}`, "Statement IDs (SID) must be alpha-numeric"},
		"sids":               {Identity, `{"Statement": [{` + ok + `, "Sid": "a"}, {` + ok + `, "Sid": "a"}]}`, "Statement IDs (SID) in a single policy must be unique"},
		"operator":           {Identity, `{"Statement": {` + ok + `, "Condition": {"streq": {"aws:x": "1"}}}}`, "Statement.Condition.streq: Invalid Condition type : streq. Known are StringEquals"},
		"operator case":      {Identity, `{"Statement": {` + ok + `, "Condition": {"stringequals": {"aws:x": "1"}}}}`, "It is spelled StringEquals"},
		"operator singular":  {Identity, `{"Statement": {` + ok + `, "Condition": {"ArnEqual": {"aws:SourceArn": "*"}}}}`, "Invalid Condition type : ArnEqual."},
		"null if exists":     {Identity, `{"Statement": {` + ok + `, "Condition": {"NullIfExists": {"aws:x": "true"}}}}`, "Null takes neither"},
		"null set":           {Identity, `{"Statement": {` + ok + `, "Condition": {"ForAllValues:Null": {"aws:x": "true"}}}}`, "Null takes neither"},
		"prefix":             {Identity, `{"Statement": {` + ok + `, "Condition": {"ForSomeValues:StringEquals": {"aws:x": "1"}}}}`, "Invalid Condition type : ForSomeValues:StringEquals"},
		"condition shape":    {Identity, `{"Statement": {` + ok + `, "Condition": []}}`, "want an object of condition operators"},
		"operator shape":     {Identity, `{"Statement": {` + ok + `, "Condition": {"StringEquals": "x"}}}`, "want an object of condition keys"},
		"key":                {Identity, `{"Statement": {` + ok + `, "Condition": {"StringEquals": {"username": "x"}}}}`, `the condition key "username"`},
		"value":              {Identity, `{"Statement": {` + ok + `, "Condition": {"StringEquals": {"aws:x": {"y": 1}}}}}`, "Statement.Condition.StringEquals.aws:x: is an object"},
		"number":             {Identity, `{"Statement": {` + ok + `, "Condition": {"NumericEquals": {"dms:x": ["1", "1e3"]}}}}`, `aws`},
		"date":               {Identity, `{"Statement": {` + ok + `, "Condition": {"DateLessThan": {"aws:CurrentTime": "tomorrow"}}}}`, `"tomorrow" is no date`},
		"bool":               {Identity, `{"Statement": {` + ok + `, "Condition": {"Bool": {"aws:SecureTransport": "yes"}}}}`, `"yes" is neither true nor false`},
		"binary":             {Identity, `{"Statement": {` + ok + `, "Condition": {"BinaryEquals": {"aws:x": "%%"}}}}`, "is not base64"},
		"address":            {Identity, `{"Statement": {` + ok + `, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}}}`, `"10.0.0.0/33" is no address`},
		"arn":                {Identity, `{"Statement": {` + ok + `, "Condition": {"ArnLike": {"aws:SourceArn": "task-1"}}}}`, `"task-1" is no ARN`},

		"no principal":        {Resource, `{"Statement": {` + ok + `}}`, "Missing required field Principal"},
		"principal text":      {Resource, `{"Statement": {` + ok + `, "Principal": "alice"}}`, `Invalid principal in policy: "alice"`},
		"principal arn":       {Resource, `{"Statement": {` + ok + `, "Principal": {"AWS": "arn:aws:iam::111122223333:user/*"}}}`, `Statement.Principal.AWS: Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/*"`},
		"principal kind":      {Resource, `{"Statement": {` + ok + `, "Principal": {"User": "x"}}}`, `Invalid principal in policy: "User" is no kind`},
		"principal service":   {Resource, `{"Statement": {` + ok + `, "Principal": {"Service": "dms"}}}`, `Invalid principal in policy: "Service":"dms"`},
		"trust resource":      {Trust, `{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}}`, "Has prohibited field Resource"},
		"trust action":        {Trust, `{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "dms:*"}}`, "AssumeRole policy may only specify STS AssumeRole actions."},
		"trust not principal": {Trust, `{"Statement": {"Effect": "Allow", "NotPrincipal": "*", "Action": "sts:AssumeRole"}}`, "Has prohibited field NotPrincipal"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(c.text, c.kind, 0)
			var malformed *MalformedError
			require.ErrorAs(t, err, &malformed)
			if c.want == "aws" {
				c.want = `Statement.Condition.NumericEquals.dms:x[1]: "1e3" is no number`
			}
			require.Contains(t, err.Error(), c.want)
		})
	}
}

func TestAllThatIsWrongIsSaid(t *testing.T) {
	_, err := Parse(`{"Statement": [{"Effect": "Maybe", "Action": "x", "Resource": "y"}]}`, Identity, 0)
	var m *MalformedError
	require.ErrorAs(t, err, &m)
	require.Len(t, m.Problems, 3)
}

func TestSizeLeavesOutWhiteSpace(t *testing.T) {
	text := `{"Version": "2012-10-17",` + strings.Repeat("\n", 5000) + ` "Statement": {"Effect": "Allow", "Action": "dms:*", "Resource": "*"}}`
	require.Equal(t, 87, Size(text))
	_, err := Parse(text, Identity, 87)
	require.NoError(t, err)
	_, err = Parse(text, Identity, 86)
	var size *SizeError
	require.ErrorAs(t, err, &size)
	require.Equal(t, "Cannot exceed quota for PolicySize: 86 (this document has 87 characters without white space)", err.Error())
	_, err = Parse(strings.Repeat(" ", 131073), Identity, 0)
	require.ErrorAs(t, err, &size)
}
