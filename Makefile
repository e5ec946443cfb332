# The front door: `make help` lists what there is. Each target installs the Debian packages it
# needs (as root or with sudo) and asks for nothing when they are there.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

PREFIX ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60

release := build/release
bin := $(release)/bin
export CMAKE_BUILD_PARALLEL_LEVEL := $(JOBS)

.PHONY: help
help: ## Say what each target does
	@echo "Cairn: finds known files by their fingerprints. Start with: make demo"
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile
	@echo "Variables: PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) JOBS=$(JOBS) FUZZ_SECONDS=$(FUZZ_SECONDS)"

.PHONY: build
build: ## Build the programs into build/release/bin
	@tools/install_packages.sh build
	@cmake --preset release -DBUILD_TESTING=OFF -DCAIRN_BENCH=OFF --log-level=NOTICE
	@cmake --build --preset release --target cairn_programs

.PHONY: demo
demo: ## Run the main job on sample data and show the report
	@tools/install_packages.sh build demo
	@$(MAKE) --no-print-directory build
	@tools/demo.sh $(bin) build/demo

.PHONY: test
test: ## Run all tests (STAGES="lint unit" chooses)
	@tools/install_packages.sh build demo test
	@tools/install_openid_provider.sh
	@tools/run_tests.py $(STAGES)

.PHONY: test-long
test-long: ## Run what takes hours: a million files, 100 kills, long fuzzing
	@tools/install_packages.sh build demo test fuzz
	@tools/run_tests.py --long $(STAGES)

.PHONY: bench
bench: ## Run the benchmarks (BENCH=regex chooses)
	@tools/install_packages.sh build demo bench
	@cmake --preset release -DBUILD_TESTING=OFF -DCAIRN_BENCH=ON --log-level=NOTICE
	@cmake --build --preset release
	@tools/run_benches.sh $(bin) $(BENCH)
	@tools/bench_scan.py $(bin)
	@tools/bench_server.py $(bin)

.PHONY: fuzz
fuzz: ## Fuzz every parser for FUZZ_SECONDS each (FUZZER=name chooses)
	@tools/install_packages.sh build fuzz
	@cmake --preset fuzz -DBUILD_TESTING=OFF --log-level=NOTICE
	@tools/run_fuzzers.py build/fuzz --seconds $(FUZZ_SECONDS) --jobs $(JOBS) $(FUZZER)

.PHONY: format
format: ## Format the C++ sources
	@command -v clang-format-16 >/dev/null || tools/install_packages.sh test
	@tools/check_format.sh --fix

.PHONY: install
install: build ## Install the programs below PREFIX (DESTDIR for packaging)
	@DESTDIR="$(DESTDIR)" cmake --install $(release) --prefix "$(PREFIX)" --strip

.PHONY: clean
clean: ## Remove everything that was built, the demo included
	@rm -rf build
