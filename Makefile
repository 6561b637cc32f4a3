# Everything runs inside .venv and web/ui/node_modules; both are made here, from lock files with hashes.
# Stamps in .venv remember what is installed, so that a second run starts at once.

VENV := .venv
PYTHON_IN_VENV := $(VENV)/bin/python
INSTALL := $(PYTHON_IN_VENV) -m pip install --quiet --disable-pip-version-check
NPM := npm --prefix web/ui --no-progress
UI_SOURCES := $(shell find web/ui -type f -not -path '*/node_modules/*')
UI := web/static/app/index.html
NODE_MODULES := web/ui/node_modules/.installed
ARGS ?=
# two workers, of which one drives browsers: make test WORKERS="-n 2 --no-loadscope-reorder"
WORKERS ?=

# also puts a Node that was installed into .venv before the system's
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint types unit browser ui ui-test selftest test-livekit lab office torture bench bench-router bench-avis bench-media bench-reconnect docs tour native lock clean system-packages

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-15s %s\n", $$1, $$2 }'

run: $(VENV)/.runtime $(UI) ## start the demo (options: make run ARGS="--port 9000")
	@klatiene demo $(ARGS)

selftest: $(VENV)/.runtime $(UI) ## a whole consultation without people, on a server of its own
	@klatiene selftest $(ARGS)

# ── checking ──────────────────────────────────────────────────────────────────────────────────────

# where network namespaces cannot be made: make test WITHOUT=namespaces
test: system-packages lint types ui-test $(UI) ## everything that must hold: lint, types, all tests
	@echo "==> Tests"
	@pytest $(WORKERS) $(if $(WITHOUT),-m "not livekit and not lab and not office and not $(WITHOUT)") $(ARGS)
	@if scripts/livekit_server.sh --can-be-had; then $(MAKE) --no-print-directory test-livekit; \
	else echo "==> No Go: the test against LiveKit's server is left out"; fi

lint: $(VENV)/.dev $(NODE_MODULES) ## style and layering
	@echo "==> Lint"
	@ruff check .
	@ruff format --check .
	@lint-imports
	@$(NPM) run --silent lint

types: $(VENV)/.dev $(NODE_MODULES) ## mypy and TypeScript
	@echo "==> Types"
	@mypy
	@$(NPM) run --silent typecheck

unit: $(VENV)/.dev ## Python tests without a browser, without the slow ones
	@pytest -m "not browser and not slow" $(ARGS)

browser: system-packages $(VENV)/.dev $(UI) ## tests in real Chromium
	@pytest -m browser $(ARGS)

test-livekit: system-packages $(VENV)/.dev $(UI) ## the main job's browser test with LiveKit's server in our node's seat (needs Go)
	@echo "==> The main job against LiveKit's server"
	@scripts/livekit_server.sh >/dev/null
	@pytest -m livekit

office: $(VENV)/.dev ## files that people take along, opened with LibreOffice (installs it where apt may be used: some hundred MB)
	@scripts/system_packages.sh office
	@pytest -m office tests/office $(ARGS)

lab: system-packages $(VENV)/.dev $(NODE_MODULES) ## calls over bad lines, in network namespaces: loss, narrow, cut, moved, UDP blocked
	@pytest -m namespaces tests/lab $(ARGS)

bench: $(VENV)/.dev ## ratios, measured side by side in one run
	@python -m bench.acknowledge

bench-router: $(VENV)/.dev ## the router: index beside Redis' own speed, requests with 5,000 consoles, consoles coming back
	@python -m bench.router_index
	@python -m bench.router_consoles
	@python -m bench.reconnect

bench-avis: $(VENV)/.dev ## AVIS with a million transactions: quote, commit, sums over years (ARGS=--postgres)
	@python -m bench.avis $(ARGS)

bench-media: native $(NODE_MODULES) ## our media node beside LiveKit's, Janus and plain C (needs Go, gcc, apt install janus)
	@python -m bench.media $(ARGS)
	@python -m bench.media.join

torture: $(VENV)/.dev ## hostile input and soak in full amounts (an hour or two)
	@pytest --torture -m torture --timeout 7200 $(ARGS)

bench-reconnect: $(VENV)/.dev ## 5,000 consoles that come back at once
	@python -m bench.reconnect $(ARGS)

ui-test: $(NODE_MODULES) ## the application's unit tests
	@echo "==> Tests of the application"
	@$(NPM) run --silent test

system-packages:
	@scripts/system_packages.sh

# ── building ──────────────────────────────────────────────────────────────────────────────────────

native: $(VENV)/.dev ## compile the media node's modules: two thirds of the processor time (needs a C compiler and Python's headers)
	@python -m scripts.compile_media

ui: $(UI) ## build the application into web/static/app

$(UI): $(NODE_MODULES) $(UI_SOURCES)
	@echo "==> Building the application"
	@$(NPM) run --silent build -- --logLevel warn
	@touch $@

$(NODE_MODULES): web/ui/package-lock.json | $(VENV)/.created
	@scripts/find_node.sh $(VENV)
	@echo "==> Installing the application's libraries"
	@$(NPM) ci --silent || { echo "npm ci failed; its full report: $(NPM) ci" >&2; exit 1; }
	@touch $@

$(VENV)/.created:
	@scripts/make_venv.sh $(VENV)
	@touch $@

$(VENV)/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml | $(VENV)/.created
	@echo "==> Installing Klātiene (a few minutes the first time)"
	@$(INSTALL) --require-hashes -r requirements/runtime.txt
	@$(INSTALL) --require-hashes -r requirements/build.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "==> Installing the tools for development"
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

# ── keeping ───────────────────────────────────────────────────────────────────────────────────────

docs: $(VENV)/.runtime ## write docs/errors.md and docs/configuration.md anew
	@python -m scripts.write_reference

tour: $(VENV)/.dev $(UI) ## take the pictures of docs/tour.md anew (a part: make tour ARGS="--only panel")
	@scripts/system_packages.sh tour
	@python -m scripts.tour $(ARGS)

lock: $(VENV)/.dev ## write the lock files anew (newest versions: make lock ARGS=--upgrade)
	@scripts/lock.sh $(ARGS)

clean: ## remove everything that make produced; the demo's data in var stays
	rm -rf $(VENV) web/ui/node_modules web/static/app .mypy_cache .ruff_cache .hypothesis .import_linter_cache
