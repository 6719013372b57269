// Package servertest starts real database servers for tests: private ones, on free ports of the loopback address, with
// their data in temporary folders, ended with the test process whatever way it ends. It never touches a server that is
// already running.
//
// A test package that uses it hands its main over:
//
//	func TestMain(m *testing.M) { servertest.Main(m) }
//
// and asks for a fresh, empty database where it needs one:
//
//	db := servertest.PostgreSQL(t, servertest.PostgreSQL15)
//
// Servers are started at first use and shared by the tests of the process. Where the server's programs are not
// installed the test is skipped with a line that says how to install them (make test does); with
// WHIMBREL_TEST_REQUIRE_SERVERS=1, as in CI, it fails instead. MySQL alone is skipped there too, because where it comes
// from promises nothing; WHIMBREL_TEST_REQUIRE_MYSQL=1 requires it.
package servertest
