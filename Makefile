# The targets that people type. "make test" installs what it needs when it may,
# and names it when it may not.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)

.PHONY: build test unit race attack lint fuzz bench bench-profile canary docs clean

build: ## the static binary, bin/gatehouse
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/gatehouse ./cmd/gatehouse

test: ## everything: set-up, lint, unit tests with the race detector, fuzzing, end to end
	scripts/test.sh

unit: ## the quick tests
	$(GO) test ./...

race:
	$(GO) test -race ./...

attack: ## what must never happen, tried from outside; prints a score for each area
	scripts/attack.sh

lint: ## gofmt, go vet, and go.mod in order
	scripts/lint.sh

fuzz: ## each fuzz target for FUZZTIME, default one minute
	FUZZTIME=$${FUZZTIME:-1m} scripts/fuzz.sh

bench: ## side by side with nginx and a bare reverse proxy; see bench/README.md
	bench/run.sh

bench-profile: ## pprof files of the rows in BENCH_ROWS, in bench/results
	bench/profile.sh

canary: ## what one signed-in person feels while others attack; see bench/README.md
	bench/canary.sh

docs: ## regenerate what is made from the code
	$(GO) test ./config -run Reference -update

clean:
	rm -rf bin bench/results
