package redshift

import (
	"testing"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }
