# Everything a user or developer does, set-up included. Each target may be run again at any time.

.PHONY: help setup build demo test lint bench load fuzz package package-test clean
.DEFAULT_GOAL := help

JOBS ?= $(shell nproc)

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: ## Install what build and tests need (apt, pip, cargo)
	@tools/setup.sh

build: setup ## Build the release: build/release/gantry and its plugins
	@tools/build.sh release product

demo: build ## Run the main job, then every source at once against simulated vendors
	@build/release/gantry demo
	@tools/demo.py

test: setup ## Build and pass all tests (sanitizers on)
	@tools/test_servers.sh
	@tools/test.sh

lint: setup ## clang-format and clang-tidy over our code
	@tools/lint.sh

bench: build ## Measure beside the competitors; writes build/bench/results.json
	@tools/bench.sh

load: build ## Put load on it for 25 minutes; writes build/load/report.md
	@tools/load.sh

fuzz: setup ## Run each fuzz target for 60 s
	@tools/fuzz.sh

package: setup ## Build the Debian packages: build/package/*.deb
	@tools/package.sh

package-test: package ## Live with them in a Debian of their own (root; five minutes)
	@tools/package_test.sh

clean: ## Remove build/; the engine cache outside the clone stays
	rm -rf build
