# make run and make test do everything on a fresh Debian or Ubuntu machine: they install what is
# missing (.ci/setup says what) and go on. CONTRIBUTING.md says what each target is for.

# No target passes build flags of its own, so that Fyne, whose cold build takes three minutes, is
# built once. The one exception is -race; see RACED.
GO        ?= go
BIN       := bin/tally
FUZZTIME  ?= 30s
PAIRS     ?= 3
SOAK      ?= 1h
GOFUMPT     := mvdan.cc/gofumpt@v0.9.2
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.1.4
FYNETOOL    := fyne.io/tools/cmd/fyne@v1.7.4

# Tests that run the built program. They come last and one package at a time, since they measure time.
E2E = ./cmd/tally/e2e ./ui/windowtest ./app/netlab

# Packages that the race detector watches: all others but those that link the window system, which
# would be a second cold build of it.
RACED = $(filter-out $(addprefix tally/,$(E2E:./%=%)),$(shell $(GO) list -f '{{$$skip := false}}{{range .Deps}}{{if eq . "fyne.io/fyne/v2/app"}}{{$$skip = true}}{{end}}{{end}}{{if not $$skip}}{{.ImportPath}}{{end}}' ./...))

# Modules of their own, whose dependencies are not Tally's: tests against other RTMP implementations.
MODULES = $(patsubst %/go.mod,%,$(filter-out go.mod,$(shell git ls-files '*/go.mod')))

# No test may reach for the buses of the desktop it runs on; those that need one start their own.
export DBUS_SESSION_BUS_ADDRESS = disabled:
export DBUS_SYSTEM_BUS_ADDRESS = disabled:

# Fyne tells screen readers what is in the window on macOS only, and only with this tag. Elsewhere the tag
# would change nothing but Fyne's place in the cache, and cost its cold build.
ifeq ($(shell uname -s),Darwin)
export GOFLAGS += -tags=accessibility
endif

.DEFAULT_GOAL := build
.PHONY: run build test check bench bench-network soak fuzz package test-devices screenshots setup clean

## run: open the window
run: DBUS_SESSION_BUS_ADDRESS := $(shell printenv DBUS_SESSION_BUS_ADDRESS)
run: build
	$(BIN)

## build: compile bin/tally
build:
	@.ci/setup build
	$(GO) build -o $(BIN) ./cmd/tally

## test: vet and all tests, end to end included
test:
	@.ci/setup test
	$(GO) vet ./...
	$(GO) build -o $(BIN) ./cmd/tally
	@for m in $(MODULES); do echo "cd $$m && $(GO) test -race ./..." && (cd $$m && TALLY_BIN=$(CURDIR)/$(BIN) $(GO) test -race ./...) || exit 1; done
	$(GO) test -race -timeout 10m $(RACED)
	$(GO) test -run 'TestAnythingCanHappen|TestNoGarbageOnAir' ./app
	TALLY_BIN=$(CURDIR)/$(BIN) $(GO) test -count=1 -p 1 -timeout 8m $(E2E)

## check: format, vet, static analysis, modules, known vulnerabilities
check:
	@.ci/setup build
	@.ci/check $(GOFUMPT) $(STATICCHECK) $(GOVULNCHECK)

## bench: Go benchmarks, rtmpout against gortmplib and ffmpeg, then tally against ffmpeg at the same work (PAIRS=3)
bench:
	@.ci/setup test
	$(GO) build -o $(BIN) ./cmd/tally
	$(GO) test -run '^$$' -bench . -benchmem $(RACED)
	$(GO) -C rtmpout/interop run ./bench
	TALLY_BIN=$(CURDIR)/$(BIN) $(GO) test -run '^$$' -bench . -benchtime $(PAIRS)x -timeout 30m ./cmd/tally/e2e

## bench-network: tally, ffmpeg and OBS on the same bad lines, into app/NETWORK.md; ten minutes, with OBS half an hour
bench-network:
	@.ci/setup test
	$(GO) build -o $(BIN) ./cmd/tally
	TALLY_BIN=$(CURDIR)/$(BIN) $(GO) test -run '^$$' -bench Network -benchtime 1x -timeout 60m ./app/netlab -table $(CURDIR)/app/NETWORK.md

## soak: the window on air for SOAK=1h, and what it does not give back
soak:
	@.ci/setup test
	$(GO) build -o $(BIN) ./cmd/tally
	TALLY_BIN=$(CURDIR)/$(BIN) $(GO) test -run '^$$' -bench Soak -benchtime 1x -timeout 0 ./ui/windowtest -soak $(SOAK)

## fuzz: each fuzz test for FUZZTIME=30s
fuzz:
	@.ci/setup build
	@.ci/fuzz $(FUZZTIME)

## test-devices: cameras and a sound card that come and go, in a virtual machine that has some
test-devices:
	@.ci/setup devices
	GO=$(GO) capture/rig/test-devices

## screenshots: the pictures of all the window's screens, of the real window; half an hour
screenshots: build
	@.ci/setup test
	TALLY_BIN=$(CURDIR)/$(BIN) $(GO) test -count=1 -run 'TestScreenshots|TestTour' -timeout 60m ./cmd/tally/e2e -screenshots $(CURDIR)/assets -on-air 60s

## package: a release archive in dist, for systems with the same FFmpeg as this one
# Fyne's tool counts the build number up in FyneApp.toml, so it is given a copy of what it looks at.
package: build
	rm -rf dist && mkdir -p dist/assets
	cp FyneApp.toml cmd/tally/main.go go.mod dist && cp assets/icon.png dist/assets
	cd dist && $(GO) run $(FYNETOOL) package --release --executable $(CURDIR)/$(BIN)
	cd dist && tar xf Tally.tar.xz && cp ../LICENSE ../README.md ../CHANGELOG.md tally
	cd dist && tar cJf tally-$$($(GO) env GOOS)-$$($(GO) env GOARCH).tar.xz tally && rm -rf Tally.tar.xz tally assets FyneApp.toml main.go go.mod
	ls -l dist

## setup: install what build and test need
setup:
	@.ci/setup test

clean:
	rm -rf bin dist
