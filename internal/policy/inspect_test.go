package policy

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInspect(t *testing.T) {
	text := "{\"Version\": \"2012-10-17\",\n \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": [\"arn:aws:iam::111122223333:user/a\", \"111122223333\"]}, \"Action\": \"dms:*\",\n  \"Resource\": \"arn:aws:dms:*:*:task:${aws:username}\"},\n" +
		" {\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"dms:*\", \"Resource\": \"*\", \"Condition\": {\"StringEquals\": {\"aws:RequestTag/Owner\": \"${aws:PrincipalTag/team}\"}, \"StringLike\": {\"AWS:requesttag/owner\": \"x\"}}}]}"
	p, err := Parse(text, Resource, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"arn:aws:iam::111122223333:user/a"}, p.Principals())
	require.Equal(t, []string{"aws:RequestTag/Owner", "aws:username", "aws:principaltag/team"}, p.ContextKeys())
	spans := Spans(text)
	require.Len(t, spans, 2)
	require.Equal(t, Place{2, 16}, spans[0].Start)
	require.Equal(t, 3, spans[0].End.Line)
	require.Equal(t, Place{4, 2}, spans[1].Start)
	one := `{"Statement": {"Effect": "Allow", "Action": "dms:*", "Resource": "*"}}`
	require.Equal(t, []Span{{Place{1, 15}, Place{1, 70}}}, Spans(one))
	require.Nil(t, Spans("x"))
}
