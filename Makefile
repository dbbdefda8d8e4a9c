# The menu of tasks. Needs Python 3.11+, git and make; everything else is fetched into .venv.
PYTHON ?= python3
PORT ?= 8000
DATA ?= data
BIN := .venv/bin
UV := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python
FRONTEND := $(wildcard platform/frontend/*.json platform/frontend/*.mjs platform/frontend/css/*.css \
	platform/frontend/css/parts/*.css platform/frontend/js/*.js)
BESIDE ?= --numprocesses auto --maxprocesses 4 --dist loadscope --durations 15

export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.PHONY: help setup serve test check format lint types layers katas hostile browser bench full

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | awk -F'|' '{printf "  make %-8s %s\n", $$1, $$2}'

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Kintsugi needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making the environment"
	@$(PYTHON) -m venv .venv || { echo "Python's venv is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep -oE '^uv==[0-9.]+' requirements.lock)"
	@touch $@

.venv/packages: .venv/made requirements.lock
	@echo "Installing packages"
	@$(UV) -r requirements.lock
	@touch $@

.venv/assets: .venv/packages pyproject.toml platform/build_assets.py $(FRONTEND)
	@echo "Building the browser assets"
	@$(UV) --no-deps --reinstall-package kintsugi --editable .
	@touch $@

ifeq ($(wildcard platform/kintsugi/static/dist/manifest.json),)
.PHONY: .venv/assets
endif

.venv/runtime: .venv/assets graders/runtime.lock graders/grader/sandbox/runtime.py
	@echo "Building the sandboxes' runtime"
	@$(BIN)/python -m grader.sandbox
	@touch $@

.venv/tools: .venv/runtime tests/requirements.lock
	@echo "Installing the test tools"
	@$(UV) -r tests/requirements.lock
	@touch $@

setup: .venv/runtime ## Prepare everything without starting anything

serve: .venv/runtime ## Serve on 127.0.0.1:8000 (PORT=, DATA=)
	@exec $(BIN)/kintsugi serve --port $(PORT) --data $(DATA)

test: .venv/tools ## Every test but the long repeats
	$(BIN)/python -m pytest -m "not slow" $(BESIDE)

check: lint types layers test ## Everything that must be green before a commit

format: .venv/tools ## Format the code
	$(BIN)/ruff format
	$(BIN)/ruff check --fix --quiet

lint: .venv/tools ## Formatting, ruff, spelling
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/codespell

types: .venv/tools ## Pyright, strict
	$(BIN)/pyright

layers: .venv/tools ## Who may import whom
	$(BIN)/lint-imports

katas: .venv/runtime ## Prove every kata, twice
	$(BIN)/kintsugi katas verify --repeat 2

hostile: .venv/tools ## The attacks on the sandboxes
	$(BIN)/python -m pytest tests/hostile

browser: .venv/tools ## The tests in a real browser
	$(BIN)/python -m pytest tests/browser -m "not slow"

bench: .venv/runtime ## How fast grading and pages are here
	$(BIN)/python tests/load/bench.py

full: .venv/tools ## What is too long for every change
	$(BIN)/kintsugi katas verify --repeat 20 --load
	$(BIN)/python -m pytest -m slow
