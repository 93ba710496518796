# G-Chat. `make` lists what there is; two commands do all the set-up: `make run` and `make test`.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
JOBS ?= 2
PORT ?= 8080
DATA ?= .data
MINUTES ?= 30

BIN := .venv/bin
CLIENT := appliance/client
# The tests that reach rules, evidence and log directly. 97 in 100 branches of each must be taken (tests/branches.py).
MEASURED := tests/rules tests/evidence tests/log tests/actions tests/store \
	$(addprefix tests/federation/test_,exchange.py comparing.py convergence.py rows.py questions.py)
# The order of the files is that of tests/conftest.py: what takes longest first.
BY_FILE := --dist loadfile --no-loadscope-reorder
# The other tests wait for processes that start and for browsers that draw, so one worker more than there are processors.
WAITING := $(shell expr $(JOBS) + 1)
NPM := $(CURDIR)/packaging/node.sh npm --prefix $(CLIENT)
SOURCES := $(shell find appliance federation console search_index -name '*.py' -not -path '*/node_modules/*')
# Everything the built client is made of; what the build writes is not among it.
CLIENT_SOURCES := $(shell find $(CLIENT)/src $(CLIENT)/build $(CLIENT)/public -type f -not -name '*.test.ts*') \
	$(CLIENT)/index.html $(CLIENT)/vite.config.ts $(CLIENT)/lingui.config.ts

.PHONY: help venv run demo test test-again check screenshots bench fence soak api-types verifier vectors format clean browser media \
	check-format check-lint check-types check-imports check-client-lint check-client-types check-fast

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: .venv/.installed .venv/.compiled $(CLIENT)/dist/index.html ## .venv with everything, the built client included

run: venv ## a seeded agency on loopback; prints addresses and logins (PORT=8080, DATA=.data)
	$(BIN)/gchat up --data $(DATA) --seed demo --port $(PORT)

demo: venv ## the same from the beginning, in .demo (MESSAGES=file: people send its lines; AGENCIES=2: several that federate)
	rm -rf .demo
	$(if $(AGENCIES),exec $(BIN)/gchat up --data .demo --agencies $(AGENCIES) --port $(PORT))
	$(if $(MESSAGES),(for _ in {1..150}; do [ -e .demo/ready.json ] && break; sleep 0.2; done; \
		$(BIN)/gchat demo load "$(MESSAGES)" --ready-file .demo/ready.json) &) \
	exec $(BIN)/gchat up --data .demo --seed demo --port $(PORT) --ready-file .demo/ready.json

# What pytest compiles once it need not compile again, whatever the environment says.
test: export PYTHONDONTWRITEBYTECODE =
test: venv browser media ## everything: client, unit, rules, API, browser, faults
	@$(MAKE) --no-print-directory -j$(JOBS) --output-sync=target check-client-lint check-client-types
	$(NPM) --silent test
	@failed=0; uncovered=0; \
	$(BIN)/pytest -n $(JOBS) $(BY_FILE) -p no:schemathesis $(MEASURED) --cov --cov-report= || failed=1; \
	$(BIN)/coverage json -q -o - | $(BIN)/python -m tests.branches || uncovered=1; \
	$(BIN)/pytest -n $(WAITING) $(BY_FILE) $(MEASURED:%=--ignore=%) || failed=1; \
	[ $$failed = 0 ] || $(MAKE) --no-print-directory test-again || exit; \
	[ $$uncovered = 0 ] || { echo "Too few statements or branches were taken: see the table above."; exit 1; }

# A test that failed beside others gets one more run with the machine to itself. What fails again is a fault; what passes is
# named as unsteady, and its waiting is to be mended: it acted before the machine was ready.
test-again: ## what failed last, once more and alone
	@echo "Failed once, and run again alone:"; cat .pytest_cache/v/cache/lastfailed
	@$(BIN)/pytest -x --last-failed --last-failed-no-failures none
	@echo "UNSTEADY: the tests named above failed once and passed alone."

check: venv ## before each commit: format, lint, types, imports, fast tests; some four minutes on two cores
	@$(MAKE) --no-print-directory -k -j$(JOBS) --output-sync=target \
		check-fast check-types check-client-types check-imports check-lint check-format

screenshots: venv browser ## the documentation's pictures, taken anew
	@mkdir -p docs/screenshots
	GCHAT_SCREENSHOTS=1 $(BIN)/pytest -q tests/browser/test_screenshots.py

bench: venv ## benchmarks as JSON lines (ONLY=name for one)
	$(BIN)/python -m tests.bench $(ONLY)

fence: venv media ## the worker's fence in a systemd that is booted for it (as root, with systemd-container)
	GCHAT_FENCE=1 $(BIN)/pytest -q -rs tests/files/test_systemd_fence.py

soak: venv ## the largest file from the web client, agencies in trouble, then the fault tests over and over (MINUTES=30)
	GCHAT_REAL_FILE_BYTES=500000000 $(BIN)/pytest -q -x -o timeout=1800 tests/client
	GCHAT_CONVERGENCE_EXAMPLES=400 $(BIN)/pytest -q -x -o timeout=1800 tests/federation/test_convergence.py
	export GCHAT_FAULT_KILLS=60 GCHAT_FAULT_TEARS=20 GCHAT_FAULT_EVERY=1 GCHAT_FAULT_UPLOAD_MB=476; \
	end=$$((SECONDS + $(MINUTES) * 60)); while ((SECONDS < end)); do $(BIN)/pytest -q -x -m fault -o timeout=1800 || exit; done

api-types: venv ## the client's types and tables of the rules from the server's
	@mkdir -p $(CLIENT)/.cache
	$(BIN)/gchat openapi > $(CLIENT)/.cache/openapi.json
	$(NPM) run --silent api-types
	$(BIN)/python packaging/rule_tables.py policies $(CLIENT)/src/core/roomPolicies.ts
	$(BIN)/python packaging/rule_tables.py entries $(CLIENT)/src/core/entryTypes.ts

verifier: ## gchat-verify in one file, for a court
	@mkdir -p build
	$(PYTHON) packaging/verifier.py build/gchat-verify.pyz

vectors: venv ## the test vectors of docs/evidence.md, made anew
	$(BIN)/python -m tests.evidence.make_vectors

format: .venv/.installed ## write the code the way `check` wants it
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean: ## remove what was built and installed; data folders stay
	rm -rf .venv build $(CLIENT)/dist $(CLIENT)/node_modules $(CLIENT)/.cache *.egg-info
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

browser:
	@packaging/browser.sh

media:
	@packaging/media.sh

check-format:
	@$(BIN)/ruff format --check --quiet
check-lint:
	@$(BIN)/ruff check --quiet
check-types:
	@$(BIN)/mypy
check-imports:
	@$(BIN)/lint-imports --no-logo
check-client-lint:
	@$(NPM) run --silent lint
check-client-types:
	@$(NPM) run --silent typecheck
check-fast:
	@folder=$$(mktemp -d -p "$$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)"); trap 'rm -rf "$$folder"' EXIT; \
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -q -n $(JOBS) --basetemp="$$folder/pytest" -p no:schemathesis --dist worksteal \
		--hypothesis-profile=quick -m "not browser and not fault and not slow"

# Stamps: each step runs again only when what it depends on has changed.

.venv/.locked: requirements-dev.lock
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

.venv/.installed: .venv/.locked pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# As pip does for a package: else each start compiles it anew wherever Python may write no bytecode.
.venv/.compiled: .venv/.installed $(SOURCES)
	$(BIN)/python -m compileall -q -x node_modules appliance federation console search_index
	@touch $@

$(CLIENT)/node_modules/.package-lock.json: $(CLIENT)/package-lock.json $(CLIENT)/.npmrc packaging/node.sh | .venv/.locked
	$(NPM) ci --no-fund --no-audit
	@touch $@

$(CLIENT)/dist/index.html: $(CLIENT)/node_modules/.package-lock.json $(CLIENT_SOURCES)
	$(NPM) run --silent build
	@touch $@
