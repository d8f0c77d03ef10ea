# The front door. `make help` lists what can be asked; Meson and ninja do the building.

# QUIET=--quiet leaves out what ninja does and keeps what fails.
JOBS   ?= $(shell nproc)
WERROR ?= true
QUIET  ?=

NINJA := ninja -j$(JOBS) $(QUIET)

.PHONY: all web deps deps-test deps-bench run demo test check bench chaos soak sabotage attack differential timing fuzz fuzz-minimise \
    growth coverage power sim unit clean help build build-asan build-tsan build-clang build-fuzz \
    build-coverage format check-format

all: deps build ## (default) install what is missing, build build/hookswitch with the UI inside

deps: ## install the Debian packages that the build needs
	@tools/deps.sh tools/packages/build.txt

deps-test:
	@tools/deps.sh tools/packages/build.txt tools/packages/test.txt

deps-bench:
	@tools/deps.sh tools/packages/build.txt tools/packages/bench.txt

web:
	@tools/web.sh

# --- build directories: each is reconfigured by itself when a source file comes or goes ---------
# Warnings are judged in build and build-clang; under sanitizers gcc invents some.

HAVE_CMOCKA := $(shell pkg-config --exists cmocka 2>/dev/null && echo true || echo false)

build: web
	@tools/configure.sh build -Dwerror=$(WERROR) -Dtests=$(HAVE_CMOCKA)
	@$(NINJA) -C build

build-asan:
	@tools/configure.sh build-asan -Dshipping=false -Db_sanitize=address,undefined -Doptimization=1
	@$(NINJA) -C build-asan

build-tsan:
	@tools/configure.sh build-tsan -Dshipping=false -Db_sanitize=thread -Doptimization=1
	@$(NINJA) -C build-tsan

build-clang:
	@CC=clang CXX=clang++ tools/configure.sh build-clang -Dwerror=true -Dshipping=false -Dbuildtype=debug
	@$(NINJA) -C build-clang

build-fuzz:
	@CC=clang CXX=clang++ tools/configure.sh build-fuzz -Dshipping=false -Dtests=false \
	    -Dfuzzers=true -Db_sanitize=address,undefined -Db_lundef=false \
	    -Dc_args=-fsanitize=fuzzer-no-link -Dcpp_args=-fsanitize=fuzzer-no-link -Doptimization=1
	@$(NINJA) -C build-fuzz

COVERAGE := -fprofile-instr-generate -fcoverage-mapping
COVERAGE_LINK := -fprofile-instr-generate

build-coverage:
	@CC=clang CXX=clang++ tools/configure.sh build-coverage -Dshipping=false -Dfuzzers=true -Doptimization=1 \
	    "-Dc_args=$(COVERAGE)" "-Dcpp_args=$(COVERAGE)" \
	    "-Dc_link_args=$(COVERAGE_LINK)" "-Dcpp_link_args=$(COVERAGE_LINK)"
	@$(NINJA) -C build-coverage

# --- what people ask for ------------------------------------------------------------------------

run: all ## start on SQLite with demo traffic and print the URL
	@tools/run.sh

demo: all ## the same with demo calls alone, beside what is configured: its place is data/demo/
	@env -i PATH="$$PATH" DEMO=yes tools/run.sh data/demo

test: deps-test ## build and run every check and test; ends with `N passed, N failed`
	@tools/test.py

check: deps-test ## formatting, warnings, include arrows, limits, banned calls, clang-tidy
	@tools/test.py check

unit: deps-test ## unit tests only
	@tools/test.py unit

sim: deps-test ## the simulator: SEEDS=10000 worlds, each with its own troubles
	@SEEDS=$${SEEDS:-10000} tools/test.py sim

fuzz: deps-test ## run every fuzz target; FUZZ_SECONDS=5 each
	@tools/test.py fuzz

power: deps-test build ## cut the power at random: POWER_CUTS=50000; prints the seed of a failure
	@POWER_CUTS=$${POWER_CUTS:-50000} build/store-power_test

fuzz-minimise: deps-test build-fuzz ## merge what fuzzing has found into the kept corpora, tests/fuzz/
	@tools/fuzz_minimise.py $(TARGET)

growth: deps-test ## whether a parser's work grows faster than what it reads
	@tools/test.py growth

coverage: deps-test ## what the unit tests run, by file; the floors of the parts that must not be guessed
	@tools/test.py coverage

tests/node_modules/.package-lock.json: tests/package-lock.json
	@npm ci --prefix tests --no-audit --no-fund --silent

differential: deps-test build tests/node_modules/.package-lock.json ## 200,000 bent requests to us, to nginx and to Node; SEED=n repeats
	@cd tests && SEED=$${SEED:-$$(date +%s)} MUTATIONS=$${MUTATIONS:-200000} node --import tsx --test faults/http-differential.test.ts

timing: deps-test build tests/node_modules/.package-lock.json ## 100,000 wrong signatures: does the time tell which byte is wrong?
	@cd tests && SAMPLES=$${SAMPLES:-100000} node --import tsx --test --test-name-pattern=F131 faults/http-signature.test.ts

attack: deps-test build tests/node_modules/.package-lock.json ## slow peers and floods for minutes instead of seconds
	@cd tests && ATTACK_SECONDS=240 ATTACKERS=2000 FLOOD_SECONDS=60 \
	    node --import tsx --test --test-concurrency=1 faults/http-slow.test.ts faults/http-flood.test.ts

bench: deps-bench all ## measured scenarios beside their baselines
	@bench/run $(SCENARIO)

chaos: deps-test deps-bench all tests/node_modules/.package-lock.json ## the long form of the faults of PostgreSQL, and the rate after them (minutes); PREVIOUS=an older build/hookswitch
	@cd tests && CHAOS=long PREVIOUS=$(abspath $(PREVIOUS)) node --import tsx --test --test-concurrency=1 \
	    faults/postgres-*.test.ts faults/wakeups.test.ts $(if $(PREVIOUS),previous/*.test.ts)
	@cd tests && CHAOS=long ../tools/with_postgres.sh sh -c 'for store in sqlite postgres; do \
	    STORE=$$store node --import tsx --test --test-concurrency=1 faults/redrive.test.ts system/reconcile_outage.test.ts || exit 1; done'
	@bench/run recovery-restart recovery-crash recovery-pause recovery-lock recovery-cuts recovery-failover

sabotage: deps-test build tests/node_modules/.package-lock.json ## make known mistakes, one at a time, and demand that a test notices each; MISTAKE=word
	@tools/with_postgres.sh tools/sabotage.py $(MISTAKE)

soak: deps-test build tests/node_modules/.package-lock.json ## mixed traffic for SOAK_MINUTES=30: nothing may grow or be lost; STORE=sqlite
	@cd tests && $(if $(filter postgres,$(STORE)),../tools/with_postgres.sh) node --import tsx soak/main.ts

check-format:
	@tools/sources.sh format | xargs -r -n 40 -P $(JOBS) clang-format --dry-run -Werror

format: ## settle the layout and the order of includes of the C sources
	@tools/sources.sh format | grep '^src.*[.]cc*$$\|^sandbox.*[.]cc*$$\|^sim.*[.]cc*$$' | xargs -r tools/order_includes.py
	@tools/sources.sh format | xargs -r clang-format -i

clean: ## remove everything that was built
	rm -rf build build-asan build-tsan build-clang build-fuzz build-coverage build-sabotage web/dist tests/artifacts

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16
