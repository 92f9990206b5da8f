# Phasebook: every command of the project; plain `make` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m phasebook
# Python may keep compiled bytecode here, whatever the machine's setting: start-up is several times faster.
unexport PYTHONDONTWRITEBYTECODE
UV := $(shell command -v uv 2>/dev/null || echo $(VENV)/bin/uv)

.PHONY: help
help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/ready-report: requirements/report.txt requirements/uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than Python 3.11; name a newer one: make PYTHON=python3.13 ..."; exit 2; }
	@echo "Making .venv, the tools outside TensorFlow (about 250 MB, once) ..."
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@command -v uv >/dev/null 2>&1 || $(VENV)/bin/python -m pip install --quiet --require-hashes -r requirements/uv.txt
	@$(UV) pip install --quiet --python $(VENV)/bin/python --require-hashes --compile-bytecode -r requirements/report.txt
	@$(UV) pip install --quiet --python $(VENV)/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/ready-test: $(VENV)/ready-report requirements/test.txt
	@echo "Adding what the tests need to .venv (about 200 MB, once) ..."
	@$(UV) pip install --quiet --python $(VENV)/bin/python --require-hashes --compile-bytecode -r requirements/test.txt
	@touch $@
