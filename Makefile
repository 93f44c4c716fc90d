# Two commands for everybody: `make demo` and `make test`. Each sets up all it needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# A drawn user id must be able to read the interpreter and its libraries, so a Python under a closed
# home folder is only the last choice, and root's environment moves out of a closed folder.
PYTHON ?= $(shell for p in /usr/bin/python3 /usr/local/bin/python3 python3.13 python3.12 python3.11 python3; do \
	  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= $(shell closed=; d="$$PWD"; while [ "$$d" != / ]; do \
	    case "$$(stat -c %A "$$d")" in (*[xt]) ;; (*) closed=1;; esac; d="$$(dirname "$$d")"; done; \
	  if [ "$$(id -u)" = 0 ] && [ -n "$$closed" ]; then echo "/var/lib/autograder/venv-$$(pwd | cksum | cut -d' ' -f1)"; \
	  else echo "$$PWD/.venv"; fi)
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-$(shell cat pyproject.toml constraints.txt | cksum | cut -d' ' -f1)
# More arguments for pip, such as an index with CPU builds of torch.
PIP_ARGS ?=

.PHONY: help setup demo test slow-test lint types unit release-check validate attacks-as-user container bench \
	journey playground playground-test playground-chromium browser-test pictures clean

help:  ## Say what can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMP)  ## Make the environment (the other targets do it by themselves)

$(STAMP): pyproject.toml constraints.txt
	@umask 022; set -e; \
	[ -n "$(PYTHON)" ] || { echo "No Python >= 3.11 found. Install one, or say: make PYTHON=/path/to/python3"; exit 2; }; \
	if ! $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq python3-venv; \
	  else echo "$(PYTHON) cannot make environments. Run: sudo apt-get install python3-venv"; exit 2; fi; fi; \
	mkdir -p "$$(dirname $(VENV))"; $(PYTHON) -m venv $(VENV); \
	echo "Installing into $(VENV) …"; \
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) -c constraints.txt --editable '.[instructor,postgres,dask,dev]'; \
	rm -f $(VENV)/.installed-*; touch $(STAMP)

demo: $(STAMP)  ## Release every assignment, grade a small class in each, show what comes out
	@$(BIN)/python examples/demo.py

test: lint types unit release-check  ## Lint, types, all tests but the slow ones

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

# The attacks meet in folders and counts that the whole machine shares: one at a time. The others side by side.
JOBS ?= $(shell n=$$(nproc); echo $$((n < 4 ? n : 4)))
unit: $(STAMP)
	$(BIN)/python -m pytest -q --durations=10 -m "not slow" -n $(JOBS) --dist loadfile tests/unit tests/fuzz tests/e2e
	$(BIN)/python -m pytest -q --durations=10 -m "not slow" tests/attacks

slow-test: $(STAMP)  ## Whole classes, fifty kills, a database's server, Dask's workers, the wheel
	$(BIN)/python -m pytest -q --durations=10 -m slow -n $(JOBS) --dist loadfile

release-check: $(STAMP)
	$(BIN)/autograder release --all --check

validate: $(STAMP)  ## Grade every variant of every assignment: do the checks judge right? (15 minutes)
	$(BIN)/autograder validate --all --outside tests/outside

attacks-as-user: $(STAMP)  ## The attacks once more, as a plain user (needs root, to become one)
	$(BIN)/python tests/attacks/as_user.py -q

container: $(STAMP)  ## Build the graded image in a real engine, grade in it under Gradescope's limits (root)
	$(BIN)/python container/test_container.py --assignments week1-mlp,week3a-tf-binding

bench: $(STAMP)  ## Measure: overhead per hand-in, cold start, memory, the sandbox, and the race against the peers
	$(BIN)/python bench/bench.py
	$(BIN)/python bench/profile.py
	$(BIN)/python bench/sandbox.py
	$(BIN)/python bench/forward.py
	$(BIN)/python bench/race.py
	$(BIN)/python bench/overview.py
	$(BIN)/python bench/class_size.py
	$(BIN)/python bench/more_machines.py

# The playground: one page for students, from playground/. Its tools are locked in package-lock.json.
NODE_MODULES := playground/node_modules/.package-lock.json
PAGE := week1-mlp/playground.html

playground: $(NODE_MODULES)  ## Build week 1's playground into source/ and release/
	@node playground/build.mjs source/$(PAGE) release/$(PAGE)

playground-test: $(STAMP) $(NODE_MODULES) playground-chromium  ## The playground: units, PyTorch, up to date, in Chromium
	@node playground/test/all.mjs $(BIN)/python

$(NODE_MODULES): playground/package.json playground/package-lock.json playground/.npmrc
	@set -e; if ! command -v npm >/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq --no-install-recommends nodejs npm; \
	  else echo "The playground's tools need node and npm. Run: sudo apt-get install nodejs npm"; exit 2; fi; fi; \
	cd playground && npm ci --silent --ignore-scripts; touch node_modules/.package-lock.json

# CHROMIUM=/path/to/chrome takes another browser of that family.
playground-chromium:
	@set -e; [ -n "$$CHROMIUM" ] || command -v /usr/bin/chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; \
	  else echo "The browser tests need Chromium. Run: sudo apt-get install chromium (or say CHROMIUM=/path/to/chrome)"; exit 2; fi; }

# JOURNEY=--all compares every variant, for as long as `make validate` takes; what was graded before is taken from the cache.
JOURNEY ?=
journey: $(STAMP) $(NODE_MODULES) playground-chromium  ## A student's way in all weeks: kernel, check, package, grader, page; verdicts agree (a sample)
	$(BIN)/python -m pytest -q --durations=5 tests/journey/student.py
	$(BIN)/python -m tests.journey $(JOURNEY)

browser-test: $(STAMP) $(NODE_MODULES) playground-chromium  ## In Chromium: the formgrader, the overview, a student's page, and a whole term from roster to Canvas
	$(BIN)/python -m pytest -q tests/browser/formgrader.py tests/browser/term.py tests/browser/overview_page.py tests/browser/feedback_page.py

pictures: $(STAMP) playground-chromium  ## Take the pictures of the docs again
	$(BIN)/python docs/pictures/make.py
	$(BIN)/python docs/pictures/feedback_page.py

clean:  ## Remove what the targets made
	rm -rf playground/node_modules playground/screenshots $(VENV) demo .autograder bundle .mypy_cache .ruff_cache .pytest_cache
