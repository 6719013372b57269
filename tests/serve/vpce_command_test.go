package serve_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// resolver is a proxy that leads every name to the server, as a DNS would that the test must not change, and remembers the names.
type resolver struct {
	*httptest.Server
	mu struct {
		sync.Mutex
		names []string
	}
}

func (s *server) resolver(t *testing.T) *resolver {
	t.Helper()
	at, err := url.Parse(s.url)
	require.NoError(t, err)
	p := &resolver{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "tunnels alone", http.StatusMethodNotAllowed)
			return
		}
		p.mu.Lock()
		p.mu.names = append(p.mu.names, r.Host)
		p.mu.Unlock()
		up, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", "127.0.0.1:"+at.Port())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer up.Close()
		w.WriteHeader(http.StatusOK)
		down, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer down.Close()
		var both sync.WaitGroup
		both.Go(func() { _, _ = io.Copy(up, down); _ = up.(*net.TCPConn).CloseWrite() })
		both.Go(func() { _, _ = io.Copy(down, up); _ = down.(*net.TCPConn).CloseWrite() })
		both.Wait()
	}))
	t.Cleanup(p.Close)
	return p
}

// TestTheStockCommandThroughAVPCEndpoint is the manual page "Configuring VPC endpoints for AWS DMS": the stock command with the endpoint's own
// name as its URL, and the page's policy, which lets everything be done but one instance be changed.
func TestTheStockCommandThroughAVPCEndpoint(t *testing.T) {
	t.Parallel()
	s := first(t)
	instance := "arn:aws:dms:" + region + ":" + account + ":rep:PROD"
	vpc := text(t, s.must(t, "ec2", "describe-vpcs"), "Vpcs", 0, "VpcId")
	made := s.must(t, "ec2", "create-vpc-endpoint", "--vpc-id", vpc, "--vpc-endpoint-type", "Interface", "--service-name", "com.amazonaws."+region+".dms", "--policy-document",
		`{"Statement":[{"Action":"dms:*","Effect":"Allow","Resource":"*","Principal":"*"},{"Action":"dms:ModifyReplicationInstance","Effect":"Deny","Resource":"`+instance+`","Principal":"*"}]}`)
	id, name := text(t, made, "VpcEndpoint", "VpcEndpointId"), text(t, made, "VpcEndpoint", "DnsEntries", 0, "DnsName")
	at, err := url.Parse(s.url)
	require.NoError(t, err)
	proxy := s.resolver(t)
	through := func(args ...string) (map[string]any, error) {
		return s.aws(t, []string{"HTTPS_PROXY=" + proxy.URL, "NO_PROXY="}, append([]string{"--endpoint-url", "https://" + name + ":" + at.Port(), "dms"}, args...)...)
	}
	answer, err := through("describe-endpoints")
	require.NoError(t, err)
	require.Empty(t, answer["Endpoints"])
	require.Contains(t, answer, "Endpoints")
	require.Equal(t, []string{name + ":" + at.Port()}, proxy.mu.names)

	_, err = through("modify-replication-instance", "--replication-instance-arn", instance, "--multi-az")
	require.ErrorContains(t, err, "(AccessDeniedException) when calling the ModifyReplicationInstance operation: User: "+admin+
		" is not authorized to perform: dms:ModifyReplicationInstance on resource: "+instance+" with an explicit deny in a VPC endpoint policy")
	_, err = through("modify-replication-instance", "--replication-instance-arn", strings.Replace(instance, "PROD", "TEST", 1), "--multi-az")
	require.ErrorContains(t, err, "ResourceNotFoundFault", "another instance is not what the policy is about")
	_, err = s.aws(t, nil, "dms", "modify-replication-instance", "--replication-instance-arn", instance, "--multi-az")
	require.ErrorContains(t, err, "ResourceNotFoundFault", "the endpoint's policy binds the endpoint alone")

	// What the policy does not name is not allowed, in AWS's words.
	s.must(t, "ec2", "modify-vpc-endpoint", "--vpc-endpoint-id", id, "--policy-document", `{"Statement":[{"Action":"dms:Describe*","Effect":"Allow","Resource":"*","Principal":"*"}]}`)
	_, err = through("describe-endpoints")
	require.NoError(t, err)
	_, err = through("delete-replication-instance", "--replication-instance-arn", instance)
	require.ErrorContains(t, err, "dms:DeleteReplicationInstance on resource: "+instance+" because no VPC endpoint policy allows the dms:DeleteReplicationInstance action")
	found := s.must(t, "cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=EventName,AttributeValue=DeleteReplicationInstance")
	require.Contains(t, text(t, found, "Events", 0, "CloudTrailEvent"), `"vpcEndpointId":"`+id+`"`)
}
