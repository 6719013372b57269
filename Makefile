.DEFAULT_GOAL := build
SHELL := /bin/bash
GO ?= go
CONCURRENT := ./internal/change/... ./internal/connector/... ./internal/progress/... ./internal/task/... ./internal/transform/... ./internal/edge/... ./internal/store/... ./internal/identity/... ./internal/audit/... ./internal/service/...
# The packages that take longest come first; more run beside each other than there are processors, for they wait for servers.
SLOWEST := ./internal/task ./tests/chaos ./tests/serve ./tests/console
PROCESSORS := $(shell getconf _NPROCESSORS_ONLN)
GOTESTSUM := gotest.tools/gotestsum@v1.13.0
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

build: ## build ./bin/whimbrel (no cgo)
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/whimbrel ./cmd/whimbrel

test: test-servers test-clients ## install the servers and clients the tests need, then run every test (AGAIN=1: a failed one a second time)
	WHIMBREL_TEST_REQUIRE_SERVERS=1 $(GO) run $(GOTESTSUM) --format standard-quiet --rerun-fails=$(or $(AGAIN),0) --rerun-fails-run-root-test --rerun-fails-max-failures=5 --packages '$(SLOWEST) ./...' -- -p $$(($(PROCESSORS) + 1)) -parallel $$(($(PROCESSORS) * 2)) -timeout 75m

test-servers: ## install PostgreSQL 15 and 18, MariaDB, MySQL and sqlite3 for the tests
	./tools/test-servers.sh

test-clients: ## install the aws command, boto3, the JavaScript SDK and a browser for the tests
	./tools/test-clients.sh

console: ## the page in the browser, from console/ into internal/console/dist (needs npm)
	./tools/console.sh

console/check: ## that the committed page is what console/ builds
	./tools/console.sh check

generate: ## the wire packages from the services' models
	$(GO) generate ./internal/edge/wire

test/race: test-servers test-clients ## the packages with goroutines under the race detector (needs a C compiler)
	WHIMBREL_TEST_REQUIRE_SERVERS=1 CGO_ENABLED=1 $(GO) test -race -timeout 30m $(CONCURRENT)

chaos: test-servers ## kill -9 at random instants, KILLS times a pair of engines (default 30)
	WHIMBREL_TEST_REQUIRE_SERVERS=1 WHIMBREL_CHAOS_KILLS=$(or $(KILLS),30) $(GO) test -count 1 -timeout 60m -v -run 'TestKilled' ./tests/chaos

fuzz: ## a minute of fuzzing for every parser of outside bytes
	./tools/fuzz.sh

bench: ## the benchmarks of the hot paths
	$(GO) test -run '^$$' -bench . -benchmem ./...

lint: ## gofmt, go vet, staticcheck and the rest of .golangci.yml
	@unformatted=$$(gofmt -l cmd internal tests); [ -z "$$unformatted" ] || { echo "not gofmt-ed: $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(GOLANGCI_LINT) run ./...

clean: ## remove what make built
	rm -rf bin

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z\/-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build test test-servers test-clients console console/check generate test/race chaos fuzz bench lint clean help
