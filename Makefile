# The few commands of this project; `make` alone lists them.
# PORT, HOST and COUPON_VAR are for `make run`: COUPON_VAR=var2 PORT=8001 make run

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

.DEFAULT_GOAL := help
.PHONY: help run test lint bench faults load scaleout audit screenshots clean lock debian

help: ## list what can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s%s\n", $$1, $$2}' Makefile

run: $(INSTALLED) ## start everything; prints the address, a login and an API client
	@$(BIN)/python manage.py run

test: $(INSTALLED) ## run every test
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: $(INSTALLED) ## check style, types, migrations and known security mistakes
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	@# The warning is that no database runs; the comparison does not need one.
	$(BIN)/python -W ignore manage.py makemigrations --check --dry-run
	$(BIN)/python -m bandit --quiet --configfile pyproject.toml \
	  --severity-level medium --confidence-level medium --recursive .

faults: $(INSTALLED) ## break things under load, and count what was lost
	@$(BIN)/python -m faults

load: $(INSTALLED) ## let tills work for a minute while batches run
	@$(BIN)/python -m load

scaleout: $(INSTALLED) ## two web hosts, three workers, a replica and a pooler, all here
	@$(BIN)/python -m load.scaleout

audit: ## look for known vulnerabilities in the libraries; needs the network
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
	$(PYTHON) -m venv "$$tools" && "$$tools/bin/python" -m pip install --quiet pip-audit && \
	"$$tools/bin/pip-audit" --strict --disable-pip --require-hashes --requirement requirements.lock

bench: $(INSTALLED) ## measure the speed, as ratios
	@$(BIN)/python -m bench

screenshots: $(INSTALLED) ## retake the screenshots in the documents
	@SCREENSHOTS=yes $(BIN)/python -m pytest -q \
	  tests/test_browser_campaign.py tests/test_browser_lists.py tests/test_browser_support.py

clean: ## remove the virtual environment and caches; the data in var/ stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

lock: ## resolve pyproject.toml into requirements.lock anew
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
	$(PYTHON) -m venv "$$tools" && "$$tools/bin/python" -m pip install --quiet uv && \
	"$$tools/bin/uv" pip compile --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --all-extras --quiet \
	  pyproject.toml -o requirements.lock && \
	"$$tools/bin/uv" pip compile --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --quiet --constraint requirements.lock \
	  pyproject.toml -o deploy/requirements.lock

debian: ## optional: install Redis, PostgreSQL and a browser, so that no test is skipped
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
	  chromium curl redis-server postgresql

$(INSTALLED): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name it: PYTHON=python3.11 make"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python cannot make virtual environments here: apt install python3-venv"; exit 1; }
	@echo "Installing into .venv; this happens once."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
