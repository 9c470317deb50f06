# Every check of edged has a name here. `make check` is what a change must pass.
GO         ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT     = mvdan.cc/gofumpt@v0.12.0
BIN         = bin
VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS     = -s -w -X edged/internal/version.version=$(VERSION)

.PHONY: check build fmt vet lint test race fuzz-seeds cross bench demo demo-kills tools clean

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

race:
	$(GO) test -race -timeout 15m ./...

# Each fuzz target on its seeds is part of `go test`; this looks a little further.
fuzz-seeds:
	@for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg 2>/dev/null | grep '^Fuzz'); do \
	    echo "$$pkg $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(or $(FUZZTIME),2s) $$pkg >/dev/null || exit 1; \
	  done; done

cross:
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/edged-linux-arm64 ./cmd/edged
	CGO_ENABLED=0 GOOS=linux GOARCH=arm GOARM=7 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/edged-linux-armv7 ./cmd/edged

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

demo: build
	$(BIN)/edged demo --auto 3

demo-kills: build
	$(BIN)/edged demo --auto $(or $(N),50) --faults --kill --seed $(or $(SEED),1)

clean:
	rm -rf $(BIN)
