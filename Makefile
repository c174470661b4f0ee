# A list of spells. "make" alone shows it.

GO       ?= go
FUZZTIME ?= 20s
# What the race detector watches: everything but scripts.
RACE     ?= . ./cmd/... ./internal/...

.PHONY: help demo test race fuzz interop bench lint build dist setup clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

demo: build ## three real HAProxys, traffic and the sums, until Ctrl-C or for DEMO_SECONDS
	@scripts/setup.sh haproxy || echo "demo: it does with what is there"
	@build/tallystick demo

test: ## everything that must hold: fetches what is missing, lints, tests, counts
	@mkdir -p build && $(GO) build -o build/check ./scripts/check && build/check

race: ## all tests under the race detector
	@scripts/setup.sh haproxy tools race
	CGO_ENABLED=1 $(GO) test -race -count=1 -timeout=15m -parallel=8 $(RACE)

fuzz: ## every fuzz target for FUZZTIME (20s)
	@scripts/fuzz.sh $(FUZZTIME)

interop: setup ## only the tests against real HAProxy 2.2, 2.6, 3.0 and 3.2, telling what they measure
	$(GO) test -count=1 -v -parallel=8 ./internal/haproxytest ./internal/interop

bench: build ## the table of figures beside a real HAProxy; ONLY=absorb,learn for some of them
	@scripts/setup.sh haproxy
	@build/tallystick bench -table -only "$(ONLY)"

lint: ## gofmt, vet, staticcheck
	@mkdir -p build && $(GO) build -o build/check ./scripts/check && build/check gofmt vet staticcheck

# Without cgo: only then can Go change user and privileges for all threads at once.
build: ## build/tallystick
	@mkdir -p build
	CGO_ENABLED=0 $(GO) build -trimpath -o build/tallystick ./cmd/tallystick

# A Go module of its own: what makes packages needs more than what is in them.
dist: ## build/dist/: static programs, deb and rpm of each, SBOM and SHA256SUMS, byte for byte the same
	@cd packaging && $(GO) run ./dist -root .. -out ../build/dist

setup: ## fetch what tests and demo need, if it is missing
	@scripts/setup.sh

clean: ## remove what was built (not what was fetched)
	rm -rf build
