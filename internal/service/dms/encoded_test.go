package dms

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// TestEncodedEndpoints holds the page that is put together to the one that the wire package writes.
func TestEncodedEndpoints(t *testing.T) {
	t.Parallel()
	s := &Service{Config: Config{Partition: "aws", Account: "111122223333", Region: "us-east-1"}}
	var items []store.Item
	out := &dmsapi.DescribeEndpointsResponse{Endpoints: []dmsapi.Endpoint{}, Marker: markerOf("dms/endpoint/B")}
	for _, rec := range []string{`{"ID":"A","Name":"a","Type":"source","Engine":"postgres","Status":"active","Settings":{"SlotName":"\"é\u2028"}}`, `{"ID":"B","Name":"b","Type":"target","Engine":"mysql","Port":3306}`} {
		item := store.Item{Key: "k", Value: []byte(rec)}
		shown, err := s.shownEndpoint(item)
		require.NoError(t, err)
		items, out.Endpoints = append(items, item), append(out.Endpoints, *shown)
	}
	got, err := s.encodeEndpoints(items, out.Marker)
	require.NoError(t, err)
	require.Equal(t, dmsapi.Service.AppendJSON(nil, dmsapi.Service.Operation("DescribeEndpoints"), out), got, "byte by byte")
	got, err = s.encodeEndpoints(nil, nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"Endpoints":[]}`, string(got))
}
