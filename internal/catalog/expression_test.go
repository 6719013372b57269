package catalog_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

func TestRenamedIn(t *testing.T) {
	renamed := map[string]string{"v": "w", "w": "v", `O"d`: "plain", "k": "Two Words"}
	for is, becomes := range map[string]string{
		"(v * 2) + w":              "(w * 2) + v",
		"vv + v1 + _v":             "vv + v1 + _v",
		"concat(`v`, `x`)":         "concat(`w`, `x`)",
		`lower("O""d") || k`:       `lower("plain") || "Two Words"`,
		"(`k` + 1)":                "(`Two Words` + 1)",
		"coalesce(v, 0)::bigint":   "coalesce(w, 0)::bigint",
		"v || 'v'::text || '''v'":  "w || 'v'::text || '''v'",
		`concat(v, _utf8mb4'\'v')`: `concat(w, _utf8mb4'\'v')`,
		"v(v) + v (v) + x::v":      "v(w) + v (w) + x::v",
	} {
		require.Equal(t, becomes, catalog.RenamedIn(is, renamed))
	}
}
