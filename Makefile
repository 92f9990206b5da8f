# Phasebook: every command of the project; plain `make` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin/python -m phasebook
UV = $(shell command -v uv || echo $(VENV)/bin/uv)
INSTALL = $(UV) pip install --quiet --python $(VENV)/bin/python
# Python may keep compiled bytecode, whatever the machine's setting: start-up is several times faster.
unexport PYTHONDONTWRITEBYTECODE

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-19s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

report: $(VENV)/ready-report ## Run what is missing or stale and render; TF=2.15 names environments, PARAMS="seed=3"
	@$(RUN) report $(TF) --params "$(PARAMS)" --languages "$(LANGUAGES)"

render: $(VENV)/ready-report ## Render the report from existing results
	@$(RUN) render --languages "$(LANGUAGES)"

matrix: $(VENV)/ready-report $(if $(SCHEDULER),$(VENV)/ready-dask) ## Run every environment with missing or stale results; KEEP=no removes each after its run
	@$(RUN) matrix $(if $(filter no,$(KEEP)),--no-keep) $(if $(SCHEDULER),--scheduler $(SCHEDULER))

scheduler: $(VENV)/ready-dask ## Start a Dask scheduler, for columns on other machines
	@$(VENV)/bin/dask scheduler --no-dashboard $(DASK)

worker: $(VENV)/ready-dask ## Run columns for the Dask scheduler at SCHEDULER=tcp://host:8786
	@test -n "$(SCHEDULER)" || { echo "name the scheduler: make worker SCHEDULER=tcp://host:8786"; exit 2; }
	@$(VENV)/bin/dask worker $(SCHEDULER) --no-dashboard $(DASK)

new: $(VENV)/ready-report ## Add a column: TF=2.22.0, TF=nightly, KERAS=3.16.0, KERAS=3.16.0 BACKEND=jax, or nothing for the newest
	@$(RUN) new $(if $(TF),--tf $(TF)) $(if $(KERAS),--keras $(KERAS)) $(if $(BACKEND),--backend $(BACKEND))

compare: $(VENV)/ready-report ## Print what changed from column A=tf-2.15 to column B=tf-2.21+keras-3.15.1
	@$(RUN) compare "$(A)" "$(B)"

translations: $(VENV)/ready-report ## Add what the report says newly to data/translations, take out what it no longer says
	@$(RUN) translations

# Many machines set LANGUAGE for gettext, so only the one on make's command line counts.
blog: $(VENV)/ready-report ## Write posts: FLAVOUR=vuepress|vitepress|hexo|hugo|jekyll|pelican|mkdocs|all, LANGUAGE=zh-hans
	@$(RUN) blog "$(FLAVOUR)" $(if $(findstring command,$(origin LANGUAGE)),--language "$(LANGUAGE)")

crate: $(VENV)/ready-report ## Write results, locks and notebooks as an RO-Crate, ready to deposit
	@$(RUN) crate

doctor: $(VENV)/ready-report ## Check interpreters, disk, cache, locks and results, and say how to fix what is wrong
	@$(RUN) doctor

lab: $(VENV)/ready-report ## Open the notebooks in JupyterLab on the kernel of an environment: TF=2.15, LAB="--no-browser"
	@$(RUN) lab $(TF) $(if $(LAB),-- $(LAB))

bench: $(VENV)/ready-report ## Benchmark against papermill, nbconvert, jupyter-book and nbmake (slow)
	@$(RUN) bench

clean-environments: $(VENV)/ready-report ## Delete the virtual environments and print the disk space freed
	@$(RUN) clean-environments

test: $(VENV)/ready-test ## Run every test, on real kernels, browsers and blog generators
	@$(VENV)/bin/python -m pytest $(TESTS)

test-fast: $(VENV)/ready-test ## Run the tests that need no kernel, browser or blog generator
	@$(VENV)/bin/python -m pytest -m "not slow" $(TESTS)

guards: $(VENV)/ready-test ## Remove each guard of docs/faults.md in a copy and see its test fail (slow)
	@$(VENV)/bin/python tests/guards.py

repeats: $(VENV)/ready-test ## Make the default report 50 times in two clones and compare every byte (slow)
	@$(VENV)/bin/python tests/repeats.py 25

lint: $(VENV)/ready-test ## Check style and types
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check src tests && $(VENV)/bin/mypy

locks: $(VENV)/ready-report ## Regenerate the locks of the tools outside TensorFlow from pyproject.toml
	@$(UV) pip compile --quiet $(LOCK) pyproject.toml --extra build -o requirements/report.txt
	@$(UV) pip compile --quiet $(LOCK) pyproject.toml --extra build --extra test -c requirements/report.txt -o requirements/test.txt
	@$(UV) pip compile --quiet $(LOCK) pyproject.toml --extra build --extra dask -c requirements/test.txt -o requirements/dask.txt
	@$(UV) pip compile --quiet $(LOCK) requirements/validator.in -o requirements/validator.txt
	@awk '/^uv==/ {on = 1; print; next} on && /^ / {print; next} {on = 0}' requirements/report.txt > requirements/uv.txt

LOCK = --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url

$(VENV)/ready-report: requirements/report.txt requirements/uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is missing or older than Python 3.11; name another: make PYTHON=python3.13 ..."; exit 2; }
	@echo "Making $(VENV): the tools outside TensorFlow, about 130 MB, once ..."
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@command -v uv > /dev/null || \
	  $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(INSTALL) --require-hashes --compile-bytecode -r requirements/report.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/ready-dask: $(VENV)/ready-report requirements/dask.txt
	@echo "Adding Dask to $(VENV), about 30 MB, once ..."
	@$(INSTALL) --require-hashes --compile-bytecode -r requirements/dask.txt
	@touch $@

$(VENV)/ready-test: $(VENV)/ready-report requirements/test.txt
	@echo "Adding what the tests need to $(VENV), about 270 MB, once ..."
	@$(INSTALL) --require-hashes --compile-bytecode -r requirements/test.txt
	@touch $@

.PHONY: help report render translations matrix scheduler worker new compare blog crate doctor lab bench clean-environments test test-fast guards repeats lint locks
