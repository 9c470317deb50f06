# Every check of edged has a name here. `make check` is what a change must pass.
GO         ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT     = mvdan.cc/gofumpt@v0.12.0
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0
BIN         = bin
VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# Of the source, not of the build: the same commit gives the same bytes.
EPOCH      := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null || echo 0))
DATE       := $(shell date -u -d @$(EPOCH) +%Y-%m-%dT%H:%M:%SZ)
LDFLAGS     = -s -w -X edged/internal/version.version=$(VERSION) -X edged/internal/version.date=$(DATE)
DIST        = dist

.PHONY: vuln check build fmt vet lint test race crash fuzz-seeds cross package package-check release bench demo demo-kills soak soak-ci torture clean

check: fmt vet lint race demo ## all that a change must pass

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/edged ./cmd/edged

fmt:
	@out=$$($(GO) run $(GOFUMPT) -l .); test -z "$$out" || { echo "gofumpt would change:"; echo "$$out"; exit 1; }

vet:
	$(GO) vet ./...

lint:
	$(GO) run $(STATICCHECK) ./...

test:
	$(GO) test ./...

race: ## the tests in their short form, with the race detector
	$(GO) test -race -short -timeout 15m ./...

# The long forms that cut power, processes and lines everywhere; they print how often.
# STATES=N EDGED_SEED=R goes on with the power cuts at round R, where a run has stopped.
CRASH_PKGS = ./internal/engine ./internal/modelcheck ./internal/queue ./internal/purchase ./internal/serialdev/zvtterm
CRASH_RUN  = PowerFail|Crash|Cut|Model|Harness|Disk|Damage|Reserve
STATES    ?= 21000
crash:
	@mkdir -p $(BIN)
	@EDGED_STATES=$(STATES) $(GO) test -count=1 -v -timeout $(or $(TIMEOUT),60m) -run '$(CRASH_RUN)' $(CRASH_PKGS) > $(BIN)/crash.log 2>&1 || { cat $(BIN)/crash.log; exit 1; }
	@grep -E '^ok|_test.go:.*(states|cuts|events)' $(BIN)/crash.log

# Each fuzz target on its seeds is part of `go test`; this looks a little further. The
# budget is a number of inputs: one in seconds can end with "context deadline exceeded"
# where nothing was found (go.dev/issue/75804).
FUZZTIME ?= 3000x
fuzz-seeds:
	@mkdir -p $(BIN)
	@for pkg in $$(grep -rl --include='*_test.go' '^func Fuzz' cmd internal | xargs -n1 dirname | sort -u); do pkg=./$$pkg; \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "$$pkg $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1000x $$pkg >$(BIN)/fuzz.log 2>&1 || { cat $(BIN)/fuzz.log; exit 1; }; \
	  done; done

cross: cross-amd64 cross-arm64 cross-armv7
cross-%:
	CGO_ENABLED=0 GOOS=linux GOARCH=$(patsubst armv%,arm,$*) GOARM=7 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/edged-linux-$* ./cmd/edged

# deb, rpm and apk of what cross has built, with bills of materials and checksums.
package: cross
	VERSION=$(VERSION) SOURCE_DATE_EPOCH=$(EPOCH) packaging/build $(DIST)

package-check: package ## packages them again, compares, and looks at what is in them
	VERSION=$(VERSION) SOURCE_DATE_EPOCH=$(EPOCH) test/package/check $(DIST)

# A release is a clean checkout of a tag.
release:
	@git describe --exact-match --tags --match 'v[0-9]*' >/dev/null 2>&1 || { echo "release: HEAD has no tag vN.N.N"; exit 1; }
	@test -z "$$(git status --porcelain --untracked-files=no)" || { echo "release: the tree has changes"; exit 1; }
	rm -rf $(DIST)
	$(MAKE) package-check

# Known weaknesses of what edged is built from, where a vulnerability database can be reached.
vuln:
	$(GO) run $(GOVULNCHECK) ./...

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

demo: build
	$(BIN)/edged demo --auto 3

demo-kills: build
	$(BIN)/edged demo --auto $(or $(N),50) --faults --kill --seed $(or $(SEED),1)

# Daemon, terminals, SaaS and network die at random while several lanes sell. It goes on
# where the last run in SOAK_DIR ended; what it has done is in soak.json there.
SOAK_DIR ?= $(BIN)/soak
soak: build
	$(BIN)/edged demo --soak --dir $(SOAK_DIR) --duration $(or $(DURATION),1h) --kills $(or $(KILLS),0) --seed $(or $(SEED),1)

soak-ci: ## two hundred kills from nothing
	rm -rf $(BIN)/soak-ci
	$(MAKE) -s soak SOAK_DIR=$(BIN)/soak-ci KILLS=200 DURATION=10m

# The long versions, before a release; the last result is in docs/reliability.md.
torture:
	EDGED_TORTURE=1 $(MAKE) crash STATES=1000000 TIMEOUT=12h
	$(GO) test -count=1 -timeout 60m ./internal/demo -run Sabotage -sabotage
	$(GO) test -count=1 -timeout 60m ./internal/purchase -run Model -deep
	$(MAKE) soak DURATION=48h KILLS=10000
	for seed in $(or $(SEEDS),1 2 3 4 5 6 7 8 9 10); do $(MAKE) -s demo-kills N=200 SEED=$$seed || exit 1; done

clean:
	rm -rf $(BIN) $(DIST)
