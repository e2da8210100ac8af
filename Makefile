# The two commands people need: `make demo` and `make test`. Both do all their own set-up.

PYTHON ?= python3
VENV   ?= .venv
STORE  ?= results
PORT   ?= 8008
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help install demo demo-protocols demo-service ablation search bench bench-cell bench-gpu ui test check lint types contracts unit quick format audit bench-scale docs docs-serve clean

help:  ## Show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 17

install: $(VENV)/.installed  ## Make the virtual environment and install everything (a few minutes, once)

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 4))' \
	  || { echo "Python 3.11.4 or later is needed; say which: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "installing into $(VENV), once; this takes a few minutes"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: install  ## Run eight methods on the embedded default (no GPU, no download)
	@echo "afterwards, 'make ui' opens the MLflow UI on it"
	@$(BIN)/querycurve run demo --store $(STORE)

demo-protocols: install  ## Run the four protocols on the embedded default, prompts trained once
	@for name in few_shot base_to_new cross_dataset out_of_distribution; do \
	  $(BIN)/querycurve run pocket_$$name --store $(STORE) || exit 1; \
	done

SERVICE = $(STORE)/service
HEALTH  = import urllib.request as web; web.urlopen("http://127.0.0.1:$(PORT)/health")

demo-service: install  ## Run three methods on the embedded default behind HTTP, and beside it in memory
	@mkdir -p $(SERVICE)
	@$(BIN)/querycurve serve --port $(PORT) --fail 0.02 --requests-per-minute 600 \
	  --ledger $(SERVICE)/serve.db & server=$$!; trap 'kill $$server; wait $$server' EXIT; \
	until $(BIN)/python -c '$(HEALTH)' 2>/dev/null; do sleep 1; kill -0 $$server || exit 1; done; \
	there='backbone={service: "http://127.0.0.1:$(PORT)", model: pocket}'; \
	$(BIN)/querycurve plan demo_service --store $(SERVICE) --set "$$there" && \
	$(BIN)/querycurve run demo_service --store $(SERVICE) --set "$$there" && \
	$(BIN)/querycurve run demo_service --store $(STORE)/memory && \
	$(BIN)/querycurve compare $(STORE)/memory $(SERVICE) --across backbone && \
	$(BIN)/querycurve serve --show-ledger --ledger $(SERVICE)/serve.db

ablation: install  ## Vary ZIP's clipping threshold on the embedded default
	@$(BIN)/querycurve run ablation_pocket --store $(STORE)

search: install  ## Search ZIP's clipping threshold and step size on the embedded default
	@$(BIN)/querycurve run search_clipping_pocket --store $(STORE)

bench: install  ## Time the oracle against a naive computation (what fits 3 minutes; BENCH='--layers 12 --minutes 60' for more)
	@$(BIN)/python -m tests.performance.bench $(BENCH)

bench-cell: install  ## Say where whole cells spend their seconds, now and before packs (3 minutes; BENCH='--help')
	@$(BIN)/python -m tests.performance.cells $(BENCH)

bench-gpu: install  ## Measure the whole table of a GPU, which this machine must have (three quarters of an hour; BENCH='--help')
	@$(BIN)/python -m tests.performance.gpu $(BENCH)

ui: install  ## Open the MLflow UI on what has been run
	@$(BIN)/querycurve ui --store $(STORE)

# Types and contracts are one process each, which fills the gaps of tests that wait for Ray.
TOGETHER = $(MAKE) --no-print-directory --jobs 3 types contracts

test: lint  ## Lint, types, import contracts and all tests (8 to 10 minutes on 2 cores)
	@$(TOGETHER) unit

check: lint  ## The same without tests that need a cluster or inject faults (4 to 5 minutes)
	@$(TOGETHER) quick

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

contracts: install
	$(BIN)/lint-imports

PYTEST = $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder

# Tests on clusters wait more than they work: a third process fills the gaps of two cores.
unit: install
	$(PYTEST) --numprocesses 3

quick: install
	$(PYTEST) --numprocesses 2 -m "not cluster and not fault"

format: install  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

audit: install  ## Look for known weaknesses in the dependencies (needs api.osv.dev)
	@$(BIN)/python -c "import requests; requests.head('https://api.osv.dev', timeout=10)" 2>/dev/null \
	  || { echo "api.osv.dev can't be reached from here, so nothing was audited"; exit 2; }
	$(BIN)/pip-audit --vulnerability-service osv --disable-pip --no-deps -r constraints.txt

bench-scale: install  ## Time listing of many files, planning and scheduling of many cells
	$(BIN)/python -m tests.performance.listing
	$(BIN)/python -m tests.performance.scheduling

MKDOCS = NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs

docs: install  ## Build the documentation into build/docs (without a network; open index.html)
	@$(MKDOCS) build --strict --quiet
	@echo "open build/docs/index.html (its search needs a server: make docs-serve)"

docs-serve: install  ## Show the documentation at http://127.0.0.1:8000, anew whenever a page is saved
	@$(MKDOCS) serve --livereload --dev-addr 127.0.0.1:8000

clean:  ## Remove the virtual environment and caches, never results
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
