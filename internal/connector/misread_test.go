package connector_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// TestAPasswordIsNotTakenApart: a password with characters that stand for themselves would end early, and its end would be asked of the
// resolver, or of a server as the name of a database. Such a URL is refused before anything is opened, and shows no piece of it.
func TestAPasswordIsNotTakenApart(t *testing.T) {
	t.Parallel()
	engines := connector.Engines{{Schemes: []string{"postgres", "mysql", "s3", "redshift", "sqlite", "file"}}}
	for _, scheme := range []string{"postgres", "mysql", "s3", "redshift"} {
		for _, secret := range []string{
			"pl@nted/pa?ss#w:rd%", "pl@nted/planted", "12/planted", "12/pl@nted", "12?planted", "12#planted", "planted%zz", "pl@nted#planted", "pl@nted?planted",
			"pl@nted?planted=1", "12/planted=x&y", "/planted", "?planted", "#planted", "12?planted=x",
		} {
			raw := scheme + "://app:" + secret + "@127.0.0.1:1/shop?x=y"
			_, err := engines.ForURL(raw)
			require.ErrorContains(t, err, "write / as %2F, ? as %3F", raw)
			for _, text := range []string{err.Error(), connector.Redact(raw)} {
				for _, piece := range []string{"nted", "pa?ss", "w:rd", "zz", "12"} {
					require.NotContains(t, text[len(scheme):], piece+"@", raw)
					require.NotContains(t, text, "/"+piece, raw)
				}
				require.NotContains(t, text, "planted", raw)
				require.NotContains(t, text, "nted/", raw)
			}
		}
	}
	for _, raw := range []string{
		"postgres://app:pl%40nted%2Fpa%3Fss%23w%3Ard%25@h:5432/shop", "postgres://app@h/my@db", "postgres://h/shop?password=a@b", "postgres://app:a:b@h/db?x=a@b", "mysql://app:p@ss@h/shop",
		"postgres://h1:1,h2:2/shop", "postgres://app:x@[::1]:5432/a%40b", "s3://bucket/a@b?region=x", "s3://bucket/100%/a", "sqlite:///a:b/c@d#e", "file:///a:b/c@d",
	} {
		_, err := engines.ForURL(raw)
		require.NoError(t, err, raw)
	}
}
